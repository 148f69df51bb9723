"""Hub lists: the virtual hubs of several subscriptions.

A few subscriptions are asked one by one, side by side, and answer with what is true now. Many are asked about in one
question to Azure Resource Graph, whose answer may be minutes old; where it gives none, they are asked one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Subscription, VirtualHub

FEW = 20
"""Subscriptions, or hubs, that are asked one by one."""


@dataclass(frozen=True)
class HubLists:
    hubs: tuple[VirtualHub, ...]
    unread: tuple[tuple[Subscription, AstroPeerError], ...] = ()
    """Subscriptions that could not be asked, and why."""
    as_of: datetime | None = None
    """When Azure Resource Graph was asked; None where Azure itself has answered."""


def list_hubs(azure: Azure, subscriptions: Sequence[Subscription]) -> HubLists:
    """Of each subscription, in their order. What cannot be read of one stops no other."""
    if len(subscriptions) > FEW:
        with suppress(AstroPeerError):
            return _by_resource_graph(azure, subscriptions)
    reading = [(one, azure.start(azure.network.hubs, one.id)) for one in subscriptions]
    hubs: list[VirtualHub] = []
    unread: list[tuple[Subscription, AstroPeerError]] = []
    for subscription, listed in reading:
        try:
            hubs += listed.result()
        except AstroPeerError as error:
            unread.append((subscription, error))
    return HubLists(tuple(hubs), tuple(unread))


def _by_resource_graph(azure: Azure, subscriptions: Sequence[Subscription]) -> HubLists:
    asked_at = azure.now()
    place = {one.id: number for number, one in enumerate(subscriptions)}
    found = [hub for hub in azure.network.hubs_everywhere() if hub.subscription_id in place]
    found.sort(key=lambda hub: place[hub.subscription_id])
    return HubLists(tuple(found), as_of=asked_at)
