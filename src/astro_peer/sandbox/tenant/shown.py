"""What a resource of the network provider shows: what it holds itself, and what Azure tells from the others."""

from collections.abc import Mapping
from typing import Any

from astro_peer.sandbox.tenant import peerings
from astro_peer.sandbox.tenant.address_spaces import prefixes_of
from astro_peer.sandbox.tenant.network import hubs_of
from astro_peer.sandbox.tenant.peerings import NETWORKS, PEERINGS
from astro_peer.sandbox.tenant.state import Peering, Resource, Tenant


def shown_properties(tenant: Tenant, resource: Resource) -> dict[str, Any]:
    """A virtual WAN shows its hubs, a route table its connections, a virtual network its peerings."""
    match resource.type:
        case "Microsoft.Network/virtualWans":
            hubs = [{"id": h.id} for h in hubs_of(tenant, resource.id)]
            return {**resource.properties, "virtualHubs": hubs} if hubs else dict(resource.properties)
        case "Microsoft.Network/virtualHubs/hubRouteTables":
            return {**resource.properties, **_connections_of(tenant, resource)}
        case kind if kind == NETWORKS:
            shown = [peering_body(tenant, p) for p in peerings.peerings_of(tenant, resource.id)]
            return {**resource.properties, "virtualNetworkPeerings": shown}
    return dict(resource.properties)


def peering_body(tenant: Tenant, peering: Peering) -> dict[str, Any]:
    """The address space that it was made or synchronized with, and the one that the other network has now."""
    now = tenant.clock.now()
    current = prefixes_of(tenant, peering.remote_id) or peering.remote_prefixes
    gateways = [{"id": gateway} for gateway in peerings.remote_gateways(tenant, peering)]
    return {
        "name": peering.name,
        "id": peering.id,
        "etag": peering.etag,
        "type": PEERINGS,
        "properties": {
            "provisioningState": peerings.provisioning_state(peering, now),
            "resourceGuid": peering.resource_guid,
            "peeringState": str(peering.state),
            "peeringSyncLevel": peerings.sync_level(tenant, peering),
            "remoteVirtualNetwork": {"id": peering.remote_id},
            "allowVirtualNetworkAccess": peering.allow_virtual_network_access,
            "allowForwardedTraffic": peering.allow_forwarded_traffic,
            "allowGatewayTransit": peering.allow_gateway_transit,
            "useRemoteGateways": peering.use_remote_gateways,
            "doNotVerifyRemoteGateways": False,
            "peerCompleteVnets": True,
            **({"remoteGateways": gateways} if gateways else {}),
            "remoteAddressSpace": {"addressPrefixes": list(peering.remote_prefixes)},
            "remoteVirtualNetworkAddressSpace": {"addressPrefixes": list(current)},
            "routeServiceVips": {},
        },
    }


def _connections_of(tenant: Tenant, table: Resource) -> dict[str, list[str]]:
    routings = {c.id: c.properties["routingConfiguration"] for c in tenant.connections.values()}
    return {
        "associatedConnections": [
            i for i, r in routings.items() if _names(r.get("associatedRouteTable"), table)
        ],
        "propagatingConnections": [
            i
            for i, r in routings.items()
            if any(_names(t, table) for t in r.get("propagatedRouteTables", {}).get("ids", ()))
        ],
    }


def _names(reference: object, resource: Resource) -> bool:
    return isinstance(reference, Mapping) and str(reference.get("id")).lower() == resource.id.lower()
