"""A time-bound assignment is asked for, moved and removed as Azure allows, and never leaves one without an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from astro_peer.errors import AstroPeerError, Conflict, TimedOut
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.schedule import NO_LICENCE, RequestKind, Schedule, until_the_end_of
from astro_peer.steps import schedule
from conftest import PassingClock
from made_up import held
from small_tenant import NOW, SmallTenant, refusal

ENDS = until_the_end_of(date(2026, 12, 7))
NOTE = "CHG-1 [astro-peer until 2026-12-07]"
WANTED = replace(held(), id="", name="", description=NOTE, schedule=ENDS)
THERE = replace(held(name="theirs"), description=NOTE, schedule=ENDS)
PERMANENT = held(name="permanent")
LATER = replace(THERE, schedule=until_the_end_of(date(2026, 12, 31)))


def create(tenant: SmallTenant, *, principal_known: bool = True) -> RoleAssignment:
    return schedule.create(tenant, WANTED, principal_known=principal_known)  # type: ignore[arg-type]


def test_it_is_made_with_its_end_and_its_note(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    made = create(tenant)
    assert (made.schedule, made.description) == (ENDS, NOTE)
    assert tenant.asked == [RequestKind.ASSIGN] and len(tenant.held) == 1
    assert passing_clock.slept == 0


@pytest.mark.parametrize("code", ["SubjectNotFound", "PrincipalNotFound", "RoleDefinitionDoesNotExist"])
def test_what_is_new_is_waited_for(passing_clock: PassingClock, code: str) -> None:
    tenant = SmallTenant()
    tenant.refuses[RequestKind.ASSIGN] += [refusal(code)] * 3
    assert create(tenant).schedule == ENDS
    tenant = SmallTenant()
    tenant.refuses[RequestKind.ASSIGN] += [refusal(code)]
    if code != "RoleDefinitionDoesNotExist":
        with pytest.raises(Conflict):
            create(tenant, principal_known=False)


def test_a_list_that_lags_is_read_until_it_agrees(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    tenant.shows["active"] += [(), ()]
    assert create(tenant).schedule == ENDS
    assert tenant.reads["active"] == 3


def test_an_answer_that_was_lost_is_no_second_assignment() -> None:
    tenant = SmallTenant(THERE)
    assert create(tenant).id == THERE.id


@pytest.mark.parametrize("other", [PERMANENT, LATER])
def test_one_that_somebody_made_meanwhile_with_another_end_is_left_alone(other: RoleAssignment) -> None:
    tenant = SmallTenant(other)
    with pytest.raises(Conflict):
        create(tenant)
    assert list(tenant.held.values()) == [other]


def test_a_note_that_azure_refuses_is_no_failure() -> None:
    tenant = SmallTenant()
    tenant.refuses["assign"].append(refusal("AuthorizationFailed"))
    made = create(tenant)
    assert (made.schedule, made.description) == (ENDS, None)


# In place of an ordinary one


def bind(tenant: SmallTenant) -> RoleAssignment:
    return schedule.bind(tenant, PERMANENT, WANTED)  # type: ignore[arg-type]


def test_an_ordinary_one_goes_before_the_other_comes(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(PERMANENT)
    made = bind(tenant)
    assert made.schedule == ENDS and [one.schedule for one in tenant.held.values()] == [ENDS]
    assert tenant.asked == [RequestKind.ASSIGN] * 2


@pytest.mark.parametrize("code", [NO_LICENCE, "RoleAssignmentRequestPolicyValidationFailed"])
def test_what_azure_refuses_leaves_the_ordinary_one(code: str) -> None:
    tenant = SmallTenant(PERMANENT)
    tenant.refuses[RequestKind.ASSIGN].append(refusal(code))
    with pytest.raises(AstroPeerError):
        bind(tenant)
    assert list(tenant.held.values()) == [PERMANENT]


def test_a_refusal_after_it_was_removed_says_that_it_was() -> None:
    tenant = SmallTenant(PERMANENT)
    tenant.refuses[RequestKind.ASSIGN] += [refusal("RoleAssignmentExists"), refusal("ScopeLocked")]
    with pytest.raises(AstroPeerError) as caught:
        bind(tenant)
    assert "Astronomer has no rights" in caught.value.meaning and not tenant.held


def test_one_that_changed_meanwhile_is_left_alone() -> None:
    changed = replace(PERMANENT, description="a colleague's")
    tenant = SmallTenant(changed)
    with pytest.raises(Conflict, match="left alone"):
        bind(tenant)
    assert list(tenant.held.values()) == [changed]


# Moved


def test_an_end_is_moved_only_from_where_it_was_planned_for() -> None:
    tenant = SmallTenant(THERE)
    assert schedule.move(tenant, THERE, LATER).schedule == LATER.schedule  # type: ignore[arg-type]
    assert tenant.asked == [RequestKind.MOVE]
    schedule.move(tenant, THERE, LATER)  # type: ignore[arg-type]
    assert tenant.asked == [RequestKind.MOVE], "an answer that was lost is not asked for again"
    other = replace(THERE, schedule=Schedule(datetime(2027, 5, 1, tzinfo=UTC)))
    for meanwhile in (SmallTenant(other), SmallTenant(PERMANENT), SmallTenant()):
        with pytest.raises(Conflict, match="left alone"):
            schedule.move(meanwhile, THERE, LATER)  # type: ignore[arg-type]
        assert meanwhile.asked == []


def test_an_end_that_does_not_stay_is_no_success(passing_clock: PassingClock) -> None:
    """After the description was written the end is looked at once more."""
    schedule.require_end(SmallTenant(THERE), THERE)  # type: ignore[arg-type]
    with pytest.raises(TimedOut, match="when it ends"):
        schedule.require_end(SmallTenant(PERMANENT), THERE)  # type: ignore[arg-type]


# Removed


def remove(tenant: SmallTenant, before: RoleAssignment = THERE) -> None:
    schedule.remove(tenant, before)  # type: ignore[arg-type]


def test_the_five_minutes_are_waited_for_once(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(THERE)
    tenant.refuses[RequestKind.REMOVE].append(refusal("ActiveDurationTooShort"))
    remove(tenant, replace(THERE, created_on=NOW - timedelta(minutes=1)))
    assert not tenant.held and tenant.asked == [RequestKind.REMOVE] * 2
    assert passing_clock.slept == pytest.approx(242)


def test_where_there_is_not_the_time_it_says_when(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(THERE)
    tenant.refuses[RequestKind.REMOVE].append(refusal("ActiveDurationTooShort"))
    with pytest.raises(TimedOut) as caught:
        remove(tenant, replace(THERE, created_on=NOW))  # it would take a little more than the patience
    assert "after 12:05:02 (UTC)" in str(caught.value.next_step)
    assert caught.value.code == "ActiveDurationTooShort"
    assert list(tenant.held.values()) == [THERE] and passing_clock.slept == 0


def test_one_that_is_gone_already_is_removed() -> None:
    remove(SmallTenant())


def test_what_is_pending_is_canceled_first() -> None:
    tenant = SmallTenant(THERE)
    pending = refusal("PendingRoleAssignmentRequest")
    tenant.refuses[RequestKind.REMOVE].append(pending)
    remove(tenant)
    assert tenant.canceled == 1 and not tenant.held
    tenant = SmallTenant(THERE)
    tenant.refuses[RequestKind.REMOVE] += [pending, pending]
    with pytest.raises(Conflict):
        remove(tenant)
    assert tenant.canceled == 1 and tenant.held


def test_without_a_licence_it_is_deleted_as_the_ordinary_one_that_it_became() -> None:
    tenant = SmallTenant(THERE)
    tenant.refuses[RequestKind.REMOVE].append(refusal(NO_LICENCE))
    remove(tenant)
    assert not tenant.held


def test_what_is_not_deleted_even_so_is_an_error_with_the_command() -> None:
    tenant = SmallTenant(THERE)
    tenant.refuses[RequestKind.REMOVE].append(refusal(NO_LICENCE))
    tenant.refuses["unassign"].append(refusal("AuthorizationFailed"))
    with pytest.raises(AstroPeerError) as caught:
        remove(tenant)
    assert "stays for good" in caught.value.meaning
    assert THERE.id in str(caught.value.next_step) and tenant.held
