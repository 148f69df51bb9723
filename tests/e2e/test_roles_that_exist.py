"""A role of the documented name may exist already: stale, broader, shared, elsewhere, under another GUID."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from astro_peer import procedure
from astro_peer.sandbox.tenant.state import Permission, RoleAssignment, RoleDefinition
from conftest import DEV, PROD, ROLE, Inside

DOCUMENTED = procedure.load().actions
STALE = DOCUMENTED[:5]  # as published in 2024


def arrange_role(
    inside: Inside,
    actions: tuple[str, ...] = DOCUMENTED,
    scopes: tuple[str, ...] = (f"/subscriptions/{PROD}",),
    *,
    name: str = ROLE,
    **entry: tuple[str, ...],
) -> str:
    """A role somebody made by hand, under a GUID of their own."""
    now = inside.sandbox.clock.now()
    role = RoleDefinition(
        guid=str(uuid4()),
        name=name,
        permissions=(Permission(actions, **entry),),
        assignable_scopes=scopes,
        custom=True,
        description="Can create VNET peering with Astro.",
        created=now,
        updated=now,
    )
    inside.tenant.add(role)
    return role.guid


def test_a_role_made_by_hand_is_recognised_and_kept(inside: Inside) -> None:
    guid = arrange_role(inside, tuple(action.upper() for action in reversed(DOCUMENTED)), name=ROLE.lower())
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions["custom role"] == "keep"
    (assignment,) = inside.ours()["assignments"]
    assert assignment["roleDefinitionId"].endswith(guid)


def test_a_stale_role_gets_the_missing_action(inside: Inside) -> None:
    guid = arrange_role(inside, STALE)
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    (change,) = [one for one in ran.document["changes"] if one["object"] == "custom role"]
    assert (change["action"], change["id"]) == ("update", guid)
    assert change["details"] == ["+ Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read"]
    (role,) = inside.ours()["roles"]
    assert {action.lower() for action in role["permissions"][0]["actions"]} == {a.lower() for a in DOCUMENTED}


@pytest.mark.parametrize(
    "broader",
    [
        {"actions": (*DOCUMENTED, "Microsoft.Network/virtualHubs/delete")},
        {"actions": ("Microsoft.Network/*",)},
        {"actions": ("*",), "not_actions": ("Microsoft.Authorization/*",)},
        {"actions": DOCUMENTED, "data_actions": ("Microsoft.Storage/*",)},
    ],
)
def test_a_broader_role_is_never_assigned(inside: Inside, broader: dict[str, tuple[str, ...]]) -> None:
    arrange_role(inside, **broader)
    before = inside.state()
    ran = inside.run("grant", "--yes", "--update-shared-role")
    assert ran.code == 7
    assert "allows more than the documented one" in ran.err
    assert inside.state() == before
    assert inside.writes() == []


def test_a_role_of_ones_own_name_goes_beside_it(inside: Inside) -> None:
    arrange_role(inside, ("*",))
    ran = inside.run("grant", "--yes", "--role-name", "Astro Peering (Contoso)")
    assert ran.code == 0, ran.err
    assert inside.run("sandbox", "connect").code == 0
    assert inside.run("status", "--role-name", "astro peering (contoso)").code == 0
    assert inside.run("status").code == 11, "it can write through the other one"
    assert inside.run("revoke", "--yes", "--role-name", "Astro Peering (Contoso)", "--delete-role").code == 0
    assert {one["roleName"] for one in inside.ours()["roles"]} == {ROLE}


def test_a_shared_role_is_changed_only_when_asked_for_by_name(inside: Inside) -> None:
    arrange_role(inside, STALE, (f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"))
    before = inside.state()
    refused = inside.run("grant", "--yes")
    assert refused.code == 7
    assert f"/subscriptions/{DEV}" in refused.err
    assert "--update-shared-role" in refused.err
    assert inside.state() == before
    assert inside.run("grant", "--yes", "--update-shared-role").code == 0
    (role,) = inside.ours()["roles"]
    assert role["assignableScopes"] == [f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"]


@pytest.mark.parametrize("made_by_hand", [True, False])
def test_the_second_subscription_joins_the_role_of_the_first(inside: Inside, made_by_hand: bool) -> None:
    """Role names are unique in a tenant, and the other subscription's role is invisible from this one."""
    if made_by_hand:
        arrange_role(inside, scopes=(f"/subscriptions/{DEV}",))
    else:
        assert inside.run("grant", "--yes", "--subscription", DEV).code == 0
    refused = inside.run("grant", "--yes")
    assert refused.code == 7
    assert f"/subscriptions/{DEV}" in refused.err
    ran = inside.run("grant", "--yes", "--update-shared-role")
    assert ran.code == 0, ran.err
    (role,) = inside.ours()["roles"]
    assert set(role["assignableScopes"]) == {f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"}
    assert inside.run("sandbox", "connect").code == 0
    if not made_by_hand:
        assert inside.run("status", "--subscription", DEV).code == 0


def test_delete_role_takes_only_this_subscription_out_of_a_shared_role(inside: Inside) -> None:
    inside.run("grant", "--yes", "--subscription", DEV)
    inside.run("grant", "--yes", "--update-shared-role")
    ran = inside.run("revoke", "--yes", "--delete-role", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions == {"role assignment": "delete", "custom role": "update"}
    (role,) = inside.ours()["roles"]
    assert role["assignableScopes"] == [f"/subscriptions/{DEV}"]
    assert inside.run("status", "--subscription", DEV).code == 0


def test_delete_role_leaves_a_role_that_somebody_else_holds(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (role,) = inside.ours()["roles"]
    now = inside.sandbox.clock.now()
    group = next(iter(inside.tenant.groups))
    theirs = RoleAssignment(str(uuid4()), f"/subscriptions/{PROD}", role["name"], group, "Group", now, now)
    inside.tenant.add(theirs)
    ran = inside.run("revoke", "--yes", "--delete-role", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions == {"role assignment": "delete", "custom role": "keep"}
    assert [one["name"] for one in inside.ours()["roles"]] == [role["name"]]
    assert theirs.id.lower() in inside.tenant.role_assignments


def test_drift_is_told_by_status(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (role,) = inside.ours()["roles"]
    held = inside.tenant.role_definitions[role["name"]]
    inside.tenant.add(replace(held, permissions=(Permission(STALE),)))
    ran = inside.run("status", "-o", "json")
    assert ran.code == 11
    assert ran.document["outcome"] == "drifted"
    assert ran.document["drift"] == [
        "The role lacks Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read."
    ]
    inside.tenant.add(replace(held, permissions=(Permission((*DOCUMENTED, "*/delete")),)))
    assert inside.run("status").code == 11


def test_a_mended_role_keeps_what_its_makers_say_of_it(inside: Inside) -> None:
    guid = arrange_role(inside, STALE)
    theirs = replace(inside.tenant.role_definitions[guid], description="Ours, see\x1b[31m CHG-4711")
    inside.tenant.add(theirs)
    planned = inside.run("grant", "--dry-run", "-o", "json").document
    (details,) = [one["details"] for one in planned["changes"] if one["object"] == "custom role"]
    assert details[-1] == "keeps its description: Ours, see\x1b[31m CHG-4711"
    ran = inside.run("grant", "--yes")
    assert ran.code == 0, ran.err
    assert "keeps its description: Ours, see" in ran.err
    assert "\x1b" not in ran.err
    assert inside.tenant.role_definitions[guid].description == theirs.description
    assert "keeps its description" not in inside.run("grant", "--yes").err


def test_of_a_description_as_documented_nothing_is_said(inside: Inside) -> None:
    arrange_role(inside, STALE)
    assert "description" not in inside.run("grant", "--yes").err
