"""Hubs, what belongs to them, and the networks behind their connections."""

from collections.abc import Callable
from typing import Any

import pytest

from astro_peer.sandbox.astronomer import Result, connect
from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import Resource

from ..client import DEV, PROD, Client, error_of

AsPersona = Callable[[Persona], Client]
GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
WORKLOADS = f"{PROD}/resourceGroups/rg-workloads-prod"
NETWORK = "providers/Microsoft.Network"
HUB = f"{GROUP}/{NETWORK}/virtualHubs/vhub-prod-weu"
WAN = f"{GROUP}/{NETWORK}/virtualWans/vwan-prod"
FIREWALL = f"{GROUP}/{NETWORK}/azureFirewalls/afw-prod-weu"


def part(kind: str, name: str, **properties: Any) -> Resource:
    return Resource(f"{HUB}/{kind}/{name}", f"Microsoft.Network/virtualHubs/{kind}", "", properties, 'W/"1"')


def network(name: str, *prefixes: str, group: str = WORKLOADS) -> Resource:
    properties = {"addressSpace": {"addressPrefixes": list(prefixes)}}
    resource_id = f"{group}/{NETWORK}/virtualNetworks/{name}"
    return Resource(resource_id, "Microsoft.Network/virtualNetworks", "westeurope", properties, 'W/"1"')


def put(client: Client, remote: str, name: str = "new", **properties: Any) -> Any:
    body = {"properties": {"remoteVirtualNetwork": {"id": remote}, **properties}}
    return client.arm("PUT", f"{HUB}/hubVirtualNetworkConnections/{name}", body)


def query(client: Client, text: str, **more: Any) -> Any:
    url = "/providers/Microsoft.ResourceGraph/resources"
    return client.arm("POST", url, {"query": text, **more}, api_version="2022-10-01")


def test_a_virtual_wan_names_its_hubs_and_its_type(owner: Client) -> None:
    wan = owner.arm("GET", WAN).json()["properties"]
    assert wan["type"] == "Standard"
    assert [h["id"].rpartition("/")[2] for h in wan["virtualHubs"]] == [
        "vhub-prod-weu",
        "vhub-prod-neu",
        "vhub-prod-swc",
    ]
    assert [w["name"] for w in owner.everything(f"{DEV}/{NETWORK}/virtualWans")] == ["vwan-dev"]


def test_a_basic_virtual_wan_becomes_a_standard_one_and_never_basic_again(owner: Client) -> None:
    tenant = owner.sandbox.tenant
    wan = tenant.resources[WAN.lower()]
    tenant.add(Resource(wan.id, wan.type, wan.location, {**wan.properties, "type": "Basic"}, wan.etag))
    assert (
        owner.arm("PUT", WAN, {"properties": {"type": "Standard"}}).json()["properties"]["type"] == "Standard"
    )
    assert owner.arm("PUT", WAN, {"properties": {"type": "Basic"}}).status_code == 400
    assert error_of(owner.arm("PUT", WAN.replace("vwan-prod", "x"), {"properties": {}})) == (
        404,
        "ResourceNotFound",
    )


def test_a_hub_written_again_gets_its_routers(owner: Client, as_persona: AsPersona) -> None:
    path = HUB.replace("weu", "swc")
    assert owner.arm("GET", path).json()["properties"]["routingState"] == "Provisioning"
    assert error_of(as_persona(Persona.READER).arm("PUT", path, {"properties": {}}))[0] == 403
    assert owner.arm("PUT", path, {"properties": {}}).json()["properties"]["routingState"] == "Provisioned"


def test_route_tables_tell_their_connections_and_labels(owner: Client) -> None:
    owner.sandbox.tenant.add(
        part("hubRouteTables", "rt-spokes", provisioningState="Succeeded", routes=[], labels=["spokes"])
    )
    tables = {t["name"]: t["properties"] for t in owner.everything(f"{HUB}/hubRouteTables")}
    assert {name: t["labels"] for name, t in tables.items()} == {
        "defaultRouteTable": ["default"],
        "noneRouteTable": ["none"],
        "rt-spokes": ["spokes"],
    }
    assert len(tables["defaultRouteTable"]["associatedConnections"]) == 2
    assert tables["rt-spokes"]["associatedConnections"] == []
    one = owner.arm("GET", f"{HUB}/hubRouteTables/defaultRouteTable").json()
    assert one["properties"] == tables["defaultRouteTable"]
    assert error_of(owner.arm("GET", f"{HUB}/hubRouteTables/none")) == (404, "NotFound")


@pytest.mark.parametrize("kind", ["routingIntent", "routeMaps"])
def test_routing_intent_and_route_maps_are_listed_and_deleted(
    owner: Client, as_persona: AsPersona, kind: str
) -> None:
    assert owner.everything(f"{HUB}/{kind}") == []
    policy = {"name": "PrivateTrafficPolicy", "destinations": ["PrivateTraffic"], "nextHop": FIREWALL}
    owner.sandbox.tenant.add(part(kind, "one", provisioningState="Succeeded", routingPolicies=[policy]))
    (listed,) = as_persona(Persona.READER).everything(f"{HUB}/{kind}")
    assert listed["properties"]["routingPolicies"] == [policy]
    assert listed["type"] == f"Microsoft.Network/virtualHubs/{kind}" and listed["id"] == f"{HUB}/{kind}/one"
    path = f"{HUB}/{kind}/one"
    assert error_of(as_persona(Persona.READER).arm("DELETE", path)) == (403, "AuthorizationFailed")
    assert [owner.arm("DELETE", path).status_code for _ in range(2)] == [200, 204]
    assert error_of(owner.arm("GET", f"{HUB.replace('weu', 'xxx')}/{kind}")) == (404, "ResourceNotFound")
    assert error_of(as_persona(Persona.ENTRA_ADMIN).arm("GET", f"{HUB}/{kind}")) == (
        403,
        "AuthorizationFailed",
    )


def test_a_connection_keeps_its_routing(owner: Client) -> None:
    maps = {"id": f"{HUB}/routeMaps/m"}
    routing = {
        "associatedRouteTable": {"id": f"{HUB}/hubRouteTables/noneRouteTable"},
        "propagatedRouteTables": {
            "labels": ["none"],
            "ids": [{"id": f"{HUB}/hubRouteTables/noneRouteTable"}],
        },
        "vnetRoutes": {
            "staticRoutes": [
                {"name": "r", "addressPrefixes": ["10.99.0.0/16"], "nextHopIpAddress": "10.12.0.4"}
            ]
        },
        "inboundRouteMap": maps,
        "outboundRouteMap": maps,
    }
    assert (
        put(owner, f"{WORKLOADS}/{NETWORK}/virtualNetworks/v", routingConfiguration=routing).status_code
        == 201
    )
    read = owner.arm("GET", f"{HUB}/hubVirtualNetworkConnections/new").json()
    assert read["properties"]["routingConfiguration"] == routing


def test_who_names_a_route_table_must_be_able_to_read_it(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    owner.grant()
    astronomer = signed_in(owner.sandbox, demo.ASTRONOMER_APP_ID)
    routing = {"associatedRouteTable": {"id": f"{HUB}/hubRouteTables/defaultRouteTable"}}
    refused = put(astronomer, demo.ASTRO_NETWORK, routingConfiguration=routing)
    assert error_of(refused) == (403, "LinkedAccessCheckFailed")
    assert put(astronomer, demo.ASTRO_NETWORK).status_code == 201


def test_a_hub_takes_500_connections_less_the_hubs_of_its_virtual_wan(owner: Client) -> None:
    limits = owner.sandbox.tenant.limits
    assert limits.connections_per_hub == 500
    limits.connections_per_hub = 3 + 3  # three hubs, and one connection more than there is
    remote = f"{WORKLOADS}/{NETWORK}/virtualNetworks/v"
    assert put(owner, remote).status_code == 201
    assert error_of(put(owner, remote, "one-too-many")) == (400, "VirtualHubConnectionCountLimitReached")
    assert put(owner, remote).status_code == 200


def test_networks_show_their_prefixes_to_those_who_may_read_them(
    owner: Client, as_persona: AsPersona
) -> None:
    vnet = owner.arm("GET", f"{WORKLOADS}/{NETWORK}/virtualNetworks/vnet-shared-services").json()
    assert vnet["properties"]["addressSpace"]["addressPrefixes"] == ["10.11.0.0/16", "fd10:11::/48"]
    assert [v["name"] for v in owner.everything(f"{WORKLOADS}/{NETWORK}/virtualNetworks")] == [
        "vnet-shared-services",
        "vnet-analytics",
        "vnet-recovery",
    ]
    assert owner.everything(f"{GROUP}/{NETWORK}/virtualNetworks") == []
    assert as_persona(Persona.ENTRA_ADMIN).arm("GET", vnet["id"]).status_code == 403
    foreign = owner.arm("GET", demo.ASTRO_NETWORK)
    assert error_of(foreign) == (401, "InvalidAuthenticationTokenTenant")
    assert demo.ASTRONOMER_TENANT in foreign.headers["WWW-Authenticate"], "Azure says whose it is"


def test_resource_graph_tells_prefixes_of_readable_networks_only(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    ids = [
        f"{WORKLOADS}/{NETWORK}/virtualNetworks/vnet-analytics".upper(),
        f"{DEV}/resourceGroups/rg-connectivity-dev/{NETWORK}/virtualNetworks/vnet-sandbox",
        demo.ASTRO_NETWORK,
    ]
    listed = ", ".join(f"'{i}'" for i in ids)
    text = (
        f"resources | where type =~ 'microsoft.network/virtualnetworks' and id in~ ({listed}) "
        "| project id, prefixes = properties.addressSpace.addressPrefixes"
    )
    rows = query(owner, text).json()["data"]
    assert [row["prefixes"] for row in rows] == [["10.12.0.0/16", "172.16.0.0/20"], ["10.21.0.0/16"]]
    pipeline = next(
        a for a in owner.sandbox.tenant.applications.values() if a.display_name == "landing-zone-pipeline"
    )
    tenant = owner.sandbox.tenant
    contributor = next(
        k for k, a in tenant.role_assignments.items() if a.role == demo.CONTRIBUTOR and a.scope == DEV
    )
    del tenant.role_assignments[contributor]
    rows = query(signed_in(owner.sandbox, pipeline.app_id), text).json()["data"]
    assert [row["prefixes"] for row in rows] == [["10.12.0.0/16", "172.16.0.0/20"]]


def test_resource_graph_finds_the_hubs_of_all_subscriptions_page_by_page(owner: Client) -> None:
    text = (
        "resources | where type =~ 'microsoft.network/virtualhubs' and isnotempty(properties.virtualWan.id) "
        "| project id, name, resourceGroup, subscriptionId, location, properties | order by id asc"
    )
    owner.sandbox.tenant.limits.items_per_page = 3
    first = query(owner, text).json()
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (4, 3, "true")
    second = query(owner, text, options={"$skipToken": first["$skipToken"]}).json()
    assert (second["count"], second["resultTruncated"]) == (1, "false") and "$skipToken" not in second
    rows = [*first["data"], *second["data"]]
    assert {r["subscriptionId"] for r in rows} == {demo.PROD, demo.DEV}
    assert [r["id"] for r in rows] == sorted(r["id"] for r in rows)
    assert {r["resourceGroup"] for r in rows} == {"rg-connectivity-prod", "rg-connectivity-dev"}
    assert all(r["properties"]["virtualWan"]["id"] for r in rows)
    assert len(query(owner, text, subscriptions=[demo.DEV.upper()]).json()["data"]) == 1
    for wrong in ("id in~ ('a' 'b')", "id in~ (a)", "id >= 'a'"):
        assert error_of(query(owner, f"resources | where {wrong}")) == (400, "InvalidQuery")


def test_resource_graph_can_refuse(start: Callable[..., Sandbox], signed_in: Callable[..., Client]) -> None:
    client = signed_in(start("no-resource-graph"), Persona.OWNER)
    assert error_of(query(client, "resources")) == (403, "AccessDenied")
    assert client.arm("GET", HUB).status_code == 200


@pytest.mark.parametrize(
    ("prefixes", "overlaps"),
    [
        (("172.20.16.0/24",), True),
        (("10.0.0.0/16", "172.20.0.0/16"), True),
        (("10.14.0.0/16", "fd10:20::/48"), False),
    ],
)
def test_astronomer_cannot_connect_where_its_range_is_taken(
    owner: Client, monkeypatch: pytest.MonkeyPatch, prefixes: tuple[str, ...], overlaps: bool
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(owner.sandbox.ca_certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    owner.grant()
    taken = network("vnet-taken", *prefixes)
    owner.sandbox.tenant.add(taken)
    assert put(owner, taken.id, "taken").status_code == 201
    outcome = connect(owner.sandbox.url, owner.sandbox.secret, HUB, "astro")
    if overlaps:
        assert outcome.result is Result.REFUSED
        assert (
            "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet" in outcome.message
            and "172.20.0.0/19" in outcome.message
        )
    else:
        assert outcome.result is Result.MADE, outcome.message


def test_ranges_of_ipv6_and_of_the_hub_itself_count_too(owner: Client) -> None:
    tenant = owner.sandbox.tenant
    six, hubs = network("six", "10.50.0.0/16", "fd10:11::/64"), network("hubs", "10.10.1.0/24")
    again = network("again", "10.51.0.0/16")
    tenant.add(six, hubs, again)
    for one in (six, hubs):
        assert error_of(put(owner, one.id)) == (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")
    assert put(owner, again.id).status_code == 201
    assert put(owner, again.id).status_code == 200  # it does not overlap with itself
