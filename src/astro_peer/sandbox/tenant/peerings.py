"""Peerings of virtual networks, two sides each: reading and writing one side under Azure's rules, without HTTP.

https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from astro_peer.sandbox.tenant import guards, providers, refusals
from astro_peer.sandbox.tenant.address_spaces import overlapping, prefixes_of
from astro_peer.sandbox.tenant.network import TIME_TO_CONNECT, new_etag, start_operation
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.rbac import permitted, require
from astro_peer.sandbox.tenant.state import (
    Caller,
    Connection,
    Json,
    Peering,
    PeeringState,
    Resource,
    Tenant,
)
from astro_peer.sandbox.tenant.tenants import holder_of

NETWORKS = "Microsoft.Network/virtualNetworks"
PEERINGS = f"{NETWORKS}/virtualNetworkPeerings"
PEER = f"{NETWORKS}/peer/action"
_MANAGED = UUID("6a6b9e0f-0f5c-5b5e-8e0b-3f2f3c7a9d11")
"""The subscription of Microsoft's in which hubs have their own virtual networks."""


def find_network(tenant: Tenant, network_id: str) -> Resource:
    network = tenant.resources.get(network_id.lower())
    if network is None:
        group, name = network_id.split("/")[4], network_id.rpartition("/")[2]
        raise refusals.resource_not_found(NETWORKS, name, group)
    return network


def peerings_of(tenant: Tenant, network_id: str) -> list[Peering]:
    """Its own, and the one that each connection of a hub leaves in its network."""
    key, beneath = network_id.lower(), f"{network_id.lower()}/"
    by_hubs = [
        _of_hub(tenant, c)
        for c in tenant.connections.values()
        if c.properties["remoteVirtualNetwork"]["id"].lower() == key and key in tenant.resources
    ]
    return [*by_hubs, *(p for k, p in tenant.peerings.items() if k.startswith(beneath))]


def _of_hub(tenant: Tenant, connection: Connection) -> Peering:
    hub = tenant.resources[connection.hub_id.lower()]
    guid = uuid5(NAMESPACE_URL, hub.id)
    managed = f"/subscriptions/{_MANAGED}/resourceGroups/RG_{hub.name}_{guid}/providers/{NETWORKS}/HV_{hub.name}_{guid}"
    network = tenant.resources[connection.properties["remoteVirtualNetwork"]["id"].lower()]
    return Peering(
        id=f"{network.id}/virtualNetworkPeerings/RemoteVnetToHubPeering_{guid}",
        remote_id=managed,
        state=PeeringState.CONNECTED,
        remote_prefixes=(str(hub.properties["addressPrefix"]),),
        resource_guid=str(uuid5(guid, network.id)),
        ready_at=connection.ready_at,
        etag=connection.etag,
        use_remote_gateways=True,
    )


def provisioning_state(peering: Peering, now: datetime) -> str:
    return "Succeeded" if now >= peering.ready_at else "Updating"


def sync_level(tenant: Tenant, peering: Peering) -> str:
    """Whether each side knows the other's address space as it is now. A side that is not there knows nothing."""
    known = prefixes_of(tenant, peering.remote_id)
    local = not known or set(known) == set(peering.remote_prefixes)
    back = other_side(tenant, peering.network_id, peering.remote_id)
    if back is None:  # a hub's is connected all the same: Azure hides its other side
        remote = peering.state is PeeringState.CONNECTED
    else:
        remote = set(prefixes_of(tenant, peering.network_id)) == set(back.remote_prefixes)
    behind = ("" if local else "Local", "" if remote else "Remote")
    return "FullyInSync" if local and remote else "And".join(b for b in behind if b) + "NotInSync"


def remote_gateways(tenant: Tenant, peering: Peering) -> list[str]:
    """The IDs of the gateways that it uses, which stand in the other network."""
    holder = holder_of(tenant, peering.remote_id)
    remote = holder.resources.get(peering.remote_id.lower()) if holder else None
    return gateways_of(remote) if remote and peering.use_remote_gateways else []


def other_side(tenant: Tenant, network_id: str, remote_id: str) -> Peering | None:
    """What the remote network holds of a peering with this one, if both are simulated and it holds anything."""
    remote = holder_of(tenant, remote_id)
    held = remote.peerings if remote else {}
    beneath = f"{remote_id.lower()}/"
    there = (p for key, p in held.items() if key.startswith(beneath))
    return next((p for p in there if p.remote_id.lower() == network_id.lower()), None)


def put_peering(
    tenant: Tenant,
    caller: Caller,
    network_id: str,
    name: str,
    properties: Json,
    *,
    sync: bool = False,
    linked: Mapping[str, Caller] | None = None,
) -> tuple[Peering, str, bool]:
    """This side of a peering, the ID of the operation that makes it, and whether it is new. It is connected as soon as
    the other side is there, too.

    `linked` are the callers that auxiliary tokens speak for, by tenant: who peers with another tenant's network needs
    the right to do so there. `sync` takes the remote network's address space as it is now.
    """
    peering_id = f"{network_id}/virtualNetworkPeerings/{name}"
    require(tenant, caller, f"{PEERINGS}/write", peering_id)
    remote = _object(properties, "remoteVirtualNetwork").get("id")
    existing = tenant.peerings.get(peering_id.lower())
    if remote is None and existing is not None:
        remote = existing.remote_id
    if not isinstance(remote, str):
        raise refusals.invalid_request_content("properties.remoteVirtualNetwork.id is required")
    remote_id = "/" + remote.strip("/")
    _check_linked(tenant, caller, peering_id, remote_id, linked or {})
    providers.check_registered(tenant, peering_id, "Microsoft.Network")
    guards.check_exists(tenant, peering_id)
    guards.check_write(tenant, peering_id)
    network = find_network(tenant, network_id)
    other = _found(tenant, peering_id, remote_id)
    wanted = Peering(
        id=existing.id if existing else f"{network.id}/virtualNetworkPeerings/{name}",
        remote_id=other.id,
        state=existing.state if existing else PeeringState.INITIATED,
        remote_prefixes=existing.remote_prefixes if existing else (),
        resource_guid=common_guid(network, other),
        ready_at=tenant.clock.now() + TIME_TO_CONNECT,
        etag=new_etag(),
        allow_virtual_network_access=_flag(properties, "allowVirtualNetworkAccess", default=True),
        allow_forwarded_traffic=_flag(properties, "allowForwardedTraffic"),
        allow_gateway_transit=_flag(properties, "allowGatewayTransit"),
        use_remote_gateways=_flag(properties, "useRemoteGateways"),
    )
    _check_alone(tenant, wanted, existing)
    _check_overlap(tenant, wanted)
    _check_gateways(tenant, network, wanted)
    return _connected(tenant, wanted, existing, sync=sync), start_operation(tenant), existing is None


def _connected(tenant: Tenant, wanted: Peering, existing: Peering | None, *, sync: bool) -> Peering:
    """Puts it in, with the state that both sides have of it. A side that lost its other one begins again."""
    back = other_side(tenant, wanted.network_id, wanted.remote_id)
    if back is not None and back.state is PeeringState.DISCONNECTED:
        raise refusals.remote_peering_is_disconnected(wanted.id, back.id, wanted.network_id)
    made = replace(wanted, state=PeeringState.INITIATED if back is None else PeeringState.CONNECTED)
    if existing is None or existing.state is PeeringState.DISCONNECTED or sync:
        made = replace(made, remote_prefixes=prefixes_of(tenant, wanted.remote_id))
    tenant.add(made)
    remote = holder_of(tenant, wanted.remote_id)
    if remote is not None and back is not None and back.state is PeeringState.INITIATED:
        remote.add(
            replace(back, state=PeeringState.CONNECTED, ready_at=wanted.ready_at, etag=new_etag()),
        )
    return made


def delete_peering(tenant: Tenant, caller: Caller, network_id: str, name: str) -> str | None:
    """The ID of the operation that removes it; None when there is none to remove. The other side stays, alone."""
    peering_id = f"{network_id}/virtualNetworkPeerings/{name}"
    require(tenant, caller, f"{PEERINGS}/delete", peering_id)
    guards.check_exists(tenant, peering_id)
    guards.check_delete(tenant, peering_id)
    gone = tenant.peerings.pop(peering_id.lower(), None)
    if gone is None:
        return None
    back, remote = other_side(tenant, gone.network_id, gone.remote_id), holder_of(tenant, gone.remote_id)
    if back is not None and remote is not None:
        remote.add(replace(back, state=PeeringState.DISCONNECTED, etag=new_etag()))
    return start_operation(tenant)


def common_guid(one: Resource, other: Resource) -> str:
    """As Azure makes it of the networks' own."""
    first, second = (UUID(str(n.properties["resourceGuid"])) for n in (one, other))
    return str(UUID(int=first.int ^ second.int))


def _check_linked(
    tenant: Tenant, caller: Caller, peering_id: str, remote_id: str, linked: Mapping[str, Caller]
) -> None:
    """The right to peer is asked for at the other network, in its own tenant."""
    remote = holder_of(tenant, remote_id)
    subscription = subscription_of(remote_id) or ""
    if remote is None:
        raise refusals.linked_subscription_not_found(PEER, peering_id, subscription)
    there = caller if remote is tenant else linked.get(remote.id)
    if there is None:
        raise refusals.tenant_not_authorized(PEER, peering_id, tenant.id, subscription)
    if not permitted(remote, there, PEER, remote_id):
        raise refusals.linked_action_not_permitted(
            there.app_id, there.object_id, f"{PEERINGS}/write", peering_id, PEER, remote_id
        )


def _found(tenant: Tenant, peering_id: str, remote_id: str) -> Resource:
    holder = holder_of(tenant, remote_id)
    remote = holder.resources.get(remote_id.lower()) if holder else None
    if remote is None or remote.type != NETWORKS:
        raise refusals.referenced_network_not_found(remote_id, peering_id)
    return remote


def _check_alone(tenant: Tenant, wanted: Peering, existing: Peering | None) -> None:
    """Two networks are peered once, a side keeps its remote network, and a network takes so many and no more."""
    if existing is not None and existing.remote_id.lower() != wanted.remote_id.lower():
        raise refusals.remote_network_cannot_change(wanted.id, existing.remote_id)
    there = peerings_of(tenant, wanted.network_id)
    for other in there:
        if other.id.lower() != wanted.id.lower() and other.remote_id.lower() == wanted.remote_id.lower():
            raise refusals.remote_network_already_referenced(other.id, wanted.remote_id, wanted.id)
    limit = tenant.limits.peerings_per_network
    if existing is None and len(there) >= limit:
        raise refusals.too_many_peerings(wanted.network_id, limit)


def _check_overlap(tenant: Tenant, wanted: Peering) -> None:
    """The two against each other, and each against what the other is peered with already."""
    one, other = wanted.network_id, wanted.remote_id
    both = overlapping(prefixes_of(tenant, one), prefixes_of(tenant, other))
    if both:
        raise refusals.peering_overlap(wanted.id, one, other, both)
    for first, second in ((one, other), (other, one)):
        holder = holder_of(tenant, second)
        for peered in peerings_of(holder, second) if holder else ():
            if peered.remote_id.lower() == first.lower():
                continue
            taken = prefixes_of(holder or tenant, peered.remote_id) or peered.remote_prefixes
            both = overlapping(prefixes_of(tenant, first), taken)
            if both:
                raise refusals.address_space_overlaps(wanted.id, first, second, peered.remote_id, both)


def gateways_of(network: Resource) -> list[str]:
    """The IDs of those that stand in its GatewaySubnet."""
    return [
        str(configuration["id"]).rpartition("/ipConfigurations/")[0]
        for subnet in network.properties.get("subnets", ())
        if subnet["name"].lower() == "gatewaysubnet"
        for configuration in subnet["properties"].get("ipConfigurations", ())
    ]


def _check_gateways(tenant: Tenant, network: Resource, wanted: Peering) -> None:
    """Another network's gateway is used where it is offered, by a network that has none, and one only."""
    if not wanted.use_remote_gateways:
        return
    remote = _found(tenant, wanted.id, wanted.remote_id)
    if gateways_of(network):
        raise refusals.network_has_gateway(wanted.id, network.id)
    if not gateways_of(remote):
        raise refusals.remote_network_has_no_gateways(wanted.id, remote.id)
    for other in peerings_of(tenant, network.id):
        if other.use_remote_gateways and other.id.lower() != wanted.id.lower():
            raise refusals.remote_gateways_in_use(wanted.id, other.id)
    back = other_side(tenant, network.id, remote.id)
    if back is not None and not back.allow_gateway_transit:
        raise refusals.gateway_transit_not_allowed(wanted.id, back.id)


def _flag(properties: Json, key: str, *, default: bool = False) -> bool:
    value = properties.get(key)
    if value is not None and not isinstance(value, bool):
        raise refusals.invalid_request_content(f"properties.{key} is true or false")
    return default if value is None else value


def _object(properties: Json, key: str) -> Json:
    value = properties.get(key) or {}
    if not isinstance(value, Mapping):
        raise refusals.invalid_request_content(f"properties.{key} is an object")
    return value
