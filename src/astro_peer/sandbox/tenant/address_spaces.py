"""Which address prefixes, IPv4 and IPv6, a virtual network has, and what they collide with."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.state import Resource, Tenant
from astro_peer.sandbox.tenant.tenants import holder_of

Network = IPv4Network | IPv6Network


def prefixes_of(tenant: Tenant, network_id: str) -> tuple[str, ...]:
    """Of this tenant's network or another's. None are known of a network that is nowhere, and it fits everywhere."""
    holder = holder_of(tenant, network_id)
    network = holder.resources.get(network_id.lower()) if holder else None
    if network is not None:
        return tuple(network.properties.get("addressSpace", {}).get("addressPrefixes", ()))
    return tenant.foreign_networks.get(network_id.lower(), ())


def check_overlap(tenant: Tenant, hub: Resource, connection_id: str, network_id: str) -> None:
    """Against the hub's own prefix and the networks connected to this hub, whoever can read them."""
    wanted = prefixes_of(tenant, network_id)
    others = {
        c.properties["remoteVirtualNetwork"]["id"]
        for c in tenant.connections.values()
        if c.hub_id == hub.id and c.id.lower() != connection_id.lower()
    }
    for other in sorted(others):
        if other.lower() != network_id.lower():
            _refuse_overlap(connection_id, hub, network_id, wanted, other, prefixes_of(tenant, other))
    _refuse_overlap(connection_id, hub, network_id, wanted, hub.id, [str(hub.properties["addressPrefix"])])


def _refuse_overlap(
    connection_id: str, hub: Resource, network: str, wanted: Iterable[str], other: str, taken: Iterable[str]
) -> None:
    both = overlapping(wanted, taken)
    if both:
        raise refusals.address_space_overlaps(connection_id, network, hub.id, other, both)


def overlapping(wanted: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Those of the first that have addresses in common with any of the second."""
    taken_networks = [ip_network(t, strict=False) for t in taken]
    return [w for w in wanted if any(_overlap(ip_network(w, strict=False), t) for t in taken_networks)]


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
