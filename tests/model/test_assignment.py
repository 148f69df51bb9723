"""Which assignments are ours, which were left behind, which nobody can tell, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.model import assignment as rules
from astro_peer.model.change import Action, Change, Reason
from astro_peer.model.finding import Blocks, Level
from astro_peer.model.objects import RoleAssignment, ServicePrincipal
from astro_peer.model.observed import Observed
from made_up import (
    ASTRONOMER,
    GRANT,
    GROUP,
    MANAGEMENT_GROUP,
    NOBODY_ASKED,
    OTHER,
    REVOKE,
    ROLE,
    SCOPE,
    SOMEBODY,
    held,
    observed,
)

OURS = [held(), held(scope=SCOPE.upper()), held(scope=GROUP)]
NOT_OURS = {
    "another principal's": held(SOMEBODY),
    "of another role": held(role="dddddddd-0000-0000-0000-000000000004"),
    "above": held(scope=MANAGEMENT_GROUP),
    "elsewhere": held(scope=OTHER),
    "in a subscription of a longer name": held(scope=f"{SCOPE}0"),
}
LEFT = held("eeeeeeee-0000-0000-0000-000000000005", name="ffffffff-0000-0000-0000-000000000006")


# Ours


@pytest.mark.parametrize("one", OURS)
def test_ours_is_the_role_given_to_astronomer_at_or_beneath_the_subscription(one: RoleAssignment) -> None:
    assert rules.ours(REVOKE, observed(one)) == (one,)
    assert rules.ours(REVOKE, observed(assignments=(one,))) == (one,)


@pytest.mark.parametrize("one", NOT_OURS.values(), ids=NOT_OURS)
def test_nothing_else_is_ours_whatever_list_a_server_puts_it_in(one: RoleAssignment) -> None:
    """A server that ignores $filter lists everybody's assignments as the principal's."""
    for seen in (observed(one), observed(assignments=(one,))):
        assert rules.ours(REVOKE, seen) == ()
        assert list(rules.decide_removal(REVOKE, seen)) == []


def test_one_that_two_lists_spell_differently_is_one() -> None:
    shouted = replace(held(), id=held().id.upper())
    assert rules.ours(REVOKE, observed(shouted, assignments=(held(),))) == (held(),)


def test_without_the_principal_or_the_role_nothing_is_known_to_be_ours() -> None:
    assert rules.ours(REVOKE, observed(held(""), held(), principal=None)) == ()
    assert rules.ours(REVOKE, observed(held(), role=None)) == ()


def test_the_principal_is_the_one_graph_shows_else_the_one_that_was_given() -> None:
    given = replace(REVOKE, principal_id=SOMEBODY)
    assert rules.principal_id(given, observed()) == ASTRONOMER.object_id
    assert rules.principal_id(given, observed(principal=None)) == SOMEBODY
    assert rules.ours(given, observed(held(), held(SOMEBODY), principal=None)) == (held(SOMEBODY),)


# Left behind, and unknown


def test_left_behind_is_only_what_a_principal_held_that_entra_lists_as_deleted() -> None:
    gone = frozenset({LEFT.principal_id, ASTRONOMER.object_id})
    seen = observed(LEFT, held(SOMEBODY), held(), deleted=gone)
    assert rules.orphans(REVOKE, seen) == (LEFT,)
    assert rules.orphans(REVOKE, replace(seen, deleted=frozenset())) == ()


@pytest.mark.parametrize(
    "kept",
    [replace(LEFT, principal_type="User"), replace(LEFT, scope=OTHER), replace(LEFT, scope=MANAGEMENT_GROUP)],
)
def test_a_users_assignment_and_one_elsewhere_are_never_left_behind(kept: RoleAssignment) -> None:
    seen = observed(kept, deleted=frozenset({LEFT.principal_id}), not_shown=frozenset({LEFT.principal_id}))
    assert rules.orphans(REVOKE, seen) == rules.unknown(REVOKE, seen) == ()


def test_one_that_graph_does_not_show_is_unknown_where_only_we_would_name_it_so() -> None:
    hidden = frozenset({LEFT.principal_id})
    derived = [replace(LEFT, name=name.upper()) for name in rules.names(REVOKE, LEFT.principal_id)]
    for one in derived:
        assert rules.unknown(REVOKE, observed(one, not_shown=hidden)) == (one,)
    assert rules.unknown(REVOKE, observed(LEFT, not_shown=hidden)) == ()
    assert rules.unknown(REVOKE, observed(LEFT, not_shown=hidden, principal=None)) == (LEFT,)
    assert rules.unknown(REVOKE, observed(derived[0])) == ()
    assert rules.unknown(REVOKE, observed(derived[0], not_shown=hidden, deleted=hidden)) == ()


def test_where_nobody_could_ask_one_of_the_holders_is_astronomers() -> None:
    seen = observed(held(SOMEBODY), held(SOMEBODY, scope=GROUP), LEFT, principal=None, unchecked=NOBODY_ASKED)
    assert rules.may_be_astronomers(REVOKE, seen) == (SOMEBODY, LEFT.principal_id)
    assert rules.may_be_astronomers(replace(REVOKE, principal_id=SOMEBODY), seen) == ()
    assert rules.may_be_astronomers(REVOKE, replace(seen, unchecked=None)) == ()


def test_others_are_whoever_else_holds_the_role_here() -> None:
    theirs = held(SOMEBODY, name="99999999-0000-0000-0000-000000000009")
    unknown = held(LEFT.principal_id[::-1], name=rules.name(REVOKE))
    seen = observed(
        held(),
        theirs,
        LEFT,
        unknown,
        held(SOMEBODY, scope=OTHER),
        deleted=frozenset({LEFT.principal_id}),
        not_shown=frozenset({unknown.principal_id}),
    )
    assert rules.others(REVOKE, seen) == (theirs,)
    assert [one.id for one in rules.findings(REVOKE, seen)] == [
        "role-held-by-others",
        "assignment-of-unknown-principal",
    ]
    assert not any(one.stops for one in rules.findings(REVOKE, seen))
    assert [(one.level, one.blocks) for one in rules.findings(REVOKE, seen)] == [
        (Level.WARNING, Blocks.NOTHING),
        (Level.UNKNOWN, Blocks.NOTHING),
    ]


# What becomes of them


def changes(wanted: object, seen: Observed) -> list[tuple[Action, Reason]]:
    made = rules.decide(wanted, seen) if wanted is GRANT else rules.decide_removal(REVOKE, seen)
    return [(one.action, one.reason) for one in made]


def test_what_is_assigned_on_the_subscription_is_kept_whatever_its_name() -> None:
    (kept,) = rules.decide(GRANT, observed(held(scope=GROUP), held(name="other"), held()))
    assert (kept.key, kept.before, kept.after) == ("assignment", held(name="other"), held(name="other"))
    assert (kept.action, kept.reason) == (Action.KEEP, Reason.ASSIGNED)


def test_an_assignment_beneath_the_subscription_does_not_do() -> None:
    assert changes(GRANT, observed(held(scope=GROUP))) == [(Action.CREATE, Reason.NOT_ASSIGNED)]


def test_what_is_made_gives_the_role_that_was_found_to_the_principal_that_was_found() -> None:
    wanted = replace(GRANT, description="CHG-1")
    (made,) = rules.decide(wanted, observed(role=replace(ROLE, guid="by-hand")))
    assert made.key == "assignment"
    assert made.after == RoleAssignment(
        "", "", SCOPE, "by-hand", ASTRONOMER.object_id, "ServicePrincipal", "CHG-1"
    )


def test_what_is_made_may_wait_for_the_principal_and_the_role() -> None:
    (made,) = rules.decide(GRANT, Observed())
    assert made.reason is Reason.FOLLOWS_PRINCIPAL
    assert made.after == RoleAssignment(
        "", "", SCOPE, ROLE.guid, "", "ServicePrincipal", principal_of="principal"
    )


def test_a_reference_is_resolved_by_what_was_made() -> None:
    waiting = RoleAssignment("", "", SCOPE, ROLE.guid, "", "ServicePrincipal", principal_of="principal")
    made = rules.resolved(waiting, {"principal": ASTRONOMER})
    assert (made.principal_id, made.principal_of) == (ASTRONOMER.object_id, None)
    assert rules.resolved(waiting, {"principal": ROLE}) == waiting
    known = held()
    assert rules.resolved(known, {"principal": ServicePrincipal(SOMEBODY, "x")}) == known


def test_a_grant_clears_away_what_was_left_behind_and_a_revoke_everything_of_ours() -> None:
    seen = observed(LEFT, held(), held(scope=GROUP), held(SOMEBODY), deleted=frozenset({LEFT.principal_id}))
    assert changes(GRANT, seen) == [
        (Action.DELETE, Reason.LEFT_BEHIND),
        (Action.KEEP, Reason.ASSIGNED),
    ]
    removed = list(rules.decide_removal(REVOKE, seen))
    assert [(one.before, one.after, one.reason) for one in removed] == [
        (held(), None, Reason.GIVES_THE_ROLE),
        (held(scope=GROUP), None, Reason.GIVES_THE_ROLE),
        (LEFT, None, Reason.LEFT_BEHIND),
    ]
    assert [one.key for one in removed] == [
        f"assignment {one.id.lower()}" for one in (held(), held(scope=GROUP), LEFT)
    ]


@pytest.mark.parametrize("given", [None, SOMEBODY])
def test_offline_a_revoke_removes_whatever_gives_astronomer_the_role(given: str | None) -> None:
    (removed,) = rules.decide_removal(replace(REVOKE, principal_id=given), Observed(looked_up=False))
    assert (removed.key, removed.action, removed.reason) == (
        "assignment",
        Action.DELETE,
        Reason.NOT_LOOKED_UP,
    )
    assert removed.before == RoleAssignment(
        "",
        "",
        SCOPE,
        ROLE.guid,
        given or "",
        "ServicePrincipal",
        principal_of=None if given else "principal",
    )


# Names


def test_a_name_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert rules.names(GRANT, ASTRONOMER.object_id) == (NAME, SECOND)
    assert rules.names(GRANT, ASTRONOMER.object_id.upper()) == (NAME, SECOND)
    assert rules.resource_id(SCOPE, NAME) == (
        f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    )


def test_a_name_that_the_same_plan_deletes_is_given_last() -> None:
    def deleting(name: str) -> Change:
        return Change("a", before=held(name=name), after=None, reason=Reason.LEFT_BEHIND)

    both = rules.names(GRANT, SOMEBODY)
    assert rules.names_to_give(GRANT, SOMEBODY, []) == both
    assert rules.names_to_give(GRANT, SOMEBODY, [deleting(both[0].upper())]) == both[::-1]
    assert rules.names_to_give(GRANT, SOMEBODY, [deleting(both[1])]) == both
    kept = Change("a", before=held(name=both[0]), after=held(name=both[0]), reason=Reason.ASSIGNED)
    assert rules.names_to_give(GRANT, SOMEBODY, [kept]) == both
    assert rules.names_to_give(GRANT, "", []) == both[:1]


NAME = "3d48ce84-4b46-57bb-9d81-3d2ccb70451d"
SECOND = "c8d6aa46-caf7-592e-8c15-553a809637d8"
