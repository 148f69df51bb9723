"""Application registrations in the simulated tenant, as Microsoft Graph makes and deletes them."""

from collections.abc import Callable

import requests

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import Client, error_of


def register(owner: Client, name: str = "Rehearsal") -> dict[str, str]:
    made = owner.graph("POST", "applications", {"displayName": name, "signInAudience": "AzureADMyOrg"})
    assert made.status_code == 201
    return dict(made.json())


def sign_in(sandbox: Sandbox, app_id: str, secret: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": app_id,
        "client_secret": secret,
        "scope": f"{sandbox.url}/.default",
    }
    url = f"{sandbox.url}/{demo.TENANT}/oauth2/v2.0/token"
    return requests.post(url, form, verify=str(sandbox.ca_certificate), timeout=10)


def test_an_application_signs_in_with_the_secret_it_was_given(sandbox: Sandbox, owner: Client) -> None:
    made = register(owner)
    given = owner.graph("POST", f"applications/{made['id']}/addPassword", {"passwordCredential": {}}).json()
    refused = sign_in(sandbox, made["appId"], given["secretText"]).json()
    assert refused["error_codes"] == [7000229], "it has no service principal yet"
    owner.create_principal(made["appId"])
    assert sign_in(sandbox, made["appId"], given["secretText"]).status_code == 200
    assert sign_in(sandbox, made["appId"], "a guess").json()["error_codes"] == [7000215]


def test_a_deleted_application_takes_its_principal_along(sandbox: Sandbox, owner: Client) -> None:
    made = register(owner)
    principal = owner.create_principal(made["appId"])
    assert owner.graph("DELETE", f"applications/{made['id']}").status_code == 204
    for path in (f"applications/{made['id']}", f"servicePrincipals/{principal}"):
        assert error_of(owner.graph("GET", path)) == (404, "Request_ResourceNotFound")
    deleted = owner.graph("GET", "directory/deletedItems/microsoft.graph.application").json()["value"]
    assert [(one["id"], one["displayName"]) for one in deleted] == [(made["id"], "Rehearsal")]
    listed = owner.graph("GET", "directory/deletedItems/microsoft.graph.servicePrincipal").json()["value"]
    assert [(one["id"], one["displayName"]) for one in listed] == [(principal, "Rehearsal")]


def test_what_is_deleted_for_good_is_listed_no_more(sandbox: Sandbox, owner: Client) -> None:
    made = register(owner)
    principal = owner.create_principal(made["appId"])
    owner.graph("DELETE", f"applications/{made['id']}")
    for object_id in (principal, made["id"]):
        assert owner.graph("DELETE", f"directory/deletedItems/{object_id}").status_code == 204
        again = owner.graph("DELETE", f"directory/deletedItems/{object_id}")
        assert error_of(again) == (404, "Request_ResourceNotFound")
    assert not sandbox.tenant.deleted_applications
    assert not sandbox.tenant.deleted_principals


def test_who_may_not_write_registers_nothing(as_persona: Callable[[Persona], Client]) -> None:
    refused = as_persona(Persona.READER).graph("POST", "applications", {"displayName": "Rehearsal"})
    assert error_of(refused) == (403, "Authorization_RequestDenied")


def test_an_application_needs_a_name_and_an_audience_that_is_one(owner: Client) -> None:
    for body in ({}, {"displayName": ""}, {"displayName": "x", "signInAudience": "Everybody"}):
        assert error_of(owner.graph("POST", "applications", body)) == (400, "Request_BadRequest")
