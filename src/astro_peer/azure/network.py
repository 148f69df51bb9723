"""Virtual hubs, their connections and their Azure Firewalls.

Plain REST, as for virtual networks: every run reads a little of them, and loading the SDK's models for it would take
longer than the answer, and more memory than all the rest. What takes the SDK is in `appliances`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from astro_peer.azure import api_versions, resource_graph
from astro_peer.azure.shapes import Asking, guid, prefix, prefixes, text, texts
from astro_peer.model.objects import HubConnection, NextHop, Resource, VirtualHub, same
from astro_peer.model.surroundings import Network as NetworkFound
from astro_peer.model.surroundings import RoutingPolicy, VirtualWan

if TYPE_CHECKING:
    from astro_peer.azure import Azure

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

    def hub(self, subscription_id: str, resource_group: str, name: str) -> VirtualHub:
        with self._explaining(f"The virtual hub {name} could not be read.", needs=_READ):
            return _hub(self._get(_hub_id(subscription_id, resource_group, name)))

    def hubs(self, subscription_id: str) -> list[VirtualHub]:
        """The Virtual WAN hubs of a subscription; Route Servers, of the same resource type, left out."""
        with self._explaining(
            f"The virtual hubs of subscription {subscription_id} could not be listed.", needs=_READ
        ):
            path = f"/subscriptions/{subscription_id}/providers/Microsoft.Network/virtualHubs"
            return [hub for hub in map(_hub, self._list(path)) if hub.in_virtual_wan]

    def connections(self, hub: Resource) -> tuple[HubConnection, ...]:
        return self.connections_of(hub.subscription_id, hub.resource_group, hub.name)

    def connections_of(
        self, subscription_id: str, resource_group: str, name: str
    ) -> tuple[HubConnection, ...]:
        """The same for a hub that nobody has read."""
        with self._explaining(f"The connections of virtual hub {name} could not be listed.", needs=_READ):
            hub_id = _hub_id(subscription_id, resource_group, name)
            return tuple(map(_connection, self._list(f"{hub_id}/hubVirtualNetworkConnections")))

    def firewall_ip(self, firewall_id: str) -> str | None:
        """The private address of a secured hub's Azure Firewall; None while it has none."""
        where = _RESOURCE_ID.fullmatch(firewall_id)
        if where is None:
            return None
        with self._explaining(f"The firewall {where['name']} could not be read.", needs=_READ):
            return _private_address(self._get(firewall_id))

    def firewall_ips(self, subscription_id: str) -> dict[str, str | None]:
        """The same for all Azure Firewalls of a subscription, by their IDs in lower case."""
        with self._explaining(
            f"The firewalls of subscription {subscription_id} could not be listed.", needs=_READ
        ):
            path = f"/subscriptions/{subscription_id}/providers/Microsoft.Network/azureFirewalls"
            return {text(one["id"]).lower(): _private_address(one) for one in self._list(path)}

    def firewall_ips_everywhere(self) -> dict[str, str | None]:
        """The same for those in all hubs that the caller may read, as Azure Resource Graph has them."""
        with self._explaining("The firewalls of the tenant could not be looked up.", needs=_READ):
            return {
                text(row["id"]).lower(): str(ip_address(text(row["address"]))) if row["address"] else None
                for row in self._rows(_FIREWALLS)
            }

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
        return self._azure.rest.get(resource_id, {"api-version": api_versions.NETWORK})

    def _list(self, path: str) -> Iterator[dict[str, Any]]:
        return self._azure.rest.pages(path, {"api-version": api_versions.NETWORK})


def _hub_id(subscription_id: str, resource_group: str, name: str) -> str:
    group, hub = quote(resource_group, safe="()"), quote(name, safe="")
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/Microsoft.Network/virtualHubs/{hub}"


def _private_address(firewall: Mapping[str, Any]) -> str | None:
    addresses = (firewall.get("properties") or {}).get("hubIPAddresses") or {}
    address = addresses.get("privateIPAddress")
    return str(ip_address(text(address))) if address else None


def _hub(found: Mapping[str, Any]) -> VirtualHub:
    """Of Azure Resource Manager's: a Route Server has no virtual WAN."""
    properties = found.get("properties") or {}
    wan, firewall = properties.get("virtualWan"), properties.get("azureFirewall")
    return _hub_of_row(
        {
            **found,
            "wan": (wan.get("id") or "") if wan else None,
            "prefix": properties.get("addressPrefix"),
            "provisioning": properties.get("provisioningState"),
            "routing": properties.get("routingState"),
            "firewall": firewall.get("id") if firewall else None,
        }
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
        wan_id=row["wan"],
        address_prefix=prefix(row["prefix"]) if row.get("prefix") else "",
    )


def _connection(found: Mapping[str, Any]) -> HubConnection:
    properties = found.get("properties") or {}
    remote = properties.get("remoteVirtualNetwork") or {}
    return HubConnection(
        id=text(found["id"]),
        name=text(found["name"]),
        provisioning_state=_text(properties.get("provisioningState")),
        remote_network_id=str(remote.get("id") or ""),
        etag=str(found.get("etag") or ""),
    )


def _text(state: object) -> str:
    return str(state or "None")
