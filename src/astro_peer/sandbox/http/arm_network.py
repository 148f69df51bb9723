"""Azure Resource Manager: virtual WANs, hubs, hub connections, networks, firewalls and asynchronous operations."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.routing import Rule

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.wire import Answer, failure_body
from astro_peer.sandbox.tenant import network, refusals
from astro_peer.sandbox.tenant.network import CONNECTIONS
from astro_peer.sandbox.tenant.shown import shown_properties
from astro_peer.sandbox.tenant.state import Connection, Resource

_KINDS = (
    "virtualHubs",
    "virtualWans",
    "virtualNetworks",
    "azureFirewalls",
    "networkVirtualAppliances",
    "securityPartnerProviders",
)
SOON = {"Retry-After": "1"}
"""When to ask for an operation again, in seconds: clients that are not told wait for half a minute."""
HUB = "/subscriptions/<subscription>/resourcegroups/<group>/providers/microsoft.network/virtualhubs/<hub>"


def resource_body(call: Call, resource: Resource) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": resource.name,
        "id": resource.id,
        "etag": resource.etag,
        "type": resource.type,
        "location": resource.location,
    }
    if resource.tags:
        body["tags"] = dict(resource.tags)
    return body | {"properties": shown_properties(call.tenant, resource)}


def _resource_rules(kind: str) -> list[Rule]:
    """List in a subscription, list in a resource group, and read, for one resource type."""
    full = f"Microsoft.Network/{kind}"

    def list_in_subscription(call: Call, subscription: str) -> Answer:
        scope = f"/subscriptions/{subscription}"
        call.require(f"{full}/read", scope)
        return _list(call, scope)

    def list_in_group(call: Call, subscription: str, group: str) -> Answer:
        scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
        call.require(f"{full}/read", scope)
        require_group(call, scope, group)
        return _list(call, scope)

    def _list(call: Call, scope: str) -> Answer:
        inside = [r for r in call.tenant.resources_of(full) if r.id.lower().startswith(scope.lower() + "/")]
        return call.page([resource_body(call, r) for r in inside])

    def read(call: Call, subscription: str, group: str, name: str) -> Answer:
        scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
        resource_id = f"{scope}/providers/{full}/{name}"
        call.require(f"{full}/read", resource_id)
        require_group(call, scope, group)
        resource = call.tenant.resources.get(resource_id.lower())
        if resource is None:
            raise refusals.resource_not_found(full, name, group)
        return Answer(200, resource_body(call, resource), {"etag": resource.etag})

    low = kind.lower()
    return [
        rule(f"/subscriptions/<subscription>/providers/microsoft.network/{low}", list_in_subscription),
        rule(
            f"/subscriptions/<subscription>/resourcegroups/<group>/providers/microsoft.network/{low}",
            list_in_group,
        ),
        rule(
            f"/subscriptions/<subscription>/resourcegroups/<group>/providers/microsoft.network/{low}/<name>",
            read,
        ),
    ]


def require_group(call: Call, scope: str, group: str) -> None:
    if scope.lower() not in call.tenant.resource_groups:
        raise refusals.resource_group_not_found(group)


def hub_id_of(call: Call, subscription: str, group: str, hub: str) -> str:
    """The hub's ID as Azure spells it if the hub exists, as the caller did if not."""
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    asked = f"{scope}/providers/Microsoft.Network/virtualHubs/{hub}"
    found = call.tenant.resources.get(asked.lower())
    return found.id if found else asked


def _connection_body(call: Call, connection: Connection) -> Mapping[str, Any]:
    state = network.provisioning_state(connection, call.tenant.clock.now())
    return {
        "name": connection.name,
        "id": connection.id,
        "etag": connection.ready_etag if state == "Succeeded" else connection.etag,
        "type": CONNECTIONS,
        "properties": {"provisioningState": state, **connection.properties},
    }


def _list_connections(call: Call, subscription: str, group: str, hub: str) -> Answer:
    hub_id = hub_id_of(call, subscription, group, hub)
    call.require(f"{CONNECTIONS}/read", hub_id)
    require_group(call, hub_id.split("/providers/")[0], group)
    network.find_hub(call.tenant, hub_id)
    found = [_connection_body(call, c) for c in call.tenant.connections.values() if c.hub_id == hub_id]
    return call.page(found)


def _read_connection(call: Call, subscription: str, group: str, hub: str, name: str) -> Answer:
    hub_id = hub_id_of(call, subscription, group, hub)
    connection_id = f"{hub_id}/hubVirtualNetworkConnections/{name}"
    call.require(f"{CONNECTIONS}/read", connection_id)
    require_group(call, hub_id.split("/providers/")[0], group)
    network.find_hub(call.tenant, hub_id)
    connection = call.tenant.connections.get(connection_id.lower())
    if connection is None:
        raise refusals.not_found(connection_id)
    return Answer(200, _connection_body(call, connection))


def _put_connection(call: Call, subscription: str, group: str, hub: str, name: str) -> Answer:
    properties = call.body().get("properties")
    if not isinstance(properties, dict):
        raise refusals.invalid_request_content("properties is required")
    hub_id = hub_id_of(call, subscription, group, hub)
    connection, operation, new = network.put_connection(call.tenant, call.caller, hub_id, name, properties)
    location = call.tenant.resources[hub_id.lower()].location
    headers = {"azure-asyncoperation": operation_url(call, subscription, location, operation)}
    return Answer(201 if new else 200, _connection_body(call, connection), headers)


def _delete_connection(call: Call, subscription: str, group: str, hub: str, name: str) -> Answer:
    hub_id = hub_id_of(call, subscription, group, hub)
    operation = network.delete_connection(call.tenant, call.caller, hub_id, name)
    if operation is None:
        return Answer(204)
    url = operation_url(call, subscription, call.tenant.resources[hub_id.lower()].location, operation)
    return Answer(
        202,
        headers={"azure-asyncoperation": url, "location": url.replace("/operations/", "/operationResults/")},
    )


def find_readable_hub(call: Call, action: str, subscription: str, group: str, hub: str) -> str:
    """The ID of a hub that exists, for a caller who may do that to it."""
    hub_id = hub_id_of(call, subscription, group, hub)
    call.require(action, hub_id)
    require_group(call, hub_id.split("/providers/")[0], group)
    return network.find_hub(call.tenant, hub_id).id


def _put_existing(kind: str, put: Callable[..., Resource]) -> Rule:
    """What is there can be changed; the sandbox makes no other hubs and virtual WANs."""
    full = f"Microsoft.Network/{kind}"

    def change(call: Call, subscription: str, group: str, name: str) -> Answer:
        properties = call.body().get("properties")
        if not isinstance(properties, dict):
            raise refusals.invalid_request_content("properties is required")
        resource_id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{full}/{name}"
        call.require(f"{full}/write", resource_id)
        resource = call.tenant.resources.get(resource_id.lower())
        if resource is None:
            raise refusals.resource_not_found(full, name, group)
        changed = put(call.tenant, call.caller, resource, properties)
        return Answer(200, resource_body(call, changed), {"etag": changed.etag})

    path = "/subscriptions/<subscription>/resourcegroups/<group>/providers/microsoft.network"
    return rule(f"{path}/{kind.lower()}/<name>", change, "PUT")


def operation_url(call: Call, subscription: str, location: str, operation: str) -> str:
    place = f"/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
    return f"{call.url}{place}/operations/{operation}?api-version={call.api_version}"


def _read_operation(call: Call, subscription: str, location: str, operation: str) -> Answer:
    """Open to every signed-in caller: Azure does not ask for a right of one's own to poll."""
    status = network.operation_status(call.tenant, operation)
    failure = call.tenant.failing_operations.get(operation.lower())
    error = {"error": failure_body(failure)} if failure and status == "Failed" else {}
    return Answer(200, {"status": status} | error, SOON if status == "InProgress" else {})


def _read_operation_result(call: Call, subscription: str, location: str, operation: str) -> Answer:
    return Answer(202 if network.operation_status(call.tenant, operation) == "InProgress" else 200)


_LOCATION = "/subscriptions/<subscription>/providers/microsoft.network/locations/<location>"

RULES = [
    *(r for kind in _KINDS for r in _resource_rules(kind)),
    rule(f"{HUB}/hubvirtualnetworkconnections", _list_connections),
    rule(f"{HUB}/hubvirtualnetworkconnections/<name>", _read_connection),
    rule(f"{HUB}/hubvirtualnetworkconnections/<name>", _put_connection, "PUT"),
    rule(f"{HUB}/hubvirtualnetworkconnections/<name>", _delete_connection, "DELETE"),
    _put_existing("virtualWans", network.put_wan),
    _put_existing("virtualHubs", network.put_hub),
    rule(f"{_LOCATION}/operations/<operation>", _read_operation),
    rule(f"{_LOCATION}/operationresults/<operation>", _read_operation_result),
]
