from collections.abc import Callable

import pytest

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import RoleAssignment

from ..client import (
    ACTIONS,
    AUTHORIZATION,
    DEV,
    OTHER_GUID,
    PROD,
    ROLE_GUID,
    ROLE_NAME,
    Client,
    error_of,
    role_body,
)

AsPersona = Callable[[Persona], Client]


def _url(at: str = PROD, guid: str = ROLE_GUID) -> str:
    return f"{at}/{AUTHORIZATION}/roleDefinitions/{guid}"


def _names(client: Client, at: str, **query: str) -> set[str]:
    roles = client.everything(f"{at}/{AUTHORIZATION}/roleDefinitions", **query)
    return {role["properties"]["roleName"] for role in roles}


def test_create_and_update_both_answer_201_without_a_creator(owner: Client) -> None:
    for answer in (owner.put_role(), owner.put_role(actions=ACTIONS[:5])):
        properties = answer.json()["properties"]
        assert answer.status_code == 201
        assert properties["createdBy"] is None
        assert properties["createdOn"] == properties["updatedOn"]
    later = owner.arm("GET", _url()).json()["properties"]
    assert later["createdBy"] == owner.object_id
    assert later["createdOn"] < later["updatedOn"]
    assert later["permissions"][0]["actions"] == list(ACTIONS[:5])


def test_a_role_name_is_taken_in_the_whole_tenant(owner: Client) -> None:
    owner.put_role(PROD)
    second = owner.put_role(DEV, guid=OTHER_GUID, at=DEV, name=ROLE_NAME.upper())
    assert error_of(second) == (409, "RoleDefinitionWithSameNameExists")


def test_a_list_shows_only_roles_assignable_at_the_scope(owner: Client) -> None:
    owner.put_role(PROD)
    group = f"{PROD}/resourceGroups/rg-connectivity-prod"
    assert ROLE_NAME in _names(owner, PROD)
    assert ROLE_NAME in _names(owner, group)
    assert ROLE_NAME not in _names(owner, DEV)
    assert "Owner" in _names(owner, DEV)


def test_lists_are_filtered_by_name_without_case_and_by_type(owner: Client) -> None:
    owner.put_role()
    assert _names(owner, PROD, filter=f"roleName eq '{ROLE_NAME.lower()}'") == {ROLE_NAME}
    assert _names(owner, PROD, filter="type eq 'CustomRole'") == {ROLE_NAME, "Contoso Firewall Operator"}
    assert _names(owner, PROD, filter=f"roleName eq '{ROLE_NAME}' and type eq 'BuiltInRole'") == set()
    answer = owner.arm("GET", f"{PROD}/{AUTHORIZATION}/roleDefinitions", filter="description eq 'x'")
    assert error_of(answer) == (400, "UnsupportedQuery")


def test_at_scope_and_below_adds_roles_of_resource_groups(owner: Client) -> None:
    owner.put_role(f"{PROD}/resourceGroups/rg-workloads-prod")
    assert ROLE_NAME not in _names(owner, PROD)
    assert ROLE_NAME in _names(owner, PROD, filter="atScopeAndBelow()")


def test_the_same_role_has_another_id_from_each_subscription_and_one_guid(owner: Client) -> None:
    owner.put_role(PROD, DEV)
    for at in (PROD, DEV):
        role = owner.arm("GET", _url(at)).json()
        assert role["id"] == f"{at}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
        assert role["name"] == ROLE_GUID
    tenant_wide = owner.arm("GET", _url("")).json()
    assert tenant_wide["id"] == f"/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"


def test_put_from_another_subscription_overwrites_the_scopes_of_the_one_role(owner: Client) -> None:
    owner.put_role(PROD)
    assert owner.put_role(DEV, at=DEV).status_code == 201
    assert owner.arm("GET", _url(DEV)).json()["properties"]["assignableScopes"] == [DEV]
    assert ROLE_NAME not in _names(owner, PROD)


@pytest.mark.parametrize(("before", "after"), [([PROD], [PROD, DEV]), ([PROD, DEV], [PROD])])
def test_a_write_needs_the_right_on_all_scopes_old_and_new(
    owner: Client, as_persona: AsPersona, before: list[str], after: list[str]
) -> None:
    owner.put_role(*before)
    uaa = as_persona(Persona.UAA)
    tenant = owner.sandbox.tenant
    for key, assignment in list(tenant.role_assignments.items()):
        if assignment.principal_id == uaa.object_id and assignment.scope == DEV:
            del tenant.role_assignments[key]
    assert error_of(uaa.put_role(*after)) == (403, "LinkedAuthorizationFailed")
    assert DEV in uaa.put_role(*after).json()["error"]["message"]
    assert owner.arm("GET", _url()).json()["properties"]["assignableScopes"] == before


def test_a_scope_with_assignments_cannot_be_taken_out(owner: Client) -> None:
    owner.grant()
    assert error_of(owner.put_role(DEV)) == (400, "RoleScopeBeingRemovedContainsAssignments")
    assert owner.put_role(PROD, DEV).status_code == 201


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (role_body(), 400, "MissingAssignableScopes"),
        (role_body("/"), 400, "LinkedInvalidPropertyId"),
        (role_body("/subscriptions/*"), 400, "LinkedInvalidPropertyId"),
        (role_body(f"/subscriptions/{OTHER_GUID}"), 403, "LinkedAuthorizationFailed"),
        (role_body(PROD, actions=("read",)), 400, "InvalidActionOrNotAction"),
        (role_body(PROD, actions=("Microsoft.*/virtualHubs/*",)), 400, "InvalidActionOrNotAction"),
        (role_body(PROD, name="x" * 513), 400, "InvalidRequestContent"),
        (role_body(PROD, name="Owner"), 409, "RoleDefinitionWithSameNameExists"),
        ({"properties": {"permissions": "all"}}, 400, "InvalidRequestContent"),
        ({}, 400, "InvalidRequestContent"),
        ([], 400, "InvalidRequestContent"),
    ],
)
def test_bad_content_is_refused(owner: Client, content: object, status: int, code: str) -> None:
    assert error_of(owner.arm("PUT", _url(), content)) == (status, code)
    assert owner.arm("GET", _url()).status_code == 404


def test_a_built_in_role_cannot_be_changed_by_an_owner(owner: Client) -> None:
    assert error_of(owner.put_role(guid=demo.READER)) == (403, "LinkedAuthorizationFailed")


def test_a_role_needs_a_guid(owner: Client) -> None:
    assert error_of(owner.put_role(guid="my-role")) == (400, "InvalidRoleDefinitionId")


def test_delete_answers_200_then_204(owner: Client) -> None:
    owner.put_role()
    assert owner.arm("DELETE", _url()).status_code == 200
    assert error_of(owner.arm("GET", _url())) == (404, "RoleDefinitionDoesNotExist")
    gone = owner.arm("DELETE", _url())
    assert (gone.status_code, gone.content) == (204, b"")


def test_a_role_in_use_cannot_be_deleted(owner: Client) -> None:
    owner.grant()
    assert error_of(owner.arm("DELETE", _url())) == (400, "RoleDefinitionHasAssignments")


@pytest.mark.parametrize(
    ("persona", "status"),
    [
        (Persona.OWNER, 201),
        (Persona.UAA, 201),
        (Persona.RBAC_ADMIN, 403),
        (Persona.CONTRIBUTOR, 403),
        (Persona.READER, 403),
        (Persona.ENTRA_ADMIN, 403),
    ],
)
def test_who_may_define_roles(as_persona: AsPersona, persona: Persona, status: int) -> None:
    assert as_persona(persona).put_role().status_code == status


def test_a_role_of_a_closed_subscription_is_not_revealed_by_its_guid(
    owner: Client, as_persona: AsPersona
) -> None:
    owner.put_role(DEV, at=DEV)
    reader = as_persona(Persona.READER)
    tenant = owner.sandbox.tenant
    for key, assignment in list(tenant.role_assignments.items()):
        if assignment.principal_id == reader.object_id and assignment.scope == DEV:
            del tenant.role_assignments[key]
    assert error_of(reader.arm("GET", _url(PROD))) == (404, "RoleDefinitionDoesNotExist")
    assert error_of(reader.arm("GET", _url(""))) == (403, "AuthorizationFailed")


def test_assignments_that_are_not_ours_are_there_from_the_start(owner: Client) -> None:
    assert all(isinstance(a, RoleAssignment) for a in owner.sandbox.tenant.role_assignments.values())
    kinds = {a.principal_type for a in owner.sandbox.tenant.role_assignments.values()}
    assert kinds == {"User", "Group", "ServicePrincipal"}
