"""The virtual hub: ready for a connection, with room for it, and what its routing means for the support request.

Limits: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
"""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import VirtualHub, same
from astro_peer.model.surroundings import AroundHub, HubRouting, Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import astro_peer, az, way_out

CONNECTIONS_OF_WAN = 500
"""VNet connections of a hub at most, less the number of hubs in its virtual WAN."""
_NEARLY = 0.9
_NETWORK_OWNER = "whoever runs the virtual WAN"


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    hub = wanted.target.hub
    if hub is None or not wanted.granted:
        return
    yield from _state(hub)
    if around.hub:
        yield from _wan(around.hub)
        yield from _connections(hub, around.hub)
        yield from _name(around)
        yield from _routing(around.hub)


def _state(hub: VirtualHub) -> Iterator[Finding]:
    fact = f"{hub.name}: provisioning state {hub.provisioning_state}, routing state {hub.routing_state}."
    if hub.ready:
        yield passed("hub", f"The virtual hub {hub.name} ({hub.location}) is ready.", fact)
    else:
        failed = "Failed" in (hub.provisioning_state, hub.routing_state)
        yield Finding(
            "hub-not-ready",
            Level.FAIL if failed else Level.WARNING,
            f"the hub is not ready yet ({hub.state}): until its routing is Provisioned, Azure refuses connections."
            " Granting now does no harm.",
            Blocks.PEERING,
            fact=fact,
            way_out=way_out(
                "Have Azure write it again as it is: ",
                az("resource", "update", "--ids", hub.id),
                ". If that does not mend it: Reset router, on the hub's page in the Azure portal.",
            )
            if failed
            else way_out("Wait until ", astro_peer("hubs"), " shows it without a routing state."),
            who=_NETWORK_OWNER if failed else "nobody",
        )


def _wan(around: AroundHub) -> Iterator[Finding]:
    wan = around.wan
    if isinstance(wan, AstroPeerError):
        yield unknown("virtual-wan", "The virtual WAN", wan, Blocks.PEERING)
    elif wan.kind.lower() == "basic":
        yield Finding(
            "virtual-wan",
            Level.FAIL,
            f"The virtual WAN {wan.name} is of type Basic, whose hubs take no connections of virtual networks.",
            Blocks.PEERING,
            fact="Basic offers site-to-site VPN alone; Standard can take virtual networks.",
            way_out=way_out(
                "Upgrade it (there is no way back): ",
                az("resource", "update", "--ids", wan.id, "--set", "properties.type=Standard"),
                ".",
            ),
            who=_NETWORK_OWNER,
        )
    else:
        yield passed("virtual-wan", f"The virtual WAN {wan.name} is of type {wan.kind}.")


def _connections(hub: VirtualHub, around: AroundHub) -> Iterator[Finding]:
    found = around.connections
    if isinstance(found, AstroPeerError):
        yield unknown("connections", f"The connections of {hub.name}", found, Blocks.PEERING)
        return
    hubs = 1 if isinstance(around.wan, AstroPeerError) else len(around.wan.hub_ids)
    limit = CONNECTIONS_OF_WAN - hubs
    count = f"{len(found)} of at most {limit}"
    if len(found) < limit * _NEARLY:
        yield passed("connections", f"The hub has room for a connection: {count}.")
    else:
        full = len(found) >= limit
        yield Finding(
            "connections",
            Level.FAIL if full else Level.WARNING,
            f"The hub {'has no room for another connection' if full else 'is nearly full'}: {count}.",
            Blocks.PEERING,
            fact=f"A hub takes {CONNECTIONS_OF_WAN} virtual networks, less the number of hubs in its virtual WAN.",
            way_out=way_out("Remove connections that nobody needs, or use another hub."),
            who=_NETWORK_OWNER,
        )


def _name(around: Surroundings) -> Iterator[Finding]:
    name = around.asked.peering_name
    connections = around.hub.connections if around.hub else None
    if not name or not isinstance(connections, tuple):
        return
    taken = next((one for one in connections if same(one.name, name)), None)
    if taken is None:
        yield passed("connection-name", f"No connection of the hub is named {name} yet.")
        return
    yield Finding(
        "connection-name",
        Level.WARNING,
        f"A connection named {name} is there already: Astronomer's would overwrite it.",
        Blocks.PEERING,
        fact=f"It leads to {taken.remote_network_id or 'an unknown network'} ({taken.provisioning_state}).",
        way_out=way_out(
            "Choose another name with --peering-name, unless this is the connection that Astronomer made."
        ),
        who="you",
    )


def _routing(around: AroundHub) -> Iterator[Finding]:
    """Nothing of this stops a peering: it is what the support request should say, or what is left to do after it."""
    routing = around.routing
    if isinstance(routing, AstroPeerError):
        yield unknown("routing", "The hub's routing", routing)
    else:
        yield passed("routing", _routing_in_words(routing), fact=_routing_means(routing))


def _routing_in_words(routing: HubRouting) -> str:
    parts = [
        f"routing intent {one.name} ({', '.join(one.destinations)}) through {one.next_hop_id.rsplit('/', 1)[-1]}"
        for one in routing.policies
    ]
    if routing.route_tables:
        parts.append(f"route tables of your own: {', '.join(routing.route_tables)}")
    if routing.route_maps:
        parts.append(f"route maps: {', '.join(routing.route_maps)}")
    return "The hub's routing: " + ("; ".join(parts) if parts else "Azure's default") + "."


def _routing_means(routing: HubRouting) -> str:
    if routing.policies:
        return (
            "Azure itself routes the connection through the firewall: ask for no route table or label in the support"
            " request."
        )
    if routing.route_tables or routing.route_maps:
        return (
            "The documented role cannot read route tables or route maps, so the connection is made with the default"
            " route table: put it into one of yours when it is there."
        )
    return ""
