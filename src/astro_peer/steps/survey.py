"""Survey: every virtual hub the caller can see, over all subscriptions."""

from __future__ import annotations

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Subscription, VirtualHub
from astro_peer.model.survey import Survey, SurveyedHub


def survey(azure: Azure, subscription_id: str | None) -> Survey:
    """All subscriptions side by side, or just one; one that fails is named and does not stop the others.

    Raises the first failure when every subscription fails.
    """
    subscriptions = (
        [azure.subscriptions.get(subscription_id)] if subscription_id else azure.subscriptions.visible()
    )
    listing = [(one, azure.start(azure.network.hubs, one.id)) for one in subscriptions]
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
            azure.start(azure.network.connections, hub),
            azure.start(_firewall_ip, azure, hub),
        )
        for subscription, hub in hubs
    ]
    surveyed = []
    for subscription, hub, counting, firewall in reading:
        try:
            connections: int | None = len(counting.result())
        except AstroPeerError:
            connections = None
        surveyed.append(SurveyedHub(hub, subscription, firewall.result(), connections))
    return Survey(tuple(surveyed), tuple(unread))


def _firewall_ip(azure: Azure, hub: VirtualHub) -> str | None:
    try:
        return azure.network.firewall_ip(hub.firewall_id) if hub.firewall_id else None
    except AstroPeerError:
        return None
