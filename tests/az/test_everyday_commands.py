"""What one types to look around: it works inside as it does in Azure."""

from __future__ import annotations

import json

from astro_peer.sandbox.tenant import demo
from conftest import DEV, PROD, ROLE
from e2e.test_roles_that_exist import arrange_role

from .tenant import APPLICATION, SCOPE, InsideWithAz, add_assignment, add_principal, our_roles

GROUP = "rg-connectivity-prod"
HUBS = "Microsoft.Network/virtualHubs"


def test_accounts(inside: InsideWithAz) -> None:
    assert inside.azs("account", "show", "--query", "[id, tenantId, environmentName]") == [
        PROD,
        demo.TENANT,
        "AstroPeerSandbox",
    ]
    assert inside.azs("account", "list", "--query", "[].name") == ["connectivity-prod", "connectivity-dev"]
    assert inside.az("account", "set", "--subscription", "connectivity-dev").code == 0
    assert inside.azs("account", "show", "--query", "id") == [DEV]
    assert inside.azs("account", "get-access-token", "--query", "[tokenType, tenant]") == [
        "Bearer",
        demo.TENANT,
    ]
    listed = inside.az("account", "list", "--output", "table")
    assert "connectivity-prod" in listed.out


def test_hubs(inside: InsideWithAz) -> None:
    (hub,) = inside.azs(
        *("resource", "show", "--resource-group", GROUP, "--name", "vhub-prod-weu"),
        *("--resource-type", HUBS, "--query", "properties.azureFirewall.id"),
    )
    assert hub.endswith("/azureFirewalls/afw-prod-weu")
    assert inside.azs("resource", "show", "--ids", inside.tenant.demo_hub_id, "--query", "name") == [
        "vhub-prod-weu"
    ]
    names = inside.azs("resource", "list", "--resource-type", HUBS, "--query", "[].name")
    assert {"vhub-prod-weu", "vhub-prod-neu", "vhub-prod-swc"} <= set(names)
    assert inside.azs(
        *("resource", "list", "--resource-type", HUBS, "--subscription", DEV, "--query", "[].name")
    ) == ["vhub-dev-weu"]


def test_resource_groups(inside: InsideWithAz) -> None:
    listed = inside.az("group", "list", "--output", "table")
    assert [line.split()[0] for line in listed.out.splitlines()[2:]] == [
        GROUP,
        "rg-workloads-prod",
        "rg-applications-prod",
    ]
    assert inside.azs("group", "show", "--name", GROUP, "--query", "location") == ["westeurope"]
    assert inside.azs("group", "exists", "--name", "rg-none") == ["false"]


def test_role_definitions(inside: InsideWithAz) -> None:
    guid = arrange_role(inside)
    assert inside.azs("role", "definition", "list", "--name", "Reader", "--query", "[].name") == [demo.READER]
    custom = inside.azs("role", "definition", "list", "--custom-role-only", "true", "--query", "[].roleName")
    assert custom == ["Contoso Firewall Operator", ROLE]
    shown = inside.az("role", "definition", "show", "--name", guid, "--scope", SCOPE)
    definition = json.loads(shown.out)
    definition["description"] = "Looked at."
    role_file = inside.folder / "role.json"
    role_file.write_text(json.dumps(definition))
    updated = inside.az("role", "definition", "update", "--role-definition", role_file.name)
    assert updated.code == 0, updated.err
    assert inside.tenant.role_definitions[guid].description == "Looked at."
    assert inside.az("role", "definition", "delete", "--name", ROLE).code == 0
    assert our_roles(inside) == []


def test_role_assignments(inside: InsideWithAz) -> None:
    principal, role = add_principal(inside), arrange_role(inside)
    scope = f"{SCOPE}/resourceGroups/{GROUP}"
    created = inside.az(
        *("role", "assignment", "create", "--assignee", APPLICATION, "--role", ROLE, "--scope", scope)
    )
    assert created.code == 0, created.err
    (assignment,) = inside.ours()["assignments"]
    assert (assignment["principalId"], assignment["scope"]) == (principal, scope)
    assert assignment["roleDefinitionId"].endswith(role)
    assert inside.azs(
        "role", "assignment", "list", "--assignee", APPLICATION, "--all", "--query", "[].roleDefinitionName"
    ) == [ROLE]
    assert inside.azs("role", "assignment", "list", "--assignee", APPLICATION, "--query", "[].id") == []
    inherited = inside.azs(
        *("role", "assignment", "list", "--scope", scope, "--include-inherited"),
        *("--query", "[].principalName"),
    )
    assert {"Auditors", "Network operators", APPLICATION} <= set(inherited)
    (identifier,) = inside.azs(
        "role", "assignment", "list", "--assignee", APPLICATION, "--all", "--query", "[].id"
    )
    assert inside.az("role", "assignment", "delete", "--ids", identifier).code == 0
    assert inside.ours()["assignments"] == []


def test_service_principals(inside: InsideWithAz) -> None:
    (made,) = inside.azs("ad", "sp", "create", "--id", APPLICATION, "--query", "id")
    assert [one["id"] for one in inside.ours()["principals"]] == [made]
    assert inside.azs("ad", "sp", "show", "--id", APPLICATION, "--query", "displayName") == ["Astronomer"]
    assert inside.azs("ad", "sp", "show", "--id", made, "--query", "appId") == [APPLICATION]
    assert inside.azs("ad", "sp", "list", "--display-name", "Astro", "--query", "[].id") == [made]
    for enabled in (False, True):
        value = f"accountEnabled={str(enabled).lower()}"
        assert inside.az("ad", "sp", "update", "--id", made, "--set", value).code == 0
        assert [one["accountEnabled"] for one in inside.ours()["principals"]] == [enabled]
    assert inside.az("ad", "sp", "delete", "--id", APPLICATION).code == 0
    assert inside.ours()["principals"] == []
    assert inside.az("ad", "sp", "show", "--id", APPLICATION).code == 3


def test_what_the_principal_holds_can_be_looked_up_by_its_object_id(inside: InsideWithAz) -> None:
    principal = add_principal(inside)
    add_assignment(inside, arrange_role(inside), principal)
    listed = inside.az("role", "assignment", "list", "--assignee", principal, "--all", "--output", "table")
    assert ROLE in listed.out
    there = inside.az(
        *("role", "assignment", "list", "--assignee", APPLICATION, "--all"),
        *("--subscription", DEV, "--output", "table"),
    )
    assert (there.code, there.out.strip()) == (0, "")
    assert inside.az("ad", "sp", "delete", "--id", principal).code == 0
    assert inside.ours()["principals"] == []


def test_rest(inside: InsideWithAz) -> None:
    """To Azure Resource Manager by its path alone; to Graph with the resource named."""
    names = inside.azs(
        "rest", "--url", "/subscriptions?api-version=2022-12-01", "--query", "value[].displayName"
    )
    assert names[0] == "connectivity-prod"
    graph = f"{inside.sandbox.url}/graph"
    created = inside.az(
        *("rest", "--method", "post", "--url", f"{graph}/v1.0/servicePrincipals", "--resource", f"{graph}/"),
        *("--body", json.dumps({"appId": APPLICATION})),
    )
    assert created.code == 0, created.err
    assert len(inside.ours()["principals"]) == 1
    refused = inside.az("rest", "--url", f"{graph}/v1.0/servicePrincipals", "--resource", inside.sandbox.url)
    assert "InvalidAuthenticationToken" in refused.err


def test_locks(inside: InsideWithAz) -> None:
    for place in ((), ("--resource-group", GROUP)):
        created = inside.az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", *place)
        assert created.code == 0, created.err
    assert len(inside.tenant.locks) == 2
    listed = inside.az("lock", "list", "--output", "table")
    assert listed.out.count("CanNotDelete") == 2
    for place in ((), ("--resource-group", GROUP)):
        assert inside.az("lock", "delete", "--name", "keep", *place).code == 0
    assert inside.tenant.locks == {}


def test_applications_and_who_one_is(inside: InsideWithAz) -> None:
    names = inside.azs("ad", "app", "list", "--all", "--query", "[].displayName")
    assert "landing-zone-pipeline" in names
    assert "Astronomer" not in names, "another tenant's"
    assert inside.azs(
        "provider", "show", "--namespace", "Microsoft.Network", "--query", "registrationState"
    ) == ["Registered"]


def test_the_activity_log(inside: InsideWithAz) -> None:
    assert inside.run("grant", "--yes").code == 0
    listed = inside.azs(
        *("monitor", "activity-log", "list", "--offset", "1h", "--namespace", "Microsoft.Authorization"),
        *("--status", "Succeeded", "--query", "[].operationName.value"),
    )
    assert listed == [
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleDefinitions/write",
    ]
    assert (
        inside.azs(
            *("monitor", "activity-log", "list", "--resource-id", f"{SCOPE}/none", "--query", "[].caller")
        )
        == []
    )
