"""Contoso after some years: whatever can stand in the way of a grant, or of the peering after it, does.

A few things stand side by side that Azure lets nobody make in this order, as each check shall find something on the
one demo hub: a Basic virtual WAN with a firewall, a route table of one's own beside routing intent.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from astro_peer.sandbox.tenant import demo, demo_networks
from astro_peer.sandbox.tenant.astro import Cluster
from astro_peer.sandbox.tenant.building import (
    LONG_AGO,
    assign,
    astro_id,
    made_id,
    make_connection,
    make_network,
    make_peering,
    make_resource,
    network_id,
)
from astro_peer.sandbox.tenant.deny_assignments import against_access_changes
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import (
    Lock,
    PeeringState,
    Permission,
    Resource,
    ResourceGroup,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    Tenant,
)

NEW = made_id("connectivity-new")
"""A subscription that is registered for no resource provider of ours."""
STALE_ROLE = made_id("stale role")
OLD_PRINCIPAL = made_id("astronomer's principal, disabled")
DELETED_PRINCIPAL = made_id("astronomer's principal, deleted")
CROWDED = "vnet-crowded"
"""It has all the peerings that Azure allows; the other networks of them are gone."""
PEERING_NAME = "astro-peering"
OTHER_RANGE = "172.20.16.0/20"
_OTHER_NETWORK = (
    f"/subscriptions/{uuid5(UUID(demo.ASTRONOMER_TENANT), 'other cluster')}/resourceGroups/rg-astro-cluster/providers/"
    "Microsoft.Network/virtualNetworks/vnet-other-cluster"
)
_PROD_SCOPE = f"/subscriptions/{demo.PROD}"
_STALE_ACTIONS = (
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
    "Microsoft.Network/virtualHubs/read",
    "Microsoft.Network/virtualWans/virtualHubs/read",
)
"""What the role had before the right to read connections was added."""


def arrange(tenant: Tenant) -> None:
    hub = tenant.resources[tenant.demo_hub_id.lower()]
    group = tenant.resource_groups[hub.id.rpartition("/providers/")[0].lower()]
    _spoil_subscriptions(tenant)
    _spoil_the_principal(tenant)
    _spoil_the_role(tenant)
    _spoil_the_callers_rights(tenant)
    _spoil_the_hub(tenant, hub, group)
    _spoil_address_spaces(tenant, hub)
    _spoil_networks(tenant)
    tenant.add(
        Lock(_PROD_SCOPE, "keep-production", "CanNotDelete", "Nothing is deleted in production."),
        Lock(group.id, "network-freeze", "ReadOnly", "Ask the network team first."),
        against_access_changes(tenant, f"{_PROD_SCOPE}/resourceGroups/rg-workloads-prod", "workloads-stack"),
    )
    _spoil_limits(tenant, hub)


def _spoil_subscriptions(tenant: Tenant) -> None:
    """A provider cannot be unregistered where its resources are, so it is missing where there is no hub."""
    tenant.add(Subscription(NEW, "connectivity-new"))
    tenant.add(replace(tenant.subscriptions[demo.DEV], state="Warned"))
    tenant.unregistered_providers.add((NEW, "microsoft.network"))
    assign(tenant, f"/subscriptions/{NEW}", demo.OWNER, _owner(tenant), "ServicePrincipal")


def _spoil_the_principal(tenant: Tenant) -> None:
    """One was deleted two weeks ago, the one made after it is disabled, and both hold more than they need."""
    tenant.add(
        ServicePrincipal(OLD_PRINCIPAL, demo.ASTRONOMER_APP_ID, LONG_AGO, account_enabled=False),
    )
    deleted = ServicePrincipal(
        DELETED_PRINCIPAL,
        demo.ASTRONOMER_APP_ID,
        LONG_AGO,
        deleted=tenant.clock.now() - timedelta(days=14),
    )
    tenant.deleted_principals[deleted.id] = deleted
    # Owner for another product of Astronomer's, which runs in the customer's own subscription
    assign(tenant, _PROD_SCOPE, demo.OWNER, OLD_PRINCIPAL, "ServicePrincipal")
    assign(tenant, f"/subscriptions/{demo.DEV}", STALE_ROLE, DELETED_PRINCIPAL, "ServicePrincipal")


def _spoil_the_role(tenant: Tenant) -> None:
    """The documented name, as it once was documented, and for another subscription."""
    tenant.add(
        RoleDefinition(
            STALE_ROLE,
            "Astro VHub Peering Contributor",
            (Permission(_STALE_ACTIONS),),
            (f"/subscriptions/{demo.DEV}",),
            True,
            "Can create VNET peering with Astro.",
            LONG_AGO,
            LONG_AGO,
            made_id("break-glass"),
            made_id("break-glass"),
        )
    )
    assign(tenant, f"/subscriptions/{demo.DEV}", STALE_ROLE, OLD_PRINCIPAL, "ServicePrincipal")


def _spoil_the_callers_rights(tenant: Tenant) -> None:
    """The owner may define no roles in production, but may assign itself one that lets it."""
    owner = _owner(tenant)
    for key, one in list(tenant.role_assignments.items()):
        if (one.principal_id, one.scope, one.role) == (owner, _PROD_SCOPE, demo.OWNER):
            del tenant.role_assignments[key]
    for role in (demo.CONTRIBUTOR, demo.RBAC_ADMINISTRATOR):
        assign(tenant, _PROD_SCOPE, role, owner, "ServicePrincipal")


def _spoil_the_hub(tenant: Tenant, hub: Resource, group: ResourceGroup) -> None:
    wan = tenant.resources[str(hub.properties["virtualWan"]["id"]).lower()]
    tenant.add(replace(wan, properties={**wan.properties, "type": "Basic"}))
    partner = make_resource(
        group,
        "securityPartnerProviders",
        "spp-prod-weu",
        hub.location,
        {
            "provisioningState": "Succeeded",
            "securityProviderName": "ZScaler",
            "connectionStatus": "NotConnected",
            "virtualHub": {"id": hub.id},
        },
    )
    legacy = {
        "name": "legacy",
        "id": f"{hub.id}/routeTables/legacy",
        "properties": {"provisioningState": "Succeeded", "routes": [], "attachedConnections": ["All_Vnets"]},
    }
    changed = {
        "sku": "Basic",
        "provisioningState": "Failed",
        "routingState": "Failed",
        "virtualRouterIps": [],
        "virtualHubRouteTableV2s": [legacy],
        "securityPartnerProvider": {"id": partner.id},
    }
    firewall = tenant.resources[str(hub.properties["azureFirewall"]["id"]).lower()]
    addresses = {**firewall.properties["hubIPAddresses"], "privateIPAddress": "203.0.113.17"}
    tenant.add(
        partner,
        replace(hub, properties={**hub.properties, **changed}),
        replace(firewall, properties={**firewall.properties, "hubIPAddresses": addresses}),
        _part(hub, "hubRouteTables", "rt-spokes", {"routes": [], "labels": ["spokes"]}),
        _part(hub, "routeMaps", "rm-inbound", {"rules": []}),
        _part(
            hub,
            "routingIntent",
            "hubRoutingIntent",
            {
                "routingPolicies": [
                    {
                        "name": "PrivateTrafficPolicy",
                        "destinations": ["PrivateTraffic"],
                        "nextHop": firewall.id,
                    }
                ]
            },
        ),
    )


def _spoil_address_spaces(tenant: Tenant, hub: Resource) -> None:
    """What the cluster's range meets: a network, one of another tenant, another hub's prefix, another cluster."""
    workloads = ResourceGroup(demo.PROD, "rg-workloads-prod", "westeurope")
    legacy = make_network(workloads, "vnet-legacy", "172.20.8.0/21")
    taken = make_network(workloads, "vnet-peered-by-hand", "10.14.0.0/16")
    tenant.foreign_networks[_OTHER_NETWORK.lower()] = (OTHER_RANGE,)
    custom = {"id": f"{hub.id}/hubRouteTables/rt-spokes"}
    connection = make_connection(hub, "conn-legacy", legacy.id)
    routing = {
        "associatedRouteTable": custom,
        "propagatedRouteTables": {"labels": ["spokes"], "ids": [custom]},
        "vnetRoutes": {"staticRoutes": []},
        "inboundRouteMap": {"id": f"{hub.id}/routeMaps/rm-inbound"},
    }
    tenant.add(
        legacy,
        taken,
        replace(connection, properties={**connection.properties, "routingConfiguration": routing}),
        make_connection(hub, PEERING_NAME, taken.id),
        make_connection(hub, "astro-other-cluster", _OTHER_NETWORK),
    )
    new = tenant.resources[
        network_id(
            ResourceGroup(demo.PROD, "rg-connectivity-prod", ""), "virtualHubs", "vhub-prod-swc"
        ).lower()
    ]
    tenant.add(replace(new, properties={**new.properties, "addressPrefix": "172.20.4.0/23"}))
    mine = tenant.astro.clusters[demo.CLUSTER]
    tenant.astro.add(
        [
            replace(mine, dr_region="northeurope", dr_vpc_subnet_range="172.16.0.0/19"),
            Cluster(
                astro_id("other cluster"),
                "staging-weu",
                "westeurope",
                OTHER_RANGE,
                tenant_id=demo.ASTRONOMER_TENANT,
                external_ips=("198.51.100.41",),
                workspace_ids=mine.workspace_ids,
            ),
        ]
    )


def _spoil_networks(tenant: Tenant) -> None:
    """The network to be peered is locked, and peered with one that has the cluster's addresses; another takes none."""
    group = ResourceGroup(demo.PROD, demo_networks.GROUP, "westeurope")
    airflow = tenant.resources[network_id(group, "virtualNetworks", demo_networks.AIRFLOW).lower()]
    workloads = ResourceGroup(demo.PROD, "rg-workloads-prod", "westeurope")
    legacy = tenant.resources[network_id(workloads, "virtualNetworks", "vnet-legacy").lower()]
    crowded = make_network(group, CROWDED, "10.44.0.0/16", subnets={"default": "10.44.0.0/24"})
    gone = ResourceGroup(demo.DEV, "rg-spokes", "westeurope")
    tenant.add(
        Lock(airflow.id, "airflow-freeze", "ReadOnly", "Ask the data platform first."),
        make_peering(airflow, "peer-legacy", legacy.id, "172.20.8.0/21"),
        make_peering(legacy, "peer-airflow", airflow.id, "10.42.0.0/16"),
        crowded,
        *(
            make_peering(
                crowded,
                f"peer-spoke-{number:03}",
                network_id(gone, "virtualNetworks", f"vnet-spoke-{number:03}"),
                f"10.{100 + number // 256}.{number % 256}.0/24",
                state=PeeringState.DISCONNECTED,
            )
            for number in range(tenant.limits.peerings_per_network)
        ),
    )


def _spoil_limits(tenant: Tenant, hub: Resource) -> None:
    """There is room for one role more, three assignments and one connection."""
    tenant.limits.custom_roles = sum(r.custom for r in tenant.role_definitions.values()) + 1
    tenant.limits.assignments_per_subscription = (
        sum(a.scope.startswith(_PROD_SCOPE) for a in tenant.role_assignments.values()) + 3
    )
    hubs = sum(
        h.properties.get("virtualWan") == hub.properties["virtualWan"]
        for h in tenant.resources_of("Microsoft.Network/virtualHubs")
    )
    there = sum(c.hub_id == hub.id for c in tenant.connections.values())
    tenant.limits.connections_per_hub = hubs + there + 1


def _part(hub: Resource, kind: str, name: str, properties: dict[str, object]) -> Resource:
    part_id = f"{hub.id}/{kind}/{name}"
    return Resource(
        part_id,
        f"Microsoft.Network/virtualHubs/{kind}",
        "",
        {"provisioningState": "Succeeded", **properties},
        f'W/"{made_id(part_id)}"',
    )


def _owner(tenant: Tenant) -> str:
    return tenant.service_principals[demo.persona_principal_id(Persona.OWNER)].id
