"""The firewall in front of a hub's networks: Azure Firewall, a network virtual appliance, or Palo Alto's Cloud NGFW.

Support asks for its address. One that is not found, or not the only one, stops no grant: it is a note.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import NextHop, VirtualHub
from astro_peer.model.surroundings import DetectedFirewall

ChooseNextHop = Callable[[tuple[NextHop, ...]], NextHop]
"""Has a person choose one of several."""
Listing = Future[dict[str, str | None]]
"""The addresses of a subscription's Azure Firewalls by their IDs in lower case, while they are read."""


def firewall(
    azure: Azure,
    hub: VirtualHub,
    given: str | None,
    choose: ChooseNextHop | None,
    listing: Listing | None = None,
) -> DetectedFirewall:
    """Its address, and where that comes from or why there is none; an Azure Firewall's as listed, if it is."""
    if given:
        return DetectedFirewall(given, "as given")
    return (
        _azure_firewall(azure, hub.firewall_id, listing) if hub.firewall_id else _others(azure, hub, choose)
    )


def _azure_firewall(azure: Azure, firewall_id: str, listing: Listing | None) -> DetectedFirewall:
    name = firewall_id.rsplit("/", 1)[-1]
    try:
        address = _listed(listing, firewall_id) or azure.network.firewall_ip(firewall_id)
    except AstroPeerError as error:
        return DetectedFirewall(
            None,
            f"Azure Firewall {name} could not be read ({error.code}): give its address with --firewall-ip",
            unread=True,
        )
    if address is None:
        return DetectedFirewall(None, f"Azure Firewall {name} has no private address yet", unread=True)
    return DetectedFirewall(address, f"Azure Firewall {name}")


def _listed(listing: Listing | None, firewall_id: str) -> str | None:
    with suppress(AstroPeerError):
        return listing.result().get(firewall_id.lower()) if listing else None
    return None


def _others(azure: Azure, hub: VirtualHub, choose: ChooseNextHop | None) -> DetectedFirewall:
    """A Cloud NGFW is a network virtual appliance as well, whose own addresses are not the one to use."""
    looking = {
        "network virtual appliances": azure.start(lambda: azure.appliances.inside(hub)),
        "Cloud NGFWs": azure.start(azure.network.cloud_firewalls, hub),
    }
    found: list[NextHop] = []
    unread = []
    for what, future in looking.items():
        try:
            found += future.result()
        except AstroPeerError as error:
            unread.append(f"; {what} could not be looked up ({error.code})")
    managed = {one.appliance_id.lower() for one in found if one.appliance_id}
    hops = tuple(one for one in found if one.id.lower() not in managed)
    if not hops:
        return DetectedFirewall(
            None, f"the hub has no firewall of its own{''.join(unread)}", unread=bool(unread)
        )
    if len(hops) == 1:
        return DetectedFirewall(hops[0].address, hops[0].label + "".join(unread))
    if choose:
        chosen = choose(hops)
        return DetectedFirewall(chosen.address, f"{chosen.label}, as chosen")
    named = ", ".join(f"--firewall-ip {one.address} ({one.label})" for one in hops)
    note = f"the hub has several next hops, name one: {named}{''.join(unread)}"
    return DetectedFirewall(None, note, several=True)
