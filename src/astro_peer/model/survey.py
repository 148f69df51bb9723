"""Every virtual hub, or every virtual network, that the caller can see, over all subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Subscription, VirtualHub, VirtualNetwork


@dataclass(frozen=True)
class SurveyedHub:
    """`firewall_ip` is None where there is none or it could not be read, `connections` (how many) where they were not
    counted or could not be read.
    """

    hub: VirtualHub
    subscription: Subscription
    firewall_ip: str | None
    connections: int | None


@dataclass(frozen=True)
class Survey:
    hubs: tuple[SurveyedHub, ...]
    unread: tuple[tuple[Subscription, AstroPeerError], ...]
    """Subscriptions whose hubs could not be listed, and why."""
    counted: bool = True
    """Whether connections were counted: it takes a request for each hub."""
    as_of: datetime | None = None
    """When Azure Resource Graph was asked, which may be minutes behind; None where Azure itself has answered."""


@dataclass(frozen=True)
class SurveyedNetwork:
    network: VirtualNetwork
    subscription: Subscription


@dataclass(frozen=True)
class NetworkSurvey:
    networks: tuple[SurveyedNetwork, ...]
    unread: tuple[tuple[Subscription, AstroPeerError], ...]
    """Subscriptions whose networks could not be listed, and why."""
    as_of: datetime | None = None
    """As of a survey of hubs."""
