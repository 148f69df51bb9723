"""Azure Resource Manager: tenants, subscriptions, resource groups, resource lists and providers."""

import re
from collections.abc import Mapping
from typing import Any

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import providers, refusals
from astro_peer.sandbox.tenant.rbac import holds_any_role, permitted
from astro_peer.sandbox.tenant.state import Resource, ResourceGroup, Subscription

_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
_TYPE = re.compile(r"resourceType\s+eq\s+'([^']+)'", re.IGNORECASE)
_NETWORK_TYPES = (
    "virtualWans",
    "virtualHubs",
    "virtualHubs/hubVirtualNetworkConnections",
    "virtualHubs/hubRouteTables",
    "virtualHubs/routeMaps",
    "virtualHubs/routingIntent",
    "securityPartnerProviders",
    "azureFirewalls",
    "networkVirtualAppliances",
    "virtualNetworks",
    "locations",
    "locations/operations",
)
_API_VERSIONS = ("2025-01-01", "2024-05-01", "2023-11-01", "2022-07-01", "2020-05-01")
_PROVIDERS = {
    "Microsoft.Network": _NETWORK_TYPES,
    "Microsoft.Authorization": (
        "roleDefinitions",
        "roleAssignments",
        "permissions",
        "locks",
        "denyAssignments",
    ),
    "Microsoft.Resources": (
        "tenants",
        "subscriptions",
        "subscriptions/resourceGroups",
        "resources",
        "deployments",
        "deployments/operations",
    ),
}


def _tenants(call: Call) -> Answer:
    return Answer(
        200,
        {
            "value": [
                {
                    "id": f"/tenants/{call.tenant.id}",
                    "tenantId": call.tenant.id,
                    "displayName": call.tenant.name,
                    "defaultDomain": call.tenant.domain,
                    "domains": [call.tenant.domain],
                    "tenantCategory": "Home",
                    "tenantType": "AAD",
                }
            ]
        },
    )


def _subscription_body(call: Call, subscription: Subscription) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}",
        "subscriptionId": subscription.id,
        "tenantId": call.tenant.id,
        "displayName": subscription.name,
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def _list_subscriptions(call: Call) -> Answer:
    visible = [
        s
        for s in call.tenant.subscriptions.values()
        if holds_any_role(call.tenant, call.caller, f"/subscriptions/{s.id}")
    ]
    return call.page([_subscription_body(call, s) for s in visible])


def _read_subscription(call: Call, subscription: str) -> Answer:
    call.require("Microsoft.Resources/subscriptions/read", f"/subscriptions/{subscription}")
    return Answer(200, _subscription_body(call, call.tenant.subscriptions[subscription.lower()]))


def _group_body(group: ResourceGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": {"provisioningState": "Succeeded"},
    }


def _list_groups(call: Call, subscription: str) -> Answer:
    call.require(f"{_GROUPS}/read", f"/subscriptions/{subscription}")
    groups = [
        _group_body(g)
        for g in call.tenant.resource_groups.values()
        if g.subscription_id == subscription.lower()
    ]
    return call.page(groups)


def _read_group(call: Call, subscription: str, group: str) -> Answer:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    call.require(f"{_GROUPS}/read", scope)
    found = call.tenant.resource_groups.get(scope.lower())
    if found is None:
        raise refusals.resource_group_not_found(group)
    return Answer(200, _group_body(found))


def _resource_entry(resource: Resource) -> dict[str, Any]:
    return {
        "id": resource.id,
        "name": resource.name,
        "type": resource.type,
        "location": resource.location,
        "tags": dict(resource.tags),
    }


def _list_resources(call: Call, subscription: str) -> Answer:
    """Only what the caller may read, as in Azure; a filter on anything but the type is refused."""
    scope = f"/subscriptions/{subscription}"
    if not holds_any_role(call.tenant, call.caller, scope):
        call.require("Microsoft.Resources/subscriptions/resources/read", scope)
    wanted: str | None = None
    if call.filter:
        match = _TYPE.fullmatch(call.filter)
        if match is None:
            raise refusals.unsupported_filter(call.filter)
        wanted = match[1].lower()
    return call.page(
        [
            _resource_entry(r)
            for r in call.tenant.resources.values()
            if r.id.lower().startswith(scope.lower() + "/")
            and (wanted is None or r.type.lower() == wanted)
            and permitted(call.tenant, call.caller, f"{r.type}/read", r.id)
        ]
    )


def _provider_body(call: Call, subscription: str, namespace: str) -> Mapping[str, Any]:
    registered = providers.is_registered(call.tenant, subscription, namespace)
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": "Registered" if registered else "NotRegistered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": [],
                "apiVersions": list(_API_VERSIONS),
                "capabilities": "None",
            }
            for kind in _PROVIDERS[namespace]
        ],
    }


def _list_providers(call: Call, subscription: str) -> Answer:
    call.require("Microsoft.Resources/subscriptions/providers/read", f"/subscriptions/{subscription}")
    return call.page([_provider_body(call, subscription, n) for n in _PROVIDERS])


def _read_provider(call: Call, subscription: str, namespace: str) -> Answer:
    call.require("Microsoft.Resources/subscriptions/providers/read", f"/subscriptions/{subscription}")
    return Answer(200, _provider_body(call, subscription, _known(namespace)))


def _register(call: Call, subscription: str, namespace: str) -> Answer:
    """At once; in Azure it takes minutes, in which the state is Registering."""
    known = _known(namespace)
    providers.register(call.tenant, call.caller, subscription, known)
    return Answer(200, _provider_body(call, subscription, known))


def _unregister(call: Call, subscription: str, namespace: str) -> Answer:
    known = _known(namespace)
    providers.unregister(call.tenant, call.caller, subscription, known)
    return Answer(200, _provider_body(call, subscription, known))


def _known(namespace: str) -> str:
    for known in _PROVIDERS:
        if known.lower() == namespace.lower():
            return known
    raise refusals.Refusal(
        404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid."
    )


RULES = [
    rule("/tenants", _tenants),
    rule("/subscriptions", _list_subscriptions),
    rule("/subscriptions/<subscription>", _read_subscription),
    rule("/subscriptions/<subscription>/resourcegroups", _list_groups),
    rule("/subscriptions/<subscription>/resourcegroups/<group>", _read_group),
    rule("/subscriptions/<subscription>/resources", _list_resources),
    rule("/subscriptions/<subscription>/providers", _list_providers),
    rule("/subscriptions/<subscription>/providers/<namespace>", _read_provider),
    rule("/subscriptions/<subscription>/providers/<namespace>/register", _register, "POST"),
    rule("/subscriptions/<subscription>/providers/<namespace>/unregister", _unregister, "POST"),
]
