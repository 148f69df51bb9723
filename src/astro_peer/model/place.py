"""The place a grant is for: as the user named it, and as Azure knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from astro_peer.model.objects import Resource, Subscription, VirtualHub


@dataclass(frozen=True)
class Where:
    """What the user said about the place: any part may be missing."""

    subscription: str | None = None
    resource_group: str | None = None
    name: str | None = None
    """Of the resource that is to be peered."""


@dataclass(frozen=True)
class Place:
    """What was found there."""

    tenant_id: str
    subscription: Subscription
    where: Where = field(default_factory=Where)
    """As it was named: a resource that a command does not need, or that is gone, is known by its name alone."""
    resource: Resource | None = None
    """What is to be peered."""
    firewall_ip: str | None = None
    firewall_note: str = ""
    """Where the address comes from, or why there is none."""

    @property
    def resource_group(self) -> str | None:
        return self.resource.resource_group if self.resource else self.where.resource_group

    @property
    def name(self) -> str | None:
        return self.resource.name if self.resource else self.where.name

    @property
    def hub(self) -> VirtualHub | None:
        """For what only a virtual hub has: a firewall, routing, a virtual WAN."""
        return self.resource if isinstance(self.resource, VirtualHub) else None

    @property
    def options(self) -> tuple[str, ...]:
        """What names it again on a command line, and nothing else beside it."""
        if self.hub:
            return ("--hub-id", self.hub.id)
        if self.resource:
            return ("--subscription", self.subscription.id)
        group, name = self.where.resource_group, self.where.name
        return (
            *("--subscription", self.subscription.id),
            *(("--resource-group", group) if group else ()),
            *(("--hub", name) if name else ()),
        )

    @property
    def scope(self) -> str:
        """Where the role is assigned."""
        return self.subscription.scope
