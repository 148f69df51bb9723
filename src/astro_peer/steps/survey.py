"""Survey: every virtual hub the caller can see, over all subscriptions."""

from __future__ import annotations

from contextlib import suppress

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import VirtualHub
from astro_peer.model.survey import Survey, SurveyedHub
from astro_peer.procedure import VHUB, load
from astro_peer.steps import resources
from astro_peer.steps.lists import FEW, list_all
from astro_peer.steps.subscription import subscription_id


def survey(azure: Azure, subscription: str | None, *, connections: bool = False) -> Survey:
    """All subscriptions, or just one, by its ID or name; one that fails is named and does not stop the others.

    `connections`: count those of many hubs, too, with a request for each. Raises the first failure when every
    subscription fails.
    """
    subscriptions = (
        [azure.subscriptions.get(subscription_id(azure, subscription))]
        if subscription
        else azure.subscriptions.visible()
    )
    listed = list_all(azure, resources.of(azure, load(VHUB)), subscriptions)
    hubs = [one for one in listed.listed if isinstance(one, VirtualHub)]
    if listed.unread and len(listed.unread) == len(subscriptions):
        raise listed.unread[0][1]
    counted = connections or len(hubs) <= FEW
    counting = [azure.start(_connections, azure, hub) for hub in hubs] if counted else []
    addresses = _firewall_addresses(azure, hubs, everywhere=bool(listed.as_of))
    counts = [one.result() for one in counting] or [None] * len(hubs)
    of = {one.id: one for one in subscriptions}
    return Survey(
        tuple(
            SurveyedHub(hub, of[hub.subscription_id], addresses.get((hub.firewall_id or "").lower()), count)
            for hub, count in zip(hubs, counts, strict=True)
        ),
        listed.unread,
        counted=counted,
        as_of=listed.as_of,
    )


def _connections(azure: Azure, hub: VirtualHub) -> int | None:
    with suppress(AstroPeerError):
        return len(azure.network.connections(hub))
    return None


def _firewall_addresses(azure: Azure, hubs: list[VirtualHub], *, everywhere: bool) -> dict[str, str | None]:
    """By the IDs of the hubs' Azure Firewalls, in lower case; those that can be read."""
    secured = dict.fromkeys(hub.subscription_id for hub in hubs if hub.firewall_id)
    if everywhere and secured:
        with suppress(AstroPeerError):
            return azure.network.firewall_ips_everywhere()
    found: dict[str, str | None] = {}
    for reading in [azure.start(azure.network.firewall_ips, one) for one in secured]:
        with suppress(AstroPeerError):
            found |= reading.result()
    return found
