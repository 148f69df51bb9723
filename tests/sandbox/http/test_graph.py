from collections.abc import Callable

import pytest

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import OTHER_GUID, Client, error_of

AsPersona = Callable[[Persona], Client]
APP = demo.ASTRONOMER_APP_ID


def test_there_is_no_principal_at_first_and_nothing_tells_who_the_application_is(owner: Client) -> None:
    assert error_of(owner.graph("GET", f"servicePrincipals(appId='{APP}')")) == (
        404,
        "Request_ResourceNotFound",
    )
    for path in ("servicePrincipals", "applications"):
        answer = owner.graph("GET", path, filter=f"appId eq '{APP}'")
        assert (answer.status_code, answer.json()["value"]) == (200, [])
        assert "Astronomer" not in owner.graph("GET", path).text
    assert error_of(owner.graph("GET", f"applications(appId='{APP}')")) == (404, "Request_ResourceNotFound")


def test_a_principal_is_found_by_every_form_that_clients_use(owner: Client) -> None:
    principal = owner.create_principal()
    for path in (f"servicePrincipals/{principal}", f"servicePrincipals(appId='{APP}')"):
        assert owner.graph("GET", path).json()["id"] == principal
    for condition in (
        f"appId eq '{APP}'",
        f"servicePrincipalNames/any(c:c eq '{APP}')",
        "startswith(displayName,'astro')",
        "displayName eq 'Astronomer'",
    ):
        (found,) = owner.graph("GET", "servicePrincipals", filter=condition).json()["value"]
        assert found["id"] == principal


def test_a_principal_shows_whose_application_it_is(owner: Client) -> None:
    body = owner.graph("GET", f"servicePrincipals/{owner.create_principal()}").json()
    assert body["appOwnerOrganizationId"] == demo.ASTRONOMER_TENANT != demo.TENANT
    assert body["verifiedPublisher"]["displayName"] == "Astronomer, Inc."
    assert body["accountEnabled"] is True
    assert body["disabledByMicrosoftStatus"] is None


def test_select_and_top(owner: Client) -> None:
    answer = owner.graph("GET", "servicePrincipals", select="id,appId", top="2").json()["value"]
    assert [set(entity) for entity in answer] == [{"id", "appId"}] * 2
    assert error_of(owner.graph("GET", "servicePrincipals", top="none"))[0] == 400


def test_a_second_principal_of_the_same_application_is_refused(owner: Client) -> None:
    owner.create_principal()
    again = owner.graph("POST", "servicePrincipals", {"appId": APP})
    assert error_of(again) == (409, "Request_MultipleObjectsWithSameKeyValue")


@pytest.mark.parametrize(
    ("body", "detail"), [({"appId": OTHER_GUID}, "NoBackingApplicationObject"), ({}, None)]
)
def test_a_principal_needs_an_application(owner: Client, body: dict[str, str], detail: str | None) -> None:
    answer = owner.graph("POST", "servicePrincipals", body)
    assert error_of(answer) == (400, "Request_BadRequest")
    details = answer.json()["error"].get("details", [])
    assert [d["code"] for d in details] == ([detail] if detail else [])


def test_deleted_principals_are_kept_and_made_again_get_another_object_id(owner: Client) -> None:
    first = owner.create_principal()
    assert owner.graph("DELETE", f"servicePrincipals/{first}").status_code == 204
    assert error_of(owner.graph("DELETE", f"servicePrincipals/{first}")) == (404, "Request_ResourceNotFound")
    (deleted,) = owner.graph("GET", "directory/deletedItems/microsoft.graph.servicePrincipal").json()["value"]
    assert deleted["id"] == first and deleted["deletedDateTime"]
    assert owner.create_principal() != first


def test_a_principal_can_be_disabled(owner: Client) -> None:
    principal = owner.create_principal()
    assert (
        owner.graph("PATCH", f"servicePrincipals/{principal}", {"accountEnabled": False}).status_code == 204
    )
    assert owner.graph("GET", f"servicePrincipals/{principal}").json()["accountEnabled"] is False


@pytest.mark.parametrize("persona", list(Persona))
def test_everybody_reads_and_some_personas_write(as_persona: AsPersona, persona: Persona) -> None:
    client = as_persona(persona)
    assert client.graph("GET", "servicePrincipals").status_code == 200
    created = client.graph("POST", "servicePrincipals", {"appId": APP})
    writers = {
        Persona.OWNER,
        Persona.ENTRA_ADMIN,
        Persona.APP_ADMIN,
        Persona.CLOUD_APP_ADMIN,
        Persona.CUSTOM_ADMIN,
        Persona.GLOBAL_ADMIN,
    }
    if persona in writers:
        assert created.status_code == 201
    else:
        assert error_of(created) == (403, "Authorization_RequestDenied")


def test_without_the_right_to_write_nothing_is_changed_or_learnt(
    owner: Client, as_persona: AsPersona
) -> None:
    reader = as_persona(Persona.READER)
    for key in (owner.create_principal(), OTHER_GUID):
        for method, body in (("DELETE", None), ("PATCH", {"accountEnabled": False})):
            answer = reader.graph(method, f"servicePrincipals/{key}", body)
            assert error_of(answer) == (403, "Authorization_RequestDenied")


def test_what_az_asks_about_assignments_is_answered_with_types(owner: Client) -> None:
    tenant = owner.sandbox.tenant
    user = next(iter(tenant.users.values()))
    group = next(iter(tenant.groups.values()))
    ids = [user.id, group.id, owner.object_id, OTHER_GUID]
    found = owner.graph("POST", "directoryObjects/getByIds", {"ids": ids}).json()["value"]
    assert [o["@odata.type"].rpartition(".")[2] for o in found] == ["user", "group", "servicePrincipal"]


def test_the_organization_is_contoso_and_an_application_has_no_me(owner: Client) -> None:
    (organization,) = owner.graph("GET", "organization").json()["value"]
    assert (organization["id"], organization["displayName"]) == (demo.TENANT, "Contoso")
    assert owner.graph("GET", "me").status_code == 400


def test_unknown_filters_and_segments_are_refused(owner: Client) -> None:
    assert error_of(owner.graph("GET", "servicePrincipals", filter="tags eq 'x'"))[0] == 400
    assert error_of(owner.graph("GET", "users"))[0] == 400
    assert error_of(owner.graph("POST", "servicePrincipals", []))[0] == 400


def test_astronomer_may_not_read_the_directory(owner: Client, signed_in: Callable[..., Client]) -> None:
    owner.grant()
    astronomer = signed_in(owner.sandbox, APP)
    assert error_of(astronomer.graph("GET", "servicePrincipals")) == (403, "Authorization_RequestDenied")
