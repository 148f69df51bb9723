"""Virtual hubs, their connections and their firewalls."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import (
    HubVirtualNetworkConnection,
    NetworkVirtualAppliance,
    NetworkVirtualAppliancePropertiesFormat,
)
from azure.mgmt.network.models import VirtualHub as SdkVirtualHub

from astro_peer.azure import api_versions
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.model.objects import HubConnection, NextHop, VirtualHub, same

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_VERSION = api_versions.NETWORK
"""Said with every call: this SDK's client takes no version of its own."""
RESOURCE_GRAPH = "/providers/Microsoft.ResourceGraph/resources"
_CLOUD_FIREWALLS = (
    "resources"
    " | where type =~ 'paloaltonetworks.cloudngfw/firewalls'"
    " | project id, name,"
    " hub = properties.networkProfile.vwanConfiguration.vHub.resourceId,"
    " address = properties.networkProfile.vwanConfiguration.ipOfTrustSubnetForUdr.address,"
    " appliance = properties.networkProfile.vwanConfiguration.networkVirtualApplianceId"
)
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

    def connections(self, hub: VirtualHub) -> list[HubConnection]:
        client = self._client(hub.subscription_id)
        with self._explaining(f"The connections of virtual hub {hub.name} could not be listed.", needs=_READ):
            paged = client.hub_virtual_network_connections.list(
                hub.resource_group, hub.name, api_version=_VERSION
            )
            found = every(paged, self._azure.transport, HubVirtualNetworkConnection)
            return [_connection(one) for one in found]

    def firewall_ip(self, firewall_id: str) -> str | None:
        """The private address of a secured hub's Azure Firewall; None while it has none."""
        where = _RESOURCE_ID.fullmatch(firewall_id)
        if where is None:
            return None
        with self._explaining(f"The firewall {where['name']} could not be read.", needs=_READ):
            firewall = self._client(where["subscription"]).azure_firewalls.get(
                where["group"], where["name"], api_version=_VERSION
            )
            addresses = firewall.hub_ip_addresses
            return addresses.private_ip_address if addresses else None

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
            answer = self._azure.rest.post(
                RESOURCE_GRAPH,
                {"subscriptions": [hub.subscription_id], "query": _CLOUD_FIREWALLS},
                **{"api-version": api_versions.RESOURCE_GRAPH},
            )
            return [
                NextHop(
                    text(row["id"]),
                    "Palo Alto Cloud NGFW",
                    text(row["name"]),
                    str(ip_address(row["address"])),
                    row["appliance"],
                )
                for row in answer.get("data") or ()
                if row["address"] and same(text(row["hub"]), hub.id)
            ]

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
        in_virtual_wan=found.virtual_wan is not None,
    )


def _connection(found: HubVirtualNetworkConnection) -> HubConnection:
    remote = found.remote_virtual_network
    return HubConnection(
        id=text(found.id),
        name=text(found.name),
        provisioning_state=_text(found.provisioning_state),
        remote_network_id=str(remote.id) if remote and remote.id else "",
    )


def _text(state: object) -> str:
    return str(getattr(state, "value", state) or "None")
