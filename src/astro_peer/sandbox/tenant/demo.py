"""The demo tenant: Contoso, a company with a Virtual WAN, before it has granted Astronomer anything."""

import secrets
from uuid import UUID, uuid5

from astro_peer.sandbox.tenant import astronomers_tenant, demo_networks
from astro_peer.sandbox.tenant.astro import Cluster, Organization
from astro_peer.sandbox.tenant.building import (
    LONG_AGO,
    assign,
    astro_id,
    made_id,
    make_connection,
    make_firewall,
    make_hub,
    make_network,
    make_route_server,
    make_wan,
    network_id,
)
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import (
    Application,
    DirectoryRole,
    Group,
    Permission,
    ResourceGroup,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    Tenant,
    User,
)

ASTRONOMER_APP_ID = "a67e6057-7138-4f78-bbaf-fd9db7b8aab0"
"""Astronomer's multi-tenant application, from its Virtual WAN peering documentation."""

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"

# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"


TENANT = made_id("tenant")
ASTRONOMER_TENANT = made_id("astronomer's tenant")
PROD = made_id("connectivity-prod")
DEV = made_id("connectivity-dev")
ORGANIZATION = astro_id("organization")
CLUSTER = "clm8qv74h000008mlf08scq7k"
"""The Astro cluster that is to be peered with the demo hub."""
DEFAULT_RANGE = "172.20.0.0/19"
"""What Astro gives the network of a cluster on Azure unless another range is asked for."""
ASTRO_NETWORK = (
    f"/subscriptions/{uuid5(UUID(ASTRONOMER_TENANT), 'astro cluster')}/resourceGroups/rg-astro-cluster/providers/"
    "Microsoft.Network/virtualNetworks/vnet-astro-cluster"
)
"""The cluster's network, which lies in Astronomer's tenant: nobody of Contoso's can read it."""
ROOT_MANAGEMENT_GROUP = f"/providers/Microsoft.Management/managementGroups/{TENANT}"

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
_BUILT_IN = {
    OWNER: (
        "Owner",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        Permission(("*",)),
    ),
    CONTRIBUTOR: (
        "Contributor",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, "
        "manage assignments in Azure Blueprints, or share image galleries.",
        Permission(
            ("*",),
            (
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action",
                "Microsoft.Purview/consents/write",
                "Microsoft.Purview/consents/delete",
                "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                "Microsoft.Subscription/cancel/action",
                "Microsoft.Subscription/enable/action",
            ),
        ),
    ),
    READER: (
        "Reader",
        "View all resources, but does not allow you to make any changes.",
        Permission(("*/read",)),
    ),
    USER_ACCESS_ADMINISTRATOR: (
        "User Access Administrator",
        "Lets you manage user access to Azure resources.",
        Permission(("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*")),
    ),
    RBAC_ADMINISTRATOR: (
        "Role Based Access Control Administrator",
        "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow "
        "you to manage access using other ways, such as Azure Policy.",
        Permission(
            (
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.Authorization/roleAssignments/delete",
                "*/read",
                "Microsoft.Support/*",
            )
        ),
    ),
    NETWORK_CONTRIBUTOR: (
        "Network Contributor",
        "Lets you manage networks, but not access to them.",
        Permission(
            (
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Network/*",
                "Microsoft.ResourceHealth/availabilityStatuses/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
            )
        ),
    ),
}

PERSONA_ROLES = {
    Persona.OWNER: OWNER,
    Persona.UAA: USER_ACCESS_ADMINISTRATOR,
    Persona.RBAC_ADMIN: RBAC_ADMINISTRATOR,
    Persona.CONTRIBUTOR: CONTRIBUTOR,
    Persona.READER: READER,
}


def build(clock: Clock) -> Tenant:
    """A new Contoso. Every application's secret is made here and is different in every run."""
    prod = ResourceGroup(PROD, "rg-connectivity-prod", "westeurope")
    hub = network_id(prod, "virtualHubs", "vhub-prod-weu")
    tenant = Tenant(
        TENANT,
        "Contoso",
        "contoso.onmicrosoft.com",
        clock,
        PROD,
        hub,
        Organization(ORGANIZATION, secrets.token_urlsafe(48)),
    )
    tenant.add(Subscription(PROD, "connectivity-prod"), Subscription(DEV, "connectivity-dev"))
    for guid, (name, description, permission) in _BUILT_IN.items():
        tenant.add(RoleDefinition(guid, name, (permission,), ("/",), False, description, LONG_AGO, LONG_AGO))
    astronomer = Application(
        ASTRONOMER_APP_ID,
        made_id("astronomer's application object"),
        "Astronomer",
        ASTRONOMER_TENANT,
        secrets.token_urlsafe(32),
        multi_tenant=True,
        publisher="Astronomer, Inc.",
        publisher_id="1234567",
    )
    tenant.add(astronomer)
    _build_astro(tenant.astro)
    at_home = tenant.role_definitions[NETWORK_CONTRIBUTOR]
    astronomers_tenant.build_beside(tenant, astronomer, at_home, ASTRO_NETWORK, DEFAULT_RANGE)
    _build_prod(tenant, prod)
    _build_dev(tenant)
    demo_networks.add(tenant, PROD, DEV)
    _build_access(tenant)
    _build_users(tenant)
    for persona in Persona:
        if not persona.is_user:
            _build_persona(tenant, persona)
    return tenant


def persona_app_id(persona: Persona) -> str:
    return made_id(f"application of {persona}")


def persona_principal_id(persona: Persona) -> str:
    return made_id(f"principal of {persona}")


def identity_of(tenant: Tenant, persona: Persona) -> Application | User:
    if persona.is_user:
        return tenant.users[made_id(f"user {persona}")]
    return tenant.applications[persona_app_id(persona)]


def _build_astro(organization: Organization) -> None:
    workspace = astro_id("workspace")
    organization.add(
        [
            Cluster(
                CLUSTER,
                "prod-weu",
                "westeurope",
                DEFAULT_RANGE,
                tenant_id=ASTRONOMER_TENANT,
                external_ips=("198.51.100.20",),
                workspace_ids=(workspace,),
            ),
            Cluster(
                astro_id("cluster on AWS"),
                "batch-euc1",
                "eu-central-1",
                "172.20.0.0/20",
                cloud_provider="AWS",
                external_ips=("198.51.100.31", "198.51.100.32"),
                workspace_ids=(workspace,),
            ),
        ]
    )


def _build_prod(tenant: Tenant, group: ResourceGroup) -> None:
    wan = make_wan(group, "vwan-prod")
    weu = make_hub(wan, group, "vhub-prod-weu", "westeurope", "10.10.0.0/23", firewall="afw-prod-weu")
    neu = make_hub(wan, group, "vhub-prod-neu", "northeurope", "10.10.2.0/23")
    new = make_hub(wan, group, "vhub-prod-swc", "swedencentral", "10.10.4.0/23", routing="Provisioning")
    workloads = ResourceGroup(PROD, "rg-workloads-prod", "westeurope")
    tenant.add(group, workloads, wan, weu, neu, new)
    tenant.add(
        make_firewall(weu, group, "afw-prod-weu", "10.10.0.132"),
        make_route_server(workloads, "rs-workloads-prod"),
    )
    tenant.add(
        make_network(workloads, "vnet-shared-services", "10.11.0.0/16", "fd10:11::/48"),
        make_network(workloads, "vnet-analytics", "10.12.0.0/16", "172.16.0.0/20"),
        make_network(workloads, "vnet-recovery", "10.13.0.0/16"),
    )
    tenant.add(
        make_connection(
            weu, "conn-shared-services", network_id(workloads, "virtualNetworks", "vnet-shared-services")
        ),
        make_connection(weu, "conn-analytics", network_id(workloads, "virtualNetworks", "vnet-analytics")),
        make_connection(
            neu, "conn-disaster-recovery", network_id(workloads, "virtualNetworks", "vnet-recovery")
        ),
    )


def _build_dev(tenant: Tenant) -> None:
    group = ResourceGroup(DEV, "rg-connectivity-dev", "westeurope")
    wan = make_wan(group, "vwan-dev")
    hub = make_hub(wan, group, "vhub-dev-weu", "westeurope", "10.20.0.0/23")
    tenant.add(group, wan, hub)
    tenant.add(make_network(group, "vnet-sandbox", "10.21.0.0/16"))
    tenant.add(make_connection(hub, "conn-sandbox", network_id(group, "virtualNetworks", "vnet-sandbox")))


def _build_access(tenant: Tenant) -> None:
    """Roles and assignments that have nothing to do with Astronomer, and have to stay as they are."""
    break_glass = User(
        made_id("break-glass"), "Break-glass account 1", "break-glass-1@contoso.onmicrosoft.com"
    )
    operators = Group(made_id("network operators"), "Network operators", frozenset({break_glass.id}))
    auditors = Group(made_id("auditors"), "Auditors")
    pipeline = Application(
        made_id("pipeline application"),
        made_id("pipeline object"),
        "landing-zone-pipeline",
        TENANT,
        secrets.token_urlsafe(32),
    )
    pipeline_principal = ServicePrincipal(made_id("pipeline principal"), pipeline.app_id, LONG_AGO)
    firewall_operator = RoleDefinition(
        made_id("firewall operator"),
        "Contoso Firewall Operator",
        (
            Permission(
                (
                    "Microsoft.Network/azureFirewalls/*",
                    "Microsoft.Network/firewallPolicies/*",
                    "Microsoft.Resources/subscriptions/resourceGroups/read",
                ),
                ("Microsoft.Network/azureFirewalls/delete",),
            ),
        ),
        (f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"),
        True,
        "Operates firewalls and their policies, but does not delete them.",
        LONG_AGO,
        LONG_AGO,
        break_glass.id,
        break_glass.id,
    )
    wan_reader = RoleDefinition(
        made_id("wan reader"),
        "Contoso WAN Reader",
        (Permission(("Microsoft.Network/virtualWans/read", "Microsoft.Network/virtualHubs/*/read")),),
        (f"/subscriptions/{DEV}",),
        True,
        "Looks at the virtual WAN of the development subscription.",
        LONG_AGO,
        LONG_AGO,
        break_glass.id,
        break_glass.id,
    )
    tenant.add(break_glass, operators, auditors, pipeline, pipeline_principal, firewall_operator, wan_reader)
    for scope, role, principal, kind in (
        (ROOT_MANAGEMENT_GROUP, OWNER, break_glass.id, "User"),
        (ROOT_MANAGEMENT_GROUP, READER, auditors.id, "Group"),
        (f"/subscriptions/{PROD}", NETWORK_CONTRIBUTOR, operators.id, "Group"),
        (f"/subscriptions/{PROD}", firewall_operator.guid, operators.id, "Group"),
        (
            f"/subscriptions/{PROD}/resourceGroups/rg-workloads-prod",
            CONTRIBUTOR,
            pipeline_principal.id,
            "ServicePrincipal",
        ),
        (f"/subscriptions/{DEV}", CONTRIBUTOR, pipeline_principal.id, "ServicePrincipal"),
        (f"/subscriptions/{DEV}", wan_reader.guid, auditors.id, "Group"),
    ):
        assign(tenant, scope, role, principal, kind)


def _build_users(tenant: Tenant) -> None:
    """The personas that are people: their rights in Azure and one of their directory roles come through groups."""
    users = {p: made_id(f"user {p}") for p in Persona if p.is_user}
    for persona, user_id in users.items():
        name = f"{persona}@{tenant.domain}"
        tenant.add(User(user_id, f"Sandbox {persona}", name, secrets.token_urlsafe(32)))
        tenant.directory_readers.add(user_id)
        if persona is not Persona.USER:
            tenant.directory_writers.add(user_id)
    engineers = frozenset(u for p, u in users.items() if p is not Persona.GLOBAL_ADMIN)
    platform = Group(made_id("platform engineers"), "Platform engineers", engineers)
    privileged = Group(made_id("privileged"), "Privileged accounts", frozenset({users[Persona.GLOBAL_ADMIN]}))
    tenant.add(platform, privileged)
    for subscription in (PROD, DEV):
        assign(tenant, f"/subscriptions/{subscription}", OWNER, platform.id, "Group")
    tenant.add(
        DirectoryRole(GLOBAL_ADMINISTRATOR, "Global Administrator", frozenset({privileged.id})),
        DirectoryRole(
            APPLICATION_ADMINISTRATOR, "Application Administrator", frozenset({users[Persona.APP_ADMIN]})
        ),
        DirectoryRole(
            CLOUD_APPLICATION_ADMINISTRATOR,
            "Cloud Application Administrator",
            frozenset({users[Persona.CLOUD_APP_ADMIN]}),
        ),
        DirectoryRole(
            made_id("enterprise application creator"),
            "Contoso Enterprise Application Creator",
            frozenset({users[Persona.CUSTOM_ADMIN]}),
            custom=True,
        ),
    )


def _build_persona(tenant: Tenant, persona: Persona) -> None:
    application = Application(
        persona_app_id(persona),
        made_id(f"application object of {persona}"),
        f"sandbox-{persona}",
        TENANT,
        secrets.token_urlsafe(32),
    )
    principal = ServicePrincipal(persona_principal_id(persona), application.app_id, LONG_AGO)
    tenant.add(application, principal)
    tenant.directory_readers.add(principal.id)
    if persona in (Persona.OWNER, Persona.ENTRA_ADMIN):
        tenant.directory_writers.add(principal.id)
    role = PERSONA_ROLES.get(persona)
    if role is not None:
        for subscription in (PROD, DEV):
            assign(tenant, f"/subscriptions/{subscription}", role, principal.id, "ServicePrincipal")
