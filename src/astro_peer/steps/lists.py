"""Lists: the resources of one kind in several subscriptions.

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
from astro_peer.model.objects import Resource, Subscription
from astro_peer.steps.resources import Everywhere, Kind

FEW = 20
"""Subscriptions, or resources, that are asked one by one."""


@dataclass(frozen=True)
class Lists:
    listed: tuple[Resource, ...]
    unread: tuple[tuple[Subscription, AstroPeerError], ...] = ()
    """Subscriptions that could not be asked, and why."""
    as_of: datetime | None = None
    """When Azure Resource Graph was asked; None where Azure itself has answered."""


def list_all(azure: Azure, kind: Kind, subscriptions: Sequence[Subscription]) -> Lists:
    """Of each subscription, in their order. What cannot be read of one stops no other."""
    if kind.everywhere and len(subscriptions) > FEW:
        with suppress(AstroPeerError):
            return _by_resource_graph(azure, kind.everywhere, subscriptions)
    reading = [(one, azure.start(kind.listed, one.id)) for one in subscriptions]
    found: list[Resource] = []
    unread: list[tuple[Subscription, AstroPeerError]] = []
    for subscription, listed in reading:
        try:
            found += listed.result()
        except AstroPeerError as error:
            unread.append((subscription, error))
    return Lists(tuple(found), tuple(unread))


def _by_resource_graph(azure: Azure, everywhere: Everywhere, subscriptions: Sequence[Subscription]) -> Lists:
    asked_at = azure.now()
    place = {one.id: number for number, one in enumerate(subscriptions)}
    found = [one for one in everywhere() if one.subscription_id in place]
    found.sort(key=lambda one: place[one.subscription_id])
    return Lists(tuple(found), as_of=asked_at)
