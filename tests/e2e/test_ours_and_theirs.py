"""Ours is an assignment of our role to Astronomer's principal in the subscription. Nothing else is ever removed."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import RoleAssignment, ServicePrincipal
from conftest import DEV, PROD, Inside


def arrange_assignment(inside: Inside, scope: str, role: str) -> RoleAssignment:
    """An assignment to Astronomer's principal under a GUID that is not derived."""
    principal = inside.tenant.principal_of(demo.ASTRONOMER_APP_ID)
    assert principal is not None
    now = inside.sandbox.clock.now()
    assignment = RoleAssignment(str(uuid4()), scope, role, principal.id, "ServicePrincipal", now, now)
    inside.tenant.add(assignment)
    return assignment


def our_role(inside: Inside) -> str:
    return str(inside.ours()["roles"][0]["name"])


def test_an_assignment_under_another_guid_is_kept_by_grant_and_removed_by_revoke(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "principal")
    inside.run("grant", "--yes", "--only", "role")
    made = arrange_assignment(inside, f"/subscriptions/{PROD}", our_role(inside))
    ran = inside.run("grant", "--yes", "-o", "json")
    assert set(ran.actions.values()) == {"keep"}
    assert inside.run("revoke", "--yes").code == 0
    assert made.id.lower() not in inside.tenant.role_assignments


def test_revoke_finds_ours_beneath_the_subscription_too(inside: Inside) -> None:
    inside.run("grant", "--yes")
    beneath = arrange_assignment(
        inside, f"/subscriptions/{PROD}/resourceGroups/rg-connectivity-prod", our_role(inside)
    )
    status = inside.run("status", "-o", "json")
    assert status.code == 11
    assert beneath.scope in status.document["drift"][0]
    assert inside.run("revoke", "--yes").code == 0
    assert inside.ours()["assignments"] == []


def test_other_roles_of_the_same_application_stay_and_are_told(inside: Inside) -> None:
    inside.run("grant", "--yes")
    theirs = arrange_assignment(inside, f"/subscriptions/{PROD}", demo.OWNER)
    ran = inside.run("revoke", "--yes")
    assert ran.code == 11
    assert theirs.id.lower() in inside.tenant.role_assignments
    assert "can still write to hubs here" in ran.err
    assert "Owner on /subscriptions/" in ran.err
    status = inside.run("status", "-o", "json")
    assert status.code == 11, "it can still write"
    assert [(one["role"], one["writes_hubs"], one["ours"]) for one in status.document["assignments"]] == [
        ("Owner", True, False)
    ]


def test_the_other_subscriptions_grant_stays(inside: Inside) -> None:
    inside.run("grant", "--yes", "--subscription", DEV)
    inside.run("grant", "--yes", "--update-shared-role")
    assert inside.run("revoke", "--yes").code == 0
    assert [one["scope"] for one in inside.ours()["assignments"]] == [f"/subscriptions/{DEV}"]


def test_revoke_with_nothing_there_succeeds_and_says_so(inside: Inside) -> None:
    before = inside.state()
    for _ in range(2):
        ran = inside.run("revoke", "--yes", "--delete-role")
        assert ran.code == 0
        assert "holds no assignment" in ran.out
    assert inside.state() == before
    assert inside.writes() == []


def test_revoke_says_what_stays_and_how_to_look_before_removing_it(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    ran = inside.run("revoke", "--yes")
    assert f"az ad sp delete --id {principal['id']}" in ran.err
    assert f"az role assignment list --assignee {principal['id']} --all" in ran.err
    assert len(inside.ours()["principals"]) == len(inside.ours()["roles"]) == 1


def test_revoke_does_not_need_the_hub(inside: Inside) -> None:
    inside.run("grant", "--yes")
    del inside.tenant.resources[inside.tenant.demo_hub_id.lower()]
    assert inside.run("status").code == 0
    assert inside.run("revoke", "--yes").code == 0
    assert inside.ours()["assignments"] == []


def test_revoke_without_graph_takes_the_object_id(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    inside.tenant.directory_readers.clear()
    inside.tenant.directory_writers.clear()
    refused = inside.run("revoke", "--yes")
    assert refused.code == 5
    assert "--principal-object-id" in refused.err
    assert inside.run("revoke", "--yes", "--principal-object-id", principal["id"]).code == 0
    assert inside.ours()["assignments"] == []


def test_a_principal_made_again_gets_its_own_assignment(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (old,) = inside.ours()["principals"]
    del inside.tenant.service_principals[old["id"]]
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions == {"service principal": "create", "custom role": "keep", "role assignment": "create"}
    assert inside.run("sandbox", "connect").code == 0


def test_a_disabled_principal_is_said_and_gets_nothing(inside: Inside) -> None:
    for disabled in (
        {"account_enabled": False},
        {"disabled_by_microsoft": "DisabledDueToViolationOfServicesAgreement"},
    ):
        inside.run("grant", "--yes", "--only", "principal")
        principal = inside.tenant.principal_of(demo.ASTRONOMER_APP_ID)
        assert isinstance(principal, ServicePrincipal)
        inside.tenant.add(replace(principal, **disabled))
        ran = inside.run("grant", "--yes")
        assert ran.code == 7
        assert "is disabled" in ran.err
        assert inside.ours()["assignments"] == []
        assert inside.ours()["roles"] == []
        inside.tenant.add(principal)
