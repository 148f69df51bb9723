"""How a role that exists compares with the documented one."""

from __future__ import annotations

import pytest

from astro_peer import procedure
from astro_peer.azure.objects import Permission, RoleDefinition, allowed
from astro_peer.steps import role as step

FACTS = procedure.load()
SCOPE = "/subscriptions/11111111-2222-3333-4444-555555555555"
OTHER = "/subscriptions/99999999-2222-3333-4444-555555555555"
WANTED = step.wanted(FACTS, "11111111-2222-3333-4444-555555555555", SCOPE, None)


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
    difference = step.drift(WANTED, role(*permissions))
    assert (len(difference.missing), len(difference.broader)) == (missing, broader)


def test_an_update_never_loses_an_assignable_scope() -> None:
    current = role(Permission(FACTS.actions[:5]), scopes=(OTHER, SCOPE.upper()))
    assert step.merged(WANTED, current).assignable_scopes == (OTHER, SCOPE.upper())
    assert step.merged(WANTED, role(scopes=(OTHER,))).assignable_scopes == (OTHER, SCOPE)


def test_a_role_assignable_in_a_management_group_above_is_not_added_to() -> None:
    """Azure lists it at the subscription: that it is assignable there is Azure's word, not a comparison of texts."""
    above = role(
        Permission(FACTS.actions), scopes=("/providers/Microsoft.Management/managementGroups/contoso",)
    )
    change = step.plan(WANTED, step.FoundRole(above, assignable=True), update_shared_role=False)
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
