"""How a role that exists compares with the documented one."""

from __future__ import annotations

import pytest

from astro_peer import procedure
from astro_peer.model import role as rules
from astro_peer.model.objects import Permission, RoleDefinition, Subscription, allowed
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place
from astro_peer.model.wanted import Wanted

FACTS = procedure.load()
SCOPE = "/subscriptions/11111111-2222-3333-4444-555555555555"
THIRD = "/subscriptions/77777777-2222-3333-4444-555555555555"
OTHER = "/subscriptions/99999999-2222-3333-4444-555555555555"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
WANTED = Wanted(
    FACTS, SUBSCRIPTION, Place(SUBSCRIPTION, Subscription(SUBSCRIPTION, "prod", SUBSCRIPTION, "Enabled"))
)


def role(*permissions: Permission, scopes: tuple[str, ...] = (SCOPE,)) -> RoleDefinition:
    return RoleDefinition("guid", FACTS.role_name, True, "", permissions, scopes)


@pytest.mark.parametrize(
    ("permissions", "missing", "broader"),
    [
        ((Permission(FACTS.actions),), 0, 0),
        ((Permission(tuple(action.upper() for action in FACTS.actions)),), 0, 0),
        ((Permission(FACTS.actions[:3]), Permission(FACTS.actions[3:])), 0, 0),
        ((Permission(FACTS.actions[:5]),), 1, 0),
        ((), 6, 0),
        ((Permission(FACTS.actions, not_actions=(FACTS.write_action,)),), 1, 0),
        ((Permission(FACTS.actions, not_actions=("*/read",)),), 5, 0),
        ((Permission(FACTS.actions, not_actions=("*/read",)), Permission(FACTS.actions)), 0, 0),
        ((Permission((*FACTS.actions, "Microsoft.Network/virtualHubs/delete")),), 0, 1),
        ((Permission(("*",)),), 0, 1),
        ((Permission(FACTS.actions), Permission(data_actions=("x/y/read",))), 0, 1),
        ((Permission(FACTS.actions), Permission(("*",), not_actions=("*",))), 0, 1),
    ],
)
def test_drift(permissions: tuple[Permission, ...], missing: int, broader: int) -> None:
    difference = rules.drift(WANTED.role, role(*permissions))
    assert (len(difference.missing), len(difference.broader)) == (missing, broader)


def test_an_update_never_loses_an_assignable_scope() -> None:
    """Whatever others added or took away since the plan was made, they find it as they left it."""
    before = role(Permission(FACTS.actions[:5]), scopes=(OTHER,))
    change = rules.decide(WANTED, Observed(role=before))
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


def test_a_role_assignable_in_a_management_group_above_is_not_added_to() -> None:
    """Azure lists it at the subscription: that it is assignable there is Azure's word, not a comparison of texts."""
    above = role(
        Permission(FACTS.actions), scopes=("/providers/Microsoft.Management/managementGroups/contoso",)
    )
    change = rules.decide(WANTED, Observed(role=above, role_listed_here=True))
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
    assert allowed([Permission(actions, not_actions)], FACTS.write_action) is expected
