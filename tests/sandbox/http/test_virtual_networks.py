"""Virtual networks over HTTP: lists, what is in them, who may read them, and Azure Resource Graph."""

from collections.abc import Callable

import pytest

from astro_peer.sandbox.tenant import demo, demo_networks
from astro_peer.sandbox.tenant.personas import Persona

from ..client import DEV, PROD, Client, error_of

GROUP = f"{PROD}/resourceGroups/{demo_networks.GROUP}"
NETWORKS = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
PLATFORM = f"{NETWORKS}/{demo_networks.PLATFORM}"


def test_networks_and_what_is_in_them_are_listed_and_read(
    as_persona: Callable[[Persona], Client],
) -> None:
    reader = as_persona(Persona.READER)
    reader.sandbox.tenant.limits.items_per_page = 2
    names = [n["name"] for n in reader.everything(NETWORKS)]
    assert names == [demo_networks.AIRFLOW, demo_networks.PLATFORM, demo_networks.DATA_SCIENCE]
    elsewhere = [n["name"] for n in reader.everything(f"{DEV}/providers/Microsoft.Network/virtualNetworks")]
    assert elsewhere == ["vnet-sandbox", "vnet-experiments"]
    assert [s["name"] for s in reader.everything(f"{PLATFORM}/subnets")] == [
        "GatewaySubnet",
        "snet-resolvers",
    ]
    subnet = reader.arm("GET", f"{PLATFORM}/subnets/gatewaysubnet").json()
    (gateway,) = reader.everything(f"{GROUP}/providers/Microsoft.Network/virtualNetworkGateways")
    (configuration,) = gateway["properties"]["ipConfigurations"]
    assert subnet["properties"]["ipConfigurations"] == [{"id": configuration["id"]}]
    assert configuration["properties"]["subnet"]["id"] == subnet["id"]
    assert reader.arm("GET", gateway["id"]).json() == gateway
    (peering,) = reader.everything(f"{PLATFORM}/virtualNetworkPeerings")
    assert reader.arm("GET", f"{PLATFORM}/virtualNetworkPeerings/PEER-data-science").json() == peering
    assert reader.arm("GET", PLATFORM).json()["properties"]["virtualNetworkPeerings"] == [peering]


@pytest.mark.parametrize("path", ["", "/subnets", "/virtualNetworkPeerings", "/virtualNetworkPeerings/x"])
def test_who_may_not_read_a_network_learns_nothing_of_it(
    owner: Client, as_persona: Callable[[Persona], Client], path: str
) -> None:
    stranger = as_persona(Persona.ENTRA_ADMIN)
    for network in (PLATFORM, f"{NETWORKS}/none"):
        assert error_of(stranger.arm("GET", network + path)) == (403, "AuthorizationFailed")
    assert error_of(owner.arm("GET", f"{NETWORKS}/none{path}")) == (404, "ResourceNotFound")
    away = PLATFORM.replace(demo_networks.GROUP, "rg-none")
    assert error_of(owner.arm("GET", away + path)) == (404, "ResourceGroupNotFound")


def test_resource_graph_tells_of_networks_what_their_own_read_tells(owner: Client) -> None:
    text = (
        "resources | where type =~ 'microsoft.network/virtualnetworks' | project id, name, resourceGroup, "
        "subscriptionId, location, prefixes = properties.addressSpace.addressPrefixes, "
        "peerings = properties.virtualNetworkPeerings, subnets = properties.subnets | order by name asc"
    )
    url = "/providers/Microsoft.ResourceGraph/resources"
    rows = owner.arm("POST", url, {"query": text}, api_version="2022-10-01").json()["data"]
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows) and len(rows) == 8
    (row,) = [one for one in rows if one["name"] == demo_networks.DATA_SCIENCE]
    read = owner.arm("GET", row["id"]).json()
    assert row["prefixes"] == ["10.41.0.0/16", "fd10:41::/48"]
    assert row["peerings"] == read["properties"]["virtualNetworkPeerings"]
    assert row["subnets"] == read["properties"]["subnets"]
    assert (row["subscriptionId"], row["resourceGroup"]) == (demo.PROD, demo_networks.GROUP)


def test_what_is_written_has_to_be_a_network_and_a_peering(owner: Client) -> None:
    space = {"addressSpace": {"addressPrefixes": ["10.90.0.0/16"]}}
    for network in (
        {},
        {"location": "westeurope"},
        {"properties": space},
        {"location": 1, "properties": space},
        {"location": "westeurope", "tags": ["a"], "properties": space},
        {"location": "westeurope", "properties": {**space, "subnets": [{"properties": {}}]}},
    ):
        assert error_of(owner.arm("PUT", f"{NETWORKS}/new", network)) == (400, "InvalidRequestContent"), (
            network
        )
    for peering in ({}, {"remoteVirtualNetwork": []}, {"remoteVirtualNetwork": {"id": 1}}):
        answer = owner.arm("PUT", f"{PLATFORM}/virtualNetworkPeerings/new", {"properties": peering})
        assert error_of(answer) == (400, "InvalidRequestContent"), peering
    remote = {"remoteVirtualNetwork": {"id": f"{NETWORKS}/{demo_networks.AIRFLOW}"}}
    body = {"properties": {**remote, "allowForwardedTraffic": "yes"}}
    answer = owner.arm("PUT", f"{PLATFORM}/virtualNetworkPeerings/new", body)
    assert error_of(answer) == (400, "InvalidRequestContent")
    assert len(owner.everything(f"{PLATFORM}/virtualNetworkPeerings")) == 1
