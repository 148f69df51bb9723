"""When Azure is to end a grant itself: what is planned, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from astro_peer.errors import ExitCode, UsageError
from astro_peer.model import access, assignment, enforcing, write_access
from astro_peer.model.access import Holdings
from astro_peer.model.change import Action, Change, Reason
from astro_peer.model.end import Until
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.schedule import NO_LICENCE, Schedule, past_role_settings, until_the_end_of
from astro_peer.model.wanted import Wanted
from made_up import GRANT, NOBODY_ASKED, REVOKE, held, observed
from small_tenant import refusal

TODAY = date(2026, 11, 24)
LATER = Until(day=date(2026, 12, 31))
TWO_WEEKS = Until(days=14)
ENDS = until_the_end_of(date(2026, 12, 7))
NOTED = replace(held(), description="CHG-1 [astro-peer until 2026-12-07]")
BOUND = replace(NOTED, schedule=ENDS)


def wanting(until: Until | None = TWO_WEEKS, *, enforced: bool = True) -> Wanted:
    return replace(GRANT, until=until, enforce_until=enforced)


def decide(wanted: Wanted, *there: RoleAssignment) -> Change:
    *_, change = assignment.decide(wanted, observed(*there, today=TODAY))
    return change


def ids(wanted: Wanted, *there: RoleAssignment, **more: object) -> set[str]:
    return {one.id for one in assignment.findings(wanted, observed(*there, today=TODAY, **more))}


def after(change: Change) -> RoleAssignment:
    assert isinstance(change.after, RoleAssignment)
    return change.after


def test_the_last_day_counts_until_it_is_over() -> None:
    assert ENDS.ends == datetime(2026, 12, 8, tzinfo=UTC) and ENDS.last == date(2026, 12, 7)
    assert Schedule(datetime(2026, 12, 8, 0, 0, 1, tzinfo=UTC)).last == date(2026, 12, 8)


@pytest.mark.parametrize(
    ("wanted", "there", "ends", "action", "reason"),
    [
        (wanting(), None, date(2026, 12, 8), Action.CREATE, Reason.NOT_ASSIGNED),
        (wanting(LATER), None, date(2026, 12, 31), Action.CREATE, Reason.NOT_ASSIGNED),
        (wanting(), BOUND, date(2026, 12, 7), Action.KEEP, Reason.ASSIGNED),
        (wanting(LATER), BOUND, date(2026, 12, 31), Action.UPDATE, Reason.ENDS_ANEW),
        (wanting(Until(day=TODAY)), BOUND, TODAY, Action.UPDATE, Reason.ENDS_ANEW),
        (wanting(None, enforced=False), BOUND, date(2026, 12, 7), Action.KEEP, Reason.ASSIGNED),
        (wanting(LATER, enforced=False), BOUND, date(2026, 12, 7), Action.UPDATE, Reason.DESCRIBED_ANEW),
        (wanting(), held(), date(2026, 12, 8), Action.UPDATE, Reason.MADE_TO_END),
        (wanting(), NOTED, date(2026, 12, 7), Action.UPDATE, Reason.MADE_TO_END),
        (wanting(LATER), NOTED, date(2026, 12, 31), Action.UPDATE, Reason.MADE_TO_END),
    ],
)
def test_a_day_moves_the_end_and_no_duration_does(
    wanted: Wanted, there: RoleAssignment | None, ends: date, action: Action, reason: Reason
) -> None:
    change = decide(wanted, *([there] if there else []))
    schedule = after(change).schedule
    assert schedule and schedule.last == ends
    assert (change.action, change.reason) == (action, reason)
    again = decide(wanted, replace(after(change), id=held().id, name=held().name))
    assert again.action is Action.KEEP


def test_an_end_within_the_day_that_is_asked_for_stays() -> None:
    """Else it would be widened to the day's end."""
    noon = replace(NOTED, schedule=Schedule(datetime(2026, 12, 7, 12, tzinfo=UTC)))
    assert decide(wanting(Until(day=date(2026, 12, 7))), noon).action is Action.KEEP


def test_a_note_that_is_missing_says_what_azure_keeps() -> None:
    change = decide(wanting(), replace(BOUND, description=None))
    assert after(change).description == "[astro-peer until 2026-12-07]"
    assert after(change).schedule == ENDS


def test_one_made_anew_keeps_its_condition_and_takes_the_right_to_delete() -> None:
    change = decide(wanting(), replace(NOTED, condition="@x", condition_version="2.0"))
    assert (after(change).condition, after(change).id) == ("@x", "")
    assert [one.action.rpartition("/")[2] for one in change.rights] == ["write", "delete"]
    assert "+ ended by Azure at 2026-12-08 00:00 UTC" in change.details
    (removal,) = assignment.decide_removal(REVOKE, observed(BOUND))
    assert [one.action.rpartition("/")[2] for one in removal.rights] == ["write", "delete"]


def test_the_trap_is_said_and_what_happens_to_what_is_there() -> None:
    assert ids(wanting()) == {"end-enforced"}
    assert ids(wanting(), held()) == {"end-enforced", "replaced-to-end"}
    assert ids(wanting(), BOUND) == {"end-enforced", "end-kept"}
    assert ids(wanting(None, enforced=False), BOUND) == {"end-enforced"}
    assert ids(wanting(LATER, enforced=False), BOUND) == {"end-enforced", "enforced-end-kept"}
    (trap,) = assignment.findings(wanting(), observed(today=TODAY))
    assert "licence ends" in trap.fact and "2026-12-09 00:00 UTC" in trap.says


def test_an_end_that_is_past_cannot_be_kept_by_azure() -> None:
    past = replace(held(), description="[astro-peer until 2026-11-01]")
    findings = assignment.findings(wanting(), observed(past, today=TODAY))
    (stopping,) = [one for one in findings if one.stops]
    assert (stopping.id, stopping.exit_code) == ("enforced-end-past", ExitCode.USAGE)


def test_an_end_without_a_day_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--until"):
        enforcing.require_end(None, True)
    enforcing.require_end(TWO_WEEKS, True)
    enforcing.require_end(None, False)


def test_only_names_of_azures_choosing_are_looked_up() -> None:
    ours = replace(held(), name=assignment.name(GRANT))
    assert not assignment.perhaps_scheduled(GRANT, observed(ours))
    assert assignment.perhaps_scheduled(GRANT, observed(held()))
    assert not assignment.perhaps_scheduled(GRANT, observed())


@pytest.mark.parametrize(
    "overdue",
    [replace(held(), schedule=ENDS), NOTED, replace(NOTED, schedule=LATER and until_the_end_of(TODAY))],
)
def test_past_its_end_and_still_there_is_drift(overdue: RoleAssignment) -> None:
    there = observed(overdue, assignments=(overdue,), today=ENDS.last + timedelta(days=1))
    held_by = Holdings((access.holding(GRANT, overdue, GRANT.role, overdue.principal_id, (overdue,)),))
    found = write_access.decide(GRANT, there, held_by)
    assert found.exit_code is ExitCode.DRIFTED
    assert "which is past" in found.assessment.drift[0]
    assert found.overdue and (not overdue.schedule or "licence ends" in found.overdue[0].fact)
    in_time = observed(BOUND, assignments=(BOUND,), today=ENDS.last)
    assert access.assess(GRANT, in_time).drift == ()


@pytest.mark.parametrize(("error", "says"), [(refusal(NO_LICENCE), "for good"), (NOBODY_ASKED, "note")])
def test_an_end_that_cannot_be_read_is_said_where_one_was_noted(error: Exception, says: str) -> None:
    wanted = wanting(None, enforced=False)
    assert ids(wanted, NOTED, schedules_unread=error) == {"enforced-end-unread"}
    (unread,) = assignment.findings(wanted, observed(NOTED, today=TODAY, schedules_unread=error))
    assert says in unread.fact
    assert ids(wanted, held(), schedules_unread=error) == set()


def test_a_role_setting_that_refuses_has_its_way_out() -> None:
    named = str(past_role_settings('The following policy rules failed: ["TicketingRule","ExpirationRule"]'))
    assert "--change-reference" in named and "earlier day" in named and "MfaRule" not in named
    every = str(past_role_settings("Nein."))
    for rule in ("ExpirationRule", "JustificationRule", "MfaRule", "TicketingRule"):
        assert rule in every
