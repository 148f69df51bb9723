"""What is wanted and what is there make a plan, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import ExitCode
from astro_peer.model import plan
from astro_peer.model.change import Action
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import Permission, VirtualHub
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place
from astro_peer.model.plan import Plan
from astro_peer.model.surroundings import SignIn, Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import Command
from made_up import (
    ASTRONOMER,
    FACTS,
    GRANT,
    NOBODY_ASKED,
    OTHER,
    REVOKE,
    ROLE,
    SCOPE,
    SOMEBODY,
    SUBSCRIPTION,
    held,
    observed,
)

GIVEN = replace(GRANT, principal_id=ASTRONOMER.object_id)
DISABLED = replace(ASTRONOMER, account_enabled=False)
BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "*/delete")),))
LACKING = replace(ROLE, permissions=(Permission(FACTS.actions[1:]),))


def steps(made: Plan) -> list[tuple[str, Action]]:
    return [(one.key, one.action) for one in made.changes]


def only(part: Part) -> Wanted:
    return replace(GRANT, only=part)


def stopped_by(wanted: Wanted, seen: Observed) -> str | None:
    finding = plan.decide(wanted, seen).stopped_by
    return finding.id if finding else None


def test_a_first_grant_makes_all_three_in_their_order() -> None:
    made = plan.decide(GRANT, Observed())
    assert steps(made) == [
        ("principal", Action.CREATE),
        ("role", Action.CREATE),
        ("assignment", Action.CREATE),
    ]
    assert made.writes and not made.rests_on and not made.stopped_by


def test_a_second_grant_writes_nothing() -> None:
    made = plan.decide(GRANT, observed(held()))
    assert [action for _, action in steps(made)] == [Action.KEEP] * 3
    assert not made.writes


@pytest.mark.parametrize("part", Part)
def test_a_part_alone_changes_nothing_else_and_rests_on_what_it_needs(part: Part) -> None:
    made = plan.decide(only(part), observed())
    assert [key for key, _ in steps(made)] == [part.value]
    rests_on = ["principal", "role"] if part is Part.ASSIGNMENT else []
    assert [one.key for one in made.rests_on] == rests_on
    assert not any(one.writes for one in made.rests_on)


def test_a_principal_that_the_user_names_is_never_made() -> None:
    assert [key for key, _ in steps(plan.decide(GIVEN, Observed()))] == ["role", "assignment"]
    checked = plan.decide(GIVEN, observed())
    assert [key for key, _ in steps(checked)] == ["role", "assignment"]
    assert [one.key for one in checked.rests_on] == ["principal"]
    assert checked.holder_checked
    assert not plan.decide(GIVEN, observed(principal=None, unchecked=NOBODY_ASKED)).holder_checked


def test_a_revoke_removes_assignments_and_the_role_only_where_that_is_wanted() -> None:
    seen = observed(held(), held(SOMEBODY))
    assert steps(plan.decide(REVOKE, seen)) == [(f"assignment {held().id.lower()}", Action.DELETE)]
    with_role = plan.decide(replace(REVOKE, delete_role=True), seen)
    assert steps(with_role)[1:] == [("role", Action.KEEP)]
    assert steps(plan.decide(replace(REVOKE, delete_role=True), Observed())) == []


def test_a_revoke_takes_rights_away_and_a_leftover_or_a_role_is_none() -> None:
    deleting = replace(REVOKE, delete_role=True)
    assert plan.takes_rights_away(plan.decide(REVOKE, observed(held())))
    assert plan.takes_rights_away(plan.decide(REVOKE, Observed(looked_up=False)))
    left = observed(held(SOMEBODY), deleted=frozenset({SOMEBODY}))
    assert not plan.takes_rights_away(plan.decide(deleting, left))
    assert not plan.takes_rights_away(plan.decide(GRANT, observed(held())))


# What stands in the way


@pytest.mark.parametrize(
    ("wanted", "seen", "finding"),
    [
        (GRANT, observed(), None),
        (GRANT, observed(role=BROADER), "role-broader"),
        (GRANT, observed(role=replace(ROLE, is_custom=False)), "role-name-built-in"),
        (GRANT, observed(role=replace(ROLE, assignable_scopes=(OTHER,))), "role-shared"),
        (GRANT, observed(principal=DISABLED), "principal-disabled"),
        (GRANT, observed(permissions={SCOPE: ()}), "rights-assignment"),
        (GIVEN, observed(principal=replace(ASTRONOMER, application_id=SOMEBODY)), "principal-is-anothers"),
        (GIVEN, observed(principal=None), "principal-not-found"),
        (only(Part.PRINCIPAL), observed(role=BROADER, principal=DISABLED), None),
        (only(Part.ROLE), observed(role=BROADER), "role-broader"),
        (only(Part.ROLE), observed(principal=DISABLED), None),
        (only(Part.ASSIGNMENT), observed(), None),
        (only(Part.ASSIGNMENT), observed(principal=DISABLED), "principal-disabled"),
        (only(Part.ASSIGNMENT), observed(role=BROADER), "role-not-as-documented"),
        (only(Part.ASSIGNMENT), observed(role=LACKING), "role-not-as-documented"),
        (only(Part.ASSIGNMENT), observed(role=None), "parts-missing"),
        (only(Part.ASSIGNMENT), observed(role=replace(ROLE, assignable_scopes=(OTHER,))), "parts-missing"),
        (only(Part.ASSIGNMENT), observed(principal=None), "parts-missing"),
        (only(Part.ASSIGNMENT), Observed(looked_up=False), None),
        (REVOKE, observed(held(), principal=DISABLED, role=BROADER), None),
        (REVOKE, observed(held(), role=replace(ROLE, is_custom=False)), "role-name-built-in"),
        (REVOKE, observed(held(), permissions={SCOPE: ()}), "rights-revoke"),
    ],
)
def test_what_stops_a_plan(wanted: Wanted, seen: Observed, finding: str | None) -> None:
    assert stopped_by(wanted, seen) == finding


def test_missing_parts_are_named_with_who_makes_them() -> None:
    (both,) = plan.decide(only(Part.ASSIGNMENT), Observed()).not_passed
    assert both.exit_code is ExitCode.NOT_FOUND
    assert "service principal and the custom role" in both.says
    assert both.who == "an Entra administrator and a User Access Administrator or Owner"
    (role,) = plan.decide(only(Part.ASSIGNMENT), observed(role=None)).not_passed
    assert "service principal" not in role.says
    command = ("astro-peer", "grant", "--only", "role", "--subscription", SUBSCRIPTION.id)
    assert Command(command) in role.way_out.parts


def test_what_stands_in_the_way_of_a_part_is_not_said_to_be_as_planned() -> None:
    def passed(seen: Observed) -> list[str]:
        return [one.id for one in plan.decide(GRANT, seen).findings if one.level is Level.PASS]

    assert {"role", "assignment"} <= set(passed(observed()))
    assert "role" not in passed(observed(role=BROADER))
    assert passed(observed(held(), role=LACKING)).count("assignment") == 1


def test_who_makes_the_principal_alone_is_told_what_they_may() -> None:
    signed_in = SignIn("me", None, "", "cli", "Azure", "https://graph.example", True, None)
    around = Surroundings(sign_in=signed_in)
    made = plan.decide(only(Part.PRINCIPAL), Observed(), around)
    assert [one.id for one in made.not_passed] == ["rights-principal"]
    assert made.around is around


def test_a_plan_that_only_the_caller_may_not_carry_out_can_be_reviewed() -> None:
    reviewable = plan.decide(GRANT, observed(permissions={SCOPE: ()}))
    assert reviewable.stopped_by and not reviewable.cannot_be_made
    both = plan.decide(GRANT, observed(role=BROADER, permissions={SCOPE: ()}))
    assert both.cannot_be_made and both.cannot_be_made.id == "role-broader"


@pytest.mark.parametrize("blocks", Blocks)
@pytest.mark.parametrize("level", Level)
def test_only_a_failure_that_blocks_the_work_stops_it(level: Level, blocks: Blocks) -> None:
    stops = level is Level.FAIL and blocks in (Blocks.GRANT, Blocks.REVOKE)
    finding = Finding("x", level, "says", blocks)
    made = Plan(GRANT, Observed(), (), findings=(finding,))
    assert made.stopped_by is made.cannot_be_made is (finding if stops else None)


HUB = VirtualHub("/hub", "hub", "rg", SUBSCRIPTION.id, "weu", "Succeeded", "Provisioning", None, True)


@pytest.mark.parametrize(
    ("wanted", "state", "said"),
    [
        (GRANT, "Provisioning", True),
        (GRANT, "Provisioned", False),
        (REVOKE, "Provisioning", False),
    ],
)
def test_a_hub_that_is_not_ready_is_said_before_a_grant(wanted: Wanted, state: str, said: bool) -> None:
    place = Place(SUBSCRIPTION.tenant_id, SUBSCRIPTION, resource=replace(HUB, routing_state=state))
    made = plan.decide(replace(wanted, place=place), observed())
    assert [one.id for one in made.not_passed] == (["hub-not-ready"] if said else [])
    assert not made.stopped_by


def test_the_way_back_names_the_same_subscription_role_and_principal() -> None:
    wanted = replace(GIVEN, role_name="Mine")
    assert plan.decide(wanted, observed()).revoke_command.words == (
        *("astro-peer", "revoke", "--subscription", SUBSCRIPTION.id),
        *("--role-name", "Mine", "--principal-object-id", ASTRONOMER.object_id),
    )
    assert plan.decide(GRANT, observed()).revoke_command.words[4:] == ()
