"""Peerings: connections of hubs to networks that are not the customer's own, and who wrote them, as far as can be seen.

Whose a network is follows from its subscription. One that the caller does not see may still be the customer's: what the
log says of who wrote a connection counts for more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from astro_peer.errors import AstroPeerError
from astro_peer.model.audit import LoggedWrite
from astro_peer.model.objects import Connection, Subscription, same


def subscription_of(resource_id: str) -> str:
    """In lower case; "" where the ID names none."""
    parts = resource_id.split("/")
    return parts[2].lower() if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""


@dataclass(frozen=True)
class Owner:
    """Whose a network is, as far as the caller can see."""

    subscription_id: str = ""
    """"" where Azure does not say which network it is."""
    name: str = ""
    """Of the subscription, where the caller sees it."""
    tenant_id: str | None = None
    """Where Azure says it."""
    own: bool = False
    """Whether it is the customer's: a subscription of the tenant that the caller is signed in to."""

    def __str__(self) -> str:
        if not self.subscription_id:
            return "a network that Azure does not name"
        if self.own:
            return f"a network of your own, in subscription {self.name or self.subscription_id}"
        if self.tenant_id:
            return f"a network of another tenant, {self.tenant_id}"
        return f"a network in subscription {self.subscription_id}, which is none that you can see"

    @property
    def kind(self) -> str:
        """In a word, for programs."""
        return "own" if self.own else "another tenant" if self.tenant_id else "not known"


def owner(
    network_id: str,
    tenant_id: str,
    visible: Mapping[str, Subscription],
    tenants: Mapping[str, str | None],
) -> Owner:
    """`visible`: subscriptions that the caller sees, by ID; `tenants`: whose others are, where Azure was asked."""
    subscription_id = subscription_of(network_id)
    seen = visible.get(subscription_id)
    tenant = seen.tenant_id if seen else tenants.get(subscription_id)
    return Owner(
        subscription_id=subscription_id,
        name=seen.name if seen else "",
        tenant_id=tenant,
        own=bool(tenant) and same(str(tenant), tenant_id),
    )


@dataclass(frozen=True)
class Peering:
    """A connection, and what tells whose it is."""

    connection: Connection
    owner: Owner
    write: LoggedWrite | None = None
    """The first one by Astronomer that the log shows, as far as it was asked."""
    by_others: bool = False
    """Whether the log shows that others wrote it, and not Astronomer."""

    @property
    def astronomers(self) -> bool:
        """As far as can be seen."""
        return self.write is not None or not (self.by_others or self.owner.own or self.connection.azures_own)

    @property
    def since(self) -> datetime | None:
        return self.write.began if self.write else None

    def __str__(self) -> str:
        made = f", written by Astronomer on {self.since:%Y-%m-%d %H:%M} (UTC)" if self.since else ""
        state = "" if self.connection.made else f", {self.connection.state}"
        return f"{self.connection.name} to {self.owner}{made}{state}"


def peering(
    connection: Connection,
    owner: Owner,
    astronomers: Sequence[LoggedWrite],
    others: Sequence[LoggedWrite],
) -> Peering:
    """By what the log shows of both: writes that were refused are none."""
    written = [one for one in astronomers if _is_of(one, connection)]
    return Peering(
        connection,
        owner,
        write=written[0] if written else None,
        by_others=not written and any(_is_of(one, connection) for one in others),
    )


def _is_of(write: LoggedWrite, connection: Connection) -> bool:
    """A write that failed is one, too, if it left a connection that has failed."""
    return (
        write.is_connection
        and same(write.resource_id, connection.id)
        and (not write.failed or connection.failed)
    )


@dataclass(frozen=True)
class Peerings:
    """What Astronomer has connected by now: what is there to stay after a revoke."""

    found: tuple[Peering, ...]
    read: tuple[str, ...]
    """Names of the hubs (or networks) whose connections were read."""
    not_read: tuple[tuple[str, AstroPeerError], ...] = ()
    """Names of those whose connections could not be read, and why."""
    one_named: bool = False
    """Whether one was asked about, and not all of the subscription's."""
    too_many: int = 0
    """How many there are, where they are too many to be looked at one by one."""

    @property
    def complete(self) -> bool:
        return not self.not_read and not self.too_many

    @property
    def of_astronomer(self) -> tuple[Peering, ...]:
        return tuple(one for one in self.found if one.astronomers)

    @property
    def none_yet(self) -> bool:
        """Whether Astronomer has connected to nothing, and that is certain, as far as it can be."""
        return self.complete and bool(self.read) and not self.of_astronomer
