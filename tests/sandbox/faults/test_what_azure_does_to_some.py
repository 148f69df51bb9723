"""Faults that few tenants meet, each as Azure answers then."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from astro_peer.sandbox.faults.catalogue import UnknownFault, known, parse
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import (
    ACTIONS,
    ASSIGNMENT_GUID,
    AUTHORIZATION,
    DEV,
    OTHER_GUID,
    PROD,
    ROLE_GUID,
    ROLE_NAME,
    Client,
    assignment_body,
    error_of,
    role_body,
)

WithFault = Callable[..., Client]
APP = demo.ASTRONOMER_APP_ID
ROLES = f"{PROD}/{AUTHORIZATION}/roleDefinitions"
ROLE = f"{ROLES}/{ROLE_GUID}"
ASSIGNMENTS = f"{PROD}/{AUTHORIZATION}/roleAssignments"
ASSIGNMENT = f"{ASSIGNMENTS}/{ASSIGNMENT_GUID}"
PERMISSIONS = f"{PROD}/{AUTHORIZATION}/permissions"
WRITE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments/write"
EXAMPLES = {
    "ACTION": "Microsoft.Network/virtualHubs/read",
    "VERSION[-or-newer]": "2022-04-01",
    "readonly|cannotdelete[:SCOPE]": "readonly",
    "assignments|roles": "roles",
    "STATUS|down": "503",
    "warned|pastdue|disabled|deleted": "pastdue",
    "NAMESPACE": "Microsoft.Network",
    "expiration|justification|mfa|ticketing": "mfa",
}


@pytest.fixture
def with_fault(start: Callable[..., Sandbox], signed_in: Callable[..., Client]) -> WithFault:
    return lambda *faults: signed_in(start(*faults), Persona.OWNER)


@pytest.mark.parametrize("usage", known())
def test_every_fault_that_is_listed_can_be_had(usage: str) -> None:
    name, colon, argument = usage.partition(":")
    with serving(faults=[name + colon + EXAMPLES.get(argument, "2" if colon else "")]):
        pass


@pytest.mark.parametrize(
    "text",
    ["delete-lag:0", "delete-lag:inf", "slow-reads:nan", "api-version:new", "quota:3", "small-pages:2"],
)
def test_an_argument_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(UnknownFault):
        parse([text])


# Pages


def graph_pages(client: Client, path: str) -> list[list[str]]:
    """The object IDs of every page."""
    answer = client.graph("GET", path, select="id")
    pages = [[one["id"] for one in answer.json()["value"]]]
    while "@odata.nextLink" in answer.json():
        headers = {"Authorization": f"Bearer {client.token(client.sandbox.url + '/graph')}"}
        answer = client.session.get(answer.json()["@odata.nextLink"], headers=headers)
        pages.append([one["id"] for one in answer.json()["value"]])
    return pages


def test_a_list_has_one_page_as_a_rule(owner: Client) -> None:
    for path in ("/subscriptions", ROLES, ASSIGNMENTS, PERMISSIONS):
        body = owner.arm("GET", path).json()
        assert len(body["value"]) >= 1 and "nextLink" not in body
    assert len(owner.arm("GET", ASSIGNMENTS).json()["value"]) > 4
    assert len(graph_pages(owner, "servicePrincipals")) == 1


def test_small_pages_have_one_item_and_lead_to_the_next(with_fault: WithFault, owner: Client) -> None:
    small = with_fault("small-pages")
    for path in ("/subscriptions", ROLES, ASSIGNMENTS, f"{PROD}/resourceGroups"):
        first = small.arm("GET", path).json()
        assert len(first["value"]) == 1 and first["nextLink"].startswith(small.sandbox.url)
        assert [one["id"] for one in small.everything(path)] == [one["id"] for one in owner.everything(path)]
    pages = graph_pages(small, "servicePrincipals")
    assert {len(page) for page in pages} == {1}
    assert [one for page in pages for one in page] == graph_pages(owner, "servicePrincipals")[0]


def ask_graph(client: Client, query: str, **options: Any) -> dict[str, Any]:
    path = "/providers/Microsoft.ResourceGraph/resources"
    return dict(client.arm("POST", path, {"query": query, "options": options}).json())


def test_resource_graph_gives_pages_only_where_the_id_is_projected(with_fault: WithFault) -> None:
    client = with_fault("small-pages")
    query = "authorizationresources | where properties.type =~ 'CustomRole' | project "
    first = ask_graph(client, query + "id, name")
    second = ask_graph(client, query + "id, name", **{"$skipToken": first["$skipToken"]})
    assert first["resultTruncated"] == "true" and second["resultTruncated"] == "false"
    assert (first["totalRecords"], first["count"], second["count"]) == (2, 1, 1)
    assert first["data"] != second["data"] and "$skipToken" not in second
    without = ask_graph(client, query + "name")
    assert without["resultTruncated"] == "true" and "$skipToken" not in without


# Lags


def test_slow_lists_hide_new_principals_roles_and_permissions(
    with_fault: WithFault, signed_in: Callable[..., Client]
) -> None:
    client = with_fault("slow-lists:60")
    principal = client.grant()
    reader = signed_in(client.sandbox, Persona.ENTRA_ADMIN)
    assert client.assign(reader.object_id, role=demo.READER, name=OTHER_GUID).status_code == 201
    query = f"authorizationresources | where properties.roleName == '{ROLE_NAME}' | project id"

    def shown() -> tuple[int, int, int]:
        listed = client.graph("GET", "servicePrincipals", filter=f"appId eq '{APP}'").json()["value"]
        permissions = reader.everything(PERMISSIONS)
        return len(listed), ask_graph(client, query)["count"], len(permissions)

    assert shown() == (0, 0, 0)
    assert client.graph("GET", f"servicePrincipals/{principal}").status_code == 200
    assert reader.arm("GET", PROD).status_code == 200, "the right is there, only the list is late"
    client.sandbox.clock.advance(60)
    assert shown() == (1, 1, 1)
    client.graph("DELETE", f"servicePrincipals/{principal}")
    deleted = "directory/deletedItems/microsoft.graph.servicePrincipal"
    assert client.graph("GET", deleted).json()["value"] == []
    client.sandbox.clock.advance(60)
    assert len(client.graph("GET", deleted).json()["value"]) == 1


def test_what_was_deleted_is_shown_for_a_while(with_fault: WithFault) -> None:
    client = with_fault("delete-lag:60")
    client.grant()
    assert client.arm("DELETE", ASSIGNMENT).status_code == 200

    def shown() -> tuple[int, bool, int, bool]:
        return (
            client.arm("GET", ASSIGNMENT).status_code,
            ASSIGNMENT_GUID in [one["name"] for one in client.everything(ASSIGNMENTS)],
            client.arm("GET", ROLE).status_code,
            ROLE_GUID in [one["name"] for one in client.everything(ROLES)],
        )

    assert shown() == (200, True, 200, True)
    assert client.sandbox.state()["role_assignments"] == [
        one for one in client.sandbox.state()["role_assignments"] if one["name"] != ASSIGNMENT_GUID
    ], "it is gone in truth"
    assert error_of(client.arm("DELETE", ROLE)) == (400, "RoleDefinitionHasAssignments")
    assert client.arm("DELETE", ASSIGNMENT).status_code == 204
    client.sandbox.clock.advance(60)
    assert shown() == (404, False, 200, True)
    assert client.arm("DELETE", ROLE).status_code == 200
    assert shown()[2:] == (200, True)
    client.sandbox.clock.advance(60)
    assert shown()[2:] == (404, False)


def test_what_is_written_again_too_early_dies_with_the_old_one(with_fault: WithFault) -> None:
    client = with_fault("delete-lag:60")
    principal = client.grant()
    client.arm("DELETE", ASSIGNMENT)
    client.sandbox.clock.advance(30)
    assert client.assign(principal).status_code == 201, "it says yes"
    assert client.arm("GET", ASSIGNMENT).status_code == 200, "and shows it"
    client.sandbox.clock.advance(30)
    assert error_of(client.arm("GET", ASSIGNMENT)) == (404, "RoleAssignmentNotFound")
    assert client.assign(principal).status_code == 201
    client.arm("DELETE", ASSIGNMENT)
    assert client.assign(principal, name=OTHER_GUID).status_code == 201
    client.sandbox.clock.advance(60)
    assert client.arm("GET", f"{ASSIGNMENTS}/{OTHER_GUID}").status_code == 200, "another GUID lives"


def test_a_role_that_is_written_again_too_early_dies_too(with_fault: WithFault) -> None:
    client = with_fault("delete-lag:60")
    client.put_role()
    client.arm("DELETE", ROLE)
    assert client.put_role(actions=ACTIONS[:5]).status_code == 201
    assert len(client.arm("GET", ROLE).json()["properties"]["permissions"][0]["actions"]) == 5
    client.sandbox.clock.advance(60)
    assert error_of(client.arm("GET", ROLE)) == (404, "RoleDefinitionDoesNotExist")
    assert client.put_role().status_code == 201
    client.sandbox.clock.advance(60)
    assert client.arm("GET", ROLE).status_code == 200


# Refusals


@pytest.mark.parametrize("seed", [0, 1])
def test_one_guid_collides_for_good(seed: int) -> None:
    with serving(faults=["hash-conflict"], seed=seed) as sandbox:
        client = Client.of(sandbox, Persona.OWNER)
        if seed:
            assert client.assign(client.object_id, role=demo.NETWORK_CONTRIBUTOR, at=DEV).status_code == 201
            client.arm("DELETE", f"{DEV}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}")
        principal = client.create_principal()
        client.put_role()
        cursed, free = (OTHER_GUID, ASSIGNMENT_GUID) if seed else (ASSIGNMENT_GUID, OTHER_GUID)
        for _ in range(3):
            refused = client.assign(principal, name=cursed)
            assert error_of(refused) == (400, "HashConflictOnDifferentRoleAssignmentIds")
        assert client.assign(principal, name=free).status_code == 201
        client.session.close()


def test_a_deny_assignment_stands_against_the_permissions(with_fault: WithFault) -> None:
    client = with_fault("deny-assignment")
    assert {"*"} == {a for one in client.everything(PERMISSIONS) for a in one["actions"]}
    for answer in (client.put_role(), client.assign(client.object_id, role=demo.READER)):
        assert error_of(answer) == (403, "DenyAssignmentAuthorizationFailed")
        assert "because of the deny assignment" in answer.json()["error"]["message"]
    assert client.create_principal()


def test_without_a_role_it_is_not_the_deny_assignment_that_refuses(
    with_fault: WithFault, signed_in: Callable[..., Client]
) -> None:
    reader = signed_in(with_fault("deny-assignment").sandbox, Persona.READER)
    assert error_of(reader.put_role()) == (403, "AuthorizationFailed")


def test_a_condition_limits_what_can_be_assigned(with_fault: WithFault) -> None:
    client = with_fault("abac-condition")
    principal = client.create_principal()
    assert client.put_role().status_code == 201
    refused = client.assign(principal)
    assert error_of(refused) == (403, "AuthorizationFailed")
    assert "or an ABAC condition not fulfilled" in refused.json()["error"]["message"]
    assert WRITE_ASSIGNMENT in refused.json()["error"]["message"]
    assert {"*"} == {a for one in client.everything(PERMISSIONS) for a in one["actions"]}
    assert client.assign(principal, role=demo.READER).status_code == 201


def test_a_condition_on_the_principal_type_is_fulfilled_only_by_a_request_that_says_it(
    with_fault: WithFault,
) -> None:
    client = with_fault("abac-principal-type")
    principal = client.create_principal()
    client.put_role()
    assert error_of(client.assign(principal)) == (403, "AuthorizationFailed")
    assert client.assign(principal, principalType="ServicePrincipal").status_code == 201


def test_the_quota_of_the_directory_is_reached(
    with_fault: WithFault, signed_in: Callable[..., Client]
) -> None:
    client = with_fault("quota")
    refused = client.graph("POST", "servicePrincipals", {"appId": APP})
    assert error_of(refused) == (403, "Directory_QuotaExceeded")
    reader = signed_in(client.sandbox, Persona.READER)
    refused = reader.graph("POST", "servicePrincipals", {"appId": APP})
    assert error_of(refused) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        ("api-version:2022-04-01", {"2022-04-01"}),
        ("api-version:2022-04-01-or-newer", {"2022-04-01", "2022-04-01-preview", "2024-05-01"}),
    ],
)
def test_an_api_version_can_be_unknown(with_fault: WithFault, fault: str, refused: set[str]) -> None:
    client = with_fault(fault)
    for version in ("2020-01-01", "2022-04-01", "2022-04-01-preview", "2024-05-01"):
        headers = {"Authorization": f"Bearer {client.token(client.sandbox.url)}"}
        url = client.sandbox.url + "{}?api-version=" + version
        for path, code in (
            (ROLES, "InvalidApiVersionParameter"),
            (f"{PROD}/providers/Microsoft.Network/virtualHubs", "NoRegisteredProviderFound"),
        ):
            answer = client.session.get(url.format(path), headers=headers)
            if version in refused:
                assert error_of(answer) == (400, code)
                assert f"'{version}'" in answer.json()["error"]["message"]
            else:
                assert answer.status_code == 200


def acquire(client: Client, method: str, path: str, content: Any, **more: Any) -> requests.Response:
    operation = {"uri": f"{client.sandbox.url}{path}?api-version=1", "httpMethod": method, "content": content}
    return client.arm("POST", f"{PROD}/{AUTHORIZATION}/acquirePolicyToken", {"operation": operation, **more})


def put_with(client: Client, path: str, content: Any, token: str) -> requests.Response:
    headers = {
        "Authorization": f"Bearer {client.token(client.sandbox.url)}",
        "x-ms-policy-external-evaluations": token,
    }
    url = f"{client.sandbox.url}{path}?api-version=2022-04-01"
    return client.session.put(url, json=content, headers=headers)


def test_a_policy_token_opens_the_write_it_was_given_for(with_fault: WithFault) -> None:
    client = with_fault("policy-token")
    refused = client.put_role()
    assert error_of(refused) == (403, "RequestDisallowedByPolicy")
    (info,) = refused.json()["error"]["additionalInfo"]
    missing = info["info"]["evaluationDetails"]["missingPolicyTokenDetails"]
    assert (info["type"], missing["shouldDeny"]) == ("PolicyViolation", True)
    body = role_body(PROD)
    answer = acquire(client, "PUT", ROLE, body, changeReference=None).json()
    assert answer["result"] == "Succeeded"
    assert put_with(client, ROLE, role_body(PROD, DEV), answer["token"]).status_code == 403
    assert put_with(client, f"{ROLES}/{OTHER_GUID}", body, answer["token"]).status_code == 403
    assert put_with(client, ROLE, body, "PoP guessed").status_code == 403
    assert put_with(client, ROLE, body, answer["token"]).status_code == 201
    assert client.arm("DELETE", ROLE).status_code == 200


def test_a_policy_token_is_for_those_who_hold_a_role_and_say_what_for(
    with_fault: WithFault, signed_in: Callable[..., Client]
) -> None:
    client = with_fault("policy-token")
    stranger = signed_in(client.sandbox, Persona.ENTRA_ADMIN)
    body = assignment_body(client.object_id)
    assert error_of(acquire(stranger, "PUT", ASSIGNMENT, body)) == (403, "AuthorizationFailed")
    for nothing in ({}, {"operation": []}, {"operation": {"uri": 1, "httpMethod": "PUT"}}):
        answer = client.arm("POST", f"{PROD}/{AUTHORIZATION}/acquirePolicyToken", nothing)
        assert error_of(answer) == (400, "InvalidRequestContent")


# Spelling and visibility


def test_a_role_can_be_hidden_from_outside_its_scopes(with_fault: WithFault, owner: Client) -> None:
    client = with_fault("outside-scopes-404")
    elsewhere = f"{DEV}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
    for one in (client, owner):
        assert one.put_role(PROD).status_code == 201
        assert one.arm("GET", ROLE).status_code == 200
        assert one.arm("GET", f"/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}").status_code == 200
    assert owner.arm("GET", elsewhere).status_code == 200
    assert error_of(client.arm("GET", elsewhere)) == (404, "RoleDefinitionDoesNotExist")
    client.put_role(PROD, DEV)
    assert client.arm("GET", elsewhere).status_code == 200


@pytest.mark.parametrize(
    ("seed", "spelt"), [(0, str.upper), (1, str.lower), (2, None)], ids=["upper", "lower", "mixed"]
)
def test_ids_can_come_in_another_case_and_are_the_same(seed: int, spelt: Callable[[str], str] | None) -> None:
    with serving(faults=["mixed-case"], seed=seed) as sandbox:
        client = Client.of(sandbox, Persona.OWNER)
        principal = client.create_principal()
        client.put_role()
        assert client.assign(principal.upper()).status_code == 201
        body = client.arm("GET", ASSIGNMENT).json()
        properties = body["properties"]
        for written in (
            body["id"],
            body["name"],
            properties["scope"],
            properties["roleDefinitionId"],
            properties["principalId"],
            client.arm("GET", ROLE).json()["properties"]["assignableScopes"][0],
            client.graph("GET", f"servicePrincipals/{principal}").json()["appId"],
        ):
            if spelt:
                assert written == spelt(written)
            else:
                assert written not in (written.upper(), written.lower())
        assert body["type"] == "Microsoft.Authorization/roleAssignments"
        assert client.arm("GET", body["id"]).json() == body
        assert client.sandbox.state()["role_assignments"][-1]["name"] == ASSIGNMENT_GUID
        client.session.close()
