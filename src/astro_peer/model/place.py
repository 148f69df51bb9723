"""The place a grant is for: as the user named it, and as Azure knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from astro_peer.model.objects import Subscription, VirtualHub


@dataclass(frozen=True)
class Where:
    """What the user said about the place: any part may be missing."""

    subscription: str | None = None
    resource_group: str | None = None
    hub: str | None = None


@dataclass(frozen=True)
class Place:
    """What was found there."""

    tenant_id: str
    subscription: Subscription
    where: Where = field(default_factory=Where)
    """As it was named: a hub that a command does not need, or that is gone, is known by its name alone."""
    hub: VirtualHub | None = None
    firewall_ip: str | None = None
    firewall_note: str = ""
    """Where the address comes from, or why there is none."""

    @property
    def resource_group(self) -> str | None:
        return self.hub.resource_group if self.hub else self.where.resource_group

    @property
    def hub_name(self) -> str | None:
        return self.hub.name if self.hub else self.where.hub

    @property
    def scope(self) -> str:
        """Where the role is assigned."""
        return self.subscription.scope
