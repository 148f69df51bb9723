"""Virtual hubs, their connections and their firewalls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import (
    AzureFirewall,
    HubVirtualNetworkConnection,
    NetworkVirtualAppliance,
    NetworkVirtualAppliancePropertiesFormat,
)
from azure.mgmt.network.models import VirtualHub as SdkVirtualHub

from astro_peer.azure import api_versions, resource_graph
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, guid, prefix, prefixes, text, texts
from astro_peer.model.objects import HubConnection, NextHop, Resource, VirtualHub, same
from astro_peer.model.surroundings import Network as NetworkFound
from astro_peer.model.surroundings import RoutingPolicy, VirtualWan

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_VERSION = api_versions.NETWORK
"""Said with every call: this SDK's client takes no version of its own."""
_CLOUD_FIREWALLS = (
    "resources"
    " | where type =~ 'paloaltonetworks.cloudngfw/firewalls'"
    " | project id, name,"
    " hub = properties.networkProfile.vwanConfiguration.vHub.resourceId,"
    " address = properties.networkProfile.vwanConfiguration.ipOfTrustSubnetForUdr.address,"
    " appliance = properties.networkProfile.vwanConfiguration.networkVirtualApplianceId"
)
_HUBS = (
    "resources"
    " | where type =~ 'microsoft.network/virtualhubs'"
    " | project id, name, location,"
    " wan = properties.virtualWan.id,"
    " prefix = properties.addressPrefix,"
    " provisioning = properties.provisioningState,"
    " routing = properties.routingState,"
    " firewall = properties.azureFirewall.id"
    " | order by id asc"
)
_FIREWALLS = (
    "resources"
    " | where type =~ 'microsoft.network/azurefirewalls' and isnotempty(properties.virtualHub.id)"
    " | project id, address = properties.hubIPAddresses.privateIPAddress"
    " | order by id asc"
)
_NETWORKS = (
    "resources"
    " | where type =~ 'microsoft.network/virtualnetworks' and id in~ ({ids})"
    " | project id, prefixes = properties.addressSpace.addressPrefixes"
)
_AZURES_ROUTE_TABLES = ("defaultRouteTable", "noneRouteTable")
_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/.+/(?P<name>[^/]+)",
    re.IGNORECASE,
)
_READ = "the Reader role on the subscription, or on the virtual hub's resource group"


class Network(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._explaining = azure.explaining
        self._client = cache(self._make_client)

    def hub(self, subscription_id: str, resource_group: str, name: str) -> VirtualHub:
        with self._explaining(f"The virtual hub {name} could not be read.", needs=_READ):
            return _hub(
                self._client(subscription_id).virtual_hubs.get(resource_group, name, api_version=_VERSION)
            )

    def hubs(self, subscription_id: str) -> list[VirtualHub]:
        """The Virtual WAN hubs of a subscription; Route Servers, of the same resource type, left out."""
        with self._explaining(
            f"The virtual hubs of subscription {subscription_id} could not be listed.", needs=_READ
        ):
            paged = self._client(subscription_id).virtual_hubs.list(api_version=_VERSION)
            found = map(_hub, every(paged, self._azure.transport, SdkVirtualHub))
            return [hub for hub in found if hub.in_virtual_wan]

    def connections(self, hub: Resource) -> tuple[HubConnection, ...]:
        return self.connections_of(hub.subscription_id, hub.resource_group, hub.name)

    def connections_of(
        self, subscription_id: str, resource_group: str, name: str
    ) -> tuple[HubConnection, ...]:
        """The same for a hub that nobody has read."""
        client = self._client(subscription_id)
        with self._explaining(f"The connections of virtual hub {name} could not be listed.", needs=_READ):
            paged = client.hub_virtual_network_connections.list(resource_group, name, api_version=_VERSION)
            found = every(paged, self._azure.transport, HubVirtualNetworkConnection)
            return tuple(_connection(one) for one in found)

    def firewall_ip(self, firewall_id: str) -> str | None:
        """The private address of a secured hub's Azure Firewall; None while it has none."""
        where = _RESOURCE_ID.fullmatch(firewall_id)
        if where is None:
            return None
        with self._explaining(f"The firewall {where['name']} could not be read.", needs=_READ):
            firewall = self._client(where["subscription"]).azure_firewalls.get(
                where["group"], where["name"], api_version=_VERSION
            )
            return _private_address(firewall)

    def firewall_ips(self, subscription_id: str) -> dict[str, str | None]:
        """The same for all Azure Firewalls of a subscription, by their IDs in lower case."""
        with self._explaining(
            f"The firewalls of subscription {subscription_id} could not be listed.", needs=_READ
        ):
            paged = self._client(subscription_id).azure_firewalls.list_all(api_version=_VERSION)
            found = every(paged, self._azure.transport, AzureFirewall)
            return {text(one.id).lower(): _private_address(one) for one in found}

    def firewall_ips_everywhere(self) -> dict[str, str | None]:
        """The same for those in all hubs that the caller may read, as Azure Resource Graph has them."""
        with self._explaining("The firewalls of the tenant could not be looked up.", needs=_READ):
            return {
                text(row["id"]).lower(): str(ip_address(text(row["address"]))) if row["address"] else None
                for row in self._rows(_FIREWALLS)
            }

    def appliances(self, hub: VirtualHub) -> list[NextHop]:
        """The network virtual appliances in the hub: their one address, else those of their private interfaces."""
        client = self._client(hub.subscription_id)
        with self._explaining(
            f"The network virtual appliances of virtual hub {hub.name} could not be listed.", needs=_READ
        ):
            paged = client.network_virtual_appliances.list(api_version=_VERSION)
            return [
                NextHop(text(one.id), "network virtual appliance", text(one.name), address)
                for one in every(paged, self._azure.transport, NetworkVirtualAppliance)
                if one.properties and one.properties.virtual_hub
                if same(one.properties.virtual_hub.id or "", hub.id)
                for address in _addresses(one.properties)
            ]

    def cloud_firewalls(self, hub: VirtualHub) -> list[NextHop]:
        """Palo Alto Networks' Cloud NGFW in the hub. It may be in any resource group: Azure Resource Graph finds it."""
        with self._explaining("Cloud NGFWs could not be looked up.", needs=_READ):
            found = self._rows(_CLOUD_FIREWALLS, hub.subscription_id)
            return [
                NextHop(
                    text(row["id"]),
                    "Palo Alto Cloud NGFW",
                    text(row["name"]),
                    str(ip_address(row["address"])),
                    row["appliance"],
                )
                for row in found
                if row["address"] and same(text(row["hub"]), hub.id)
            ]

    def hubs_everywhere(self) -> tuple[VirtualHub, ...]:
        """All Virtual WAN hubs that the caller may read, as Azure Resource Graph has them: states may be stale."""
        with self._explaining("The virtual hubs of the tenant could not be looked up.", needs=_READ):
            return tuple(_hub_of_row(row) for row in self._rows(_HUBS) if row["wan"])

    def wan(self, wan_id: str) -> VirtualWan:
        with self._explaining(f"The virtual WAN {wan_id.rsplit('/', 1)[-1]} could not be read.", needs=_READ):
            found = self._get(wan_id)
            properties = found["properties"]
            return VirtualWan(
                id=text(found["id"]),
                name=text(found["name"]),
                kind=text(properties["type"]),
                hub_ids=tuple(text(one["id"]) for one in properties.get("virtualHubs") or ()),
            )

    def routing_policies(self, hub: VirtualHub) -> tuple[RoutingPolicy, ...]:
        """Of the hub's routing intent; none where it has no such intent."""
        with self._explaining(f"The routing intent of {hub.name} could not be read.", needs=_READ):
            return tuple(
                RoutingPolicy(
                    name=text(policy["name"]),
                    destinations=texts(policy["destinations"]),
                    next_hop_id=text(policy["nextHop"]),
                )
                for intent in self._list(f"{hub.id}/routingIntent")
                for policy in intent["properties"].get("routingPolicies") or ()
            )

    def route_tables(self, hub: VirtualHub) -> tuple[str, ...]:
        """Names of the hub's route tables, Azure's own left out."""
        with self._explaining(f"The route tables of {hub.name} could not be listed.", needs=_READ):
            names = [text(one["name"]) for one in self._list(f"{hub.id}/hubRouteTables")]
            return tuple(name for name in names if name not in _AZURES_ROUTE_TABLES)

    def route_maps(self, hub: VirtualHub) -> tuple[str, ...]:
        with self._explaining(f"The route maps of {hub.name} could not be listed.", needs=_READ):
            return tuple(text(one["name"]) for one in self._list(f"{hub.id}/routeMaps"))

    def networks(self, network_ids: Sequence[str]) -> tuple[NetworkFound, ...]:
        """The virtual networks of these IDs that the caller may read; one of another tenant never is.

        One without prefixes that can be read is left out too.
        """
        with self._explaining("The connected virtual networks could not be looked up.", needs=_READ):
            if not network_ids:
                return ()
            query = _NETWORKS.format(ids=resource_graph.literals(network_ids))
            found = [NetworkFound(text(row["id"]), prefixes(row["prefixes"])) for row in self._rows(query)]
            return tuple(one for one in found if one.prefixes)

    def _rows(self, query: str, *subscriptions: str) -> Iterator[dict[str, Any]]:
        return resource_graph.rows(self._azure.rest, self._azure.transport, query, subscriptions)

    def _get(self, resource_id: str) -> dict[str, Any]:
        return self._azure.rest.get(resource_id, {"api-version": _VERSION})

    def _list(self, path: str) -> Iterator[dict[str, Any]]:
        return self._azure.rest.pages(path, {"api-version": _VERSION})

    def _make_client(self, subscription_id: str) -> NetworkManagementClient:
        cloud = self._azure.session.cloud
        return NetworkManagementClient(
            self._azure.session.credential,
            subscription_id,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.resource_manager_scope],
            policies=self._azure.resource_manager_policies(),
            transport=self._azure.transport,
        )


def _private_address(firewall: AzureFirewall) -> str | None:
    addresses = firewall.hub_ip_addresses
    address = addresses.private_ip_address if addresses else None
    return str(ip_address(text(address))) if address else None


def _addresses(appliance: NetworkVirtualAppliancePropertiesFormat) -> tuple[str, ...]:
    """Without repetition. Raises ValueError for what is none."""
    if appliance.private_ip_address:
        return (str(ip_address(appliance.private_ip_address)),)
    interfaces = [one for one in appliance.virtual_appliance_nics or () if one.private_ip_address]
    private = [one for one in interfaces if _text(one.nic_type) == "PrivateNic"] or interfaces
    return tuple(dict.fromkeys(str(ip_address(str(one.private_ip_address))) for one in private))


def _hub(found: SdkVirtualHub) -> VirtualHub:
    where = _RESOURCE_ID.fullmatch(text(found.id))
    if where is None:
        raise ValueError("A virtual hub's ID is not one of a resource.")
    return VirtualHub(
        id=text(found.id),
        name=text(found.name),
        resource_group=where["group"],
        subscription_id=guid(where["subscription"]),
        location=found.location or "",
        provisioning_state=_text(found.provisioning_state),
        routing_state=_text(found.routing_state),
        firewall_id=found.azure_firewall.id if found.azure_firewall else None,
        wan_id=(found.virtual_wan.id or "") if found.virtual_wan else None,
        address_prefix=prefix(found.address_prefix) if found.address_prefix else "",
    )


def _hub_of_row(row: dict[str, Any]) -> VirtualHub:
    where = _RESOURCE_ID.fullmatch(text(row["id"]))
    if where is None:
        raise ValueError("A virtual hub's ID is not one of a resource.")
    return VirtualHub(
        id=text(row["id"]),
        name=text(row["name"]),
        resource_group=where["group"],
        subscription_id=guid(where["subscription"]),
        location=str(row.get("location") or ""),
        provisioning_state=_text(row.get("provisioning")),
        routing_state=_text(row.get("routing")),
        firewall_id=row.get("firewall") or None,
        wan_id=text(row["wan"]),
        address_prefix=prefix(row["prefix"]) if row.get("prefix") else "",
    )


def _connection(found: HubVirtualNetworkConnection) -> HubConnection:
    remote = found.remote_virtual_network
    return HubConnection(
        id=text(found.id),
        name=text(found.name),
        provisioning_state=_text(found.provisioning_state),
        remote_network_id=str(remote.id) if remote and remote.id else "",
        etag=str(found.etag or ""),
    )


def _text(state: object) -> str:
    return str(getattr(state, "value", state) or "None")


def _make_ready() -> None:
    """These models find out what they consist of when they are used for the first time, and that is not safe in several
    threads: one may then see a dict where another sees a model. So they are used once before there are threads.
    """
    hub_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/p/hubs/h"
    reference = {"id": hub_id}
    states = {"provisioningState": "Succeeded", "routingState": "Provisioned", "addressPrefix": "10.0.0.0/24"}
    hub = states | {"azureFirewall": reference, "virtualWan": reference}
    _hub(SdkVirtualHub({"id": hub_id, "name": "h", "location": "l", "properties": hub}))
    _private_address(AzureFirewall({"properties": {"hubIPAddresses": {"privateIPAddress": "10.0.0.1"}}}))
    remote = {"provisioningState": "Succeeded", "remoteVirtualNetwork": reference}
    _connection(HubVirtualNetworkConnection({"id": hub_id, "name": "c", "properties": remote}))
    interface = {"nicType": "PrivateNic", "privateIpAddress": "10.0.0.1"}
    appliance = NetworkVirtualAppliance(
        {"properties": {"virtualHub": reference, "virtualApplianceNics": [interface]}}
    )
    if appliance.properties and appliance.properties.virtual_hub:
        _addresses(appliance.properties)


_make_ready()
