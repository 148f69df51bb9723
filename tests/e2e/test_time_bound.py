"""A grant that Azure ends itself: made, shown, moved, removed, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from astro_peer.model.schedule import until_the_end_of
from astro_peer.sandbox.faults.catalogue import parse
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant.state import Schedule, ScheduleRequest
from conftest import Inside

DAY = 24 * 60 * 60
ENFORCED = ("grant", "--yes", "--enforce-until", "--until")


@contextmanager
def tenant_with(*faults: str) -> Iterator[Inside]:
    with serving(faults=faults) as sandbox:
        yield Inside(sandbox)


def in_days(inside: Inside, days: int) -> date:
    return (inside.sandbox.clock.now() + timedelta(days=days)).date()


def schedule(inside: Inside) -> Schedule:
    (one,) = inside.tenant.schedules.values()
    assert [held["name"] for held in inside.ours()["assignments"]] == [
        (one.assignment_id or "").rpartition("/")[2]
    ]
    return one


def asked(inside: Inside) -> list[ScheduleRequest]:
    return list(inside.tenant.schedule_requests.values())


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def test_azure_ends_it_and_everything_says_when(inside: Inside) -> None:
    end = in_days(inside, 14)
    described = ("--description", "CHG-4711: the link", "--change-reference", "CHG-4711")
    ran = inside.run(*ENFORCED, "14d", *described, "-o", "json")
    assert ran.code == 0, ran.err
    made = schedule(inside)
    assert made.end == midnight_after(end)
    (request,) = asked(inside)
    assert request.type == "AdminAssign"
    assert request.justification == f"CHG-4711: the link [astro-peer until {end}]"
    assert request.ticket == {"ticketNumber": "CHG-4711", "ticketSystem": "change reference"}
    held = inside.tenant.role_assignments[(made.assignment_id or "").lower()]
    assert held.description == request.justification, "it outlasts the licence"
    shown = f"{end + timedelta(days=1)} 00:00 UTC"
    assert f"ended by Azure at {shown}" in ran.err and "when that licence ends" in ran.err
    ends = f"{end + timedelta(days=1)}T00:00:00+00:00"
    assert (ran.document["ends"], ran.document["until"]) == (ends, str(end))
    assert [one["ends"] for one in ran.document["assignments"]] == [ends]
    assert {"end-enforced"} <= {one["id"] for one in ran.document["findings"]}
    assert inside.run("sandbox", "connect").code == 0

    status = inside.run("status")
    assert status.code == 0, status.err
    assert f"Until        {end}" in status.out and f"Ends         {shown}, by Azure itself" in status.out
    assert "when that licence ends" in status.err
    document = inside.run("status", "-o", "json").document
    assert [one["ends"] for one in document["assignments"]] == [ends]
    again = inside.run(*ENFORCED, "20d", "-o", "json")
    assert set(again.actions.values()) == {"keep"} and again.document["ends"] == ends


def test_a_day_moves_the_end_and_a_revoke_removes_it(inside: Inside) -> None:
    assert inside.run(*ENFORCED, "14d").code == 0
    later = in_days(inside, 40)
    moved = inside.run(*ENFORCED, str(later), "-o", "json")
    assert moved.code == 0, moved.err
    assert moved.actions["role assignment"] == "update"
    assert schedule(inside).end == midnight_after(later)
    assert asked(inside)[-1].type == "AdminUpdate"
    note_only = inside.run("grant", "--yes", "--until", str(in_days(inside, 50)))
    assert note_only.code == 0 and "--until alone changes the note only" in note_only.err
    assert schedule(inside).end == midnight_after(later)

    young = inside.run("revoke", "--yes", "--timeout", "4", "-o", "json")
    assert young.code == 8, young.err
    assert young.document["error"]["code"] == "ActiveDurationTooShort"
    assert "Run the same command again after" in young.document["error"]["next"]
    assert schedule(inside)
    inside.sandbox.clock.advance(300)
    assert inside.run("revoke", "--yes").code == 0
    assert inside.tenant.schedules == {} and inside.ours()["assignments"] == []
    assert asked(inside)[-1].type == "AdminRemove"
    assert not any("DELETE" in one for one in inside.writes()), "an ordinary deletion is not established"
    assert inside.run("status").code == 10
    granting = inside.run("audit", "--since", "1d", "-o", "json").document["audit"]["granting"]
    assert sum("time-bound assignment" in one["what"] for one in granting) >= 3, "made, moved and removed"


def test_it_ends_by_itself(inside: Inside) -> None:
    assert inside.run(*ENFORCED, "2d").code == 0
    inside.sandbox.clock.advance(2 * DAY)
    assert inside.run("status").code == 0, "the last day counts"
    inside.sandbox.clock.advance(DAY)
    assert inside.run("status").code == 10
    assert inside.run("sandbox", "connect").code == 5


def test_a_licence_that_ends_is_the_trap(inside: Inside) -> None:
    """Past the noted day status says so, and a revoke removes what has become an ordinary assignment."""
    assert inside.run(*ENFORCED, "2d").code == 0
    inside.tenant.quirks.licensed_for_pim = False
    unread = inside.run("status")
    assert unread.code == 0 and "it stays for good now" in unread.err
    inside.sandbox.clock.advance(3 * DAY)
    overdue = inside.run("status", "-o", "json")
    assert overdue.code == 11 and "which is past" in overdue.document["drift"][0]
    assert inside.run("revoke", "--yes").code == 0
    assert inside.ours()["assignments"] == []


def test_without_a_licence_nothing_is_written() -> None:
    with tenant_with("no-pim-licence") as inside:
        for more in ((), ("--dry-run",)):
            ran = inside.run(*ENFORCED, "14d", *more, "-o", "json")
            assert ran.code == 7, ran.err
            assert ran.document["error"]["code"] == "AadPremiumLicenseRequired"
            assert "--until alone is a note" in ran.document["error"]["next"]
        assert inside.writes() == []
        assert inside.run("grant", "--yes", "--until", "14d").code == 0


@pytest.mark.parametrize(
    ("rule", "advice", "cure"),
    [
        ("expiration", "earlier day", ("--until", "10d")),
        ("ticketing", "--change-reference", ("--until", "14d", "--change-reference", "CHG-1")),
        ("mfa", "multi-factor", None),
    ],
)
def test_role_settings_that_refuse_say_what_to_do(
    rule: str, advice: str, cure: tuple[str, ...] | None
) -> None:
    with tenant_with(f"role-setting:{rule}", "role-setting:justification") as inside:
        ran = inside.run(*ENFORCED, "30d", "-o", "json")
        assert ran.code == 7, ran.err
        assert ran.document["error"]["code"] == "RoleAssignmentRequestPolicyValidationFailed"
        assert advice in ran.document["error"]["next"] and "JustificationRule" not in ran.err
        assert inside.ours()["assignments"] == []
        if cure:
            assert inside.run("grant", "--yes", "--enforce-until", *cure).code == 0
            assert schedule(inside)


def test_a_permanent_assignment_is_replaced_and_never_doubled(inside: Inside) -> None:
    assert inside.run("grant", "--yes", "--description", "CHG-1").code == 0
    (before,) = inside.ours()["assignments"]
    key, held = next((k, a) for k, a in inside.tenant.role_assignments.items() if a.name == before["name"])
    inside.tenant.role_assignments[key] = replace(held, condition="(!(x))", condition_version="2.0")
    inside.sandbox._app._faults = parse(["role-setting:expiration"])
    inside.sandbox._app._faults[0].arrange(inside.tenant)
    refused = inside.run(*ENFORCED, "30d")
    assert refused.code == 7 and "ExpirationRule" in refused.err
    assert inside.ours()["assignments"] == [before], "what is refused leaves what is there"
    ran = inside.run(*ENFORCED, "10d", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions["role assignment"] == "update"
    assert {"replaced-to-end"} <= {one["id"] for one in ran.document["findings"]}
    made = schedule(inside)
    now = inside.tenant.role_assignments[(made.assignment_id or "").lower()]
    assert now.name != before["name"] and now.condition == "(!(x))"
    assert now.description == f"CHG-1 [astro-peer until {in_days(inside, 10)}]"
    assert set(inside.run("grant", "--yes", "-o", "json").actions.values()) == {"keep"}


def test_lags_are_waited_for() -> None:
    with tenant_with("graph-lag:40", "slow-lists:60", "role-lag:30", "fast-clock:5") as inside:
        ran = inside.run_here(*ENFORCED, "14d")
        assert ran.code == 0, ran.err
        assert "Waiting for Azure to" in ran.err
        assert schedule(inside)


def test_an_answer_that_is_lost_makes_no_second_one() -> None:
    with tenant_with() as inside:
        assert inside.run(*ENFORCED, "14d").code == 0
        sent = [one for one in inside.requests() if "/graph/" in one["url"] or "api-version" in one["url"]]
        sent = [one for one in sent if "/metadata/" not in one["url"]]
        number = next(i for i, one in enumerate(sent, 1) if "ScheduleRequests" in one["url"])
    for fault in (f"drop-at:{number}", f"refuse-at:{number}"):
        with tenant_with(fault) as inside:
            ran = inside.run_here(*ENFORCED, "14d")
            assert ran.code == 0, ran.err
            assert schedule(inside)


def test_what_is_asked_for_without_an_end_is_a_usage_error(inside: Inside) -> None:
    for more in ((), ("--dry-run", "--offline")):
        ran = inside.run("grant", "--yes", "--enforce-until", *more)
        assert ran.code == 2 and "Add --until" in ran.err
    assert inside.requests() == []


def test_who_may_not_assign_is_told_before_anything_is_written(inside: Inside) -> None:
    ran = inside.run(*ENFORCED, "14d", persona="contributor")
    assert ran.code == 5
    assert inside.writes() == []
    assert until_the_end_of(in_days(inside, 1)).last == in_days(inside, 1)
