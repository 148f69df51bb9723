"""How a role that exists compares with the documented one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.model import role as rules
from astro_peer.model.change import Action, Reason
from astro_peer.model.finding import Blocks
from astro_peer.model.objects import Permission, RoleDefinition, allowed
from astro_peer.model.observed import Observed
from made_up import FACTS, GRANT, GROUP, OTHER, REVOKE, ROLE, SCOPE, SOMEBODY, THIRD, held, observed, role


@pytest.mark.parametrize(
    ("permissions", "missing", "broader"),
    [
        ((Permission(FACTS.actions),), 0, 0),
        ((Permission(tuple(action.upper() for action in FACTS.actions)),), 0, 0),
        ((Permission(FACTS.actions[:3]), Permission(FACTS.actions[3:])), 0, 0),
        ((Permission(FACTS.actions[:5]),), 1, 0),
        ((), 6, 0),
        ((Permission(FACTS.actions, not_actions=(FACTS.write_actions[0],)),), 1, 0),
        ((Permission(FACTS.actions, not_actions=("*/read",)),), 5, 0),
        ((Permission(FACTS.actions, not_actions=("*/read",)), Permission(FACTS.actions)), 0, 0),
        ((Permission((*FACTS.actions, "Microsoft.Network/virtualHubs/delete")),), 0, 1),
        ((Permission(("*",)),), 0, 1),
        ((Permission(FACTS.actions), Permission(data_actions=("x/y/read",))), 0, 1),
        ((Permission(FACTS.actions), Permission(("*",), not_actions=("*",))), 0, 1),
    ],
)
def test_drift(permissions: tuple[Permission, ...], missing: int, broader: int) -> None:
    difference = rules.drift(GRANT.role, role(*permissions))
    assert (len(difference.missing), len(difference.broader)) == (missing, broader)


def test_an_update_never_loses_an_assignable_scope() -> None:
    """Whatever others added or took away since the plan was made, they find it as they left it."""
    before = role(Permission(FACTS.actions[:5]), scopes=(OTHER,))
    change = rules.decide(GRANT, Observed(role=before))
    assert isinstance(change.after, RoleDefinition)
    assert change.after.assignable_scopes == (OTHER, SCOPE)
    now = role(Permission(FACTS.actions[:5]), scopes=(OTHER, THIRD))
    assert rules.merged(before, change.after, now).assignable_scopes == (OTHER, THIRD, SCOPE)
    without_other = role(Permission(FACTS.actions[:5]), scopes=(THIRD,))
    assert rules.merged(before, change.after, without_other).assignable_scopes == (THIRD, SCOPE)
    already = role(Permission(FACTS.actions), scopes=(OTHER, SCOPE.upper()))
    assert rules.merged(before, change.after, already).assignable_scopes == (OTHER, SCOPE.upper())


def test_growing_and_shrinking_are_merged_alike() -> None:
    large, small = (
        role(Permission(FACTS.actions), scopes=(SCOPE, OTHER)),
        role(Permission(FACTS.actions), scopes=(OTHER,)),
    )
    now = role(Permission(FACTS.actions), scopes=(THIRD, SCOPE, OTHER))
    assert rules.merged(large, small, now).assignable_scopes == (THIRD, OTHER)
    assert rules.merged(small, large, small).assignable_scopes == (OTHER, SCOPE)
    assert rules.merged(large, small, small) == small


def test_permissions_that_were_not_to_change_stay_what_others_made_of_them() -> None:
    before = role(Permission(FACTS.actions), scopes=(SCOPE, OTHER))
    after = role(Permission(FACTS.actions), scopes=(OTHER,))
    now = role(Permission((*FACTS.actions, "*/read")), scopes=(SCOPE, OTHER))
    assert rules.merged(before, after, now).permissions == now.permissions


def test_permissions_that_were_to_change_are_those_that_were_planned() -> None:
    """Whatever others made of them meanwhile: a role that is wider than planned is not assigned."""
    lacking, planned = role(Permission(FACTS.actions[:5])), role(Permission(FACTS.actions))
    for now in (lacking, role(Permission(("*",)))):
        assert rules.merged(lacking, planned, now).permissions == planned.permissions


def test_a_role_that_somebody_made_meanwhile_gets_the_planned_permissions_and_keeps_its_scopes() -> None:
    planned = role(Permission(FACTS.actions))
    meanwhile = role(Permission(("*",)), scopes=(OTHER,))
    assert rules.merged(None, planned, meanwhile) == replace(planned, assignable_scopes=(OTHER, SCOPE))
    assert rules.merged(None, planned, None) == planned


def test_a_role_assignable_in_a_management_group_above_is_not_added_to() -> None:
    """Azure lists it at the subscription: that it is assignable there is Azure's word, not a comparison of texts."""
    above = role(
        Permission(FACTS.actions), scopes=("/providers/Microsoft.Management/managementGroups/contoso",)
    )
    change = rules.decide(GRANT, Observed(role=above, role_listed_here=True))
    assert change.action == "keep"


@pytest.mark.parametrize(
    ("actions", "not_actions", "expected"),
    [
        (("*",), (), True),
        (("Microsoft.Network/*",), (), True),
        (("microsoft.network/VIRTUALHUBS/*/write",), (), True),
        (("*/read",), (), False),
        (("*",), ("Microsoft.Network/virtualHubs/*",), False),
        (("Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/[w]rite",), (), False),
        ((), (), False),
    ],
)
def test_wildcards(actions: tuple[str, ...], not_actions: tuple[str, ...], expected: bool) -> None:
    assert allowed([Permission(actions, not_actions)], FACTS.write_actions[0]) is expected


# What becomes of it


LACKING = replace(ROLE, permissions=(Permission(FACTS.actions[1:]),))
BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "*/delete")),))


@pytest.mark.parametrize(
    ("found", "action", "reason"),
    [
        (None, Action.CREATE, Reason.ROLE_ABSENT),
        (ROLE, Action.KEEP, Reason.ROLE_AS_DOCUMENTED),
        (LACKING, Action.UPDATE, Reason.ROLE_LACKS_ACTIONS),
        (replace(ROLE, assignable_scopes=(OTHER,)), Action.UPDATE, Reason.ROLE_NOT_ASSIGNABLE_HERE),
        (replace(LACKING, assignable_scopes=(OTHER,)), Action.UPDATE, Reason.ROLE_LACKS_BOTH),
        (BROADER, Action.KEEP, Reason.ROLE_AS_DOCUMENTED),
    ],
)
def test_a_role_is_made_or_mended_or_kept(
    found: RoleDefinition | None, action: Action, reason: Reason
) -> None:
    change = rules.decide(GRANT, Observed(role=found))
    assert (change.key, change.before, change.action, change.reason) == ("role", found, action, reason)
    assert isinstance(change.after, RoleDefinition)
    assert change.after.can_be_assigned_in(SCOPE)
    assert not rules.drift(ROLE, change.after).missing


def test_mending_changes_only_what_is_wrong_and_names_who_else_uses_the_role() -> None:
    theirs = replace(LACKING, description="ours, hands off", assignable_scopes=(OTHER, SCOPE), guid="theirs")
    change = rules.decide(GRANT, Observed(role=theirs))
    assert change.after == replace(theirs, permissions=ROLE.permissions)
    assert change.facts == (OTHER,)
    assert change.keeps == ("keeps its description: ours, hands off",)
    joining = rules.decide(GRANT, Observed(role=replace(BROADER, assignable_scopes=(OTHER,))))
    assert joining.after == replace(BROADER, assignable_scopes=(OTHER, SCOPE))
    kept = rules.decide(GRANT, Observed(role=replace(ROLE, assignable_scopes=(OTHER, SCOPE))))
    assert kept.facts == kept.keeps == ()


GONE = frozenset({SOMEBODY})


@pytest.mark.parametrize(
    ("seen", "action", "reason"),
    [
        (observed(), Action.DELETE, Reason.ROLE_UNUSED),
        (observed(held(), held(scope=GROUP)), Action.DELETE, Reason.ROLE_UNUSED),
        (observed(held(SOMEBODY), deleted=GONE), Action.DELETE, Reason.ROLE_UNUSED),
        (observed(held(SOMEBODY)), Action.KEEP, Reason.ROLE_ASSIGNED),
        (observed(held(scope=OTHER)), Action.KEEP, Reason.ROLE_ASSIGNED),
        (observed(held(SOMEBODY, kind="User"), deleted=GONE), Action.KEEP, Reason.ROLE_ASSIGNED),
        (observed(role=BROADER), Action.KEEP, Reason.ROLE_BROADER),
        (observed(role=LACKING), Action.DELETE, Reason.ROLE_UNUSED),
        (observed(role=replace(ROLE, assignable_scopes=(OTHER, SCOPE))), Action.UPDATE, Reason.ROLE_SHARED),
        (observed(role=None, looked_up=False), Action.DELETE, Reason.ROLE_UNUSED),
    ],
)
def test_a_role_is_deleted_only_where_nothing_and_nobody_else_needs_it(
    seen: Observed, action: Action, reason: Reason
) -> None:
    change = rules.decide_removal(REVOKE, seen)
    assert change is not None
    assert (change.key, change.before, change.action, change.reason) == (
        "role",
        seen.role or ROLE,
        action,
        reason,
    )


def test_a_shared_role_loses_this_subscription_and_nothing_else() -> None:
    change = rules.decide_removal(
        REVOKE, observed(role=replace(ROLE, assignable_scopes=(OTHER, SCOPE, THIRD)))
    )
    assert change and change.after == replace(ROLE, assignable_scopes=(OTHER, THIRD))
    assert change.facts == (OTHER, THIRD)


def test_who_still_holds_the_role_is_named() -> None:
    change = rules.decide_removal(REVOKE, observed(held(), held(SOMEBODY, kind="")))
    assert change and change.facts == (f"principal {SOMEBODY}",)


def test_a_role_of_other_subscriptions_alone_is_left_alone() -> None:
    assert rules.decide_removal(REVOKE, observed(role=replace(ROLE, assignable_scopes=(OTHER,)))) is None
    assert rules.decide_removal(REVOKE, observed(role=None)) is None


# What stands in the way


def ids(seen: Observed, wanted: object = GRANT) -> list[str]:
    change = rules.decide(GRANT, seen) if wanted is not REVOKE else rules.decide_removal(REVOKE, seen)
    found = list(rules.findings(wanted, seen, change))  # type: ignore[arg-type]
    assert all(one.stops and not one.reviewable for one in found)
    return [one.id for one in found]


def test_a_broader_role_is_never_given_and_may_always_be_taken_away() -> None:
    for permission in (Permission(("*",)), Permission(data_actions=("x/y/read",))):
        broad = replace(ROLE, permissions=(*ROLE.permissions, permission))
        assert ids(observed(role=broad)) == ["role-broader"]
        assert ids(observed(role=broad), REVOKE) == []
        (finding,) = rules.not_broader(ROLE, broad)
        assert (
            finding.blocks is Blocks.GRANT
            and (*permission.actions, *permission.data_actions)[0] in finding.fact
        )
    assert ids(observed(role=LACKING)) == ids(observed()) == ids(observed(role=None)) == []


def test_one_of_azures_own_roles_is_never_touched() -> None:
    own = replace(BROADER, is_custom=False)
    assert ids(observed(role=own)) == ids(observed(role=own), REVOKE) == ["role-name-built-in"]
    for wanted, blocks in ((GRANT, Blocks.GRANT), (REVOKE, Blocks.REVOKE)):
        (finding,) = rules.findings(wanted, observed(role=own), None)
        assert finding.blocks is blocks


def test_a_shared_role_is_changed_only_where_that_was_asked_for() -> None:
    shared = observed(role=replace(LACKING, assignable_scopes=(OTHER, SCOPE)))
    assert ids(shared) == ["role-shared"]
    assert ids(shared, replace(GRANT, update_shared_role=True)) == []
    assert ids(observed(role=replace(ROLE, assignable_scopes=(OTHER, SCOPE)))) == []
    assert ids(observed(role=replace(ROLE, assignable_scopes=(OTHER, SCOPE))), REVOKE) == []
    assert list(rules.findings(GRANT, shared, None)) == []


# Whether a read shows a write


def test_a_read_shows_a_write_by_permissions_scopes_and_what_was_taken_out() -> None:
    target = replace(ROLE, assignable_scopes=(SCOPE, OTHER))
    assert rules.shows(replace(target, assignable_scopes=(OTHER.upper(), THIRD, SCOPE)), target)
    assert not rules.shows(replace(target, assignable_scopes=(SCOPE,)), target)
    assert not rules.shows(target, ROLE, gone=(OTHER,))
    assert not rules.shows(target, ROLE, gone=(THIRD, OTHER))
    assert rules.shows(target, ROLE, gone=(THIRD,))
    for permissions in (LACKING.permissions, (*ROLE.permissions, Permission(("x/y",)))):
        assert not rules.shows(replace(target, permissions=permissions), target)


@pytest.mark.parametrize("part", ["actions", "not_actions", "data_actions", "not_data_actions"])
def test_permissions_are_compared_in_every_part_in_any_order_without_case(part: str) -> None:
    one, same = (Permission(**{part: texts}) for texts in (("a/b", "c/d"), ("C/d", "a/B")))
    other = Permission(**{part: ("a/b",)})
    assert rules.permission_sets((one, other)) == rules.permission_sets((other, same))
    assert rules.permission_sets((one,)) != rules.permission_sets((other,))
