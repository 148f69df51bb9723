"""Every virtual hub the caller can see, over all subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Subscription, VirtualHub


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
