"""A saved plan: what was planned in another run, perhaps by somebody else, and whether it still holds.

It is data, never authority: whoever applies it makes the plan anew, and what differs stops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from astro_peer.errors import Conflict, ExitCode, NotPermitted
from astro_peer.model import assignment, audit, principal
from astro_peer.model.access import Holdings
from astro_peer.model.account import Account
from astro_peer.model.audit import Event, LoggedWrite
from astro_peer.model.change import Change, Thing
from astro_peer.model.end import Until
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan, decide
from astro_peer.model.run import Run
from astro_peer.model.surroundings import Asked
from astro_peer.model.way_out import astro_peer, way_out

FORMAT = 1
"""Of the file. Grows when it changes its meaning."""
_FRESH = timedelta(days=7)
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class CarriedOut:
    """How far a saved plan was carried out, and by whom. Azure is the state: this is a note beside it."""

    on: datetime
    by: str
    done: tuple[str, ...]
    """Keys of the changes that were written."""


@dataclass(frozen=True)
class SavedPlan:
    plan: Plan
    holdings: Holdings | None
    """What Astronomer's principal holds beside the plan; None where that concerns no subscription."""
    account: Account
    """Who planned it."""
    cloud: str
    on: datetime
    """When, by Azure's clock."""
    version: str
    """Of astro-peer."""
    change_reference: str | None = None
    carried_out: CarriedOut | None = None

    @property
    def command(self) -> str:
        return "grant" if self.plan.wanted.granted else "revoke"

    @property
    def run(self) -> Run:
        """The one that saved it, as a report tells of it."""
        return Run(
            version=self.version,
            began=self.on,
            ended=self.on,
            azures_clock=True,
            exit_code=ExitCode.DONE,
            change_reference=self.change_reference,
            cloud=self.cloud,
        )

    def having_done(self, on: datetime, by: str, done: Iterable[str]) -> SavedPlan:
        """With what was carried out of it by now, by whomever and whenever."""
        before = self.carried_out.done if self.carried_out else ()
        return replace(self, carried_out=CarriedOut(on, by, tuple(sorted({*before, *done}))))

    def remarks(self, now: datetime) -> Iterator[str]:
        """What whoever looks at it is to know of its age, and of what came of it."""
        if self.carried_out:
            yield f"It was carried out on {_spelt(self.carried_out.on)} by {self.carried_out.by}."
        if now - self.on > _FRESH:
            yield f"It is {(now - self.on).days} days old: what it shows may no longer be so."


def _spelt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} (UTC)"


def moment_of(now: datetime) -> datetime:
    """Azure's clock is known to the second: what was written before a plan was made is not to look newer than that."""
    return now.replace(microsecond=0) + timedelta(seconds=1)


def settled(plan: Plan, asked: Asked) -> Plan:
    """With its end as a day: a number of days would be counted anew by whoever carries it out later. One that moves
    nothing is left out, as a day would move what is there.
    """
    around, wanted = replace(plan.around, asked=asked), plan.wanted
    if wanted.until and wanted.until.days:
        by_day = replace(wanted, until=Until(day=plan.until)) if plan.until else None
        if by_day and decide(by_day, plan.observed, around).changes == plan.changes:
            wanted = by_day
        else:
            wanted = replace(wanted, until=None, enforce_until=False)
    return decide(wanted, plan.observed, around)


# Whether it still holds


def to_do(saved: Plan, now: Plan) -> tuple[Change, ...]:
    """What is still to be written of what was planned."""
    return tuple(one for one in now.changes if one.writes and one.key in {s.key for s in saved.changes})


def differences(saved: Plan, now: Plan) -> tuple[str, ...]:
    """In what the plan made now is not the saved one, a line each. What is in place already differs in nothing."""
    return (
        *_of_wanted(saved, now),
        *_of_place(saved, now),
        *_of_reach(saved, now),
        *_of_principal(saved, now),
        *_of_changes(saved, now),
    )


_LOOKED_UP = frozenset({"tenant_id", "place", "principal_id"})
"""What of a plan's wishes is found anew."""


def _of_wanted(saved: Plan, now: Plan) -> Iterator[str]:
    """Whatever the file wants is planned, or nothing is: no wish may get lost on the way."""
    for one in fields(saved.wanted):
        if one.name not in _LOOKED_UP and getattr(saved.wanted, one.name) != getattr(now.wanted, one.name):
            yield f"what is wanted, {one.name}, differs"


def _of_place(saved: Plan, now: Plan) -> Iterator[str]:
    if saved.wanted.place is None or now.wanted.place is None:
        return
    was, found = saved.wanted.place, now.wanted.place
    own, former = found.resource, was.resource
    pairs = (
        ("resource", former.id if former else None, own.id if own else None),
        ("firewall address", was.firewall_ip, found.firewall_ip),
    )
    for what, planned, there in pairs:
        if (planned or "").lower() != (there or "").lower():
            yield _was_is(what, planned, there)


def _of_reach(saved: Plan, now: Plan) -> Iterator[str]:
    planned = {one.id.lower(): one.id for one in saved.observed.reach}
    there = {one.id.lower(): one.id for one in now.observed.reach}
    yield from (f"it would also reach {there[one]}" for one in sorted(there.keys() - planned.keys()))
    yield from (f"it would no longer reach {planned[one]}" for one in sorted(planned.keys() - there.keys()))


_IDENTITY = {
    "object_id": "object ID of the service principal",
    "application_id": "application",
    "display_name": "name of the application",
    "home_tenant_id": "home tenant of the application",
    "verified_publisher": "publisher of the application",
}


def _of_principal(saved: Plan, now: Plan) -> Iterator[str]:
    """Who gets or loses the rights. One that was still to be made is whoever it is by now: that is said, and asked."""
    planned, there = saved.observed.principal, now.observed.principal
    if planned and there:
        for name, what in _IDENTITY.items():
            if getattr(planned, name) != getattr(there, name):
                yield _was_is(what, getattr(planned, name), getattr(there, name))
        return
    was = assignment.principal_id(saved.wanted, saved.observed)
    holder = assignment.principal_id(now.wanted, now.observed)
    if was and holder and was != holder:
        yield _was_is(_IDENTITY["object_id"], was, holder)


def _of_changes(saved: Plan, now: Plan) -> Iterator[str]:
    planned = {one.key: one for one in saved.changes if one.writes}
    there = {one.key: one for one in now.changes}
    for key, change in planned.items():
        found = there.get(key)
        if found is None or not found.writes:
            if not _in_place(saved, change, found):
                why = found.says if found else "it is not there"
                yield f"planned was to {_words(change)}; now nothing would be done: {why}"
        elif lines := tuple(_of_change(change, found, now)):
            yield from lines
    for key, found in there.items():
        if found.writes and key not in planned:
            yield f"it would also {_words(found)}: {found.says}"


def _in_place(saved: Plan, planned: Change, found: Change | None) -> bool:
    """Whether nothing is left to do because Azure holds already what was planned."""
    if planned.after is None or not saved.wanted.granted:
        return found is None
    return found is not None or planned.key == principal.KEY


def _of_change(planned: Change, found: Change, now: Plan) -> Iterator[str]:
    if planned.action is not found.action:
        yield f"planned was to {_words(planned)}; now it would {_words(found)}: {found.says}"
        yield from (f"  {line}" for line in found.details)
        return
    after = planned.after
    if isinstance(after, RoleAssignment) and now.observed.principal:
        after = assignment.resolved(after, {principal.KEY: now.observed.principal})
    what = _words(planned)
    yield from _of_thing(f"{what}: before", planned.before, found.before)
    yield from _of_thing(f"{what}: after", after, found.after)


def _of_thing(what: str, planned: Thing | None, there: Thing | None) -> Iterator[str]:
    if planned == there:
        return
    if planned is None or there is None or type(planned) is not type(there):
        yield f"{what}, is another"
        return
    for one in fields(planned):  # type: ignore[arg-type]  # every Thing is a dataclass
        was, own = getattr(planned, one.name), getattr(there, one.name)
        if one.compare and was != own:
            simple = all(isinstance(value, str | None) for value in (was, own))
            yield _was_is(f"{what}, {one.name}", was, own) if simple else f"{what}, {one.name}, differs"
    if not isinstance(planned, ServicePrincipal):
        yield from (f"  {line}" for line in there.differences(planned))


def _words(change: Change) -> str:
    return f"{change.action} the {change.thing.kind} {change.thing.label}"


def _was_is(what: str, planned: str | None, there: str | None) -> str:
    return f"{what}: planned with {planned or 'none'}, now {there or 'none'}"


def moved(lines: Iterable[str]) -> Conflict:
    return Conflict(
        "Azure is no longer as it was when this was planned, so nothing was done.",
        meaning="What differs:\n" + "\n".join(f"  {line}" for line in lines),
        next_step="Make the plan anew, and have it reviewed again.",
    )


def unchecked(now: Plan) -> NotPermitted:
    """Who gets or loses the rights is said by whoever applies, where nobody can check what the file says."""
    refused = now.observed.unchecked
    candidates = assignment.may_be_astronomers(now.wanted, now.observed)
    listed = "\n".join(f"  --principal-object-id {one}" for one in candidates)
    return NotPermitted(
        "Who Astronomer's service principal is could not be checked, and a file alone does not say it.",
        meaning=f"Microsoft Graph does not answer you ({refused.code if refused else 'not asked'})."
        + (f" The role is held here by:\n{listed}" if listed else ""),
        next_step="Name it with --principal-object-id, from somebody who may read Microsoft Graph.",
        answer=refused.answer if refused else None,
    )


def from_the_future(saved: SavedPlan, now: datetime) -> bool:
    """No plan can have been made later than now: then what happened since could not be looked up."""
    return saved.on > now + _CLOCKS_DIFFER


# Whether it was carried out and undone


def names_to_look_for(saved: SavedPlan, now: Plan) -> frozenset[str]:
    """GUIDs under which the log would know of what is still to be written, if it had been written before."""
    found: set[str] = set()
    holder = assignment.principal_id(now.wanted, now.observed)
    for change in to_do(saved.plan, now):
        for thing in (change.before, change.after):
            if isinstance(thing, RoleDefinition):
                found.add(thing.guid.lower())
            elif isinstance(thing, RoleAssignment):
                found |= {thing.name.lower()} if thing.name else set(_names(now, holder))
    return frozenset(found)


def _names(now: Plan, holder: str | None) -> tuple[str, ...]:
    return assignment.names(now.wanted, holder) if holder else (assignment.name(now.wanted),)


def written_since(names: frozenset[str], events: Iterable[Event], since: datetime) -> tuple[LoggedWrite, ...]:
    """What the activity log shows of these since then, and that came to something."""
    who = audit.Identity("", frozenset())
    found = audit.decide(
        tuple(events), who, audit.Grant(names, frozenset()), since=since, until=since, since_grant=False
    )
    return tuple(one for one in found.granting if not one.failed and one.began >= since)


def undone_by_note(saved: SavedPlan, now: Plan) -> Conflict | None:
    """By the note in the file: what was written is to be written again."""
    done = saved.carried_out.done if saved.carried_out else ()
    again = [one for one in to_do(saved.plan, now) if one.key in done]
    if not again or saved.carried_out is None:
        return None
    return _undone(
        [
            f"on {_spelt(saved.carried_out.on)} {saved.carried_out.by} carried out: {_words(one)}"
            for one in again
        ],
        "By the note in the file",
    )


def undone_by_log(writes: tuple[LoggedWrite, ...]) -> Conflict | None:
    if not writes:
        return None
    return _undone(
        [f"{_spelt(one.began)}  {one.caller} {one.what} {one.on}" for one in writes], "By the activity log"
    )


def _undone(lines: list[str], by: str) -> Conflict:
    return Conflict(
        "This plan was carried out before, and undone since, so it is not carried out again.",
        meaning=f"{by}, what it would write was written after it was made:\n"
        + "\n".join(f"  {line}" for line in lines),
        next_step=way_out(
            "If it is wanted again, make a new plan and have it reviewed; ",
            astro_peer("audit"),
            " shows who changed what.",
        ),
    )
