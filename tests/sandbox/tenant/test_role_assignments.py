from collections.abc import Callable

import pytest

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import ASSIGNMENT_GUID, AUTHORIZATION, DEV, OTHER_GUID, PROD, Client, error_of

AsPersona = Callable[[Persona], Client]
GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"


def _url(at: str = PROD, name: str = ASSIGNMENT_GUID) -> str:
    return f"{at}/{AUTHORIZATION}/roleAssignments/{name}"


def test_create_answers_201_and_a_later_read_names_the_creator(owner: Client) -> None:
    principal = owner.create_principal()
    owner.put_role()
    created = owner.assign(principal, principalType="ServicePrincipal", description="CHG-1")
    assert created.status_code == 201
    assert created.json()["properties"]["createdBy"] is None
    later = owner.arm("GET", _url()).json()["properties"]
    assert later["createdBy"] == owner.object_id
    assert (later["principalId"], later["scope"], later["description"]) == (principal, PROD, "CHG-1")


def test_the_same_assignment_again_succeeds(owner: Client) -> None:
    principal = owner.grant()
    assert owner.assign(principal).status_code == 201
    assert (
        len(
            owner.everything(
                f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal}'"
            )
        )
        == 1
    )


def test_the_same_assignment_under_another_name_is_refused_and_named(owner: Client) -> None:
    principal = owner.grant()
    answer = owner.assign(principal, name=OTHER_GUID)
    assert error_of(answer) == (409, "RoleAssignmentExists")
    assert ASSIGNMENT_GUID.replace("-", "") in answer.json()["error"]["message"]


def test_a_name_cannot_be_used_for_another_principal(owner: Client) -> None:
    owner.grant()
    assert error_of(owner.assign(owner.object_id)) == (400, "RoleAssignmentUpdateNotPermitted")


def test_a_guid_names_one_assignment_in_the_whole_tenant(owner: Client) -> None:
    owner.put_role(PROD, DEV)
    principal = owner.create_principal()
    assert owner.assign(principal).status_code == 201
    assert error_of(owner.assign(principal, at=DEV)) == (400, "RoleAssignmentUpdateNotPermitted")


def test_a_principal_made_again_has_another_object_id(owner: Client) -> None:
    first = owner.grant()
    assert owner.graph("DELETE", f"servicePrincipals/{first}").status_code == 204
    second = owner.create_principal()
    assert first != second
    assert error_of(owner.assign(second)) == (400, "RoleAssignmentUpdateNotPermitted")
    assert owner.arm("GET", _url()).json()["properties"]["principalId"] == first  # orphaned, not gone


@pytest.mark.parametrize(
    ("principal", "more", "code"),
    [
        (OTHER_GUID, {}, "PrincipalNotFound"),
        (None, {"principalType": "User"}, "UnmatchedPrincipalType"),
    ],
)
def test_the_principal_must_be_what_it_is_said_to_be(
    owner: Client, principal: str | None, more: dict[str, str], code: str
) -> None:
    owner.put_role()
    assert error_of(owner.assign(principal or owner.create_principal(), **more)) == (400, code)


def test_azure_finds_out_the_type_of_a_principal_itself(owner: Client) -> None:
    owner.grant()
    assert owner.arm("GET", _url()).json()["properties"]["principalType"] == "ServicePrincipal"


def test_a_role_can_be_assigned_only_within_its_scopes(owner: Client) -> None:
    owner.put_role(GROUP, at=GROUP)
    principal = owner.create_principal()
    assert error_of(owner.assign(principal)) == (400, "RoleDefinitionDoesNotExist")
    assert error_of(owner.assign(principal, at=DEV)) == (400, "RoleDefinitionDoesNotExist")
    assert owner.assign(principal, at=GROUP).status_code == 201


def test_an_unknown_role_and_a_name_that_is_no_guid_are_refused(owner: Client) -> None:
    assert error_of(owner.assign(owner.object_id, role=OTHER_GUID)) == (400, "RoleDefinitionDoesNotExist")
    assert error_of(owner.assign(owner.object_id, name="mine", role=demo.READER)) == (
        400,
        "InvalidRoleAssignmentId",
    )


def test_a_resource_group_must_exist_to_assign_a_role_in_it(owner: Client) -> None:
    nowhere = f"{PROD}/resourceGroups/none"
    answer = owner.assign(owner.object_id, at=nowhere, role=demo.READER)
    assert error_of(answer) == (404, "ResourceGroupNotFound")


def test_inherited_assignments_name_the_role_as_the_subscription_knows_it(owner: Client) -> None:
    roles = {role["id"] for role in owner.everything(f"{PROD}/{AUTHORIZATION}/roleDefinitions")}
    assignments = owner.everything(f"{PROD}/{AUTHORIZATION}/roleAssignments")
    assert {a["properties"]["roleDefinitionId"] for a in assignments} <= roles


def test_delete_answers_200_with_the_body_then_204(owner: Client) -> None:
    owner.grant()
    deleted = owner.arm("DELETE", _url())
    assert (deleted.status_code, deleted.json()["name"]) == (200, ASSIGNMENT_GUID)
    assert owner.arm("DELETE", _url()).status_code == 204
    assert error_of(owner.arm("GET", _url())) == (404, "RoleAssignmentNotFound")


@pytest.mark.parametrize(
    ("at", "filter_text", "expected"),
    [
        (PROD, "", {"management group", "subscription", "group"}),
        (PROD, "atScope()", {"management group", "subscription"}),
        (GROUP, "atScope()", {"management group", "subscription"}),
        (
            f"{PROD}/resourceGroups/rg-workloads-prod",
            "atScope()",
            {"management group", "subscription", "group"},
        ),
    ],
)
def test_lists_reach_up_and_at_scope_not_down(
    owner: Client, at: str, filter_text: str, expected: set[str]
) -> None:
    query = {"filter": filter_text} if filter_text else {}
    found = set()
    for assignment in owner.everything(f"{at}/{AUTHORIZATION}/roleAssignments", **query):
        scope = assignment["properties"]["scope"]
        assert DEV not in scope
        if "managementGroups" in scope:
            found.add("management group")
        else:
            found.add("group" if "resourceGroups" in scope else "subscription")
    assert found == expected


def test_lists_by_principal_and_by_who_it_is_assigned_to(owner: Client) -> None:
    tenant = owner.sandbox.tenant
    user = next(iter(tenant.users.values()))
    (group,) = (g for g in tenant.groups.values() if user.id in g.members)
    own = owner.everything(f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{user.id}'")
    all_of = owner.everything(f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"assignedTo('{user.id}')")
    assert {a["properties"]["principalId"] for a in own} == {user.id}
    assert {a["properties"]["principalId"] for a in all_of} == {user.id, group.id}
    both = owner.arm(
        "GET", f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"atScope() and principalId eq '{user.id}'"
    )
    assert error_of(both) == (400, "UnsupportedQuery")


@pytest.mark.parametrize(
    ("persona", "status"),
    [
        (Persona.OWNER, 201),
        (Persona.UAA, 201),
        (Persona.RBAC_ADMIN, 201),
        (Persona.CONTRIBUTOR, 403),
        (Persona.READER, 403),
        (Persona.ENTRA_ADMIN, 403),
    ],
)
def test_who_may_assign_and_revoke(as_persona: AsPersona, persona: Persona, status: int) -> None:
    client = as_persona(persona)
    assert client.assign(client.object_id, role=demo.NETWORK_CONTRIBUTOR).status_code == status
    assert client.arm("DELETE", _url()).status_code == (200 if status == 201 else 403)


@pytest.mark.parametrize(("level", "write", "delete"), [("CanNotDelete", 201, 409), ("ReadOnly", 409, 409)])
def test_locks_are_inherited_and_stop_writing_and_deleting(
    owner: Client, level: str, write: int, delete: int
) -> None:
    lock = f"{PROD}/{AUTHORIZATION}/locks/keep"
    principal = owner.grant()
    assert (
        owner.arm("PUT", lock, {"properties": {"level": level}}, api_version="2016-09-01").status_code == 201
    )
    written = owner.assign(owner.object_id, name=OTHER_GUID, at=GROUP, role=demo.READER)
    deleted = owner.arm("DELETE", _url())
    assert (written.status_code, deleted.status_code) == (write, delete)
    assert error_of(deleted) == (409, "ScopeLocked")
    assert [item["name"] for item in owner.everything(f"{GROUP}/{AUTHORIZATION}/locks")] == ["keep"]
    assert owner.arm("DELETE", lock).status_code == 200
    assert owner.arm("DELETE", lock).status_code == 204
    assert owner.arm("DELETE", _url()).status_code == 200
    assert owner.assign(principal).status_code == 201


def test_permissions_list_one_entry_per_role_held(owner: Client, as_persona: AsPersona) -> None:
    mine = owner.arm("GET", f"{GROUP}/{AUTHORIZATION}/permissions").json()["value"]
    assert mine == [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]
    theirs = as_persona(Persona.RBAC_ADMIN).arm("GET", f"{PROD}/{AUTHORIZATION}/permissions").json()["value"]
    assert "Microsoft.Authorization/roleAssignments/write" in theirs[0]["actions"]
    closed = as_persona(Persona.ENTRA_ADMIN).arm("GET", f"{PROD}/{AUTHORIZATION}/permissions")
    assert error_of(closed) == (403, "AuthorizationFailed")
