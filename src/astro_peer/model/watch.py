"""Watching for Astronomer's connection: what is seen follows from what was there, what is there now, and the log.

A connection is Astronomer's where the log says so; while the log says nothing (it may be 20 minutes late), where it is
new and leads to a network that is not the customer's. One that was there before, and has changed, is taken for
overwritten only where the log says by whom, or where it leads to another network now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from astro_peer.errors import AstroPeerError, AzureAnswer, Failed, TimedOut
from astro_peer.model import peering
from astro_peer.model.audit import LoggedWrite
from astro_peer.model.baseline import Baseline, Basis
from astro_peer.model.finding import Finding, Level
from astro_peer.model.objects import Connection, same
from astro_peer.model.peering import Owner, Peering, Peerings
from astro_peer.model.way_out import Command, astro_peer, way_out
from astro_peer.procedure import Procedure, load

_PASSING = frozenset(
    {"AnotherOperationInProgress", "TooManyRequests", "RetryableError", "InternalServerError"}
)
"""Refusals after which whoever is refused tries again."""


class How(StrEnum):
    """What has become of a connection."""

    MADE = "made"
    OVERWRITTEN = "overwritten"
    CHANGED = "changed"
    """By somebody: who, is not known."""


class Verdict(StrEnum):
    WAITING = "waiting"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILED = "failed"
    REFUSED = "refused"
    """Astronomer has tried, and Azure has let nothing come of it."""

    @property
    def final(self) -> bool:
        return self in (Verdict.CONNECTED, Verdict.FAILED, Verdict.REFUSED)


@dataclass(frozen=True)
class Look:
    """What one look at the hub has shown."""

    connections: tuple[Connection, ...]
    owners: Mapping[str, Owner]
    """By the network's ID, of connections that are not as they were."""
    astronomers: tuple[LoggedWrite, ...] = ()
    """Astronomer's writes since the grant, as far as the log shows them by now."""
    others: tuple[LoggedWrite, ...] = ()
    log_unread: AstroPeerError | None = None


@dataclass(frozen=True)
class Sighting:
    """A connection that is not as it was."""

    peering: Peering
    how: How
    before: Connection | None
    """As it was, where that is known."""
    astronomers: bool

    @property
    def connection(self) -> Connection:
        return self.peering.connection

    @property
    def says(self) -> str:
        """A sentence."""
        one = self.connection
        doing = {"Succeeded": "is connected", "Failed": "has failed", "Canceled": "was cancelled"}.get(
            one.provisioning_state, f"is being provisioned ({one.provisioning_state})"
        )
        if one.provisioning_state == "Succeeded" and not one.made:
            doing = f"is {one.state}"
        return f"{self._what} {one.name}, to {self.peering.owner}: it {doing}."

    @property
    def _what(self) -> str:
        match self.how:
            case How.MADE if self.astronomers:
                return "Astronomer has made the connection" if self.peering.write else "A new connection"
            case How.OVERWRITTEN if self.astronomers:
                return "Astronomer has overwritten the existing connection"
            case How.MADE:
                return "Not Astronomer's, it seems: a new connection"
            case How.OVERWRITTEN:
                return "Not by Astronomer: somebody has changed the connection"
            case How.CHANGED:
                return "Somebody has changed the connection (by whom, the activity log does not show yet)"


@dataclass(frozen=True)
class Seen:
    """What follows from one look."""

    verdict: Verdict = Verdict.WAITING
    sightings: tuple[Sighting, ...] = ()
    refused: tuple[LoggedWrite, ...] = ()
    """Astronomer's attempts since the grant of which nothing came."""

    @property
    def of_astronomer(self) -> tuple[Sighting, ...]:
        return tuple(one for one in self.sightings if one.astronomers)

    @property
    def reason(self) -> LoggedWrite | None:
        """The write that says why it failed, where the log shows it by now."""
        if self.verdict is Verdict.REFUSED:
            return self.refused[-1]
        return next((one for one in reversed(self._failed_writes) if one.code), None)

    @property
    def _failed_writes(self) -> tuple[LoggedWrite, ...]:
        return tuple(
            one.peering.write
            for one in self.of_astronomer
            if one.connection.failed and one.peering.write and one.peering.write.failed
        )


def decide(before: Baseline, look: Look, *, began: datetime) -> Seen:
    """`began`: by Azure's clock; attempts that were refused before then end no watching."""
    sightings = tuple(
        sighting for one in look.connections if (sighting := _sighting(before, look, one)) is not None
    )
    refused = tuple(
        one
        for one in look.astronomers
        if one.is_connection and one.failed and not _left_something(one, look.connections)
    )
    return Seen(_verdict(sightings, refused, began), sightings, refused)


def _left_something(write: LoggedWrite, connections: Sequence[Connection]) -> bool:
    return any(same(one.id, write.resource_id) and one.failed for one in connections)


def _verdict(sightings: Sequence[Sighting], refused: Sequence[LoggedWrite], began: datetime) -> Verdict:
    connections = [one.connection for one in sightings if one.astronomers]
    if any(not one.settled for one in connections):
        return Verdict.CONNECTING
    if any(one.made for one in connections):
        return Verdict.CONNECTED
    if connections:
        return Verdict.FAILED
    if any(one.began >= began and one.code not in _PASSING for one in refused):
        return Verdict.REFUSED
    return Verdict.WAITING


def is_news(before: Baseline, connection: Connection, writes: Sequence[LoggedWrite]) -> bool:
    """Whether it is worth asking whose network it leads to, and who wrote it."""
    there = before.of(connection.id)
    return (
        there is None
        or _changed(there, connection)
        or _was_being_made(before, there)
        or _told_by_log(before, there, connection, writes)
    )


def _changed(before: Connection, now: Connection) -> bool:
    etags_differ = bool(before.etag and now.etag) and before.etag != now.etag
    return etags_differ or not same(before.remote_network_id, now.remote_network_id)


def _was_being_made(before: Baseline, there: Connection) -> bool:
    """When the watching began: that is what is waited for, whatever becomes of it."""
    return before.basis is Basis.LOG and not there.settled


def _told_by_log(before: Baseline, there: Connection, now: Connection, writes: Sequence[LoggedWrite]) -> bool:
    """What was there when the watching began may be Astronomer's all the same; so may be what a report without ETags
    lists.
    """
    tells = before.basis is Basis.LOG or not there.etag
    return tells and any(same(one.resource_id, now.id) for one in writes if not one.failed or now.failed)


def _sighting(before: Baseline, look: Look, one: Connection) -> Sighting | None:
    if not is_news(before, one, look.astronomers):
        return None
    there = before.of(one.id)
    owner = look.owners.get(one.remote_network_id, Owner())
    found = peering.peering(one, owner, look.astronomers, look.others)
    if there is None:
        return Sighting(found, _as_logged(found, How.MADE), None, found.astronomers)
    if _was_being_made(before, there) or not _changed(there, one):
        how = _as_logged(found, How.MADE)
        return Sighting(found, how, None, astronomers=True) if found.astronomers else None
    if found.write or found.by_others:
        return Sighting(found, How.OVERWRITTEN, there, astronomers=found.write is not None)
    elsewhere = not same(there.remote_network_id, one.remote_network_id) and not owner.own
    certain = elsewhere or (look.log_unread is not None and not owner.own)
    return Sighting(found, How.OVERWRITTEN if certain else How.CHANGED, there, astronomers=certain)


def _as_logged(found: Peering, else_: How) -> How:
    """Azure answers a write with OK, and not Created, where the connection was there already."""
    return How.OVERWRITTEN if found.write and found.write.http_status == "OK" else else_


@dataclass(frozen=True)
class Watch:
    """How the watching ended, or how it stands."""

    resource_id: str
    """Of the hub or network that is watched."""
    name: str
    before: Baseline
    seen: Seen
    elapsed_seconds: float
    at_most_seconds: float
    again: Command
    """The command that goes on watching."""
    revoke: Command
    log_unread: AstroPeerError | None = None
    last_error: AstroPeerError | None = None
    """What kept the last look from being made."""
    elsewhere: Peerings | None = None
    """What Astronomer has connected to others of the subscription, where that was looked at."""
    others: int = 0
    """How many others there are."""
    procedure: Procedure = field(default_factory=load)

    @property
    def verdict(self) -> Verdict:
        return self.seen.verdict

    @property
    def says(self) -> str:
        """The result, a sentence."""
        made = [one.connection.name for one in self.seen.of_astronomer if one.connection.made]
        if made:
            return f"Astronomer has connected to {self.name}: {', '.join(made)}."
        return f"Astronomer has not connected to {self.name} yet."

    @property
    def awaited(self) -> tuple[str, ...] | None:
        """Others to which Astronomer has connected nothing: it may be on its way there. None: nobody can tell."""
        if not self.others:
            return ()
        if self.elsewhere is None or not self.elsewhere.complete:
            return None
        reached = {one.connection.id.split("/")[8].lower() for one in self.elsewhere.of_astronomer}
        return tuple(name for name in self.elsewhere.read if name.lower() not in reached)

    @property
    def findings(self) -> tuple[Finding, ...]:
        found = [
            Finding(
                "connection-overwritten",
                Level.WARNING,
                f"Astronomer has overwritten a connection that was there before: {one.connection.name}.",
                fact="It led to " + (one.before.remote_network_id or "no network") + "."
                if one.before and not same(one.before.remote_network_id, one.connection.remote_network_id)
                else "Its routing may have changed; what it was before is not kept by Azure.",
                way_out=way_out("Look at the connection, and ask Astronomer support why."),
                who="you",
            )
            for one in self.seen.of_astronomer
            if one.how is How.OVERWRITTEN
        ]
        if self.verdict is Verdict.CONNECTED and self.awaited != ():
            found.append(self._others_wait())
        return tuple(found)

    def _others_wait(self) -> Finding:
        awaited = self.awaited
        words = self.procedure.short
        which = ", ".join(awaited) if awaited else f"other {words.many}"
        says = (
            f"Astronomer has connected nothing to {which} in this subscription yet."
            if awaited
            else f"Whether Astronomer has connected to the other {words.many} of this subscription is not known."
        )
        return Finding(
            f"other-{words.many.replace(' ', '-')}-wait",
            Level.WARNING,
            says,
            fact=f"The role covers every {words.one} of the subscription: a revoke keeps Astronomer from all of them.",
            way_out=way_out(f"Revoke only if no other {words.one} waits for its peering."),
            who="you",
        )

    @property
    def may_offer_revoke(self) -> bool:
        return self.verdict is Verdict.CONNECTED and self.awaited == ()

    def as_error(self) -> AstroPeerError | None:
        """None where Astronomer has connected."""
        if self.verdict is Verdict.CONNECTED:
            return None
        if self.verdict in (Verdict.FAILED, Verdict.REFUSED):
            return self._failed()
        lasted = f"It was watched for {spelt(self.elapsed_seconds)}."
        if self.last_error:
            lasted += f" The last look failed: {self.last_error.summary} ({self.last_error.code})"
        if self.verdict is Verdict.CONNECTING:
            return TimedOut(
                f"Astronomer's connection to {self.name} is still being provisioned.",
                meaning=lasted,
                next_step=way_out("To go on watching: ", self.again),
            )
        return TimedOut(
            f"Astronomer has not connected to {self.name} yet.",
            meaning=f"{lasted} The grant stays as it is.",
            next_step=way_out("To go on watching: ", self.again, ". To take the rights back: ", self.revoke),
        )

    def _failed(self) -> AstroPeerError:
        told = self.seen.reason
        answer = AzureAnswer(told.code, told.message, correlation_id=told.correlation_id) if told else None
        if self.verdict is Verdict.REFUSED:
            summary = f"Azure has refused Astronomer's connection to {self.name}."
        else:
            name = next(one.connection.name for one in self.seen.of_astronomer if one.connection.failed)
            summary = f"Astronomer's connection {name} to {self.name} has failed."
        if told and told.code:
            says = "Only Astronomer can try again; the rights are still granted."
        else:
            says = "Azure's activity log does not say why yet: it may be 20 minutes late."
            answer = None
        return Failed(
            summary,
            meaning=says,
            next_step=way_out(
                "Tell Astronomer support, with the correlation ID. What happened: "
                if answer
                else "Tell Astronomer support. What happened, in 20 minutes: ",
                self._audit,
            ),
            answer=answer,
        )

    @property
    def _audit(self) -> Command:
        subscription = ("--subscription", peering.subscription_of(self.resource_id))
        return astro_peer("audit", *subscription, *self.procedure.option)


def spelt(seconds: float) -> str:
    """A duration for people, in at most two units."""
    whole = round(seconds)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    said = [f"{number} {unit}" for number, unit in parts if number][:2]
    return " ".join(said) or "0 s"
