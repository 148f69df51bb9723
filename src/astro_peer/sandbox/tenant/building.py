"""What a simulated tenant is built of: things as Azure has them, with IDs that are the same in every run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from astro_peer.sandbox.tenant.state import (
    Connection,
    Json,
    Peering,
    PeeringState,
    Resource,
    ResourceGroup,
    RoleAssignment,
    Tenant,
)

LONG_AGO = datetime(2023, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)


def made_id(what: str) -> str:
    """The same GUID in every run for the same thing, so that a recorded session can be repeated."""
    return str(uuid5(NAMESPACE_URL, f"https://contoso.example/{what}"))


def astro_id(what: str) -> str:
    """In the form of Astro's IDs."""
    return "c" + uuid5(NAMESPACE_URL, f"https://astro.contoso.example/{what}").hex[:24]


def network_id(group: ResourceGroup, kind: str, name: str) -> str:
    return f"{group.id}/providers/Microsoft.Network/{kind}/{name}"


def make_resource(group: ResourceGroup, kind: str, name: str, location: str, properties: Json) -> Resource:
    resource_id = network_id(group, kind, name)
    return Resource(
        resource_id, f"Microsoft.Network/{kind}", location, properties, f'W/"{made_id(resource_id)}"'
    )


def make_wan(group: ResourceGroup, name: str) -> Resource:
    return make_resource(
        group,
        "virtualWans",
        name,
        group.location,
        {
            "provisioningState": "Succeeded",
            "disableVpnEncryption": False,
            "allowBranchToBranchTraffic": True,
            "office365LocalBreakoutCategory": "None",
            "type": "Standard",
        },
    )


def make_hub(
    wan: Resource,
    group: ResourceGroup,
    name: str,
    location: str,
    prefix: str,
    *,
    routing: str = "Provisioned",
    firewall: str | None = None,
) -> Resource:
    router = prefix.split(".")
    properties: dict[str, object] = {
        "provisioningState": "Succeeded",
        "virtualHubRouteTableV2s": [],
        "addressPrefix": prefix,
        "virtualRouterAsn": 65515,
        "virtualRouterIps": [f"{router[0]}.{router[1]}.{router[2]}.{last}" for last in (69, 70)]
        if routing == "Provisioned"
        else [],
        "routeTable": {"routes": []},
        "virtualWan": {"id": wan.id},
        "sku": "Standard",
        "routingState": routing,
        "allowBranchToBranchTraffic": False,
        "hubRoutingPreference": "ExpressRoute",
    }
    if firewall:
        properties["azureFirewall"] = {"id": network_id(group, "azureFirewalls", firewall)}
    return make_resource(group, "virtualHubs", name, location, properties)


def make_firewall(hub: Resource, group: ResourceGroup, name: str, private_ip: str) -> Resource:
    return make_resource(
        group,
        "azureFirewalls",
        name,
        hub.location,
        {
            "provisioningState": "Succeeded",
            "sku": {"name": "AZFW_Hub", "tier": "Standard"},
            "additionalProperties": {},
            "virtualHub": {"id": hub.id},
            "hubIPAddresses": {
                "privateIPAddress": private_ip,
                "publicIPs": {"addresses": [{"address": "203.0.113.17"}], "count": 1},
            },
            "firewallPolicy": {"id": network_id(group, "firewallPolicies", f"{name}-policy")},
        },
    )


def make_network(
    group: ResourceGroup,
    name: str,
    *prefixes: str,
    subnets: Mapping[str, str] | None = None,
    dns_servers: Sequence[str] = (),
) -> Resource:
    """`subnets`: their prefixes by their names."""
    properties: dict[str, object] = {
        "provisioningState": "Succeeded",
        "resourceGuid": made_id(f"guid of {name}"),
        "addressSpace": {"addressPrefixes": list(prefixes)},
        "subnets": [
            make_subnet(network_id(group, "virtualNetworks", name), subnet, prefix)
            for subnet, prefix in (subnets or {}).items()
        ],
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
    }
    if dns_servers:
        properties["dhcpOptions"] = {"dnsServers": list(dns_servers)}
    return make_resource(group, "virtualNetworks", name, group.location, properties)


def make_subnet(network: str, name: str, prefix: str) -> dict[str, object]:
    subnet_id = f"{network}/subnets/{name}"
    return {
        "name": name,
        "id": subnet_id,
        "etag": f'W/"{made_id(subnet_id)}"',
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": {
            "provisioningState": "Succeeded",
            "addressPrefix": prefix,
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
        },
    }


def make_gateway(group: ResourceGroup, name: str, network: Resource) -> tuple[Resource, Resource]:
    """A VPN gateway, and the network whose GatewaySubnet it stands in, as that shows it then."""
    subnet = f"{network.id}/subnets/GatewaySubnet"
    configuration = f"{network_id(group, 'virtualNetworkGateways', name)}/ipConfigurations/default"
    gateway = make_resource(
        group,
        "virtualNetworkGateways",
        name,
        network.location,
        {
            "provisioningState": "Succeeded",
            "gatewayType": "Vpn",
            "vpnType": "RouteBased",
            "sku": {"name": "VpnGw1AZ", "tier": "VpnGw1AZ"},
            "ipConfigurations": [
                {
                    "name": "default",
                    "id": configuration,
                    "properties": {"provisioningState": "Succeeded", "subnet": {"id": subnet}},
                }
            ],
        },
    )
    subnets = [
        {**one, "properties": {**one["properties"], "ipConfigurations": [{"id": configuration}]}}
        if one["id"] == subnet
        else one
        for one in network.properties["subnets"]
    ]
    return gateway, replace(network, properties={**network.properties, "subnets": subnets})


def make_peering(
    network: Resource,
    name: str,
    remote_id: str,
    *remote_prefixes: str,
    state: PeeringState = PeeringState.CONNECTED,
    allow_gateway_transit: bool = False,
    use_remote_gateways: bool = False,
) -> Peering:
    """One side, as if the other had been made, too."""
    peering_id = f"{network.id}/virtualNetworkPeerings/{name}"
    pair = " ".join(sorted((network.id, remote_id)))
    return Peering(
        id=peering_id,
        remote_id=remote_id,
        state=state,
        remote_prefixes=remote_prefixes,
        resource_guid=made_id(f"peering of {pair}"),
        ready_at=LONG_AGO,
        etag=f'W/"{made_id(peering_id)}"',
        allow_forwarded_traffic=True,
        allow_gateway_transit=allow_gateway_transit,
        use_remote_gateways=use_remote_gateways,
    )


def make_route_server(group: ResourceGroup, name: str) -> Resource:
    """Azure gives a Route Server the resource type of a virtual hub; only the virtual WAN is missing."""
    return make_resource(
        group,
        "virtualHubs",
        name,
        group.location,
        {
            "provisioningState": "Succeeded",
            "virtualHubRouteTableV2s": [],
            "virtualRouterAsn": 65515,
            "virtualRouterIps": ["10.60.4.4", "10.60.4.5"],
            "routeTable": {"routes": []},
            "sku": "Standard",
            "routingState": "Provisioned",
            "allowBranchToBranchTraffic": False,
        },
    )


def make_connection(hub: Resource, name: str, remote_network: str) -> Connection:
    table = {"id": f"{hub.id}/hubRouteTables/defaultRouteTable"}
    connection_id = f"{hub.id}/hubVirtualNetworkConnections/{name}"
    etag = f'W/"{made_id(connection_id)}"'
    return Connection(
        id=connection_id,
        hub_id=hub.id,
        properties={
            "resourceGuid": made_id(f"{connection_id} guid"),
            "routingConfiguration": {
                "associatedRouteTable": table,
                "propagatedRouteTables": {"labels": ["default"], "ids": [table]},
                "vnetRoutes": {"staticRoutes": []},
            },
            "remoteVirtualNetwork": {"id": remote_network},
            "allowHubToRemoteVnetTransit": True,
            "allowRemoteVnetToUseHubVnetGateways": False,
            "enableInternetSecurity": True,
        },
        ready_at=LONG_AGO,
        etag=etag,
        ready_etag=etag,
    )


def assign(tenant: Tenant, scope: str, role: str, principal_id: str, kind: str) -> None:
    tenant.add(
        RoleAssignment(
            name=made_id(f"{scope} {role} {principal_id}"),
            scope=scope,
            role=role,
            principal_id=principal_id,
            principal_type=kind,
            created=LONG_AGO,
            updated=LONG_AGO,
            created_by=made_id("break-glass"),
            updated_by=made_id("break-glass"),
        )
    )
