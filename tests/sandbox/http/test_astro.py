"""Astro's API, beside Azure's."""

import json
from collections.abc import Callable

import pytest
import requests

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo

from ..client import Client

Get = Callable[..., requests.Response]


def getter(client: Client) -> Get:
    def get(path: str, token: str | None = None, **query: str) -> requests.Response:
        token = client.sandbox.tenant.astro.token if token is None else token
        return client.session.get(
            f"{client.sandbox.url}/astro/v1/organizations/{path}",
            params=query,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    return get


@pytest.fixture
def get(owner: Client) -> Get:
    return getter(owner)


CLUSTERS = f"{demo.ORGANIZATION}/clusters"


def test_a_cluster_tells_its_network_and_its_tenant(get: Get) -> None:
    cluster = get(f"{CLUSTERS}/{demo.CLUSTER}").json()
    assert (cluster["cloudProvider"], cluster["type"], cluster["status"]) == ("AZURE", "DEDICATED", "CREATED")
    assert (cluster["vpcSubnetRange"], cluster["tenantId"]) == ("172.20.0.0/19", demo.ASTRONOMER_TENANT)
    assert cluster["isDrEnabled"] is False and "drVpcSubnetRange" not in cluster
    assert cluster["metadata"]["externalIPs"] and cluster["workspaceIds"]


def test_clusters_are_listed_by_provider_and_page(get: Get) -> None:
    everything = get(CLUSTERS).json()
    assert (everything["totalCount"], everything["limit"], everything["offset"]) == (2, 20, 0)
    azure = get(CLUSTERS, provider="AZURE").json()
    assert [c["id"] for c in azure["clusters"]] == [demo.CLUSTER]
    second = get(CLUSTERS, limit="1", offset="1").json()
    assert [c["cloudProvider"] for c in second["clusters"]] == ["AWS"] and "tenantId" not in second[
        "clusters"
    ][0]
    for wrong in ({"limit": "-1"}, {"limit": "1001"}, {"offset": "x"}, {"provider": "azure"}):
        assert get(CLUSTERS, **wrong).status_code == 400


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (CLUSTERS, "", 401),
        (CLUSTERS, "real", 401),
        (f"{demo.CLUSTER}/clusters", None, 403),
        (f"{CLUSTERS}/{demo.ORGANIZATION}", None, 404),
        (f"{demo.ORGANIZATION}/workspaces", None, 404),
    ],
)
def test_a_refusal_has_a_message_a_request_id_and_a_status(
    get: Get, path: str, token: str | None, status: int
) -> None:
    answer = get(path, token)
    assert answer.status_code == answer.json()["statusCode"] == status
    assert set(answer.json()) == {"message", "requestId", "statusCode"}


def test_inside_the_token_is_made_up_and_the_address_stands_in_the_clouds_metadata(owner: Client) -> None:
    parent = {"ASTRO_API_TOKEN": "real", "ASTRO_ORGANIZATION_ID": "real", "ASTRO_DOMAIN": "real"}
    inside = owner.sandbox.environment(parent)
    assert "real" not in inside.values()
    address = owner.session.get(inside["ASTRO_PEER_CLOUD"]).json()["astroApi"]
    answer = owner.session.get(
        f"{address}/v1/organizations/{inside['ASTRO_ORGANIZATION_ID']}/clusters",
        headers={"Authorization": f"Bearer {inside['ASTRO_API_TOKEN']}"},
    )
    assert answer.status_code == 200
    assert inside["ASTRO_API_TOKEN"] not in json.dumps(owner.sandbox.state())


def test_azures_tokens_do_not_open_it_and_its_token_does_not_open_azure(owner: Client, get: Get) -> None:
    assert get(CLUSTERS, owner.token(owner.sandbox.url)).status_code == 401
    answer = owner.arm("GET", "/subscriptions", token=owner.sandbox.tenant.astro.token)
    assert answer.status_code == 401


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_it_can_fail_while_azure_goes_on(
    start: Callable[..., Sandbox], signed_in: Callable[..., Client], status: int
) -> None:
    client = signed_in(start(f"astro-api:{status}"), demo.Persona.OWNER)
    answer = getter(client)(CLUSTERS)
    assert answer.status_code == answer.json()["statusCode"] == status
    assert client.arm("GET", "/subscriptions").status_code == 200


def test_it_can_be_down(start: Callable[..., Sandbox], signed_in: Callable[..., Client]) -> None:
    with pytest.raises(requests.ConnectionError):
        getter(signed_in(start("astro-api:down"), demo.Persona.OWNER))(CLUSTERS)
