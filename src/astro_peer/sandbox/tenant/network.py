"""Hub virtual network connections: made, overwritten and removed under Azure's rules, without HTTP."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from astro_peer.sandbox.tenant import guards, providers, refusals
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.state import Caller, Connection, Json, Resource, Tenant

CONNECTIONS = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections"
TIME_TO_CONNECT = timedelta(seconds=0.5)
"""Minutes in Azure; short here, so that nobody waits. The clock can be turned forward as well."""


def new_etag() -> str:
    return f'W/"{uuid4()}"'


def provisioning_state(connection: Connection, now: datetime) -> str:
    return "Succeeded" if now >= connection.ready_at else "Updating"


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
    existing = tenant.connections.get(connection_id.lower())
    connection = Connection(
        id=existing.id if existing else f"{hub.id}/hubVirtualNetworkConnections/{name}",
        hub_id=hub.id,
        properties=_completed(hub, properties, existing),
        ready_at=tenant.clock.now() + TIME_TO_CONNECT,
        etag=new_etag(),
        ready_etag=new_etag(),
    )
    tenant.add(connection)
    return connection, _start_operation(tenant), existing is None


def delete_connection(tenant: Tenant, caller: Caller, hub_id: str, name: str) -> str | None:
    """The ID of the operation that removes it; None when there is none to remove."""
    connection_id = f"{hub_id}/hubVirtualNetworkConnections/{name}"
    require(tenant, caller, f"{CONNECTIONS}/delete", connection_id)
    guards.check_exists(tenant, connection_id)
    guards.check_delete(tenant, connection_id)
    if tenant.connections.pop(connection_id.lower(), None) is None:
        return None
    return _start_operation(tenant)


def find_hub(tenant: Tenant, hub_id: str) -> Resource:
    """A hub of a virtual WAN; a Route Server has the same resource type but takes no connection."""
    hub = tenant.resources.get(hub_id.lower())
    if hub is None or "virtualWan" not in hub.properties:
        group, name = hub_id.split("/")[4], hub_id.rpartition("/")[2]
        raise refusals.resource_not_found("Microsoft.Network/virtualHubs", name, group)
    return hub


def operation_status(tenant: Tenant, operation_id: str) -> str:
    done = tenant.operations.get(operation_id.lower())
    return "InProgress" if done is not None and tenant.clock.now() < done else "Succeeded"


def _start_operation(tenant: Tenant) -> str:
    operation = str(uuid4())
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
