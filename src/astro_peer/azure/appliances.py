"""Network virtual appliances in virtual hubs: read by the SDK, whose models know how they hang together."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import NetworkVirtualAppliance, NetworkVirtualAppliancePropertiesFormat

from astro_peer.azure import api_versions
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, text
from astro_peer.model.objects import NextHop, VirtualHub, same

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_READ = "the Reader role on the subscription, or on the virtual hub's resource group"


class Appliances(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._explaining = azure.explaining

    def inside(self, hub: VirtualHub) -> list[NextHop]:
        """Those in the hub: their one address, else those of their private interfaces."""
        with self._explaining(
            f"The network virtual appliances of virtual hub {hub.name} could not be listed.", needs=_READ
        ):
            listed = self._client(
                hub.subscription_id
            ).network_virtual_appliances.list(
                api_version=api_versions.NETWORK  # said with every call: this client takes no version of its own
            )
            return [
                NextHop(text(one.id), "network virtual appliance", text(one.name), address)
                for one in every(listed, self._azure.transport, NetworkVirtualAppliance)
                if one.properties and one.properties.virtual_hub
                if same(one.properties.virtual_hub.id or "", hub.id)
                for address in _addresses(one.properties)
            ]

    def _client(self, subscription_id: str) -> NetworkManagementClient:
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
    private = [one for one in interfaces if _kind(one.nic_type) == "PrivateNic"] or interfaces
    return tuple(dict.fromkeys(str(ip_address(str(one.private_ip_address))) for one in private))


def _kind(interface: object) -> str:
    return str(getattr(interface, "value", interface))


def _make_ready() -> None:
    """These models find out what they consist of when they are used for the first time, and that is not safe in several
    threads: one may then see a dict where another sees a model. So they are used once before any thread has them.
    """
    interface = {"nicType": "PrivateNic", "privateIpAddress": "10.0.0.1"}
    appliance = NetworkVirtualAppliance(
        {"properties": {"virtualHub": {"id": "/hub"}, "virtualApplianceNics": [interface]}}
    )
    if appliance.properties and appliance.properties.virtual_hub:
        _addresses(appliance.properties)


_make_ready()
