"""Facts of recorded exchanges with Azure, one row for each endpoint: status, headers, and keys with their types."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
import requests

from astro_peer.sandbox.tenant import demo, demo_networks

from ..client import ASSIGNMENT_GUID, AUTHORIZATION, OTHER_GUID, PROD, ROLE_GUID, Client, types_of

GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
CONNECTION = f"{HUB}/hubVirtualNetworkConnections/recorded"
NETWORKS = f"{PROD}/resourceGroups/{demo_networks.GROUP}/providers/Microsoft.Network/virtualNetworks"
NETWORK, PLATFORM = f"{NETWORKS}/recorded", f"{NETWORKS}/{demo_networks.PLATFORM}"
PEERING = f"{NETWORK}/virtualNetworkPeerings/recorded"
JSON = "application/json; charset=utf-8"
GRAPH_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)

ROLE = {
    "id": "str",
    "type": "str",
    "name": "str",
    "properties/roleName": "str",
    "properties/type": "str",
    "properties/description": "str",
    "properties/assignableScopes[]": "str",
    "properties/permissions[]/actions[]": "str",
    "properties/permissions[]/notActions": "list",
    "properties/permissions[]/dataActions": "list",
    "properties/permissions[]/notDataActions": "list",
    "properties/createdOn": "str",
    "properties/updatedOn": "str",
    "properties/createdBy": "NoneType",
    "properties/updatedBy": "str",
}
ASSIGNMENT = {
    "id": "str",
    "type": "str",
    "name": "str",
    "properties/roleDefinitionId": "str",
    "properties/principalId": "str",
    "properties/principalType": "str",
    "properties/scope": "str",
    "properties/createdOn": "str",
    "properties/updatedOn": "str",
    "properties/createdBy": "NoneType",
    "properties/updatedBy": "str",
}
HUB_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "location": "str",
    "properties/provisioningState": "str",
    "properties/virtualHubRouteTableV2s": "list",
    "properties/addressPrefix": "str",
    "properties/virtualRouterAsn": "int",
    "properties/virtualRouterIps[]": "str",
    "properties/routeTable/routes": "list",
    "properties/virtualWan/id": "str",
    "properties/sku": "str",
    "properties/routingState": "str",
    "properties/allowBranchToBranchTraffic": "bool",
}
CONNECTION_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "properties/provisioningState": "str",
    "properties/resourceGuid": "str",
    "properties/routingConfiguration/associatedRouteTable/id": "str",
    "properties/routingConfiguration/propagatedRouteTables/labels[]": "str",
    "properties/routingConfiguration/propagatedRouteTables/ids[]/id": "str",
    "properties/routingConfiguration/vnetRoutes/staticRoutes": "list",
    "properties/remoteVirtualNetwork/id": "str",
    "properties/allowHubToRemoteVnetTransit": "bool",
    "properties/allowRemoteVnetToUseHubVnetGateways": "bool",
    "properties/enableInternetSecurity": "bool",
}
WAN_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "location": "str",
    "properties/provisioningState": "str",
    "properties/disableVpnEncryption": "bool",
    "properties/allowBranchToBranchTraffic": "bool",
    "properties/office365LocalBreakoutCategory": "str",
    "properties/type": "str",
}
FIREWALL_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "location": "str",
    "properties/provisioningState": "str",
    "properties/sku/name": "str",
    "properties/sku/tier": "str",
    "properties/additionalProperties": "dict",
    "properties/virtualHub/id": "str",
    "properties/hubIPAddresses/privateIPAddress": "str",
    "properties/hubIPAddresses/publicIPs/addresses[]/address": "str",
    "properties/hubIPAddresses/publicIPs/count": "int",
    "properties/firewallPolicy/id": "str",
}
PRINCIPAL = {
    "@odata.context": "str",
    "id": "str",
    "deletedDateTime": "NoneType",
    "accountEnabled": "bool",
    "alternativeNames": "list",
    "appDisplayName": "str",
    "appDescription": "NoneType",
    "appId": "str",
    "applicationTemplateId": "NoneType",
    "appOwnerOrganizationId": "str",
    "appRoleAssignmentRequired": "bool",
    "createdDateTime": "str",
    "description": "NoneType",
    "disabledByMicrosoftStatus": "NoneType",
    "displayName": "str",
    "homepage": "NoneType",
    "loginUrl": "NoneType",
    "logoutUrl": "NoneType",
    "notes": "NoneType",
    "notificationEmailAddresses": "list",
    "preferredSingleSignOnMode": "NoneType",
    "preferredTokenSigningKeyThumbprint": "NoneType",
    "replyUrls": "list",
    "servicePrincipalNames[]": "str",
    "servicePrincipalType": "str",
    "signInAudience": "str",
    "tags": "list",
    "tokenEncryptionKeyId": "NoneType",
    "samlSingleSignOnSettings": "NoneType",
    "verifiedPublisher/displayName": "str",
    "verifiedPublisher/verifiedPublisherId": "str",
    "addIns": "list",
    "appRoles": "list",
    "info/logoUrl": "NoneType",
    "info/marketingUrl": "NoneType",
    "info/privacyStatementUrl": "NoneType",
    "info/supportUrl": "NoneType",
    "info/termsOfServiceUrl": "NoneType",
    "keyCredentials": "list",
    "oauth2PermissionScopes": "list",
    "passwordCredentials": "list",
    "resourceSpecificApplicationPermissions": "list",
}
NETWORK_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "location": "str",
    "properties/provisioningState": "str",
    "properties/resourceGuid": "str",
    "properties/addressSpace/addressPrefixes[]": "str",
    "properties/dhcpOptions/dnsServers": "list",
    "properties/subnets[]/name": "str",
    "properties/subnets[]/id": "str",
    "properties/subnets[]/etag": "str",
    "properties/subnets[]/type": "str",
    "properties/subnets[]/properties/provisioningState": "str",
    "properties/subnets[]/properties/addressPrefix": "str",
    "properties/subnets[]/properties/delegations": "list",
    "properties/virtualNetworkPeerings": "list",
    "properties/enableDdosProtection": "bool",
}
PEERING_BODY = {
    "name": "str",
    "id": "str",
    "etag": "str",
    "type": "str",
    "properties/provisioningState": "str",
    "properties/resourceGuid": "str",
    "properties/peeringState": "str",
    "properties/peeringSyncLevel": "str",
    "properties/remoteVirtualNetwork/id": "str",
    "properties/allowVirtualNetworkAccess": "bool",
    "properties/allowForwardedTraffic": "bool",
    "properties/allowGatewayTransit": "bool",
    "properties/useRemoteGateways": "bool",
    "properties/doNotVerifyRemoteGateways": "bool",
    "properties/peerCompleteVnets": "bool",
    "properties/remoteGateways[]/id": "str",
    "properties/remoteAddressSpace/addressPrefixes[]": "str",
    "properties/remoteVirtualNetworkAddressSpace/addressPrefixes[]": "str",
    "properties/routeServiceVips": "dict",
}
ERROR = {"error/code": "str", "error/message": "str"}
GRAPH_ERROR = ERROR | {
    "error/innerError/date": "str",
    "error/innerError/request-id": "str",
    "error/innerError/client-request-id": "str",
}
ONE_PERMISSION = {f"value[]/{key}": "list" for key in ("notActions", "dataActions", "notDataActions")}


def in_list(item: Mapping[str, str], **changed: str) -> dict[str, str]:
    return {f"value[]/{key}": changed.get(key.rpartition("/")[2], kind) for key, kind in item.items()}


@dataclass(frozen=True)
class Fact:
    request: str
    status: int
    keys: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=lambda: {"content-type": JSON})
    """None: any value."""


WRITES = {"content-type": JSON, "x-ms-ratelimit-remaining-subscription-writes": None}
DELETES = {"content-type": JSON, "x-ms-ratelimit-remaining-subscription-deletes": None}
GRAPH = {"content-type": GRAPH_JSON, "odata-version": "4.0", "request-id": None}

FACTS = [
    Fact("put role", 201, ROLE, WRITES),
    Fact("put role again", 201, ROLE, WRITES),
    Fact("list role by name", 200, in_list(ROLE, createdBy="str")),
    Fact("list reader in group", 200, in_list(ROLE, createdBy="NoneType", updatedBy="NoneType")),
    Fact("get absent role", 404, ERROR),
    Fact("put assignment", 201, ASSIGNMENT, WRITES),
    Fact("list assignments at group", 200, in_list(ASSIGNMENT, createdBy="str")),
    Fact("delete assignment", 200, ASSIGNMENT | {"properties/createdBy": "str"}, DELETES),
    Fact("permissions", 200, ONE_PERMISSION | {"value[]/actions[]": "str"}),
    Fact("get wan", 200, WAN_BODY, {"content-type": JSON, "etag": None}),
    Fact("get hub", 200, HUB_BODY),
    Fact("get firewall", 200, FIREWALL_BODY, {"content-type": JSON, "etag": None}),
    Fact("put connection", 201, CONNECTION_BODY, WRITES | {"azure-asyncoperation": None}),
    Fact("get connection", 200, CONNECTION_BODY),
    Fact("get operation", 200, {"status": "str"}),
    Fact("put network", 201, NETWORK_BODY, WRITES | {"azure-asyncoperation": None}),
    Fact("put peering", 201, PEERING_BODY, WRITES | {"azure-asyncoperation": None}),
    Fact("get peering", 200, PEERING_BODY, {"content-type": JSON, "etag": None}),
    Fact("list peerings", 200, in_list(PEERING_BODY)),
    Fact("create principal", 201, PRINCIPAL, GRAPH),
    Fact(
        "look up principal",
        200,
        {k if k[0] == "@" else f"value[]/{k}": v for k, v in PRINCIPAL.items()},
        GRAPH,
    ),
    Fact("look up absent application", 200, {"@odata.context": "str", "value": "list"}, GRAPH),
    Fact("get absent application", 404, GRAPH_ERROR, GRAPH),
]


def _role(guid: str = ROLE_GUID) -> str:
    return f"{PROD}/{AUTHORIZATION}/roleDefinitions/{guid}"


@pytest.fixture
def answers(owner: Client) -> dict[str, requests.Response]:
    """The exchanges of the recordings, in an order in which they work."""
    remote = {
        "properties": {
            "remoteVirtualNetwork": {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"}
        }
    }
    network = {
        "location": "westus",
        "tags": {},
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "dhcpOptions": {"dnsServers": []},
            "subnets": [{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        },
    }
    peering = {"properties": {"remoteVirtualNetwork": {"id": PLATFORM}, "useRemoteGateways": True}}
    app = demo.ASTRONOMER_APP_ID
    found = {
        "create principal": owner.graph("POST", "servicePrincipals", {"appId": app, "accountEnabled": True}),
        "put role": owner.put_role(),
        "put role again": owner.put_role(),
        "put connection": owner.arm("PUT", CONNECTION, remote),
        "put network": owner.arm("PUT", NETWORK, network),
        "put peering": owner.arm("PUT", PEERING, peering),
    }
    principal = found["create principal"].json()["id"]
    operation = (
        found["put connection"].headers["azure-asyncoperation"].removeprefix(owner.sandbox.url).split("?")[0]
    )
    assignments = f"{GROUP}/{AUTHORIZATION}/roleAssignments"
    roles = f"{AUTHORIZATION}/roleDefinitions"
    wan, firewall = (
        HUB.replace("virtualHubs/vhub-prod-weu", "virtualWans/vwan-prod"),
        "azureFirewalls/afw-prod-weu",
    )
    return found | {
        "list role by name": owner.arm(
            "GET", f"{PROD}/{roles}", filter="roleName eq 'Astro VHub Peering Contributor'"
        ),
        "list reader in group": owner.arm("GET", f"{GROUP}/{roles}", filter="roleName eq 'reader'"),
        "get absent role": owner.arm("GET", _role(OTHER_GUID)),
        "put assignment": owner.assign(principal, at=GROUP),
        "list assignments at group": owner.arm("GET", assignments, filter="atScope()"),
        "delete assignment": owner.arm("DELETE", f"{assignments}/{ASSIGNMENT_GUID}"),
        "permissions": owner.arm("GET", f"{GROUP}/{AUTHORIZATION}/permissions"),
        "get wan": owner.arm("GET", wan),
        "get hub": owner.arm("GET", HUB),
        "get firewall": owner.arm("GET", f"{GROUP}/providers/Microsoft.Network/{firewall}"),
        "get connection": owner.arm("GET", CONNECTION),
        "get peering": owner.arm("GET", PEERING),
        "list peerings": owner.arm("GET", PEERING.rpartition("/")[0]),
        "get operation": owner.arm("GET", operation),
        "look up principal": owner.graph(
            "GET", "servicePrincipals", filter=f"servicePrincipalNames/any(c:c eq '{app}')"
        ),
        "look up absent application": owner.graph("GET", "applications", filter=f"appId eq '{app}'"),
        "get absent application": owner.graph("GET", f"applications/{OTHER_GUID}"),
    }


def test_answers_have_the_shape_of_recorded_ones(answers: dict[str, requests.Response]) -> None:
    assert {fact.request for fact in FACTS} == set(answers)
    for fact in FACTS:
        answer = answers[fact.request]
        assert answer.status_code == fact.status, fact.request
        found = types_of(answer.json())
        assert {k: found.get(k) for k in fact.keys} == dict(fact.keys), fact.request
        for name, value in fact.headers.items():
            assert name in answer.headers, (fact.request, name)
            assert value is None or answer.headers[name] == value, (fact.request, name)


def test_times_have_seven_decimals(answers: dict[str, requests.Response]) -> None:
    created = answers["put role"].json()["properties"]["createdOn"]
    assert len(created.rpartition(".")[2]) == len("0007137Z") and created.endswith("Z")
