"""`status` and `revoke` end by whether Astronomer's principal can write to hubs, through whatever it can."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import Group, Permission, RoleAssignment, RoleDefinition
from conftest import DEV, PROD, Inside
from e2e.test_access_that_stays import make_roles_old
from e2e.test_ours_and_theirs import arrange_assignment
from e2e.test_roles_that_exist import STALE, arrange_role

SCOPE = f"/subscriptions/{PROD}"
HUBS = f"{SCOPE}/resourceGroups/rg-connectivity-prod"
WORKLOADS = f"{SCOPE}/resourceGroups/rg-workloads-prod"


@pytest.fixture
def there(inside: Inside) -> Inside:
    """A tenant in which Astronomer's principal is, and holds nothing."""
    assert inside.run("grant", "--yes", "--only", "principal").code == 0
    return inside


def through_group(inside: Inside, scope: str, role: str) -> RoleAssignment:
    held = arrange_assignment(inside, scope, role)
    group = Group(str(uuid4()), "Peering partners", frozenset({held.principal_id}))
    inside.tenant.add(group)
    held = replace(held, principal_id=group.id, principal_type="Group")
    inside.tenant.add(held)
    return held


@pytest.mark.parametrize(
    "scope",
    [
        SCOPE,
        demo.ROOT_MANAGEMENT_GROUP,
        HUBS,
        f"{HUBS}/providers/Microsoft.Network/virtualHubs/vhub-prod-neu",
    ],
    ids=["subscription", "management group", "resource group", "hub"],
)
def test_whatever_writes_to_a_hub_is_access(there: Inside, scope: str) -> None:
    held = arrange_assignment(there, scope, demo.CONTRIBUTOR)
    ending = f"az role assignment delete --ids {held.id}"
    status = there.run("status")
    assert status.code == 11, status.err
    assert f"Contributor on {scope}" in status.out and ending in status.out
    document = there.run("status", "-o", "json").document
    assert (document["outcome"], document["access"]["can_write"]) == ("drifted", True)
    assert document["access"]["otherwise"] == [held.id]
    (finding,) = [one for one in document["findings"] if one["id"] == "writes-otherwise"]
    assert {"command": ending.split()} in finding["way_out"]
    revoke = there.run("revoke", "--yes")
    assert revoke.code == 11, revoke.err
    assert f"Contributor on {scope}" in revoke.err and ending in revoke.err
    revoked = there.run("revoke", "--yes", "-o", "json")
    assert (revoked.code, revoked.document["outcome"]) == (11, "access remains")
    assert revoked.document["complete"] is False
    assert held.id.lower() in there.tenant.role_assignments


@pytest.mark.parametrize(
    ("scope", "role"),
    [
        (WORKLOADS, demo.CONTRIBUTOR),
        (f"{WORKLOADS}/providers/Microsoft.Network/virtualNetworks/vnet-analytics", demo.NETWORK_CONTRIBUTOR),
        (SCOPE, demo.READER),
        (SCOPE, demo.USER_ACCESS_ADMINISTRATOR),
    ],
    ids=["a group without hubs", "a virtual network", "Reader", "User Access Administrator"],
)
def test_what_writes_to_no_hub_is_none(there: Inside, scope: str, role: str) -> None:
    arrange_assignment(there, scope, role)
    status = there.run("status")
    assert status.code == 10, status.out
    assert scope in status.out, "shown all the same"
    assert there.run("revoke", "--yes").code == 0


def test_a_role_known_in_a_resource_group_alone_is_read_there(there: Inside) -> None:
    now = there.sandbox.clock.now()
    role = RoleDefinition(
        str(uuid4()),
        "Contoso Peering",
        (Permission(("Microsoft.Network/virtualHubs/*",)),),
        (HUBS,),
        True,
        "",
        now,
        now,
    )
    there.tenant.add(role)
    arrange_assignment(there, HUBS, role.guid)
    assert there.run("status").code == 11


def test_beside_the_grant_it_is_access_otherwise(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    assert inside.run("status").code == 0
    held = through_group(inside, SCOPE, demo.NETWORK_CONTRIBUTOR)
    status = inside.run("status")
    assert status.code == 11
    assert "and not only through the grant" in status.out
    assert f"Network Contributor on {SCOPE} through a group" in status.out
    assert f"out of the group {held.principal_id}" in status.out
    plan = inside.run("grant", "--yes", "-o", "json")
    assert plan.code == 0, plan.err
    assert "can already write to hubs here through" in plan.err
    assert plan.document["access"]["otherwise"] == [held.id]


def test_the_role_of_an_older_page_is_named(there: Inside) -> None:
    guid = arrange_role(there, STALE, name="Astro VHub Peering")
    arrange_assignment(there, SCOPE, guid)
    status = there.run("status", "-o", "json")
    assert status.code == 11
    (held,) = status.document["assignments"]
    assert held["earlier"] == "the role that the documentation had in 2024, with 5 actions"
    assert "in 2024, with 5 actions" in there.run("status").out
    assert "in 2024, with 5 actions" in there.run("revoke", "--yes").err


def test_what_is_known_is_shown_and_not_counted(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    owner = arrange_assignment(inside, SCOPE, demo.OWNER)
    contributor = arrange_assignment(inside, HUBS, demo.CONTRIBUTOR)
    assert inside.run("status", "--known", owner.id).code == 11
    both = (
        "--known",
        owner.id.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"),
        "--known",
        contributor.id,
    )
    status = inside.run("status", *both)
    assert status.code == 0, status.out
    assert f"As --known says, it can write to hubs here through Owner on {SCOPE}" in status.out
    plan = inside.run("grant", "--yes", *both)
    assert "already write" not in plan.err and "As --known says" in plan.err
    for known in (
        f"{owner.id} {contributor.id}",
        f"{owner.id},{contributor.id}",
        f"{owner.id}, {contributor.id}",
    ):
        ran = inside.run("status", "-o", "json", env={"ASTRO_PEER_KNOWN": known})
        assert ran.code == 0, ran.err
        assert set(ran.document["access"]["known"]) == {owner.id, contributor.id}
    revoked = inside.run("revoke", "--yes", *both, "-o", "json")
    assert revoked.code == 0, revoked.err
    assert revoked.document["outcome"] == "done"
    assert revoked.document["complete"] is False
    make_roles_old(inside)
    assert inside.run("status", *both).code == 10
    assert owner.id.lower() in inside.tenant.role_assignments


def test_what_is_known_and_matches_nothing_is_said(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    gone = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    ran = inside.run("status", "--known", gone)
    assert ran.code == 0
    assert f"--known names {gone}, which is nothing" in ran.err
    (finding,) = inside.run("status", "--known", gone, "-o", "json").document["findings"]
    assert finding["id"] == "known-matches-nothing"
    assert gone in inside.run("revoke", "--yes", "--known", gone).err


@pytest.mark.parametrize("value", ["owner", SCOPE, f"{SCOPE}/../x", "{id},no"])
@pytest.mark.parametrize("command", ["status", "revoke", "grant"])
def test_an_id_that_can_be_none_is_a_usage_error(inside: Inside, command: str, value: str) -> None:
    ran = inside.run(
        command,
        "--known",
        value.format(id=f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{PROD}"),
    )
    assert ran.code == 2
    assert "--known" in ran.err and "resource ID of a role assignment" in ran.err


def test_groups_that_cannot_be_read_are_never_no_access(
    there: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astro_peer.sandbox.tenant import refusals, role_assignments

    listed = role_assignments.list_role_assignments

    def refuse(*given: object, **named: object) -> object:
        if named.get("assigned_to"):
            raise refusals.authorization_failed("app", "caller", "Microsoft.Authorization/*/read", SCOPE)
        return listed(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(role_assignments, "list_role_assignments", refuse)
    status = there.run("status")
    assert status.code == 11, status.out
    assert "It is not known whether Astronomer can write" in status.out
    assert "through a group could not be read (AuthorizationFailed)" in status.out
    assert there.run("status", "-o", "json").document["access"]["can_write"] is None
    revoked = there.run("revoke", "--yes", "-o", "json")
    assert (revoked.code, revoked.document["complete"]) == (0, False)
    assert "could not be read" in revoked.err


# Where


@pytest.mark.parametrize("given", [("--subscription", PROD), ("-g", "rg-connectivity-prod")], ids=" ".join)
def test_several_hubs_are_no_question_for_status(inside: Inside, given: tuple[str, ...]) -> None:
    ran = inside.run("status", "-o", "json", *given)
    assert ran.code == 10, ran.err
    assert ran.document["target"]["subscription_id"] == PROD
    assert "hub" not in ran.document["target"] and "connections" not in ran.document


def test_without_a_hub_or_a_subscription_status_says_which_subscriptions_there_are(inside: Inside) -> None:
    ran = inside.run("status", env={"ASTRO_PEER_HUB_ID": ""})
    assert ran.code == 2
    assert f"--subscription {PROD}" in ran.err and f"--subscription {DEV}" in ran.err


def test_all_subscriptions_side_by_side(inside: Inside) -> None:
    both = {"connectivity-prod": 10, "connectivity-dev": 10}

    def codes(code: int, *arguments: str) -> dict[str, int]:
        ran = inside.run("status", "--all", "-o", "json", *arguments)
        assert ran.code == code, ran.err
        return {one["name"]: one["exit_code"] for one in ran.document["subscriptions"]}

    assert codes(10) == both
    assert inside.run("grant", "--yes").code == 0
    assert codes(0) == both | {"connectivity-prod": 0}
    held = arrange_assignment(inside, f"/subscriptions/{DEV}", demo.OWNER)
    assert codes(11) == {"connectivity-prod": 0, "connectivity-dev": 11}
    shown = inside.run("status", "--all")
    assert f"az role assignment delete --ids {held.id}" in shown.out
    assert codes(0, "--known", held.id) == both | {"connectivity-prod": 0}
    assert "which is nothing" not in inside.run("status", "--all", "--known", held.id).err
    gone = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    assert (
        inside.run("status", "--all", "--known", held.id, "--known", gone).err.count("which is nothing") == 1
    )
    assert inside.writes()[-1].startswith("PUT"), "the grant's: status writes nothing"


def test_a_subscription_that_cannot_be_read_is_named_and_is_not_no_access(inside: Inside) -> None:
    """Its hubs are another team's: the caller sees the subscription, and nothing of its role assignments."""
    for key, held in list(inside.tenant.role_assignments.items()):
        if held.principal_id == demo.persona_principal_id(inside.sandbox.persona) and DEV in held.scope:
            del inside.tenant.role_assignments[key]
    now = inside.sandbox.clock.now()
    only_networks = RoleDefinition(
        str(uuid4()),
        "Contoso Network Reader",
        (Permission(("Microsoft.Network/*/read", "Microsoft.Resources/subscriptions/read")),),
        (f"/subscriptions/{DEV}",),
        True,
        "",
        now,
        now,
    )
    inside.tenant.add(only_networks)
    caller = demo.persona_principal_id(inside.sandbox.persona)
    inside.tenant.add(
        RoleAssignment(
            str(uuid4()), f"/subscriptions/{DEV}", only_networks.guid, caller, "ServicePrincipal", now, now
        )
    )
    ran = inside.run("status", "--all", "-o", "json")
    assert ran.code == 5, ran.err
    assert ran.document["outcome"] == "failed"
    dev = next(one for one in ran.document["subscriptions"] if one["id"] == DEV)
    assert (dev["outcome"], dev["exit_code"], dev["error"]["code"]) == ("failed", 5, "AuthorizationFailed")
    assert "access" not in dev
    assert f"connectivity-dev ({DEV}) could not be read" in ran.err
    shown = inside.run("status", "--all")
    assert "could not be read (AuthorizationFailed)" in shown.out and "cannot write" in shown.out


def test_all_and_one_contradict(inside: Inside) -> None:
    ran = inside.run("status", "--all", "--subscription", PROD)
    assert ran.code == 2 and "every subscription" in ran.err
