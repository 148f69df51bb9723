"""When Azure is to end the grant itself, and what a person must know of that.

An assignment that is there keeps the end that it has, unless a day is asked for: no duration moves it. One without an
end that Azure keeps is replaced, as Azure changes none into the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from astro_peer.errors import ExitCode, UsageError
from astro_peer.model import end
from astro_peer.model.change import Reason
from astro_peer.model.end import Until
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.observed import Observed
from astro_peer.model.schedule import NO_LICENCE, TRAP, Schedule, until_the_end_of
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import az, way_out


def require_end(until: Until | None, enforce_until: bool) -> None:
    """Raises UsageError where an end is to be kept, and none was said."""
    if enforce_until and until is None:
        raise UsageError(
            "--enforce-until has Azure keep the end that --until says.",
            meaning="No end was said.",
            next_step="Add --until, with the last day of the grant or a number of days.",
        )


def noted_end(wanted: Wanted, there: RoleAssignment | None) -> Until | None:
    """What the note is to say: where a duration is asked for, the end that Azure keeps already."""
    if there and there.schedule and wanted.until and not wanted.until.day:
        return Until(day=there.schedule.last) if end.read(there.description).until is None else None
    return wanted.until


def scheduled(wanted: Wanted, there: RoleAssignment | None, description: str | None) -> Schedule | None:
    """`description`: what it is to be, with the last day in it."""
    found = there.schedule if there else None
    last = end.read(description).until
    if not wanted.enforce_until or wanted.until is None or last is None:
        return found
    if found and (found.last == last or not wanted.until.day):
        return found
    return until_the_end_of(last)


def reason(before: RoleAssignment, after: RoleAssignment) -> Reason:
    """Of an assignment that is there."""
    if before.schedule != after.schedule:
        return Reason.ENDS_ANEW if before.schedule else Reason.MADE_TO_END
    return Reason.ASSIGNED if before == after else Reason.DESCRIBED_ANEW


def overdue(one: RoleAssignment, today: date) -> date | None:
    """The last day, as the note or Azure has it, where it is past."""
    days = (end.overdue(one.description, today), one.schedule.last if one.schedule else None)
    return min((day for day in days if day and day < today), default=None)


def findings(
    wanted: Wanted, observed: Observed, there: RoleAssignment | None, after: RoleAssignment
) -> Iterator[Finding]:
    """`after`: the grant as it is to be."""
    if after.schedule:
        yield Finding(
            "end-enforced",
            Level.WARNING,
            f"Azure ends the grant itself at {after.schedule}, by Privileged Identity Management.",
            fact=TRAP,
            who="you",
        )
    if after.schedule and there and not there.schedule:
        yield Finding(
            "replaced-to-end",
            Level.WARNING,
            "The role is assigned without an end that Azure keeps: that assignment is removed, and made anew with one.",
            fact="In between Astronomer has no rights, for a minute or so; for longer, if Azure refuses the new one.",
            who="you",
        )
    if there and there.schedule and wanted.until and not wanted.enforce_until:
        yield Finding(
            "enforced-end-kept",
            Level.WARNING,
            f"Azure still ends the grant at {there.schedule}: --until alone changes the note only.",
            way_out=way_out("To move that end, add --enforce-until and name the day."),
            who="you",
        )
    if after.schedule and wanted.enforce_until and after.schedule.last < observed.today:
        yield Finding(
            "enforced-end-past",
            Level.FAIL,
            f"The grant's end, {after.schedule.last}, is past, so Azure cannot be asked to keep it.",
            Blocks.GRANT,
            way_out=way_out("Name a later day with --until."),
            who="you",
            exit_code=ExitCode.USAGE,
        )
    if there and observed.schedules_unread and end.read(there.description).until:
        code = observed.schedules_unread.code
        yield Finding(
            "enforced-end-unread",
            Level.UNKNOWN,
            f"Whether Azure ends the grant itself could not be read ({code}).",
            fact=(
                "If it was to, it stays for good now: the tenant's licence for Privileged Identity Management is gone."
                if code == NO_LICENCE
                else "The note in its description is all that is known of its end."
            ),
            way_out=way_out("Revoke it when it is no longer needed."),
            who="you",
        )


def remarks(after: RoleAssignment, made: RoleAssignment) -> Iterator[Finding]:
    """What did not come out as planned, and is no failure: the grant ends all the same."""
    if made.schedule and made.description != after.description:
        yield Finding(
            "end-not-noted",
            Level.WARNING,
            "Azure did not let the time-bound assignment be described, so its end is not noted there.",
            fact="If the tenant's licence for Privileged Identity Management ends, nothing tells that it is overdue.",
            way_out=way_out(
                "Keep the day in mind; to see what the description says: ",
                az("role", "assignment", "list", "--assignee", made.principal_id, "--all"),
                ".",
            ),
            who="you",
        )
