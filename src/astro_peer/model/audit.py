"""Audit: what Astronomer's principal changed, by the activity log, and who gave and took its rights.

One write is several events of one correlation ID. What the log cannot show is said with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from astro_peer.errors import ExitCode
from astro_peer.model.objects import ServicePrincipal, same
from astro_peer.model.outcome import Outcome
from astro_peer.model.place import Place
from astro_peer.procedure import Procedure, load

KEPT = timedelta(days=90)
"""https://learn.microsoft.com/azure/azure-monitor/platform/activity-log"""
_LATE_MINUTES = 20
_GRANTING = frozenset(
    f"microsoft.authorization/{kind}/{what}"
    for kind in ("roleassignments", "roledefinitions", "roleassignmentschedulerequests")
    for what in ("write", "delete")
)
_KINDS = {
    "microsoft.authorization/roleassignments": "role assignment",
    "microsoft.authorization/roledefinitions": "role definition",
    "microsoft.authorization/roleassignmentschedulerequests": "time-bound assignment",
    "microsoft.authorization/locks": "lock",
    "microsoft.network/virtualnetworks": "virtual network",
}
_RESULTS = ("Started", "Accepted", "Succeeded", "Failed")
"""In the order in which an operation comes to them."""


@dataclass(frozen=True)
class Event:
    """Of the activity log, as far as it is told here."""

    moment: datetime
    action: str
    resource_id: str
    status: str
    """Started, Accepted, Succeeded or Failed; Azure may have others."""
    http_status: str
    """Created, OK or Forbidden, say; "" where the event has none."""
    caller: str
    """A user's principal name, or an object ID."""
    object_id: str
    application_id: str
    address: str
    correlation_id: str
    body: str = ""
    """What was sent and answered, where the event has it."""
    category: str = ""
    """Administrative for a write. Azure Policy's own events name the caller and the action that made it look."""
    operation_id: str = ""
    """Of one operation: a client may give several the same correlation ID."""
    code: str = ""
    """Why it failed, and in Azure's words; "" where the event does not say."""
    message: str = ""

    @property
    def is_write(self) -> bool:
        return self.category.lower() in ("", "administrative")


@dataclass(frozen=True)
class Identity:
    """Whom the log may mean by Astronomer's principal."""

    application_id: str
    object_ids: frozenset[str]

    def did(self, event: Event) -> bool:
        own = {self.application_id, *self.object_ids}
        return any(one.lower() in own for one in (event.caller, event.object_id, event.application_id) if one)


@dataclass(frozen=True)
class Grant:
    """By what an event is of the grant: names that we derive or that were read, and who holds the role."""

    names: frozenset[str]
    """GUIDs of assignments and roles."""
    object_ids: frozenset[str]

    def meant_by(self, event: Event) -> bool:
        if event.action.lower() not in _GRANTING:
            return False
        name = event.resource_id.rpartition("/")[2].lower()
        return name in self.names or any(one in event.body.lower() for one in self.object_ids)


@dataclass(frozen=True)
class LoggedWrite:
    """One write, whatever number of events it left."""

    began: datetime
    action: str
    resource_id: str
    result: str
    http_status: str
    caller: str
    address: str
    correlation_id: str
    code: str = ""
    """Of a write that failed: why, and in Azure's words."""
    message: str = ""
    stands_out: str = ""
    """Why it is not the making of one connection; "" for that, and for what belongs to it."""
    procedure: Procedure = field(default_factory=load)

    @property
    def is_connection(self) -> bool:
        return same(self.action, self.procedure.connects_by[0])

    @property
    def belongs_to_one(self) -> bool:
        return any(same(self.action, one) for one in self.procedure.connects_by[1:])

    @property
    def failed(self) -> bool:
        return self.result == "Failed"

    @property
    def name(self) -> str:
        return self.resource_id.rpartition("/")[2]

    @property
    def what(self) -> str:
        """In a few words."""
        if self.is_connection:
            does = {"Created": "made", "OK": "overwrote"}.get(self.http_status, "wrote")
            return f"{does} a {self.procedure.connection.one}"
        kind, _, verb = self.action.rpartition("/")
        does = {"write": "wrote", "delete": "deleted", "action": "did"}.get(verb.lower(), verb)
        return f"{does} {_KINDS.get(kind.lower(), kind)}"

    @property
    def on(self) -> str:
        """The resource, without what all of a subscription's have in common."""
        _, _, path = self.resource_id.rpartition("/providers/")
        return "/".join(path.split("/")[2::2]) or self.resource_id


@dataclass(frozen=True)
class Audit:
    since: datetime
    until: datetime
    since_grant: bool
    """Whether it begins with the grant that is there."""
    writes: tuple[LoggedWrite, ...]
    """Astronomer's, oldest first."""
    granting: tuple[LoggedWrite, ...]
    """Of the role and its assignment, by whomever."""
    identity_known: bool = True
    """Whether the principal's object ID was known: else it is told by its application ID alone."""
    procedure: Procedure = field(default_factory=load)
    place: Place | None = None
    principal: ServicePrincipal | None = None
    """Astronomer's, as it is now."""

    @property
    def standing_out(self) -> tuple[LoggedWrite, ...]:
        return tuple(one for one in self.writes if one.stands_out)

    @property
    def outcome(self) -> Outcome:
        return Outcome.STANDS_OUT if self.standing_out else Outcome.DONE

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DRIFTED if self.standing_out else ExitCode.DONE

    @property
    def says(self) -> str:
        """The first thing to know, a sentence."""
        connection = self.procedure.connection.one
        if self.standing_out:
            number = len(self.standing_out)
            return (
                f"{number} of {len(self.writes)} writes by Astronomer's principal {_is(number)} not the making of one"
                f" {connection}."
            )
        if not self.writes:
            return "The log shows no write by Astronomer's principal."
        return (
            f"Astronomer's principal made one {connection}, and wrote nothing else, as far as the log shows."
        )

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What the log cannot show, a sentence each."""
        oldest = self.until - KEPT
        return (
            "Reads are not logged.",
            f"It goes back 90 days, to {oldest:%Y-%m-%d}.",
            f"What happened less than {_LATE_MINUTES} minutes ago may be missing yet.",
            "It is of this subscription alone; who made the service principal stands in the audit log of Microsoft"
            " Entra ID.",
            *(
                ()
                if self.identity_known
                else (
                    "Which principal is Astronomer's could not be read: it is known by its application ID alone.",
                )
            ),
        )


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def decide(
    events: Sequence[Event],
    who: Identity,
    grant: Grant,
    *,
    since: datetime,
    until: datetime,
    since_grant: bool,
    identity_known: bool = True,
    procedure: Procedure | None = None,
) -> Audit:
    """`procedure`: the hubs' where none is named."""
    procedure = procedure or load()
    events = [one for one in events if one.is_write]
    return Audit(
        since=since,
        until=until,
        since_grant=since_grant,
        writes=_judged(_grouped((one for one in events if who.did(one)), procedure)),
        granting=_grouped(_of_one_write(events, grant), procedure),
        identity_known=identity_known,
        procedure=procedure,
    )


def by_whom(
    events: Sequence[Event], who: Identity, procedure: Procedure
) -> tuple[tuple[LoggedWrite, ...], tuple[LoggedWrite, ...]]:
    """Astronomer's writes and everybody else's, oldest first. Not each event of a write says whose it is."""
    own = {_key(one) for one in events if who.did(one)}
    return (
        _grouped((one for one in events if _key(one) in own), procedure),
        _grouped((one for one in events if _key(one) not in own), procedure),
    )


def _of_one_write(events: Sequence[Event], grant: Grant) -> Iterable[Event]:
    """All events of the writes of which one shows that they are meant: not each has the body."""
    meant = {_key(one) for one in events if grant.meant_by(one)}
    return (one for one in events if _key(one) in meant)


def _key(event: Event) -> tuple[str, str, str]:
    return event.correlation_id.lower(), event.action.lower(), event.resource_id.lower()


def _grouped(events: Iterable[Event], procedure: Procedure) -> tuple[LoggedWrite, ...]:
    """One for each write, oldest first."""
    groups: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        groups.setdefault(_key(event), []).append(event)
    each = (write for group in groups.values() for write in _apart(sorted(group, key=_progress)))
    writes = [_one_write(write, procedure) for write in each]
    return tuple(sorted(writes, key=lambda one: one.began))


def _apart(events: Sequence[Event]) -> Iterable[Sequence[Event]]:
    """The writes among events of one correlation ID: where another operation is started, the next one begins."""
    begins = [0]
    for number, one in enumerate(events):
        started = one.status == _RESULTS[0] and one.operation_id
        if number and started and one.operation_id != events[begins[-1]].operation_id:
            begins.append(number)
    return [events[start:end] for start, end in zip(begins, (*begins[1:], len(events)), strict=True)]


def _progress(event: Event) -> tuple[datetime, int]:
    return event.moment, _RESULTS.index(event.status) if event.status in _RESULTS else 0


def _one_write(events: Sequence[Event], procedure: Procedure) -> LoggedWrite:
    """The first status of HTTP says whether what was asked for is new (Created) or was there already (OK). Of a write
    that began before the log was looked at, that is not known.
    """
    first, last = events[0], events[-1]
    telling = next((one for one in reversed(events) if one.code), last)
    whole = first.status == _RESULTS[0]
    return LoggedWrite(
        began=first.moment,
        action=first.action,
        resource_id=first.resource_id,
        result=last.status,
        http_status=next((one.http_status for one in events if one.http_status), "") if whole else "",
        caller=next((one.caller for one in events if one.caller), ""),
        address=next((one.address for one in events if one.address), ""),
        correlation_id=first.correlation_id,
        code=telling.code if last.status == "Failed" else "",
        message=telling.message if last.status == "Failed" else "",
        procedure=procedure,
    )


def _judged(writes: Sequence[LoggedWrite]) -> tuple[LoggedWrite, ...]:
    judged: list[LoggedWrite] = []
    made: list[LoggedWrite] = []
    for one in writes:
        judged.append(replace(one, stands_out=_why_it_stands_out(one, made)))
        if one.is_connection and not one.failed:
            made.append(one)
    return tuple(judged)


def _why_it_stands_out(one: LoggedWrite, made: Sequence[LoggedWrite]) -> str:
    if one.failed:
        return "it was refused, or failed"
    connection = one.procedure.connection.one
    if one.belongs_to_one:
        return ""
    if not one.is_connection:
        itself = same(one.action, f"{one.procedure.resource_type}/write")
        return f"it is no {connection}" + (
            f": it may have changed the {one.procedure.resource.one} itself" if itself else ""
        )
    if any(same(one.resource_id, other.resource_id) for other in made):
        return "it was written before"
    if one.http_status == "OK":
        return f"it overwrote a {connection} that existed"
    return f"it is another {connection}" if made else ""
