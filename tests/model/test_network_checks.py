"""What `check` says of a virtual network: the rules alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import NotPermitted
from astro_peer.model.checks.network import findings
from astro_peer.model.finding import Blocks, Level
from astro_peer.model.objects import NetworkPeering, Subscription, VirtualNetwork
from astro_peer.model.place import Place, Where
from astro_peer.model.surroundings import AroundNetwork, Asked, Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.procedure import VNET, load

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks"
NETWORK = VirtualNetwork(f"{GROUP}/n", "n", "g", SUBSCRIPTION, "westeurope", "Succeeded", ("10.0.0.0/16",))
PEERING = NetworkPeering(
    *(f"{GROUP}/n/virtualNetworkPeerings/p", "p", "Succeeded", f"{GROUP}/other"),
    peering_state="Connected",
    remote_prefixes=("10.1.0.0/16",),
)
UNREAD = NotPermitted("The peerings could not be listed.")


def found(
    peerings: tuple[NetworkPeering, ...] | NotPermitted, *ranges: str, network: VirtualNetwork = NETWORK
) -> dict[str, tuple[Level, str]]:
    place = Place(
        TENANT, Subscription(SUBSCRIPTION, "s", TENANT, "Enabled"), Where(procedure=load(VNET)), network
    )
    around = Surroundings(asked=Asked(astro_ranges=ranges), network=AroundNetwork(peerings))
    listed = list(findings(Wanted(place.procedure, TENANT, place), around))
    assert all(one.blocks is not Blocks.GRANT for one in listed), "what stops a peering stops no grant"
    return {one.id: (one.level, f"{one.says} {one.fact}") for one in listed}


def test_what_could_not_be_read_is_unknown_and_never_free() -> None:
    assert found(UNREAD)["peerings"][0] is Level.UNKNOWN
    assert "address-space" not in found(UNREAD)
    level, says = found((replace(PEERING, remote_prefixes=()),))["address-space-unread"]
    assert level is Level.UNKNOWN and "/other (peering p)" in says
    assert "itself" in found((), network=replace(NETWORK, prefixes=()))["address-space-unread"][1]


@pytest.mark.parametrize(
    ("ranges", "level"),
    [
        (("10.9.0.0/16",), Level.PASS),
        (("10.0.128.0/17",), Level.FAIL),
        (("10.1.0.0/17",), Level.FAIL),
        ((), Level.PASS),
    ],
    ids=["free", "the network's own", "a peered one's", "assumed"],
)
def test_astros_range_meets_neither_the_network_nor_one_that_it_is_peered_with(
    ranges: tuple[str, ...], level: Level
) -> None:
    assert found((PEERING,), *ranges)["address-space"][0] is level


def test_the_clusters_own_peering_is_no_collision_but_is_told() -> None:
    told = found((PEERING,), "10.1.0.0/16")
    assert told["address-space"][0] is Level.PASS
    assert told["address-space-peered"][0] is Level.WARNING


@pytest.mark.parametrize(("number", "level"), [(449, Level.PASS), (450, Level.WARNING), (500, Level.FAIL)])
def test_a_network_takes_a_limited_number_of_peerings(number: int, level: Level) -> None:
    assert found((PEERING,) * number)["peerings"][0] is level


@pytest.mark.parametrize(("state", "level"), [("Updating", Level.WARNING), ("Failed", Level.FAIL)])
def test_a_network_that_is_not_ready_is_told(state: str, level: Level) -> None:
    assert (
        found((), network=replace(NETWORK, provisioning_state=state))["virtual-network-not-ready"][0] is level
    )


def test_gateways_and_peerings_without_another_side_are_told() -> None:
    assert "A gateway stands" in found((), network=replace(NETWORK, gateway=True))["gateways"][1]
    assert "uses the gateway of other" in found((replace(PEERING, use_remote_gateways=True),))["gateways"][1]
    alone = found((replace(PEERING, peering_state="Disconnected"),))
    assert alone["peerings-disconnected"][0] is Level.WARNING
