from collections.abc import Callable
from copy import deepcopy

import pytest

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import AUTHORIZATION, DEV, OTHER_GUID, PROD, Client, error_of

AsPersona = Callable[[Persona], Client]
GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
NETWORK = "providers/Microsoft.Network"


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "MissingApiVersionParameter"),
        ("latest", "InvalidApiVersionParameter"),
        ("2022", "InvalidApiVersionParameter"),
    ],
)
def test_an_api_version_is_required(owner: Client, version: str | None, code: str) -> None:
    assert error_of(owner.arm("GET", "/subscriptions", api_version=version)) == (400, code)


def test_subscriptions_are_listed_to_those_who_hold_a_role(owner: Client, as_persona: AsPersona) -> None:
    names = [s["displayName"] for s in owner.everything("/subscriptions")]
    assert names == ["connectivity-prod", "connectivity-dev"]
    assert as_persona(Persona.ENTRA_ADMIN).everything("/subscriptions") == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/subscriptions/{OTHER_GUID}", 404, "SubscriptionNotFound"),
        (f"/subscriptions/{OTHER_GUID}/{AUTHORIZATION}/roleDefinitions", 404, "SubscriptionNotFound"),
        (f"{PROD}/resourceGroups/none", 404, "ResourceGroupNotFound"),
        (f"{PROD}/resourceGroups/none/{NETWORK}/virtualHubs", 404, "ResourceGroupNotFound"),
        (f"{PROD}/resourceGroups/none/{NETWORK}/virtualHubs/x", 404, "ResourceGroupNotFound"),
        (f"{GROUP}/{NETWORK}/virtualHubs/x", 404, "ResourceNotFound"),
        (f"{GROUP}/{NETWORK}/virtualHubs/x/hubVirtualNetworkConnections", 404, "ResourceNotFound"),
        (f"{GROUP}/{NETWORK}/virtualHubs/vhub-prod-weu/hubVirtualNetworkConnections/x", 404, "NotFound"),
        (f"{GROUP}/{NETWORK}/quantumHubs", 404, "InvalidResourceType"),
        (f"{PROD}/providers/Microsoft.Nothing", 404, "InvalidResourceNamespace"),
    ],
)
def test_what_is_not_there_is_not_found(owner: Client, path: str, status: int, code: str) -> None:
    assert error_of(owner.arm("GET", path)) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        PROD,
        GROUP,
        f"{PROD}/resourceGroups/none",
        f"{PROD}/{NETWORK}/virtualHubs",
        f"{GROUP}/{NETWORK}/virtualHubs/none",
        f"{PROD}/resources",
        f"{PROD}/{AUTHORIZATION}/roleAssignments",
        f"{PROD}/{AUTHORIZATION}/roleDefinitions",
        f"{PROD}/{AUTHORIZATION}/locks",
    ],
)
def test_without_a_role_everything_is_closed_whether_it_exists_or_not(
    as_persona: AsPersona, path: str
) -> None:
    answer = as_persona(Persona.ENTRA_ADMIN).arm("GET", path)
    assert error_of(answer) == (403, "AuthorizationFailed")


def test_paths_ignore_case_and_may_start_with_two_slashes(owner: Client) -> None:
    wanted = owner.arm("GET", f"{GROUP}/{NETWORK}/virtualHubs/vhub-prod-weu").json()
    shouted = (
        f"//SUBSCRIPTIONS/{demo.PROD.upper()}/RESOURCEGROUPS/RG-CONNECTIVITY-PROD/PROVIDERS/MICROSOFT.NETWORK"
    )
    answer = owner.session.get(
        f"{owner.sandbox.url}{shouted}/VIRTUALHUBS/VHUB-PROD-WEU?api-version=2024-05-01",
        headers={"Authorization": f"Bearer {owner.token(owner.sandbox.url)}"},
    )
    assert answer.json() == wanted


def test_hubs_of_a_subscription_include_what_is_no_hub_of_a_virtual_wan(owner: Client) -> None:
    hubs = {h["name"]: h["properties"] for h in owner.everything(f"{PROD}/{NETWORK}/virtualHubs")}
    assert {name: "virtualWan" in p for name, p in hubs.items()} == {
        "vhub-prod-weu": True,
        "vhub-prod-neu": True,
        "vhub-prod-swc": True,
        "rs-workloads-prod": False,
    }
    assert {p["provisioningState"] for p in hubs.values()} == {"Succeeded"}
    assert hubs["vhub-prod-weu"]["routingState"] == "Provisioned"
    assert hubs["vhub-prod-swc"]["routingState"] == "Provisioning"
    assert [h["name"] for h in owner.everything(f"{DEV}/{NETWORK}/virtualHubs")] == ["vhub-dev-weu"]


def test_the_demo_hub_leads_to_its_firewall_and_private_ip(owner: Client) -> None:
    hub = owner.arm("GET", owner.sandbox.tenant.demo_hub_id).json()
    firewall = owner.arm("GET", hub["properties"]["azureFirewall"]["id"]).json()
    assert firewall["properties"]["hubIPAddresses"]["privateIPAddress"] == "10.10.0.132"
    assert firewall["properties"]["virtualHub"]["id"] == hub["id"]
    listed = owner.everything(f"{GROUP}/{NETWORK}/azureFirewalls")
    assert [f["id"] for f in listed] == [firewall["id"]]
    assert owner.everything(f"{GROUP}/{NETWORK}/networkVirtualAppliances") == []


def test_resources_are_listed_by_type(owner: Client) -> None:
    found = owner.everything(f"{PROD}/resources", filter="resourceType eq 'microsoft.network/virtualhubs'")
    assert len(found) == 4 and "properties" not in found[0]
    assert error_of(owner.arm("GET", f"{PROD}/resources", filter="name eq 'x'")) == (400, "UnsupportedQuery")


def test_a_caller_of_one_resource_group_sees_only_its_resources(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    pipeline = next(
        a for a in owner.sandbox.tenant.applications.values() if a.display_name == "landing-zone-pipeline"
    )
    client = signed_in(owner.sandbox, pipeline.app_id)
    seen = client.everything(f"{PROD}/resources")
    assert "rs-workloads-prod" in [r["name"] for r in seen]
    assert all("/resourceGroups/rg-workloads-prod/" in r["id"] for r in seen)
    assert error_of(client.arm("GET", f"{PROD}/{NETWORK}/virtualHubs")) == (403, "AuthorizationFailed")


def test_az_learns_api_versions_from_the_provider(owner: Client) -> None:
    provider = owner.arm("GET", f"{PROD}/providers/microsoft.network").json()
    hubs = next(t for t in provider["resourceTypes"] if t["resourceType"] == "virtualHubs")
    assert hubs["apiVersions"] and provider["registrationState"] == "Registered"
    assert len(owner.everything(f"{PROD}/providers")) == 3


def test_reads_change_nothing(owner: Client) -> None:
    owner.grant()
    before = deepcopy(owner.sandbox.tenant)
    for path in (
        "/subscriptions",
        "/tenants",
        f"{PROD}/resourcegroups",
        f"{PROD}/{NETWORK}/virtualHubs",
        f"{owner.sandbox.tenant.demo_hub_id}/hubVirtualNetworkConnections",
        f"{owner.sandbox.tenant.demo_hub_id}/hubRouteTables",
        f"{PROD}/{AUTHORIZATION}/roleDefinitions",
        f"{PROD}/{AUTHORIZATION}/roleAssignments",
        f"{PROD}/{AUTHORIZATION}/permissions",
        f"{PROD}/{AUTHORIZATION}/locks",
    ):
        assert owner.arm("GET", path).status_code == 200, path
    for path in ("servicePrincipals", "applications", "organization"):
        assert owner.graph("GET", path).status_code == 200, path
    for name, value in vars(before).items():
        if name != "clock":
            assert vars(owner.sandbox.tenant)[name] == value, name


def test_answers_carry_the_ids_and_limits_of_azure(owner: Client) -> None:
    read = owner.arm("GET", PROD)
    write = owner.put_role()
    delete = owner.arm("DELETE", f"{PROD}/{AUTHORIZATION}/roleAssignments/{OTHER_GUID}")
    refused = owner.arm("GET", f"{PROD}/resourceGroups/none")
    for answer, kind in ((read, "reads"), (write, "writes"), (delete, "deletes"), (refused, "reads")):
        assert answer.headers["x-ms-request-id"] and answer.headers["x-ms-correlation-request-id"]
        assert int(answer.headers[f"x-ms-ratelimit-remaining-subscription-{kind}"]) > 0


def test_resource_graph_finds_the_resources_one_may_read(owner: Client, as_persona: AsPersona) -> None:
    query = "resources | where type =~ 'Microsoft.Network/azureFirewalls' | project id, name"
    url = "/providers/Microsoft.ResourceGraph/resources"

    def found(who: Client, **scoped: object) -> list[str]:
        answer = who.arm("POST", url, {"query": query, **scoped}, api_version="2022-10-01").json()
        return [row["name"] for row in answer["data"]]

    assert found(owner) == ["afw-prod-weu"]
    assert found(owner, subscriptions=[demo.DEV]) == []
    assert found(as_persona(Persona.ENTRA_ADMIN)) == []


def test_resource_graph_finds_roles_of_other_subscriptions(owner: Client, as_persona: AsPersona) -> None:
    owner.put_role(DEV, at=DEV)
    query = (
        "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions' "
        '| where tostring(properties.roleName) =~ "astro vhub peering contributor" and properties.type == "CustomRole" '
        "| project id, name, scopes = properties.assignableScopes"
    )
    url = "/providers/Microsoft.ResourceGraph/resources"
    answer = owner.arm("POST", url, {"query": query}, api_version="2021-03-01").json()
    assert (answer["count"], answer["data"][0]["scopes"]) == (1, [DEV])
    closed = as_persona(Persona.ENTRA_ADMIN).arm("POST", url, {"query": query}, api_version="2021-03-01")
    assert closed.json()["data"] == []
    for wrong in (
        "resourcecontainers",
        "authorizationresources | summarize count()",
        "authorizationresources | where x > 1",
    ):
        assert error_of(owner.arm("POST", url, {"query": wrong})) == (400, "InvalidQuery")
