"""The virtual network: ready for a peering, with room for it, addresses that meet no others, and what to know of it.

Limits: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.checks.address_space import Taken, astro_ranges, overlaps, unread
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import NetworkPeering, VirtualNetwork
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import az, way_out

PEERINGS = 500
"""Of one virtual network, at most."""
_NEARLY = 0.9
_OWNER = "whoever runs the network"


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    network = wanted.target.network
    if network is None or not wanted.granted:
        return
    yield _state(network)
    found = around.network.peerings if around.network else None
    if isinstance(found, AstroPeerError):
        yield unknown("peerings", f"The peerings of {network.name}", found, Blocks.PEERING)
    elif found is not None:
        yield _number(network, found)
        yield from _disconnected(found)
        yield from _address_space(around, network, found)
        yield _gateways(network, found)


def _state(network: VirtualNetwork) -> Finding:
    fact = f"{network.name}: provisioning state {network.provisioning_state}."
    if network.ready:
        return passed(
            "virtual-network", f"The virtual network {network.name} ({network.location}) is ready.", fact
        )
    failed = network.provisioning_state == "Failed"
    return Finding(
        "virtual-network-not-ready",
        Level.FAIL if failed else Level.WARNING,
        f"the virtual network is not ready yet ({network.state}): until it is, Azure may refuse peerings. Granting now"
        " does no harm.",
        Blocks.PEERING,
        fact=fact,
        way_out=way_out(
            "Have Azure write it again as it is: ", az("resource", "update", "--ids", network.id), "."
        )
        if failed
        else way_out("Wait until it is Succeeded."),
        who=_OWNER if failed else "nobody",
    )


def _number(network: VirtualNetwork, peerings: tuple[NetworkPeering, ...]) -> Finding:
    count = f"{len(peerings)} of at most {PEERINGS}"
    if len(peerings) < PEERINGS * _NEARLY:
        return passed("peerings", f"The virtual network has room for a peering: {count}.")
    full = len(peerings) >= PEERINGS
    return Finding(
        "peerings",
        Level.FAIL if full else Level.WARNING,
        f"{network.name} {'has no room for another peering' if full else 'is nearly full'}: {count}.",
        Blocks.PEERING,
        fact=f"A virtual network takes {PEERINGS} peerings.",
        way_out=way_out("Remove peerings that nobody needs, or use another virtual network."),
        who=_OWNER,
    )


def _disconnected(peerings: tuple[NetworkPeering, ...]) -> Iterator[Finding]:
    gone = [one for one in peerings if one.peering_state == "Disconnected"]
    if gone:
        yield Finding(
            "peerings-disconnected",
            Level.WARNING,
            f"{len(gone)} of the peerings {'is' if len(gone) == 1 else 'are'} disconnected: the other side is gone.",
            Blocks.PEERING,
            fact="While one is there, its network cannot be peered again:\n"
            + "\n".join(f"  {one.name} to {one.remote_network_id}" for one in gone),
            way_out=way_out(
                "If one is of an earlier connection with Astro, delete it: ",
                az("resource", "delete", "--ids", gone[0].id),
            ),
            who=_OWNER,
        )


def _address_space(
    around: Surroundings, network: VirtualNetwork, peerings: tuple[NetworkPeering, ...]
) -> Iterator[Finding]:
    """Azure compares the addresses of all networks that one network is peered with."""
    ranges = astro_ranges(around)
    exactly = {str(one.network) for one in ranges}
    alike = [one for one in peerings if exactly & set(one.remote_prefixes)]
    if alike:
        yield _alike(alike[0])
    taken = [Taken(ip_network(one), f"virtual network {network.name} itself") for one in network.prefixes]
    taken += [
        Taken(ip_network(one), f"virtual network {_name(peering)}, peering {peering.name}")
        for peering in peerings
        if peering not in alike
        for one in peering.remote_prefixes
    ]
    yield from overlaps(
        ranges,
        tuple(taken),
        "Astro's range overlaps with the virtual network, or with one that it is peered with: Azure refuses such a"
        " peering.",
        "the virtual network and the networks that it is peered with",
    )
    missing = [f"{network.id} itself"] if not network.prefixes else []
    missing += [
        f"{one.remote_network_id or 'a network that Azure does not name'} (peering {one.name})"
        for one in peerings
        if not one.remote_prefixes
    ]
    yield from unread(missing)


def _alike(peering: NetworkPeering) -> Finding:
    return Finding(
        "address-space-peered",
        Level.WARNING,
        f"A network with exactly Astro's range is peered already: {_name(peering)}, peering {peering.name}.",
        Blocks.PEERING,
        fact=f"The peering is {peering.state}. Azure refuses a second network with the same addresses.",
        way_out=way_out(
            "If that is this cluster's, nothing is left to do. Else ask Astronomer support for a cluster with another"
            " range."
        ),
        who="you",
    )


def _gateways(network: VirtualNetwork, peerings: tuple[NetworkPeering, ...]) -> Finding:
    """Nothing of this stops a peering: it is what the support request may have to say."""
    using = next((one for one in peerings if one.use_remote_gateways), None)
    if using:
        return passed(
            "gateways",
            f"The virtual network uses the gateway of {_name(using)} (peering {using.name}).",
            "Only one peering of a network can use the other side's gateway: Astro's is to use none.",
        )
    if network.gateway:
        return passed(
            "gateways",
            "A gateway stands in the virtual network.",
            "By it, Astro reaches what lies behind only if the peering allows gateway transit, and Astro's side uses"
            " it: say so in the support request if you want that.",
        )
    return passed(
        "gateways",
        "No gateway stands in the virtual network, and it uses none of another's.",
        "A peering leads to this network alone, not to those that it is peered with.",
    )


def _name(peering: NetworkPeering) -> str:
    return peering.remote_network_id.rsplit("/", 1)[-1] or "without a name"
