"""The sandbox's faults, one by one and together: what astro-peer makes of each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.building import made_id
from astro_peer.sandbox.tenant.state import Group, RoleAssignment
from conftest import DEV, PROD, ROLE, Inside
from e2e.test_access_that_stays import delete_principal
from e2e.test_ours_and_theirs import arrange_assignment
from e2e.test_roles_that_exist import arrange_role

InsideWith = Callable[..., Inside]


@pytest.fixture
def inside_with() -> Iterator[InsideWith]:
    """Starts a sandbox with the faults named; the tenant can be arranged as usual."""
    with ExitStack() as stack:
        yield lambda *faults, seed=0: Inside(stack.enter_context(serving(faults=faults, seed=seed)))


PASSING = [
    ("throttle:3",),
    ("server-error:3",),
    ("slow-lists:60", "fast-clock:20"),
    ("slow-reads:60", "fast-clock:10"),
    ("principal-lag:60", "fast-clock:10"),
    ("role-lag:60", "fast-clock:10"),
    ("graph-lag:60", "fast-clock:10"),
    ("cae",),
    ("drop-at:7",),
    ("refuse-at:7",),
    ("small-pages",),
    ("outside-scopes-404",),
    ("delete-lag:60", "fast-clock:10"),
    ("slow-lists:60", "slow-reads:60", "principal-lag:60", "role-lag:60", "graph-lag:60", "fast-clock:15"),
    ("server-error:5", "slow-lists:30", "slow-reads:30", "principal-lag:30", "fast-clock:10"),
]


@pytest.mark.parametrize("faults", PASSING, ids="+".join)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_passes_is_waited_for(inside_with: InsideWith, faults: tuple[str, ...], seed: int) -> None:
    inside = inside_with(*faults, seed=seed)
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.document["verified"] is True
    assert [len(part) for part in inside.ours().values()] == [1, 1, 1]
    assert inside.run("revoke", "--yes", "--delete-role").code == 0
    inside.sandbox.clock.advance(3600)
    again = inside.run("revoke", "--yes", "--delete-role")
    assert again.code == 0, again.err
    assert [len(part) for part in inside.ours().values()] == [1, 0, 0]


@pytest.mark.parametrize("seed", [0, 1, 2], ids=["upper", "lower", "mixed"])
def test_ids_in_another_case_are_the_same(inside_with: InsideWith, seed: int) -> None:
    inside = inside_with("mixed-case", seed=seed)
    assert inside.run("grant", "--yes").code == 0
    assert inside.run("grant", "--yes").code == 0
    assert [len(part) for part in inside.ours().values()] == [1, 1, 1]
    assert inside.run("status").code == 0
    assert inside.run("revoke", "--yes", "--delete-role").code == 0
    assert [len(part) for part in inside.ours().values()] == [1, 0, 0]


@pytest.mark.parametrize("fault", ["graph-lag:3600", "abac-principal-type"])
def test_an_assignment_says_that_it_is_to_a_service_principal(inside_with: InsideWith, fault: str) -> None:
    """Azure has no need to look up the type then, and a condition on it is fulfilled."""
    inside = inside_with(fault)
    ran = inside.run("grant", "--yes", "--timeout", "10")
    assert ran.code == 0, ran.err
    assert len(inside.ours()["assignments"]) == 1


def test_a_wait_is_shown(inside_with: InsideWith) -> None:
    ran = inside_with("principal-lag:400", "fast-clock:20").run("grant", "--yes")
    assert (
        "Waiting for Azure to know the new role and the new service principal everywhere (at most" in ran.err
    )


def test_when_the_time_is_up_it_says_what_to_run_later(inside_with: InsideWith) -> None:
    inside = inside_with("principal-lag:3600")
    ran = inside.run("grant", "--yes", "--timeout", "8", "-o", "json")
    assert ran.code == 8
    assert ran.document["error"]["code"] == "PrincipalNotFound"
    assert "Run the same command again" in ran.err
    assert [change["done"] for change in ran.document["changes"]] == [True, True, False]
    inside.sandbox.clock.advance(3600)
    assert inside.run("grant", "--yes").code == 0


def test_a_wrong_object_id_is_not_waited_for(inside_with: InsideWith) -> None:
    inside = inside_with()
    ran = inside.run("grant", "--yes", "--principal-object-id", str(uuid4()))
    assert ran.code == 6
    assert "Waiting" not in ran.err


REFUSALS = [
    ("policy", 5, "RequestDisallowedByPolicy", "policy"),
    ("mfa", 4, "RequestDisallowedByPolicy", "have a person run the same command"),
    ("wrong-tenant", 4, "InvalidAuthenticationTokenTenant", "AZURE_TENANT_ID"),
    ("expired-token", 4, "ExpiredAuthenticationToken", "AZURE_CLIENT_ID"),
    ("lock:readonly", 7, "ScopeLocked", "az lock delete --ids"),
    ("limit:roles", 7, "RoleDefinitionLimitExceeded", "5,000"),
    ("limit:assignments", 7, "RoleAssignmentLimitExceeded", "4,000"),
    ("deny:Microsoft.Authorization/roleDefinitions/write", 5, "", "User Access Administrator"),
    ("disabled-subscription", 7, "", "billing owner"),
    ("no-graph", 5, "Authorization_RequestDenied", "--principal-object-id"),
    ("deny-assignment", 5, "DenyAssignmentAuthorizationFailed", "deployment stack"),
    ("abac-condition", 5, "AuthorizationFailed", "a condition on your role"),
    ("quota", 5, "Directory_QuotaExceeded", "grant --only principal"),
    ("api-version:2022-04-01", 1, "InvalidApiVersionParameter", "Install the newest astro-peer"),
    ("api-version:2024-10-01", 1, "NoRegisteredProviderFound", "the region of the virtual hub"),
]


@pytest.mark.parametrize(("fault", "code", "azure_code", "says"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_does_not_pass_is_explained(
    inside_with: InsideWith, fault: str, code: int, azure_code: str, says: str
) -> None:
    inside = inside_with(fault)
    ran = inside.run("grant", "--yes")
    assert ran.code == code, ran.err
    assert azure_code in ran.err
    assert says in ran.err
    assert "Next: " in ran.err
    assert "Traceback" not in ran.err
    assert inside.ours()["assignments"] == []


def test_a_policy_token_is_fetched_for_each_write(inside_with: InsideWith) -> None:
    """And shown to nobody, as it is a secret."""
    inside = inside_with("policy-token")
    ran = inside.run("grant", "--yes", "--debug", "--change-reference", "CHG-4711")
    assert ran.code == 0, ran.err
    assert [len(part) for part in inside.ours().values()] == [1, 1, 1]
    tokens = inside.tenant.policy_tokens
    assert [operation.method for operation in tokens.values()] == ["PUT", "PUT"]
    assert "acquirePolicyToken" in ran.err
    for token in tokens:
        assert token not in ran.out + ran.err
        assert token.removeprefix("PoP ") not in ran.out + ran.err
    assert inside.run("revoke", "--yes", "--delete-role").code == 0


def test_a_lock_against_deletion_stops_a_revoke_and_says_so(inside_with: InsideWith) -> None:
    inside = inside_with("lock:cannotdelete")
    assert inside.run("grant", "--yes").code == 0
    ran = inside.run("revoke", "--yes")
    assert ran.code == 7
    assert "ScopeLocked" in ran.err
    assert "az lock delete --ids" in ran.err
    assert not any(write.startswith("DELETE") for write in inside.writes())
    assert len(inside.ours()["assignments"]) == 1


def test_two_grants_at_the_same_moment_make_one_set_of_objects(inside_with: InsideWith) -> None:
    inside = inside_with("latency:30")
    running = [inside.start("grant", "--yes", stderr=subprocess.PIPE) for _ in range(3)]
    for process in running:
        error = process.communicate(timeout=120)[1]
        assert process.returncode == 0, error
    assert [len(part) for part in inside.ours().values()] == [1, 1, 1]


def test_two_grants_in_two_subscriptions_never_lose_each_others_scope(inside_with: InsideWith) -> None:
    inside = inside_with("latency:30")
    assert inside.run("grant", "--yes", "--only", "principal").code == 0
    running = [
        inside.start(
            "grant",
            "--yes",
            "--update-shared-role",
            "--subscription",
            subscription,
            "--hub",
            hub,
            stderr=subprocess.PIPE,
        )
        for subscription, hub in ((PROD, "vhub-prod-weu"), (DEV, "vhub-dev-weu"))
    ]
    for process in running:
        error = process.communicate(timeout=120)[1]
        assert process.returncode == 0, error
    (role,) = inside.ours()["roles"]
    assert set(role["assignableScopes"]) == {f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"}
    for subscription in (PROD, DEV):
        assert inside.run("status", "--subscription", subscription, "--hub", "").code in (0, 2)
        assert inside.run("revoke", "--yes", "--subscription", subscription).code == 0
    assert inside.ours()["assignments"] == []


def test_without_rights_in_the_other_subscription_both_ways_out_are_told(inside_with: InsideWith) -> None:
    """The owner of one subscription may not change a role that is assignable in another one too."""
    inside = inside_with()
    arrange_role(inside, scopes=(f"/subscriptions/{DEV}",))
    owner = next(
        one
        for one in inside.tenant.service_principals.values()
        if one.app_id == demo.persona_app_id(demo.Persona.OWNER)
    )
    in_dev = [
        key
        for key, one in inside.tenant.role_assignments.items()
        if one.principal_id == owner.id and DEV in one.scope
    ]
    held = inside.tenant.role_assignments.pop(in_dev[0])
    inside.tenant.add(
        RoleAssignment(
            held.name, held.scope, demo.READER, owner.id, "ServicePrincipal", held.created, held.updated
        )
    )
    ran = inside.run("grant", "--yes", "--update-shared-role")
    assert ran.code == 7, ran.err
    assert f"/subscriptions/{DEV}" in ran.err
    assert "--role-name" in ran.err
    assert inside.writes() == []
    del inside.tenant.role_assignments[held.id.lower()]
    unseen = inside.run("grant", "--yes")
    assert unseen.code == 7, "the role cannot even be seen, and Azure says that its name is taken"
    assert "RoleDefinitionWithSameNameExists" in unseen.err
    assert "--role-name" in unseen.err


def test_an_orphaned_assignment_is_replaced(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    (orphan,) = inside.ours()["assignments"]
    delete_principal(inside)
    status = inside.run("status", "-o", "json")
    assert status.code == 10
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    held = {one.name for one in inside.tenant.role_assignments.values()}
    assert orphan["name"] not in held
    assert len(inside.ours()["assignments"]) == 1
    assert inside.run("sandbox", "connect").code == 0


def test_an_orphan_is_removed_by_revoke_when_the_principal_is_gone(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    (orphan,) = inside.ours()["assignments"]
    delete_principal(inside)
    assert inside.run("revoke", "--yes", "--delete-role").code == 0
    assert orphan["name"] not in {one.name for one in inside.tenant.role_assignments.values()}
    assert inside.ours()["roles"] == []


def test_another_applications_assignment_of_our_role_is_not_ours(inside_with: InsideWith) -> None:
    """Somebody assigned the role to a pipeline by hand: it is not Astronomer's, and the pipeline lives."""
    inside = inside_with()
    inside.run("grant", "--yes")
    (role,) = inside.ours()["roles"]
    pipeline = next(
        one
        for one in inside.tenant.service_principals.values()
        if one.app_id == made_id("pipeline application")
    )
    now = inside.sandbox.clock.now()
    theirs = RoleAssignment(
        str(uuid4()), f"/subscriptions/{PROD}", role["name"], pipeline.id, "ServicePrincipal", now, now
    )
    inside.tenant.add(theirs)
    assert inside.run("revoke", "--yes").code == 0
    assert theirs.id.lower() in inside.tenant.role_assignments
    assert inside.ours()["assignments"] == []


def test_what_comes_through_a_group_or_from_above_is_told(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    now = inside.sandbox.clock.now()
    group = Group(str(uuid4()), "Peering partners", frozenset({principal["id"]}))
    inside.tenant.add(group)
    inside.tenant.add(
        RoleAssignment(
            str(uuid4()), f"/subscriptions/{PROD}", demo.NETWORK_CONTRIBUTOR, group.id, "Group", now, now
        )
    )
    arrange_assignment(inside, demo.ROOT_MANAGEMENT_GROUP, demo.CONTRIBUTOR)
    ran = inside.run("revoke", "--yes")
    assert ran.code == 11
    assert "Network Contributor" in ran.err
    assert "through a group" in ran.err
    assert f"Contributor on {demo.ROOT_MANAGEMENT_GROUP}" in ran.err
    assert "Revoked completely" not in ran.out
    status = inside.run("status")
    assert status.code == 11
    assert "through a group" in status.out


def test_complete_is_said_only_when_nothing_is_left(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    ran = inside.run("revoke", "--yes")
    assert "Revoked completely" in ran.out
    assert "up to 10 minutes" in ran.out


def test_revoke_names_the_custom_roles_it_finds_instead(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes", "--role-name", "Astro Peering (Contoso)")
    ran = inside.run("revoke", "--yes")
    assert ran.code == 11
    assert "--role-name 'Astro Peering (Contoso)'" in ran.err
    assert len(inside.ours()["assignments"]) == 1


def test_an_emergency_revoke_without_graph_never_guesses(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    inside.tenant.directory_readers.clear()
    inside.tenant.directory_writers.clear()
    refused = inside.run("revoke", "--yes")
    assert refused.code == 5
    assert f"--principal-object-id {principal['id']}" in refused.err
    assert len(inside.ours()["assignments"]) == 1
    inside.tenant.resources.clear()  # the hub is gone, too
    assert inside.run("revoke", "--yes", "--principal-object-id", principal["id"]).code == 0
    assert inside.ours()["assignments"] == []


def test_duties_can_be_split_in_either_order(inside_with: InsideWith) -> None:
    inside = inside_with()
    role = inside.run("grant", "--yes", "--only", "role", persona="uaa")
    assert role.code == 0, role.err
    assert "--only assignment" in role.err
    principal = inside.run("grant", "--yes", "--only", "principal", persona="entra-admin")
    assert principal.code == 0
    (made,) = inside.ours()["principals"]
    assert f"--principal-object-id {made['id']}" in principal.err
    inside.tenant.directory_readers.clear()  # the one who assigns may not read Microsoft Graph
    ran = inside.run(
        "grant", "--yes", "--only", "assignment", "--principal-object-id", made["id"], persona="rbac-admin"
    )
    assert ran.code == 0, ran.err
    assert inside.run("sandbox", "connect").code == 0


def test_the_role_is_deleted_although_azure_still_sees_the_assignment(inside_with: InsideWith) -> None:
    inside = inside_with()
    inside.run("grant", "--yes")
    ran = inside.run("revoke", "--yes", "--delete-role")
    assert ran.code == 0
    assert ROLE not in {one.name for one in inside.tenant.role_definitions.values()}
