"""What Terraform's azurerm and azuread providers send, replayed: none of it may stumble over the sandbox."""

import os
from typing import Any

import pytest

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo, demo_networks
from astro_peer.sandbox.tenant.personas import Persona

from ..client import AUTHORIZATION, OTHER_GUID, PROD, ROLE_GUID, ROLE_NAME, Client, error_of, role_body

APP = demo.ASTRONOMER_APP_ID


def new_principal(owner: Client, **more: Any) -> dict[str, Any]:
    """As azuread makes one: everything at once, the caller as its first owner."""
    answer = owner.graph(
        "POST",
        "servicePrincipals",
        {
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "accountEnabled": True,
            "alternativeNames": [],
            "appId": APP,
            "appRoleAssignmentRequired": False,
            "description": "TERRAFORM_UPDATE_1",
            "notes": "for the private link",
            "notificationEmailAddresses": [],
            "owners@odata.bind": [f"{owner.sandbox.url}/graph/v1.0/directoryObjects/{owner.object_id}"],
            "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
            **more,
        },
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_metadata_has_the_suffixes_that_the_providers_ask_for(sandbox: Sandbox, owner: Client) -> None:
    host = sandbox.environment(os.environ)["ARM_METADATA_HOSTNAME"]
    metadata = owner.session.get(f"https://{host}/metadata/endpoints?api-version=2022-09-01").json()
    assert metadata["name"] and metadata["resourceManager"] and metadata["microsoftGraphResourceId"]
    for name in ("storage", "keyVaultDns"):
        assert metadata["suffixes"][name].endswith(".invalid"), "it must lead nowhere"


def test_a_command_inside_finds_the_providers_variables(sandbox: Sandbox) -> None:
    inside = sandbox.environment({"ARM_CLIENT_ID": "real", "ARM_USE_OIDC": "true"})
    assert inside["ARM_CLIENT_ID"] == inside["AZURE_CLIENT_ID"] != "real"
    assert inside["ARM_TENANT_ID"] == demo.TENANT and inside["ARM_SUBSCRIPTION_ID"] == demo.PROD
    assert "ARM_USE_OIDC" not in inside


def test_a_new_principal_keeps_everything_it_was_made_with(owner: Client) -> None:
    made = new_principal(owner)
    read = owner.graph("GET", f"servicePrincipals/{made['id']}").json()
    for body in (made, read):
        assert body["description"] == "TERRAFORM_UPDATE_1"
        assert body["notes"] == "for the private link"
        assert body["tags"] == ["WindowsAzureActiveDirectoryIntegratedApp"]


def test_the_properties_of_a_principal_can_be_changed_one_by_one(owner: Client) -> None:
    path = f"servicePrincipals/{new_principal(owner)['id']}"
    assert owner.graph("PATCH", path, {"description": None}).status_code == 204
    assert owner.graph("PATCH", path, {"tags": [], "accountEnabled": False}).status_code == 204
    read = owner.graph("GET", path).json()
    assert (read["description"], read["tags"], read["accountEnabled"]) == (None, [], False)
    assert read["notes"] == "for the private link"


@pytest.mark.parametrize(
    "properties",
    [{"colour": "green"}, {"tags": "one"}, {"notes": 1}, {"accountEnabled": None}, {"appId": APP}],
    ids=str,
)
def test_a_property_that_is_none_or_has_the_wrong_type_is_refused(
    owner: Client, properties: dict[str, Any]
) -> None:
    path = f"servicePrincipals/{owner.create_principal()}"
    before = owner.graph("GET", path).json()
    assert error_of(owner.graph("PATCH", path, properties)) == (400, "Request_BadRequest")
    assert owner.graph("GET", path).json() == before


def test_the_beta_version_knows_the_saml_metadata_url(owner: Client) -> None:
    principal = owner.create_principal()
    url = f"{owner.sandbox.url}/graph/beta/servicePrincipals/{principal}?$select=samlMetadataUrl"
    headers = {"Authorization": f"Bearer {owner.token(owner.sandbox.url + '/graph')}"}
    answer = owner.session.get(url, headers=headers).json()
    assert answer["samlMetadataUrl"] is None
    assert "/beta/$metadata" in answer["@odata.context"]
    assert "samlMetadataUrl" not in owner.graph("GET", f"servicePrincipals/{principal}").json()


def test_owners_are_listed_added_and_removed(owner: Client) -> None:
    path = f"servicePrincipals/{new_principal(owner)['id']}/owners"

    def owners() -> list[tuple[str, str]]:
        listed = owner.graph("GET", path).json()["value"]
        return [(one["id"], one["@odata.type"]) for one in listed]

    assert owners() == [(owner.object_id, "#microsoft.graph.servicePrincipal")]
    user = next(iter(owner.sandbox.tenant.users.values()))
    reference = {"@odata.id": f"{owner.sandbox.url}/graph/v1.0/directoryObjects/{user.id}"}
    assert owner.graph("POST", f"{path}/$ref", reference).status_code == 204
    assert error_of(owner.graph("POST", f"{path}/$ref", reference)) == (400, "Request_BadRequest")
    assert owner.graph("DELETE", f"{path}/{owner.object_id}/$ref").status_code == 204
    assert owners() == [(user.id, "#microsoft.graph.user")]
    assert error_of(owner.graph("DELETE", f"{path}/{owner.object_id}/$ref"))[0] == 404
    for url in (reference["@odata.id"].replace(user.id, OTHER_GUID), "nonsense", None):
        assert owner.graph("POST", f"{path}/$ref", {"@odata.id": url}).status_code in (400, 404)


def test_owners_change_only_by_those_who_may_write(owner: Client, as_persona: Any) -> None:
    path = f"servicePrincipals/{new_principal(owner)['id']}/owners"
    reader = as_persona(Persona.READER)
    assert reader.graph("GET", path).status_code == 200
    for method, end in (("POST", "$ref"), ("DELETE", f"{owner.object_id}/$ref")):
        assert error_of(reader.graph(method, f"{path}/{end}", {"@odata.id": "x"})) == (
            403,
            "Authorization_RequestDenied",
        )


def test_a_peering_is_made_changed_and_destroyed(owner: Client) -> None:
    """As azurerm does it: it looks first whether there is one, synchronizes with every write, and polls."""
    networks = f"{PROD}/resourceGroups/{demo_networks.GROUP}/providers/Microsoft.Network/virtualNetworks"
    url = f"{networks}/{demo_networks.AIRFLOW}/virtualNetworkPeerings/to-platform"
    remote = f"{networks}/{demo_networks.PLATFORM}"
    assert error_of(owner.arm("GET", url)) == (404, "NotFound")

    def written(body: Any) -> Any:
        path = f"{owner.sandbox.url}{url}?api-version=2024-05-01&syncRemoteAddressSpace=true"
        headers = {"Authorization": f"Bearer {owner.token(owner.sandbox.url)}"}
        answer = owner.session.put(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        assert answer.headers["Retry-After"]
        poll = answer.headers["Azure-AsyncOperation"].removeprefix(owner.sandbox.url).partition("?")[0]
        assert owner.arm("GET", poll).json() == {"status": "InProgress"}
        owner.sandbox.clock.advance(1)
        assert owner.arm("GET", poll).json() == {"status": "Succeeded"}
        return owner.arm("GET", url).json()

    flags = {"allowForwardedTraffic": False, "allowGatewayTransit": False, "allowVirtualNetworkAccess": True}
    made = written(
        {
            "properties": {
                **flags,
                "peerCompleteVnets": True,
                "remoteVirtualNetwork": {"id": remote},
                "useRemoteGateways": False,
            }
        }
    )
    assert made["properties"]["peerCompleteVnets"] is True
    assert {key: made["properties"][key] for key in flags} == flags
    space = {"addressSpace": {"addressPrefixes": ["10.40.0.0/16", "10.46.0.0/16"]}}
    owner.arm("PUT", remote, {"location": "westeurope", "properties": space})
    assert owner.arm("GET", url).json()["properties"]["peeringSyncLevel"] == "LocalAndRemoteNotInSync"
    made["properties"]["allowForwardedTraffic"] = True
    changed = written(made)["properties"]
    assert changed["allowForwardedTraffic"] is True
    assert changed["remoteAddressSpace"] == space["addressSpace"]
    deleted = owner.arm("DELETE", url)
    assert deleted.status_code == 202 and deleted.headers["Location"]
    assert owner.arm("GET", url).status_code == 404
    assert owner.arm("DELETE", url).status_code == 204


def test_a_built_in_role_is_found_by_name_at_the_tenants_root(owner: Client, as_persona: Any) -> None:
    assert owner.put_role().status_code == 201
    for client in (owner, as_persona(Persona.READER)):
        (role,) = client.everything(f"/{AUTHORIZATION}/roleDefinitions", filter="roleName eq 'Contributor'")
        assert role["name"] == demo.CONTRIBUTOR
        assert role["id"] == f"/{AUTHORIZATION}/roleDefinitions/{demo.CONTRIBUTOR}"
        mine = client.everything(f"/{AUTHORIZATION}/roleDefinitions", filter=f"roleName eq '{ROLE_NAME}'")
        assert mine == [], "a custom role is listed where it can be assigned"
    stranger = as_persona(Persona.ENTRA_ADMIN).arm("GET", f"/{AUTHORIZATION}/roleDefinitions")
    assert error_of(stranger) == (403, "AuthorizationFailed")


def test_a_role_cannot_take_the_name_of_another(owner: Client) -> None:
    owner.put_role()
    owner.put_role(guid=OTHER_GUID, name="Another")
    refused = owner.put_role(guid=OTHER_GUID)
    assert error_of(refused) == (409, "RoleDefinitionWithSameNameExists")
    text = "A role definition cannot be updated with a name that already exists."
    assert refused.json()["error"]["message"] == text


def test_an_update_sends_back_the_whole_role_as_it_was_read(owner: Client) -> None:
    url = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
    owner.put_role()
    owner.sandbox.clock.advance(60)
    read = owner.arm("GET", url).json()
    read["properties"] |= role_body(PROD)["properties"] | {"description": "changed"}
    assert owner.arm("PUT", url, read).status_code == 201
    after = owner.arm("GET", url).json()["properties"]
    assert after["description"] == "changed"
    assert after["createdOn"] < after["updatedOn"], "azurerm waits until they differ"
