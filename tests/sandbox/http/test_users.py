"""People: how they sign in, and what Microsoft Graph tells them about themselves."""

from collections.abc import Callable

import jwt
import pytest

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import PROD, Client, error_of

AsPersona = Callable[[Persona], Client]
USERS = [p for p in Persona if p.is_user]
ROLES = "me/transitiveMemberOf/microsoft.graph.directoryRole"
EVENTUAL = {"ConsistencyLevel": "eventual"}


def claims_of(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


@pytest.mark.parametrize(
    ("persona", "templates"),
    [
        (Persona.USER, []),
        (Persona.APP_ADMIN, [demo.APPLICATION_ADMINISTRATOR]),
        (Persona.CLOUD_APP_ADMIN, [demo.CLOUD_APPLICATION_ADMINISTRATOR]),
        (Persona.GLOBAL_ADMIN, [demo.GLOBAL_ADMINISTRATOR]),  # through a group
        (Persona.CUSTOM_ADMIN, []),  # which may create service principals all the same
    ],
)
def test_users_see_their_directory_roles_but_not_custom_ones(
    as_persona: AsPersona, persona: Persona, templates: list[str]
) -> None:
    client = as_persona(persona)
    query = {"count": "true", "select": "displayName,roleTemplateId"}
    answer = client.graph("GET", ROLES, headers=EVENTUAL, **query)
    assert answer.status_code == 200
    assert [r["roleTemplateId"] for r in answer.json()["value"]] == templates
    assert all(set(r) == {"displayName", "roleTemplateId"} for r in answer.json()["value"])
    assert answer.json()["@odata.count"] == len(templates)


@pytest.mark.parametrize(
    ("headers", "count"), [({}, "true"), (EVENTUAL, None), (EVENTUAL, "false"), ({}, None)]
)
def test_the_cast_needs_the_header_and_the_count(
    as_persona: AsPersona, headers: dict[str, str], count: str | None
) -> None:
    query = {"count": count} if count else {}
    answer = as_persona(Persona.APP_ADMIN).graph("GET", ROLES, headers=headers, **query)
    assert error_of(answer) == (400, "Request_UnsupportedQuery")


def test_applications_have_no_self(owner: Client) -> None:
    for path in ("me", ROLES):
        answer = owner.graph("GET", path, headers=EVENTUAL, count="true")
        assert error_of(answer) == (400, "BadRequest")
        assert (
            answer.json()["error"]["message"]
            == "/me request is only valid with delegated authentication flow."
        )


@pytest.mark.parametrize("persona", USERS)
def test_a_user_knows_itself_and_azure_knows_its_rights(as_persona: AsPersona, persona: Persona) -> None:
    client = as_persona(persona)
    me = client.graph("GET", "me").json()
    assert (me["id"], me["userPrincipalName"]) == (client.object_id, f"{persona}@contoso.onmicrosoft.com")
    answer = client.arm("GET", PROD)
    if persona is Persona.GLOBAL_ADMIN:
        assert error_of(answer) == (403, "AuthorizationFailed")
        assert f"The client '{persona}@contoso" in answer.json()["error"]["message"]
    else:
        assert answer.status_code == 200


def test_the_tokens_of_applications_name_their_graph_permissions(
    owner: Client, as_persona: AsPersona
) -> None:
    graph = f"{owner.sandbox.url}/graph"
    assert "Application.ReadWrite.All" in str(claims_of(owner.token(graph))["roles"])
    assert claims_of(as_persona(Persona.READER).token(graph))["roles"] == ["Directory.Read.All"]
    assert "roles" not in claims_of(owner.token(owner.sandbox.url))
    user = claims_of(as_persona(Persona.APP_ADMIN).token(graph))
    assert "roles" not in user and user["wids"] == [demo.APPLICATION_ADMINISTRATOR]


def test_no_graph_shuts_users_out_as_well(
    start: Callable[..., Sandbox], signed_in: Callable[..., Client]
) -> None:
    client = signed_in(start("no-graph"), Persona.APP_ADMIN)
    assert error_of(client.graph("GET", "me")) == (403, "Authorization_RequestDenied")


def test_a_user_owns_the_principal_it_makes(as_persona: AsPersona) -> None:
    client = as_persona(Persona.APP_ADMIN)
    (owner,) = client.graph("GET", f"servicePrincipals/{client.create_principal()}/owners").json()["value"]
    assert owner["id"] == client.object_id


def test_a_wrong_password_an_unknown_user_and_a_forged_refresh_token_are_refused(
    as_persona: AsPersona,
) -> None:
    client = as_persona(Persona.USER)
    scope = f"{client.sandbox.url}/.default"
    assert client.sign_in(scope, secret="wrong").json()["error_codes"] == [50126]
    token = f"{client.sandbox.url}/{demo.TENANT}/oauth2/v2.0/token"
    unknown = {"grant_type": "password", "username": "nobody@contoso.onmicrosoft.com", "scope": scope}
    assert client.session.post(token, data=unknown).json()["error_codes"] == [50034]
    nobody = next(iter(client.sandbox.tenant.users.values()))  # who never signs in
    assert nobody.password is None
    closed = {
        "grant_type": "password",
        "username": nobody.user_principal_name,
        "password": "",
        "scope": scope,
    }
    assert client.session.post(token, data=closed).json()["error_codes"] == [50126]
    signed = client.sign_in(scope).json()
    for bad in ("x", signed["access_token"], signed["id_token"]):
        data = {"grant_type": "refresh_token", "refresh_token": bad, "scope": scope}
        assert client.session.post(token, data=data).json()["error_codes"] == [9002313]
    data = {"grant_type": "refresh_token", "refresh_token": signed["refresh_token"], "scope": scope}
    again = client.session.post(token, data=data).json()
    assert claims_of(again["access_token"])["oid"] == client.object_id
    assert client.arm("GET", PROD, token=signed["refresh_token"]).status_code == 401


def test_a_users_password_stands_in_the_place_of_a_secret_too(sandbox: Sandbox) -> None:
    inside = sandbox.environment({}, Persona.APP_ADMIN)
    assert inside["AZURE_USERNAME"] == "app-admin@contoso.onmicrosoft.com" and inside["AZURE_PASSWORD"]
    assert inside["AZURE_CLIENT_SECRET"] == inside["AZURE_PASSWORD"]
    assert "ARM_CLIENT_SECRET" not in inside
