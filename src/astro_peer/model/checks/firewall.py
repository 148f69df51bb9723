"""The firewall's address in the support request: what was found, and what was given."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from astro_peer.model.checks import passed
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.surroundings import DetectedFirewall, HubRouting, Surroundings
from astro_peer.model.way_out import way_out


def findings(around: Surroundings) -> Iterator[Finding]:
    detected = around.hub.firewall if around.hub else None
    given = around.asked.firewall_ip
    address = given or (detected.address if detected else None)
    if address and not _is_private(address):
        yield _warning(
            "firewall-public",
            f"The firewall's address {address} is a public one.",
            f"Traffic from Astro reaches the hub's networks by a private address{_found(detected)}.",
        )
        if not given:
            return
    if detected is None:
        return
    if given and detected.address and ip_address(given) != ip_address(detected.address):
        yield _warning(
            "firewall-differs",
            f"The firewall's address given is {given}, but the hub's own is {detected.address}.",
            f"Found: {detected.note}. A firewall in a network behind the hub cannot be seen from here.",
        )
    elif given:
        yield passed("firewall", f"The firewall's address is {given}, as given.", fact=f"{detected.note}.")
    elif detected.address:
        yield passed("firewall", f"The hub's firewall is {detected.address} ({detected.note}).")
    elif detected.unread:
        yield Finding(
            "firewall",
            Level.UNKNOWN,
            "Which firewall stands in the hub is not known.",
            Blocks.NOTHING,
            fact=detected.note,
            way_out=way_out("Give its private address with --firewall-ip, if there is one."),
            who="whoever runs the firewall",
        )
    elif detected.several:
        yield _warning("firewall", "Which of the hub's firewalls is meant?", detected.note)
    elif next_hops := _intended(around):
        yield _warning(
            "firewall",
            "The hub's routing intent leads to a firewall whose address is not known.",
            f"Its next hop: {', '.join(next_hops)}. Otherwise {detected.note}.",
        )
    else:
        yield passed("firewall", f"No firewall: {detected.note}.")


def _intended(around: Surroundings) -> tuple[str, ...]:
    """IDs of the next hops for private traffic, of the hub's routing intent."""
    routing = around.hub.routing if around.hub else None
    if not isinstance(routing, HubRouting):
        return ()
    return tuple(one.next_hop_id for one in routing.policies if "PrivateTraffic" in one.destinations)


_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def _is_private(address: str) -> bool:
    """Meant for private networks: RFC 1918, RFC 6598, RFC 4193."""
    return any(ip_address(address) in network for network in _PRIVATE)


def _found(detected: DetectedFirewall | None) -> str:
    return f"; the one found in the hub is {detected.address}" if detected and detected.address else ""


def _warning(id: str, says: str, fact: str) -> Finding:
    return Finding(
        id,
        Level.WARNING,
        says,
        Blocks.PEERING,
        fact=fact,
        way_out=way_out(
            "Give the firewall's private address with --firewall-ip; left out, it is the hub's own, if it has one."
        ),
        who="whoever runs the firewall",
    )
