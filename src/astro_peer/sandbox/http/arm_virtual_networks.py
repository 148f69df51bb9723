"""Azure Resource Manager: writing virtual networks, their subnets and peerings, and the gateways in them.

Lists and reads of virtual networks are in arm_network, as those of the other resources.
"""

from collections.abc import Mapping
from typing import Any

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.arm_network import SOON, operation_url, require_group, resource_body
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import peerings, refusals, virtual_networks
from astro_peer.sandbox.tenant.peerings import NETWORKS, PEERINGS
from astro_peer.sandbox.tenant.shown import peering_body
from astro_peer.sandbox.tenant.state import Resource

_GROUP = "/subscriptions/<subscription>/resourcegroups/<group>/providers/microsoft.network"
_NETWORK = f"{_GROUP}/virtualnetworks/<network>"
_GATEWAYS = "Microsoft.Network/virtualNetworkGateways"


def _network_id(call: Call, subscription: str, group: str, network: str) -> str:
    """As Azure spells it if the network exists, as the caller did if not."""
    asked = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{NETWORKS}/{network}"
    found = call.tenant.resources.get(asked.lower())
    return found.id if found else asked


def _readable(call: Call, action: str, network_id: str, scope: str | None = None) -> Resource:
    call.require(action, scope or network_id)
    require_group(call, network_id.split("/providers/")[0], network_id.split("/")[4])
    return peerings.find_network(call.tenant, network_id)


def _properties(call: Call) -> Mapping[str, Any]:
    properties = call.body().get("properties")
    if not isinstance(properties, dict):
        raise refusals.invalid_request_content("properties is required")
    return properties


def _put_network(call: Call, subscription: str, group: str, network: str) -> Answer:
    network_id = _network_id(call, subscription, group, network)
    body = call.body()
    tags, location = body.get("tags") or {}, body.get("location")
    call.require(f"{NETWORKS}/write", network_id)
    if not isinstance(tags, dict) or not isinstance(location, str):
        raise refusals.invalid_request_content("location is required, and tags is an object")
    made, operation, new = virtual_networks.put_network(
        call.tenant, call.caller, network_id, location, tags, _properties(call)
    )
    answer = resource_body(call, made)
    answer["properties"]["provisioningState"] = "Updating"
    url = operation_url(call, subscription, made.location, operation)
    return Answer(201 if new else 200, answer, {"azure-asyncoperation": url, **SOON})


def _list_subnets(call: Call, subscription: str, group: str, network: str) -> Answer:
    found = _readable(call, f"{NETWORKS}/subnets/read", _network_id(call, subscription, group, network))
    return call.page(found.properties["subnets"])


def _read_subnet(call: Call, subscription: str, group: str, network: str, name: str) -> Answer:
    found = _readable(call, f"{NETWORKS}/subnets/read", _network_id(call, subscription, group, network))
    for subnet in found.properties["subnets"]:
        if subnet["name"].lower() == name.lower():
            return Answer(200, subnet)
    raise refusals.not_found(f"{found.id}/subnets/{name}")


def _list_peerings(call: Call, subscription: str, group: str, network: str) -> Answer:
    found = _readable(call, f"{PEERINGS}/read", _network_id(call, subscription, group, network))
    return call.page([peering_body(call.tenant, p) for p in peerings.peerings_of(call.tenant, found.id)])


def _read_peering(call: Call, subscription: str, group: str, network: str, name: str) -> Answer:
    network_id = _network_id(call, subscription, group, network)
    peering_id = f"{network_id}/virtualNetworkPeerings/{name}"
    found = _readable(call, f"{PEERINGS}/read", network_id, peering_id)
    for peering in peerings.peerings_of(call.tenant, found.id):
        if peering.name.lower() == name.lower():
            return Answer(200, peering_body(call.tenant, peering), {"etag": peering.etag})
    raise refusals.not_found(peering_id)


def _put_peering(call: Call, subscription: str, group: str, network: str, name: str) -> Answer:
    network_id = _network_id(call, subscription, group, network)
    made, operation, new = peerings.put_peering(
        call.tenant,
        call.caller,
        network_id,
        name,
        _properties(call),
        sync=call.request.args.get("syncRemoteAddressSpace", "").lower() == "true",
        linked=call.linked,
    )
    location = call.tenant.resources[network_id.lower()].location
    headers = {"azure-asyncoperation": operation_url(call, subscription, location, operation), **SOON}
    return Answer(201 if new else 200, peering_body(call.tenant, made), headers)


def _delete_peering(call: Call, subscription: str, group: str, network: str, name: str) -> Answer:
    network_id = _network_id(call, subscription, group, network)
    operation = peerings.delete_peering(call.tenant, call.caller, network_id, name)
    if operation is None:
        return Answer(204)
    location = call.tenant.resources[network_id.lower()].location
    url = operation_url(call, subscription, location, operation)
    return Answer(
        202,
        headers={
            "azure-asyncoperation": url,
            "location": url.replace("/operations/", "/operationResults/"),
            **SOON,
        },
    )


def _list_gateways(call: Call, subscription: str, group: str) -> Answer:
    """In a resource group: a subscription's are not listed in Azure."""
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    call.require(f"{_GATEWAYS}/read", scope)
    require_group(call, scope, group)
    inside = [r for r in call.tenant.resources_of(_GATEWAYS) if r.id.lower().startswith(f"{scope.lower()}/")]
    return call.page([resource_body(call, r) for r in inside])


def _read_gateway(call: Call, subscription: str, group: str, name: str) -> Answer:
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    gateway_id = f"{scope}/providers/{_GATEWAYS}/{name}"
    call.require(f"{_GATEWAYS}/read", gateway_id)
    require_group(call, scope, group)
    found = call.tenant.resources.get(gateway_id.lower())
    if found is None:
        raise refusals.resource_not_found(_GATEWAYS, name, group)
    return Answer(200, resource_body(call, found), {"etag": found.etag})


_PEERING = f"{_NETWORK}/virtualnetworkpeerings/<name>"

RULES = [
    rule(_NETWORK, _put_network, "PUT"),
    rule(f"{_NETWORK}/subnets", _list_subnets),
    rule(f"{_NETWORK}/subnets/<name>", _read_subnet),
    rule(f"{_NETWORK}/virtualnetworkpeerings", _list_peerings),
    rule(_PEERING, _read_peering),
    rule(_PEERING, _put_peering, "PUT"),
    rule(_PEERING, _delete_peering, "DELETE"),
    rule(f"{_GROUP}/virtualnetworkgateways", _list_gateways),
    rule(f"{_GROUP}/virtualnetworkgateways/<name>", _read_gateway),
]
