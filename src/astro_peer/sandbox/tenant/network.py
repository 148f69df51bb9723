"""Hubs, what belongs to them, and their connections to virtual networks, under Azure's rules, without HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from astro_peer.sandbox.tenant import guards, providers, refusals
from astro_peer.sandbox.tenant.address_spaces import check_overlap
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.rbac import permitted, require
from astro_peer.sandbox.tenant.state import Caller, Connection, Json, OperationFailure, Resource, Tenant

CONNECTIONS = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections"
_FAILURE = OperationFailure(
    "ResourceOperationFailure",
    "The resource operation completed with terminal provisioning state 'Failed'.",
    "InternalServerError",
    "An error occurred.",
)
_WAN_SWITCHES = ("allowBranchToBranchTraffic", "disableVpnEncryption")
TIME_TO_CONNECT = timedelta(seconds=0.5)
"""Minutes in Azure; short here, so that nobody waits. The clock can be turned forward as well."""


def new_etag() -> str:
    return f'W/"{uuid4()}"'


def provisioning_state(connection: Connection, now: datetime) -> str:
    if now < connection.ready_at:
        return "Updating"
    return "Failed" if connection.failure else "Succeeded"


def put_connection(
    tenant: Tenant, caller: Caller, hub_id: str, name: str, properties: Json
) -> tuple[Connection, str, bool]:
    """The connection, the ID of the operation that makes it, and whether it is new.

    One of the same name is overwritten, its routing included: the right to write is all that takes.
    """
    connection_id = f"{hub_id}/hubVirtualNetworkConnections/{name}"
    require(tenant, caller, f"{CONNECTIONS}/write", connection_id)
    providers.check_registered(tenant, connection_id, "Microsoft.Network")
    guards.check_exists(tenant, connection_id)
    guards.check_write(tenant, connection_id)
    hub = find_hub(tenant, hub_id)
    if hub.properties.get("routingState") != "Provisioned":
        raise refusals.another_operation_in_progress(
            subscription_of(hub.id) or "", hub.location, str(uuid4())
        )
    if not isinstance(_object(properties, "remoteVirtualNetwork").get("id"), str):
        raise refusals.invalid_request_content("properties.remoteVirtualNetwork.id is required")
    _check_named(tenant, caller, connection_id, properties)
    existing = tenant.connections.get(connection_id.lower())
    limit = connection_limit(tenant, hub)
    if existing is None and sum(c.hub_id == hub.id for c in tenant.connections.values()) >= limit:
        raise refusals.too_many_connections(hub.id, limit)
    check_overlap(tenant, hub, connection_id, properties["remoteVirtualNetwork"]["id"])
    failure = _FAILURE if tenant.quirks.connections_fail else None
    connection = Connection(
        id=existing.id if existing else f"{hub.id}/hubVirtualNetworkConnections/{name}",
        hub_id=hub.id,
        properties=_completed(hub, properties, existing),
        ready_at=tenant.clock.now() + TIME_TO_CONNECT,
        etag=new_etag(),
        ready_etag=new_etag(),
        failure=failure,
    )
    tenant.add(connection)
    return connection, start_operation(tenant, failure), existing is None


def connection_limit(tenant: Tenant, hub: Resource) -> int:
    wan = str(hub.properties["virtualWan"]["id"])
    return tenant.limits.connections_per_hub - len(hubs_of(tenant, wan))


def hubs_of(tenant: Tenant, wan_id: str) -> list[Resource]:
    return [
        h
        for h in tenant.resources_of("Microsoft.Network/virtualHubs")
        if str(h.properties.get("virtualWan", {}).get("id")).lower() == wan_id.lower()
    ]


def _check_named(tenant: Tenant, caller: Caller, connection_id: str, properties: Json) -> None:
    """Who names route tables or route maps for a connection must be able to read them."""
    routing = _object(properties, "routingConfiguration")
    named = [routing.get(key) for key in ("associatedRouteTable", "inboundRouteMap", "outboundRouteMap")]
    tables = _object(routing, "propagatedRouteTables").get("ids") or []
    for one in [*named, *(tables if isinstance(tables, list) else [])]:
        linked = one.get("id") if isinstance(one, Mapping) else None
        if not isinstance(linked, str):
            continue
        kind = "routeMaps" if "/routemaps/" in linked.lower() else "hubRouteTables"
        if not permitted(tenant, caller, f"Microsoft.Network/virtualHubs/{kind}/read", linked):
            raise refusals.linked_access_check_failed(
                caller.app_id, caller.object_id, f"{CONNECTIONS}/write", connection_id, linked
            )


def parts_of(tenant: Tenant, hub_id: str, kind: str) -> list[Resource]:
    """The hub's route tables (two of which Azure makes with every hub), route maps or routing intent."""
    own = [
        p
        for p in tenant.hub_parts.values()
        if p.type == kind and p.id.lower().startswith(f"{hub_id.lower()}/")
    ]
    if not kind.endswith("/hubRouteTables"):
        return own
    made = [
        Resource(
            f"{hub_id}/hubRouteTables/{name}",
            kind,
            "",
            {"provisioningState": "Succeeded", "routes": [], "labels": [label]},
            f'W/"{uuid5(NAMESPACE_URL, hub_id + name)}"',
        )
        for name, label in (("defaultRouteTable", "default"), ("noneRouteTable", "none"))
    ]
    there = {p.name.lower() for p in own}
    return [p for p in made if p.name.lower() not in there] + own


def put_wan(tenant: Tenant, caller: Caller, wan: Resource, properties: Json) -> Resource:
    """Changes what is there: from Basic to Standard, and never back."""
    require(tenant, caller, "Microsoft.Network/virtualWans/write", wan.id)
    guards.check_write(tenant, wan.id)
    if (wan.properties.get("type"), properties.get("type")) == ("Standard", "Basic"):
        raise refusals.wan_downgrade()
    return _keep(tenant, wan, {k: v for k, v in properties.items() if k in ("type", *_WAN_SWITCHES)})


def put_hub(tenant: Tenant, caller: Caller, hub: Resource, properties: Json) -> Resource:
    """Written again, a hub gets its routers anew: what failed in them is gone."""
    require(tenant, caller, "Microsoft.Network/virtualHubs/write", hub.id)
    guards.check_write(tenant, hub.id)
    changed = {k: v for k, v in properties.items() if k in ("sku", "hubRoutingPreference")}
    return _keep(tenant, hub, {**changed, "routingState": "Provisioned", "provisioningState": "Succeeded"})


def _keep(tenant: Tenant, resource: Resource, changed: Json) -> Resource:
    new = replace(resource, properties={**resource.properties, **changed}, etag=new_etag())
    tenant.add(new)
    return new


def delete_connection(tenant: Tenant, caller: Caller, hub_id: str, name: str) -> str | None:
    """The ID of the operation that removes it; None when there is none to remove."""
    connection_id = f"{hub_id}/hubVirtualNetworkConnections/{name}"
    require(tenant, caller, f"{CONNECTIONS}/delete", connection_id)
    guards.check_exists(tenant, connection_id)
    guards.check_delete(tenant, connection_id)
    if tenant.connections.pop(connection_id.lower(), None) is None:
        return None
    return start_operation(tenant)


def find_hub(tenant: Tenant, hub_id: str) -> Resource:
    """A hub of a virtual WAN; a Route Server has the same resource type but takes no connection."""
    hub = tenant.resources.get(hub_id.lower())
    if hub is None or "virtualWan" not in hub.properties:
        group, name = hub_id.split("/")[4], hub_id.rpartition("/")[2]
        raise refusals.resource_not_found("Microsoft.Network/virtualHubs", name, group)
    return hub


def operation_status(tenant: Tenant, operation_id: str) -> str:
    done = tenant.operations.get(operation_id.lower())
    if done is not None and tenant.clock.now() < done:
        return "InProgress"
    return "Failed" if operation_id.lower() in tenant.failing_operations else "Succeeded"


def start_operation(tenant: Tenant, failure: OperationFailure | None = None) -> str:
    operation = str(uuid4())
    if failure:
        tenant.failing_operations[operation] = failure
    tenant.operations[operation] = tenant.clock.now() + TIME_TO_CONNECT
    return operation


def _object(properties: Json, key: str) -> Json:
    value = properties.get(key) or {}
    if not isinstance(value, Mapping):
        raise refusals.invalid_request_content(f"properties.{key} is an object")
    return value


def _completed(hub: Resource, properties: Json, existing: Connection | None) -> dict[str, Any]:
    """What Azure fills in: the default route table for association and propagation, and the switches."""
    table = {"id": f"{hub.id}/hubRouteTables/defaultRouteTable"}
    routing = {
        "associatedRouteTable": table,
        "propagatedRouteTables": {"labels": ["default"], "ids": [table]},
        "vnetRoutes": {"staticRoutes": []},
    } | {k: v for k, v in _object(properties, "routingConfiguration").items() if v is not None}
    return {
        "resourceGuid": existing.properties["resourceGuid"] if existing else str(uuid4()),
        "routingConfiguration": routing,
        "remoteVirtualNetwork": {"id": properties["remoteVirtualNetwork"]["id"]},
        "allowHubToRemoteVnetTransit": properties.get("allowHubToRemoteVnetTransit") is not False,
        "allowRemoteVnetToUseHubVnetGateways": properties.get("allowRemoteVnetToUseHubVnetGateways") is True,
        "enableInternetSecurity": properties.get("enableInternetSecurity") is True,
    }
