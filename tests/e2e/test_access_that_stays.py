"""Azure lags, and others act meanwhile: access never stays unseen, and live access is never taken for a leftover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import Fault, Service
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo, directory
from astro_peer.sandbox.tenant.state import Caller, Permission, RoleAssignment, ServicePrincipal
from conftest import DEV, PROD, ROLE, Inside
from e2e.test_ours_and_theirs import arrange_assignment
from e2e.test_roles_that_exist import arrange_role

Lagging = Callable[..., Inside]
BROADER = "Microsoft.Network/virtualHubs/delete"


@pytest.fixture
def lagging() -> Iterator[Lagging]:
    with ExitStack() as stack:
        yield lambda *faults: Inside(stack.enter_context(serving(faults=faults)))


def delete_principal(inside: Inside) -> ServicePrincipal:
    """As an Entra administrator does: Entra lists it as deleted."""
    (writer, *_) = inside.tenant.directory_writers
    principal = inside.tenant.principal_of(demo.ASTRONOMER_APP_ID)
    assert principal is not None
    directory.delete_service_principal(inside.tenant, Caller("", writer), principal)
    return principal


def make_roles_old(inside: Inside) -> None:
    """So that nothing can be thought not to be listed yet. (To turn the clock would make sign-ins expire.)"""
    for role in list(inside.tenant.role_definitions.values()):
        inside.tenant.add(replace(role, updated=role.updated - timedelta(hours=1)))


def forget_principal(inside: Inside) -> ServicePrincipal:
    """As after thirty days: Entra knows nothing of it any more."""
    principal = delete_principal(inside)
    del inside.tenant.deleted_principals[principal.id]
    return principal


# Live access is never taken for a leftover


def test_a_second_grant_while_graph_lags_deletes_nothing(lagging: Lagging) -> None:
    inside = lagging("graph-lag:200", "fast-clock:2")
    assert inside.run("grant", "--yes").code == 0
    before = inside.ours()
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert set(ran.actions.values()) == {"keep"}
    assert inside.ours() == before
    assert not [write for write in inside.writes() if write.startswith("DELETE")]


@pytest.mark.parametrize("timeout", ["1", "600"])
def test_status_never_says_not_granted_while_graph_lags(lagging: Lagging, timeout: str) -> None:
    inside = lagging("graph-lag:3600")
    inside.run("grant", "--yes", "--timeout", "1")
    inside.sandbox.clock.advance(700)  # so old that nobody waits for Graph any more
    ran = inside.run("status", "--timeout", timeout)
    assert ran.code == 11, ran.err
    assert "Not granted" not in ran.out
    assert "not known" in ran.out
    assert inside.run("sandbox", "connect").code == 0


@pytest.mark.parametrize("command", [("grant",), ("revoke",), ("revoke", "--delete-role")], ids=" ".join)
def test_an_assignment_of_a_principal_nobody_knows_is_kept_and_named(
    lagging: Lagging, command: tuple[str, ...]
) -> None:
    inside = lagging()
    assert inside.run("grant", "--yes").code == 0
    (left,) = inside.ours()["assignments"]
    forget_principal(inside)
    inside.sandbox.clock.advance(700)
    ran = inside.run(*command, "--yes")
    assert left["name"] in {one.name for one in inside.tenant.role_assignments.values()}
    assert f"az role assignment delete --ids /subscriptions/{PROD}" in ran.err
    assert left["name"] in ran.err
    assert ran.code == 0, ran.err
    if command[0] == "revoke":
        assert "Revoked completely" not in ran.out


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_an_orphan_is_removed_only_when_entra_lists_its_principal_as_deleted(
    lagging: Lagging, command: str
) -> None:
    inside = lagging()
    assert inside.run("grant", "--yes").code == 0
    (orphan,) = inside.ours()["assignments"]
    delete_principal(inside)
    assert inside.run(command, "--yes").code == 0
    assert orphan["name"] not in {one.name for one in inside.tenant.role_assignments.values()}


def test_a_users_or_groups_assignment_is_never_an_orphan(lagging: Lagging) -> None:
    """Not even where its object ID is that of a deleted principal."""
    inside = lagging()
    assert inside.run("grant", "--yes").code == 0
    gone = delete_principal(inside)
    key, held = next((k, a) for k, a in inside.tenant.role_assignments.items() if a.principal_id == gone.id)
    inside.tenant.role_assignments[key] = replace(held, principal_type="Group")
    assert inside.run("grant", "--yes").code == 0
    assert key in inside.tenant.role_assignments


# Access is not overlooked


@pytest.mark.parametrize("delete_role", [(), ("--delete-role",)], ids=["", "--delete-role"])
def test_a_revoke_while_lists_lag_leaves_no_access(lagging: Lagging, delete_role: tuple[str, ...]) -> None:
    inside = lagging("slow-lists:600")
    assert inside.run("grant", "--yes").code == 0
    ran = inside.run("revoke", "--yes", "--subscription", PROD, *delete_role)
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []
    assert inside.run("sandbox", "connect").code == 5


def test_a_revoke_finds_a_role_made_by_others_while_lists_lag(lagging: Lagging) -> None:
    """As the printed script leaves it: the role under a GUID of az's, the assignment under the name we derive."""
    inside = lagging()
    arrange_role(inside)
    assert inside.run("grant", "--yes").code == 0
    inside.tenant.lags.lists = 600
    ran = inside.run("revoke", "--yes")
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []


def test_nothing_found_while_the_role_is_new_is_no_success(lagging: Lagging) -> None:
    """The assignment has a name that nobody can derive, and no list shows it."""
    inside = lagging()
    inside.run("grant", "--yes", "--only", "principal")
    inside.run("grant", "--yes", "--only", "role")
    arrange_assignment(inside, f"/subscriptions/{PROD}", str(inside.ours()["roles"][0]["name"]))
    inside.tenant.lags.lists = 60
    ran = inside.run("revoke", "--yes", "--timeout", "1", "-o", "json")
    assert ran.code == 8, ran.err
    assert ran.document["outcome"] == "failed"
    assert "do not take it as revoked" in ran.err
    inside.sandbox.clock.advance(60)
    assert inside.run("revoke", "--yes").code == 0
    assert inside.ours()["assignments"] == []


def test_what_a_list_shows_later_is_waited_for_and_revoked(lagging: Lagging) -> None:
    inside = lagging("slow-lists:120", "fast-clock:5")
    inside.run("grant", "--yes", "--only", "principal")
    inside.run("grant", "--yes", "--only", "role")
    arrange_assignment(inside, f"/subscriptions/{PROD}", str(inside.ours()["roles"][0]["name"]))
    ran = inside.run("revoke", "--yes")
    assert ran.code == 0, ran.err
    assert "Waiting for Azure's lists" in ran.err
    assert inside.ours()["assignments"] == []


def test_nothing_found_is_believed_once_everything_is_old(lagging: Lagging) -> None:
    inside = lagging()
    inside.run("grant", "--yes")
    inside.run("revoke", "--yes")
    inside.sandbox.clock.advance(700)
    ran = inside.run("revoke", "--yes")
    assert ran.code == 0
    assert "Waiting" not in ran.err


# The role is judged when it is assigned, not only when it is planned


class Widened(Fault):
    """Somebody widens the role when a request of that kind arrives, before it is answered."""

    def __init__(self, inside: Inside, method: str, part: str, nth: int = 1) -> None:
        super().__init__("widened")
        self._inside, self._method, self._part, self._nth = inside, method, part, nth

    def before(self, request: Request, service: Service) -> bool:
        if request.method == self._method and self._part in request.path.lower():
            self._nth -= 1
            if self._nth == 0:
                role = next(r for r in self._inside.tenant.role_definitions.values() if r.name == ROLE)
                (entry,) = role.permissions
                wider = replace(role, permissions=(Permission((*entry.actions, BROADER)),))
                self._inside.tenant.add(wider)
        return False


def test_a_role_widened_after_the_plan_is_not_assigned(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "role")
    inside.sandbox._app._faults = [Widened(inside, "POST", "/serviceprincipals")]
    ran = inside.run("grant", "--yes")
    assert ran.code == 7, ran.err
    assert BROADER in ran.err
    assert inside.ours()["assignments"] == []


def test_a_role_widened_as_it_is_assigned_is_an_error_that_says_how_to_take_it_back(inside: Inside) -> None:
    inside.sandbox._app._faults = [Widened(inside, "PUT", "/roleassignments/")]
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 7, ran.err
    assert BROADER in ran.err
    assert f"astro-peer revoke --subscription {PROD}" in ran.err
    assert ran.document.get("verified") is not True
    inside.sandbox._app._faults = []
    assert inside.run("revoke", "--yes", "--subscription", PROD).code == 0
    assert inside.ours()["assignments"] == []


class Overwritten(Fault):
    """Right after our write somebody else's, made from what they saw before: the role is theirs alone."""

    def __init__(self, inside: Inside) -> None:
        super().__init__("overwritten")
        self._inside = inside
        self._written = False

    def after(self, request: Request, service: Service) -> None:
        if request.method == "PUT" and "/roledefinitions/" in request.path.lower() and not self._written:
            self._written = True
            role = next(r for r in self._inside.tenant.role_definitions.values() if r.name == ROLE)
            self._inside.tenant.add(replace(role, assignable_scopes=(f"/subscriptions/{DEV}",)))


@pytest.mark.parametrize(
    "faults", [(), ("outside-scopes-404",)], ids=["shown everywhere", "shown in its scopes"]
)
def test_a_write_that_another_overwrote_is_merged_again_and_soon(
    lagging: Lagging, faults: tuple[str, ...]
) -> None:
    """Even where Azure shows a role only from within its assignable scopes, which are the other's alone now."""
    inside = lagging(*faults)
    inside.sandbox._app._faults = [*inside.sandbox._app._faults, Overwritten(inside)]
    ran = inside.run("grant", "--yes", "--timeout", "30")
    assert ran.code == 0, ran.err
    (role,) = inside.ours()["roles"]
    assert set(role["assignableScopes"]) == {f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"}
    assert inside.run("sandbox", "connect").code == 0


def test_a_guid_that_azure_refuses_is_followed_by_another(lagging: Lagging) -> None:
    inside = lagging("hash-conflict")
    for _ in range(2):
        assert inside.run("grant", "--yes").code == 0
    assert len(inside.ours()["assignments"]) == 1
    inside.tenant.lags.lists = 600
    assert inside.run("revoke", "--yes").code == 0
    assert inside.ours()["assignments"] == []


# What a server answers is looked at before anything is deleted or trusted


def test_an_assignment_whose_id_is_of_something_else_is_not_deleted(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.run("grant", "--yes")
    group = f"/subscriptions/{PROD}/resourceGroups/rg-connectivity-prod"
    monkeypatch.setattr(RoleAssignment, "id", property(lambda _: group))
    ran = inside.run("revoke", "--yes")
    assert ran.code == 1, ran.err
    assert "not that of a role assignment" in ran.err
    assert not [write for write in inside.writes() if write.startswith("DELETE")]


def test_another_applications_principal_is_not_taken_for_astronomers(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands between us and Microsoft Graph: the application ID in the answer is compared."""
    from astro_peer.sandbox.http import graph

    other = next(one for one in inside.tenant.service_principals.values())
    monkeypatch.setattr(graph, "_find_principal", lambda *_, **__: other)
    for command in ("grant", "revoke", "status"):
        ran = inside.run(command, *(["--yes"] if command != "status" else []))
        assert ran.code == 1, ran.err
        assert "another application's" in ran.err
    assert inside.writes() == []


def test_a_principal_that_graph_makes_for_another_application_gets_nothing(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = next(one for one in inside.tenant.service_principals.values())
    monkeypatch.setattr(directory, "create_service_principal", lambda *_, **__: other)
    ran = inside.run("grant", "--yes")
    assert ran.code == 1, ran.err
    assert "another application's" in ran.err
    assert all(
        one.principal_id != other.id or one.role != ROLE for one in inside.tenant.role_assignments.values()
    )
    assert inside.ours()["roles"] == []


def test_ages_are_by_azures_clock(lagging: Lagging) -> None:
    """A machine whose own clock is wrong draws the same conclusions."""
    inside = lagging()
    inside.sandbox.clock.advance(timedelta(days=400).total_seconds())
    inside.run("grant", "--yes", "--only", "principal")
    inside.run("grant", "--yes", "--only", "role")
    assert inside.run("revoke", "--yes", "--timeout", "1").code == 8
    inside.sandbox.clock.advance(700)
    assert inside.run("revoke", "--yes").code == 0


def test_a_deleted_and_remade_principal_is_told_apart(inside: Inside) -> None:
    inside.run("grant", "--yes")
    old = delete_principal(inside)
    inside.tenant.add(ServicePrincipal(str(uuid4()), demo.ASTRONOMER_APP_ID, inside.sandbox.clock.now()))
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    holders = {one["principalId"] for one in inside.ours()["assignments"]}
    assert holders == {inside.tenant.principal_of(demo.ASTRONOMER_APP_ID).id}  # type: ignore[union-attr]
    assert old.id not in {one.principal_id for one in inside.tenant.role_assignments.values()}


def test_a_revoke_without_graph_concludes_nothing_from_one_list(lagging: Lagging) -> None:
    inside = lagging()
    assert inside.run("grant", "--yes").code == 0
    (principal,) = inside.ours()["principals"]
    inside.tenant.directory_readers.clear()
    inside.tenant.directory_writers.clear()
    inside.tenant.lags.lists = 600
    refused = inside.run("revoke", "--yes", "-o", "json")
    assert refused.code == 5, refused.err
    assert f"--principal-object-id {principal['id']}" in refused.err
    (held,) = [one for one in inside.tenant.role_assignments.values() if one.principal_id == principal["id"]]
    del inside.tenant.role_assignments[held.id.lower()]
    inside.tenant.add(replace(held, name=str(uuid4())))  # under a name nobody can derive
    assert inside.run("revoke", "--yes", "--timeout", "1").code == 8
    assert inside.run("revoke", "--yes", "--principal-object-id", principal["id"], "--timeout", "1").code == 8
    inside.tenant.lags.lists = 0
    assert inside.run("revoke", "--yes", "--principal-object-id", principal["id"]).code == 0
    assert held.role not in {one.role for one in inside.tenant.role_assignments.values()}


def test_who_else_holds_the_role_is_named(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    group = next(iter(inside.tenant.groups.values()))
    held = arrange_assignment(inside, f"/subscriptions/{PROD}", str(inside.ours()["roles"][0]["name"]))
    inside.tenant.add(replace(held, principal_id=group.id, principal_type="Group"))
    ran = inside.run("status")
    assert ran.code == 0
    assert f"the Group {group.id}" in ran.err
    (finding,) = [
        one
        for one in inside.run("status", "-o", "json").document["findings"]
        if one["id"] == "role-held-by-others"
    ]
    assert finding["level"] == "warning"


def test_a_leftover_is_said_on_the_screen_as_in_the_document(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    delete_principal(inside)
    assert "is left behind" in inside.run("status").out
