"""What a tenant is like at first, and that whatever is wrong in one can be put right there."""

from collections.abc import Callable, Iterator

import pytest

from astro_peer.sandbox.astronomer import Result, connect
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo, demo_networks, everything_wrong, landing_zones, large
from astro_peer.sandbox.tenant.beginnings import TenantState
from astro_peer.sandbox.tenant.personas import Persona

from .client import ACTIONS, AUTHORIZATION, DEV, PROD, Client, assignment_body, error_of, role_body

GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
HUB = f"{NETWORK}/virtualHubs/vhub-prod-weu"
APP = demo.ASTRONOMER_APP_ID


@pytest.fixture
def begin() -> Iterator[Callable[[TenantState], Sandbox]]:
    running = []

    def begin(state: TenantState) -> Sandbox:
        context = serving(state=state)
        running.append(context)
        return context.__enter__()

    yield begin
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def wrong(begin: Callable[[TenantState], Sandbox], signed_in: Callable[..., Client]) -> Client:
    return signed_in(begin(TenantState.EVERYTHING_WRONG), Persona.OWNER)


def test_something_is_wrong_wherever_one_looks(wrong: Client) -> None:
    hub = wrong.arm("GET", HUB).json()["properties"]
    assert (hub["routingState"], hub["provisioningState"]) == ("Failed", "Failed")
    assert hub["virtualHubRouteTableV2s"] and hub["securityPartnerProvider"]
    assert wrong.arm("GET", hub["virtualWan"]["id"]).json()["properties"]["type"] == "Basic"
    firewall = wrong.arm("GET", hub["azureFirewall"]["id"]).json()["properties"]
    assert firewall["hubIPAddresses"]["privateIPAddress"] == "203.0.113.17"
    assert len(wrong.everything(f"{HUB}/hubRouteTables")) == 3
    assert len(wrong.everything(f"{HUB}/routeMaps")) == len(wrong.everything(f"{HUB}/routingIntent")) == 1
    names = [c["name"] for c in wrong.everything(f"{HUB}/hubVirtualNetworkConnections")]
    assert everything_wrong.PEERING_NAME in names
    levels = {
        k["id"].rpartition("/providers/")[0]: k["properties"]["level"]
        for k in wrong.everything(f"{PROD}/{AUTHORIZATION}/locks")
    }
    airflow = f"{PROD}/resourceGroups/{demo_networks.GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-airflow"
    assert levels == {PROD: "CanNotDelete", GROUP: "ReadOnly", airflow: "ReadOnly"}
    assert len(wrong.everything(f"{PROD}/{AUTHORIZATION}/denyAssignments")) == 1
    usage = wrong.arm("GET", f"{PROD}/{AUTHORIZATION}/roleAssignmentsUsageMetrics").json()
    assert usage["roleAssignmentsRemainingCount"] == 3
    assert wrong.arm("GET", DEV).json()["state"] == "Warned"
    new = f"/subscriptions/{everything_wrong.NEW}/providers/Microsoft.Network"
    assert wrong.arm("GET", new).json()["registrationState"] == "NotRegistered"
    principal = wrong.graph("GET", f"servicePrincipals(appId='{APP}')").json()
    assert principal["accountEnabled"] is False
    (deleted,) = wrong.graph("GET", "directory/deletedItems/microsoft.graph.servicePrincipal").json()["value"]
    assert deleted["appId"] == APP and deleted["id"] != principal["id"]
    held = wrong.everything(
        f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal['id']}'"
    )
    assert any(a["properties"]["roleDefinitionId"].endswith(demo.OWNER) for a in held)
    clusters = wrong.sandbox.tenant.astro.clusters.values()
    assert [c.vpc_subnet_range for c in clusters if c.cloud_provider == "AZURE"] == [
        "172.20.0.0/19",
        "172.20.16.0/20",
    ]
    assert wrong.sandbox.tenant.astro.clusters[demo.CLUSTER].dr_vpc_subnet_range == "172.16.0.0/19"


def test_everything_can_be_put_right_there(wrong: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """One obstacle after the other, each met before it is taken away, until Astronomer connects."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(wrong.sandbox.ca_certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def done(method: str, path: str, body: object = None) -> None:
        answer = wrong.arm(method, path, body)
        assert answer.status_code < 300, answer.text

    def attempt() -> str:
        return connect(wrong.sandbox.url, wrong.sandbox.secret, HUB, "astro").message

    stale = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{everything_wrong.STALE_ROLE}"
    role = role_body(DEV, PROD, actions=ACTIONS)
    assert error_of(wrong.arm("PUT", stale, role)) == (403, "AuthorizationFailed")
    assert wrong.assign(wrong.object_id, role=demo.OWNER).status_code == 201
    assert error_of(wrong.put_role()) == (409, "RoleDefinitionWithSameNameExists")
    done("PUT", stale, role)
    principal = everything_wrong.OLD_PRINCIPAL
    assert "AADSTS7000112" in attempt()
    wrong.graph("PATCH", f"servicePrincipals/{principal}", {"accountEnabled": True})
    done(
        "PUT",
        f"{PROD}/{AUTHORIZATION}/roleAssignments/11111111-0000-4000-8000-000000000000",
        assignment_body(principal, everything_wrong.STALE_ROLE),
    )
    assert "ScopeLocked" in attempt()
    done("DELETE", f"{GROUP}/{AUTHORIZATION}/locks/network-freeze")
    (owner,) = (
        a["id"]
        for a in wrong.everything(
            f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal}'"
        )
        if a["properties"]["roleDefinitionId"].endswith(demo.OWNER)
    )
    assert error_of(wrong.arm("DELETE", owner)) == (409, "ScopeLocked")
    done("DELETE", f"{PROD}/{AUTHORIZATION}/locks/keep-production")
    done("DELETE", owner)
    assert "AnotherOperationInProgress" in attempt()
    done("PUT", HUB, {"properties": {}})
    done("PUT", f"{NETWORK}/virtualWans/vwan-prod", {"properties": {"type": "Standard"}})
    for name in ("conn-legacy", "astro-other-cluster"):
        assert "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet" in attempt()
        done("DELETE", f"{HUB}/hubVirtualNetworkConnections/{name}")
    for part in ("hubRouteTables/rt-spokes", "routeMaps/rm-inbound", "routingIntent/hubRoutingIntent"):
        done("DELETE", f"{HUB}/{part}")
    done("POST", f"/subscriptions/{everything_wrong.NEW}/providers/Microsoft.Network/register")
    outcome = connect(wrong.sandbox.url, wrong.sandbox.secret, HUB, "astro")
    assert outcome.result is Result.MADE, outcome.message


def test_a_large_tenant_is_paged_and_read_as_any_other(
    begin: Callable[[TenantState], Sandbox], signed_in: Callable[..., Client]
) -> None:
    client = signed_in(begin(TenantState.LARGE), Persona.READER)
    client.sandbox.tenant.limits.items_per_page = 90
    assert len(client.everything("/subscriptions")) == large.SUBSCRIPTIONS + 2
    assert len(client.everything(f"{HUB}/hubVirtualNetworkConnections")) == large.CONNECTIONS
    body = {"query": "resources | where type =~ 'microsoft.network/virtualhubs' | project id, subscriptionId"}
    answer = client.arm("POST", "/providers/Microsoft.ResourceGraph/resources", body).json()
    assert answer["totalRecords"] == 4 + 1 + large.HUBS  # a Route Server among them
    assert len({row["subscriptionId"] for row in answer["data"]}) == 2 + large.HUBS
    answer = client.arm(
        "POST",
        "/providers/Microsoft.ResourceGraph/resources",
        {"query": body["query"].replace("hubs", "networks")},
    ).json()
    assert (
        answer["totalRecords"] == 8 + (large.CONNECTIONS - 2) + large.HUBS
        and answer["resultTruncated"] == "true"
    )
    assert client.arm("GET", f"/subscriptions/{landing_zones.subscription_id(10)}").status_code == 200
