"""The place a grant is for: as the user named it, and as Azure knows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from astro_peer.model.objects import Resource, Subscription, VirtualHub, VirtualNetwork
from astro_peer.procedure import Procedure, load


@dataclass(frozen=True)
class Where:
    """What the user said about the place: any part may be missing."""

    subscription: str | None = None
    resource_group: str | None = None
    name: str | None = None
    """Of the resource that is to be peered."""
    procedure: Procedure = field(default_factory=load)
    """Which kind of resource that is."""


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
    def network(self) -> VirtualNetwork | None:
        """For what only a virtual network has: address space and peerings."""
        return self.resource if isinstance(self.resource, VirtualNetwork) else None

    @property
    def procedure(self) -> Procedure:
        return self.where.procedure

    @property
    def options(self) -> tuple[str, ...]:
        """What names it again on a command line, and nothing else beside it."""
        flag = self.procedure.flag
        if self.resource:
            return (f"{flag}-id", self.resource.id) if flag else self.subscription_options
        group, name = self.where.resource_group, self.where.name
        return (
            *("--subscription", self.subscription.id),
            *(("--resource-group", group) if group else ()),
            *((flag, name) if flag and name else self.procedure.option),
        )

    @property
    def subscription_options(self) -> tuple[str, ...]:
        """What names the subscription and the procedure: what a revoke needs."""
        return ("--subscription", self.subscription.id, *self.procedure.option)

    @property
    def scope(self) -> str:
        """Where the role is assigned."""
        return self.subscription.scope
