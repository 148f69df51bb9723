"""Address space: Astro's ranges against everything that is connected to the same virtual WAN.

What could not be read is unknown, never free: a network of another tenant, such as another Astro cluster's, cannot be
read by anybody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import HubConnection, VirtualHub
from astro_peer.model.surroundings import AroundHub, AstroCluster, HubRouting, Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import way_out

ASSUMED = "172.20.0.0/19"
"""Astro's default for a dedicated cluster on Azure."""
ROUTING_INTENT_PREFIXES = 600
"""Address prefixes of virtual networks that a hub with routing intent takes; trouble begins at 540."""
_NEARLY = 540
_MOST_NAMED = 12


@dataclass(frozen=True)
class AstroRange:
    network: IPv4Network | IPv6Network
    source: str
    assumed: bool = False

    def __str__(self) -> str:
        return f"{self.network} ({self.source})"


@dataclass(frozen=True)
class Taken:
    network: IPv4Network | IPv6Network
    by: str


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    hub = wanted.target.hub
    if hub is None or around.hub is None:
        return
    yield from overlaps(
        astro_ranges(around),
        tuple(_taken(hub, around.hub)),
        "Astro's range overlaps with networks of the virtual WAN: traffic between them could not be routed.",
        "the hubs of the virtual WAN and the networks connected to them",
    )
    yield from _unread(around.hub)
    yield from _number(around.hub)


def astro_ranges(around: Surroundings) -> tuple[AstroRange, ...]:
    """As given, else as Astro's API says, else assumed."""
    given = tuple(AstroRange(ip_network(one), "--astro-range") for one in around.asked.astro_ranges)
    if given:
        return given
    cluster = around.astro.cluster if around.astro else None
    if isinstance(cluster, AstroCluster):
        return tuple(of_cluster(cluster))
    return (AstroRange(ip_network(ASSUMED), "an assumption: Astro's default", assumed=True),)


def of_cluster(cluster: AstroCluster) -> Iterator[AstroRange]:
    for text, source in (
        (cluster.range, f"Astro cluster {cluster.name}"),
        (cluster.recovery_range, f"disaster recovery of Astro cluster {cluster.name}"),
    ):
        if text:
            yield AstroRange(ip_network(text, strict=False), source)


def overlapping(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _taken(hub: VirtualHub, around: AroundHub) -> Iterator[Taken]:
    by = {one.remote_network_id.lower(): f", connection {one.name}" for one in _connections(around)}
    hubs = [hub, *(around.other_hubs if isinstance(around.other_hubs, tuple) else ())]
    for one in hubs:
        if one.address_prefix:
            yield Taken(ip_network(one.address_prefix, strict=False), f"virtual hub {one.name}")
    for network in around.networks if isinstance(around.networks, tuple) else ():
        for prefix in network.prefixes:
            yield Taken(
                ip_network(prefix, strict=False),
                f"virtual network {network.id.rsplit('/', 1)[-1]}{by.get(network.id.lower(), '')}",
            )


def overlaps(
    ranges: tuple[AstroRange, ...], taken: tuple[Taken, ...], says: str, compared_with: str
) -> Iterator[Finding]:
    """`says`: what it means where they do."""
    met = [(mine, theirs) for mine in ranges for theirs in taken if overlapping(mine.network, theirs.network)]
    named = ", ".join(map(str, ranges))
    if not met:
        yield passed(
            "address-space",
            f"Astro's range overlaps with nothing that could be read: {named}.",
            fact=f"Compared with {_count(taken)} of {compared_with}.",
        )
        return
    assumed = any(mine.assumed for mine, _ in met)
    lines = [f"  {mine} and {theirs.network} ({theirs.by})" for mine, theirs in met]
    yield Finding(
        "address-space",
        Level.WARNING if assumed else Level.FAIL,
        says,
        Blocks.PEERING,
        fact="\n".join(_shortened(lines)),
        way_out=way_out(
            "Have the cluster's own range compared: name it with --cluster-id, and set ASTRO_API_TOKEN and"
            " ASTRO_ORGANIZATION_ID; or give the range that the Astro UI shows with --astro-range."
            if assumed
            else "Ask Astronomer support for a cluster with another range; or take the connection away, or give the"
            " network another range, where that can be."
        ),
        who="you" if assumed else "Astronomer support, or whoever runs the networks",
    )


def _count(taken: tuple[Taken, ...]) -> str:
    return f"{len(taken)} address {'prefix' if len(taken) == 1 else 'prefixes'}"


def _unread(around: AroundHub) -> Iterator[Finding]:
    for what, found in (
        ("The address spaces of the connected networks", around.networks),
        ("The other hubs of the virtual WAN", around.other_hubs),
    ):
        if isinstance(found, AstroPeerError):
            yield unknown("address-space-unread", what, found, Blocks.PEERING)
    missing = list(around.hubs_unread)
    if isinstance(around.networks, tuple):
        read = {one.id.lower() for one in around.networks}
        missing += [
            f"{one.remote_network_id or 'a network that Azure does not name'} (connection {one.name})"
            for one in _connections(around)
            if one.remote_network_id.lower() not in read
        ]
    yield from unread(missing)


def unread(missing: list[str]) -> Iterator[Finding]:
    """`missing`: what could not be read, a line each."""
    if missing:
        yield Finding(
            "address-space-unread",
            Level.UNKNOWN,
            f"The address spaces of {len(missing)} {'network' if len(missing) == 1 else 'networks'} could not be read:"
            " that does not mean that they are free.",
            Blocks.PEERING,
            fact="\n".join(_shortened([f"  {one}" for one in missing])),
            way_out=way_out(
                "A network of your own: have somebody run the check who may read it. One of another tenant, such as the"
                " network of another Astro cluster: compare its range by hand."
            ),
            who="whoever may read them",
        )


def _connections(around: AroundHub) -> Iterator[HubConnection]:
    yield from around.connections if isinstance(around.connections, tuple) else ()
    yield from around.connections_elsewhere


def _number(around: AroundHub) -> Iterator[Finding]:
    """Routing intent for private traffic bears a limited number of prefixes."""
    routing, networks, connections = around.routing, around.networks, around.connections
    if (
        not isinstance(routing, HubRouting)
        or not isinstance(networks, tuple)
        or not isinstance(connections, tuple)
    ):
        return
    if not any("PrivateTraffic" in one.destinations for one in routing.policies):
        return
    behind = {one.remote_network_id.lower() for one in connections}
    count = sum(len(one.prefixes) for one in networks if one.id.lower() in behind)
    if count < _NEARLY:
        yield passed(
            "address-prefixes",
            f"{count} address prefixes of at most {ROUTING_INTENT_PREFIXES} are behind the hub.",
        )
        return
    yield Finding(
        "address-prefixes",
        Level.WARNING if count < ROUTING_INTENT_PREFIXES else Level.FAIL,
        f"{count} address prefixes are behind the hub; with routing intent it takes {ROUTING_INTENT_PREFIXES}.",
        Blocks.PEERING,
        fact="Routing intent for private traffic is in use, and trouble is known from 540 on.",
        way_out=way_out("Join prefixes of the networks, or spread the networks over more hubs."),
        who="whoever runs the virtual WAN",
    )


def _shortened(lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    more = [f"  and {len(listed) - _MOST_NAMED} more"] if len(listed) > _MOST_NAMED else []
    return listed[:_MOST_NAMED] + more
