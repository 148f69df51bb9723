"""What Astronomer's principal holds, and whether that is a grant, or the end of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.model import access
from astro_peer.model.objects import Permission, VirtualHub
from made_up import (
    ASTRONOMER,
    FACTS,
    GRANT,
    GROUP,
    MANAGEMENT_GROUP,
    REVOKE,
    ROLE,
    SCOPE,
    SOMEBODY,
    held,
    hub,
    observed,
    role,
)

ME = ASTRONOMER.object_id
HUB = hub()


def test_a_holding_is_ours_by_its_id_and_through_a_group_by_its_principal() -> None:
    one = held()
    mine = access.holding(REVOKE, one, ROLE, ME, (replace(one, id=one.id.upper()),))
    assert (mine.ours, mine.through_group, mine.writes) == (True, False, True)
    theirs = access.holding(REVOKE, held(SOMEBODY), ROLE, ME, (held(name="another"),))
    assert (theirs.ours, theirs.through_group) == (False, True)
    assert str(theirs) == f"{ROLE.role_name} on {SCOPE} through a group"


@pytest.mark.parametrize(
    ("permission", "writes"),
    [
        (Permission(("*/read",)), False),
        (Permission(("Microsoft.Network/*",)), True),
        (Permission(("*",), not_actions=("*/write",)), False),
        (None, False),
    ],
)
def test_a_holding_writes_hubs_by_what_its_role_allows(permission: Permission | None, writes: bool) -> None:
    its = role(permission) if permission else None
    assert access.holding(REVOKE, held(), its, ME, ()).writes is writes


@pytest.mark.parametrize(
    ("scope", "hubs", "reaches"),
    [
        (MANAGEMENT_GROUP, (), True),
        (SCOPE.upper(), (), True),
        (GROUP, (HUB,), True),
        (f"{SCOPE}/resourceGroups/another", (HUB,), False),
        (f"{SCOPE}/resourceGroups/another", None, True),
        (GROUP, (), False),
        (HUB.id.lower(), (), True),
        (f"{HUB.id}/hubVirtualNetworkConnections/one", (), True),
        (f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet", None, False),
    ],
)
def test_a_role_writes_hubs_where_it_reaches_one(
    scope: str, hubs: tuple[VirtualHub, ...] | None, reaches: bool
) -> None:
    assert access.holding(REVOKE, held(scope=scope), ROLE, ME, (), hubs).writes is reaches


def test_a_holding_is_known_by_its_id_and_the_grant_never_is() -> None:
    one = held()
    knowing = replace(REVOKE, known=(one.id.upper(),))
    assert access.holding(knowing, one, ROLE, ME, ()).known
    assert not access.holding(knowing, one, ROLE, ME, (one,)).known
    assert not access.holding(knowing, held(name="another"), ROLE, ME, ()).known


def test_the_role_of_an_older_page_is_named_as_such() -> None:
    five = Permission(tuple(action.upper() for action in reversed(FACTS.actions[:5])))
    assert "in 2024, with 5 actions" in access.holding(REVOKE, held(), role(five), ME, ()).earlier
    assert "in 2024, with 5 actions" in str(access.holding(REVOKE, held(), role(five), ME, ()))
    for other in (
        Permission(FACTS.actions),
        Permission(FACTS.actions[:4]),
        replace(five, not_actions=("*/read",)),
    ):
        assert access.holding(REVOKE, held(), role(other), ME, ()).earlier == ""


MAY_BE_ASTRONOMERS = observed(held(SOMEBODY), principal=None, not_shown=frozenset({SOMEBODY}))


def test_granted_is_ours_not_granted_is_not_and_else_nobody_can_tell() -> None:
    assert access.assess(GRANT, observed(held())).granted is True
    assert access.assess(GRANT, observed()).granted is False
    assert access.assess(GRANT, MAY_BE_ASTRONOMERS).granted is None


def drift(*seen: object, **more: object) -> tuple[str, ...]:
    return access.assess(GRANT, observed(*seen, **more)).drift  # type: ignore[arg-type]


def test_a_grant_as_documented_has_not_drifted() -> None:
    assert drift(held()) == ()
    assert drift(held(scope=SCOPE.upper())) == ()
    assert drift() == ()


def test_whatever_is_not_as_documented_is_drift() -> None:
    (disabled,) = drift(held(), principal=replace(ASTRONOMER, account_enabled=False))
    assert "disabled" in disabled
    lacking, more = drift(held(), role=replace(ROLE, permissions=(Permission((*FACTS.actions[1:], "*/x")),)))
    assert FACTS.actions[0] in lacking and "*/x" in more
    nowhere, beneath = drift(held(scope=GROUP))
    assert "not assigned on the subscription" in nowhere and GROUP in beneath
    assert len(drift(held(), held(scope=GROUP))) == 1
    left = held(SOMEBODY)
    assert left.id in drift(left, deleted=frozenset({SOMEBODY}))[0]
    assert left.id in access.assess(GRANT, MAY_BE_ASTRONOMERS).drift[0]
    assert drift(held(scope=MANAGEMENT_GROUP)) == ()


def test_a_role_that_is_not_assigned_has_not_drifted() -> None:
    assert drift(role=replace(ROLE, permissions=())) == ()
