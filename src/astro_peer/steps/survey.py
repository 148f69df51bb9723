"""Survey: every virtual hub the caller can see, over all subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from astro_peer.azure import Azure
from astro_peer.azure.objects import Subscription, VirtualHub
from astro_peer.errors import AstroPeerError


@dataclass(frozen=True)
class SurveyedHub:
    """`firewall_ip` and `connections` (how many) are None where there is none or it could not be read."""

    hub: VirtualHub
    subscription: Subscription
    firewall_ip: str | None
    connections: int | None


@dataclass(frozen=True)
class Survey:
    hubs: tuple[SurveyedHub, ...]
    unread: tuple[tuple[Subscription, AstroPeerError], ...]
    """Subscriptions whose hubs could not be listed, and why."""


def survey(azure: Azure, subscription_id: str | None) -> Survey:
    """All subscriptions side by side, or just one; one that fails is named and does not stop the others.

    Raises the first failure when every subscription fails.
    """
    subscriptions = (
        [azure.subscriptions.get(subscription_id)] if subscription_id else azure.subscriptions.visible()
    )
    listing = [(one, azure.start(lambda one=one: azure.network.hubs(one.id))) for one in subscriptions]  # type: ignore[misc]
    hubs: list[tuple[Subscription, VirtualHub]] = []
    unread: list[tuple[Subscription, AstroPeerError]] = []
    for subscription, listed in listing:
        try:
            hubs += [(subscription, hub) for hub in listed.result()]
        except AstroPeerError as error:
            unread.append((subscription, error))
    if unread and len(unread) == len(subscriptions):
        raise unread[0][1]
    reading = [
        (
            subscription,
            hub,
            azure.start(lambda hub=hub: len(azure.network.connections(hub))),  # type: ignore[misc]
            azure.start(lambda hub=hub: _firewall_ip(azure, hub)),  # type: ignore[misc]
        )
        for subscription, hub in hubs
    ]
    surveyed = []
    for subscription, hub, counting, firewall in reading:
        try:
            connections: int | None = counting.result()
        except AstroPeerError:
            connections = None
        surveyed.append(SurveyedHub(hub, subscription, firewall.result(), connections))
    return Survey(tuple(surveyed), tuple(unread))


def _firewall_ip(azure: Azure, hub: VirtualHub) -> str | None:
    try:
        return azure.network.firewall_ip(hub.firewall_id) if hub.firewall_id else None
    except AstroPeerError:
        return None
