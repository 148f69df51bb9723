"""Templates deployed to a subscription: by the same rules as the single requests that they stand for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from astro_peer.sandbox.tenant import activity_log, demo, templates
from astro_peer.sandbox.tenant.deployments import differences
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.refusals import Refusal

from ..client import (
    ASSIGNMENT_GUID,
    AUTHORIZATION,
    PROD,
    ROLE_GUID,
    ROLE_NAME,
    Client,
    error_of,
    role_body,
)

AsPersona = Callable[[Persona], Client]
DEPLOYMENT = f"{PROD}/providers/Microsoft.Resources/deployments/grant"
ROLE_ID = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
ASSIGNMENT_ID = f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}"
SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


def template(**changed: Any) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"principalId": {"type": "string"}},
        "resources": [
            {
                "type": "Microsoft.Authorization/roleDefinitions",
                "apiVersion": "2022-04-01",
                "name": ROLE_GUID,
                "properties": {**role_body(PROD)["properties"], "type": "CustomRole"},
            },
            {
                "type": "Microsoft.Authorization/roleAssignments",
                "apiVersion": "2022-04-01",
                "name": ASSIGNMENT_GUID,
                "dependsOn": [ROLE_ID],
                "properties": {
                    "roleDefinitionId": ROLE_ID,
                    "principalId": "[parameters('principalId')]",
                    "principalType": "ServicePrincipal",
                },
            },
        ],
        **changed,
    }


def body(principal_id: str, content: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    properties = {
        "mode": "Incremental",
        "parameters": {"principalId": {"value": principal_id}},
        "template": content or template(),
    }
    return {"location": "West Europe", "properties": properties, **changed}


def deploy(client: Client, principal_id: str, content: dict[str, Any] | None = None) -> Any:
    """The deployment, when it is done."""
    answer = client.arm("PUT", DEPLOYMENT, body(principal_id, content))
    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["properties"]["provisioningState"] == "Accepted"
    status = answer.headers["azure-asyncoperation"].removeprefix(client.sandbox.url).partition("?")[0]
    assert client.arm("GET", status).json() == {"status": "Running"}
    client.sandbox.clock.advance(1)
    deployment = client.arm("GET", DEPLOYMENT).json()["properties"]
    told = client.arm("GET", status).json()
    assert (told["status"], told.get("error")) == (deployment["provisioningState"], deployment.get("error"))
    return deployment


def what_if(client: Client, principal_id: str, **settings: str) -> Any:
    asked = body(principal_id)
    asked["properties"]["whatIfSettings"] = settings
    answer = client.arm("POST", f"{DEPLOYMENT}/whatIf", asked)
    assert answer.status_code == 202
    result = answer.headers["Location"].removeprefix(client.sandbox.url).partition("?")[0]
    assert client.arm("GET", result).status_code == 202
    client.sandbox.clock.advance(1)
    return client.arm("GET", result).json()


def read(**content: Any) -> templates.Template:
    given = {} if "parameters" in content else {"principalId": {"value": "some"}}
    return templates.read_template(PROD, {"template": template(**content), "parameters": given})


def test_a_template_makes_the_role_and_then_the_assignment_and_twice_is_once(owner: Client) -> None:
    principal = owner.create_principal()
    for _ in range(2):
        deployment = deploy(owner, principal)
        assert deployment["provisioningState"] == "Succeeded"
        assert deployment["outputResources"] == [{"id": ROLE_ID}, {"id": ASSIGNMENT_ID}]
        assert deployment["parameters"] == {"principalId": {"type": "String", "value": principal}}
    (dependency,) = deployment["dependencies"]
    assert dependency["id"] == ASSIGNMENT_ID and dependency["dependsOn"][0]["id"] == ROLE_ID
    role = owner.arm("GET", ROLE_ID).json()["properties"]
    assert role["roleName"] == ROLE_NAME
    assert owner.arm("GET", ASSIGNMENT_ID).json()["properties"]["principalId"] == principal
    operations = owner.everything(f"{DEPLOYMENT}/operations")
    assert [o["properties"]["targetResource"]["id"] for o in operations] == [ROLE_ID, ASSIGNMENT_ID]
    assert [d["name"] for d in owner.everything(f"{PROD}/providers/Microsoft.Resources/deployments")] == [
        "grant"
    ]
    logged = [
        e.write.action for e in activity_log.shown(owner.sandbox.tenant, demo.PROD) if e.status == "Succeeded"
    ]
    assert sorted(logged) == [
        *["Microsoft.Authorization/roleAssignments/write"] * 2,
        *["Microsoft.Authorization/roleDefinitions/write"] * 2,
        *["Microsoft.Resources/deployments/write"] * 2,
    ]


def test_az_sends_comments_and_a_key_without_quotes(owner: Client) -> None:
    principal = owner.create_principal()
    text = (
        json.dumps(body(principal)).replace('"template":', "/* a // b */ template :")
        + "// the end: template:"
    )
    url = f"{owner.sandbox.url}{DEPLOYMENT}?api-version=2025-04-01"
    headers = {"Authorization": f"Bearer {owner.token(owner.sandbox.url)}"}
    assert owner.session.put(url, data=text, headers=headers).status_code == 201
    assert owner.arm("GET", ASSIGNMENT_ID).status_code == 200
    assert error_of(owner.session.put(url, data='{"properties": // no', headers=headers))[0] == 400


def test_a_resource_that_fails_fails_the_deployment_and_what_waits_for_it_is_not_tried(owner: Client) -> None:
    assert owner.put_role(guid="8b1f3c52-9f37-4f4e-8a0b-0d5b4b1f6b77").status_code == 201
    deployment = deploy(owner, owner.create_principal())
    assert deployment["provisioningState"] == "Failed" and deployment["error"]["code"] == "DeploymentFailed"
    assert [d["code"] for d in deployment["error"]["details"]] == ["RoleDefinitionWithSameNameExists"]
    (operation,) = owner.everything(f"{DEPLOYMENT}/operations")
    assert operation["properties"]["provisioningState"] == "Failed"
    assert operation["properties"]["statusMessage"]["error"]["code"] == "RoleDefinitionWithSameNameExists"
    assert owner.arm("GET", ASSIGNMENT_ID).status_code == 404


def test_an_assignment_that_does_not_wait_for_its_role_comes_too_early(owner: Client) -> None:
    content, principal = template(), owner.create_principal()
    del content["resources"][1]["dependsOn"]
    deployment = deploy(owner, principal, content)
    assert [d["code"] for d in deployment["error"]["details"]] == ["RoleDefinitionDoesNotExist"]
    assert owner.arm("GET", ROLE_ID).status_code == 200
    assert deploy(owner, principal, content)["provisioningState"] == "Succeeded"


def test_who_deploys_needs_that_right_and_those_of_every_resource(
    owner: Client, as_persona: AsPersona
) -> None:
    principal = owner.create_principal()
    uaa, contributor = as_persona(Persona.UAA), as_persona(Persona.CONTRIBUTOR)
    for method, path, action in (
        ("PUT", DEPLOYMENT, "write"),
        ("POST", f"{DEPLOYMENT}/validate", "validate/action"),
        ("POST", f"{DEPLOYMENT}/whatIf", "whatIf/action"),
    ):
        refused = uaa.arm(method, path, body(principal))
        assert error_of(refused) == (403, "AuthorizationFailed")
        assert f"'Microsoft.Resources/deployments/{action}'" in refused.json()["error"]["message"]
    for method, path in (("PUT", DEPLOYMENT), ("POST", f"{DEPLOYMENT}/validate")):
        refused = contributor.arm(method, path, body(principal))
        assert error_of(refused) == (403, "InvalidTemplateDeployment")
        message = refused.json()["error"]["message"]
        assert message.startswith(
            "Deployment failed with multiple errors: 'Authorization failed for template resource"
        )
        assert ROLE_ID in message and "'Microsoft.Authorization/roleAssignments/write'" in message
    told = what_if(contributor, principal)
    assert (told["status"], told["error"]["code"]) == ("Failed", "InvalidTemplateDeployment")
    assert error_of(contributor.arm("GET", DEPLOYMENT)) == (404, "DeploymentNotFound")
    assert owner.arm("GET", ROLE_ID).status_code == 404, "nothing was written"


def test_what_if_tells_what_a_deployment_would_change_and_changes_nothing(owner: Client) -> None:
    principal = owner.create_principal()
    told = what_if(owner, principal)
    assert told["status"] == "Succeeded"
    assert [c["changeType"] for c in told["properties"]["changes"]] == ["Create", "Create"]
    assert told["properties"]["changes"][0]["after"]["properties"]["roleName"] == ROLE_NAME
    assert owner.arm("GET", ROLE_ID).status_code == 404
    deploy(owner, principal)
    assert [c["changeType"] for c in what_if(owner, principal)["properties"]["changes"]] == ["NoChange"] * 2
    owner.put_role(actions=("Microsoft.Resources/subscriptions/read", "*/read"))
    changes = what_if(owner, principal)["properties"]["changes"]
    assert [c["changeType"] for c in changes] == ["Modify", "NoChange"]
    (delta,) = changes[0]["delta"]
    assert (delta["path"], delta["propertyChangeType"]) == ("properties.permissions", "Array")
    ids = what_if(owner, principal, resultFormat="ResourceIdOnly")["properties"]["changes"]
    assert ids[0] == {"resourceId": ROLE_ID, "changeType": "Modify"}
    assert owner.arm("POST", f"{DEPLOYMENT}/validate", body(principal)).json()["properties"][
        "validatedResources"
    ]


def test_a_deployment_stays_where_it_is_kept(owner: Client) -> None:
    principal = owner.create_principal()
    deploy(owner, principal)
    elsewhere = owner.arm("PUT", DEPLOYMENT, body(principal, location="northeurope"))
    assert error_of(elsewhere) == (409, "InvalidDeploymentLocation")
    assert error_of(owner.arm("PUT", DEPLOYMENT, body(principal, location=None))) == (400, "LocationRequired")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"$schema": "https://example.com"}, "schema 'https://example.com'"),
        ({"resources": {}}, "a list of objects"),
        (
            {"resources": [{"type": "Microsoft.Network/virtualNetworks", "name": "v", "apiVersion": "1"}]},
            "no resource",
        ),
        ({"resources": [{"name": "x"}]}, "a type, a name and an apiVersion"),
        ({"parameters": {"principalId": {"type": "string"}}}, "'principalId' is not provided"),
        (
            {"parameters": {"principalId": {"type": "int", "defaultValue": "x"}}},
            "Expected a value of type 'Int'",
        ),
        ({"parameters": {}}, "expressions for '[parameters('principalId')]'"),
    ],
    ids=range(7),
)
def test_what_no_template_can_be_is_said(content: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(**content)
    assert caught.value.code == "InvalidTemplate" and text in caught.value.message


def test_resources_are_named_by_id_by_type_and_by_name_and_not_in_a_circle() -> None:
    role, assignment = template()["resources"]
    assignment["properties"]["principalId"] = "[[literal]"
    for named in (ROLE_ID.upper(), f"microsoft.authorization/roleDefinitions/{ROLE_GUID}", ROLE_GUID):
        found = read(parameters={}, resources=[{**assignment, "dependsOn": [named]}, role])
        assert [[r.type for r in wave] for wave in templates.waves(found)] == [
            [templates.ROLES],
            [templates.ASSIGNMENTS],
        ]
    assert found.resources[0].properties["principalId"] == "[literal]"
    with pytest.raises(Refusal, match="Circular dependency"):
        list(
            templates.waves(
                read(parameters={}, resources=[assignment, {**role, "dependsOn": [ASSIGNMENT_GUID]}])
            )
        )
    with pytest.raises(Refusal, match="'none' is not defined in the template"):
        read(parameters={}, resources=[{**assignment, "dependsOn": ["none"]}])
    skipped = read(parameters={}, resources=[{**role, "condition": False}])
    assert skipped.resources == ()


def test_differences_are_what_the_template_says_otherwise() -> None:
    before = {"kept": 1, "same": [1], "list": ["a", "b"], "deep": {"x": 1}, "more": ["a"]}
    after = {"same": [1], "list": ["a"], "deep": {"x": 2}, "more": ["a", "c"], "new": True}
    told = {d["path"]: d for d in differences(before, after, "properties")}
    assert {path: d["propertyChangeType"] for path, d in told.items()} == {
        "properties.list": "Array",
        "properties.deep.x": "Modify",
        "properties.more": "Array",
        "properties.new": "Create",
    }
    assert [(c["path"], c["propertyChangeType"]) for c in told["properties.list"]["children"]] == [
        ("1", "Delete")
    ]
    assert [(c["path"], c["after"]) for c in told["properties.more"]["children"]] == [("1", "c")]
