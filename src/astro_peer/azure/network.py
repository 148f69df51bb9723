"""Virtual hubs, their connections and their firewalls."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import HubVirtualNetworkConnection
from azure.mgmt.network.models import VirtualHub as SdkVirtualHub

from astro_peer import names
from astro_peer.azure.explain import explaining
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, text
from astro_peer.model.objects import HubConnection, VirtualHub

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/.+/(?P<name>[^/]+)",
    re.IGNORECASE,
)
_READ = "the Reader role on the subscription, or on the virtual hub's resource group"


class Network(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._client = cache(self._make_client)

    def hub(self, subscription_id: str, resource_group: str, name: str) -> VirtualHub:
        with explaining(f"The virtual hub {name} could not be read.", needs=_READ):
            return _hub(self._client(subscription_id).virtual_hubs.get(resource_group, name))

    def hubs(self, subscription_id: str) -> list[VirtualHub]:
        """The Virtual WAN hubs of a subscription; Route Servers, of the same resource type, left out."""
        with explaining(
            f"The virtual hubs of subscription {subscription_id} could not be listed.", needs=_READ
        ):
            paged = self._client(subscription_id).virtual_hubs.list()
            found = every(paged, self._azure.transport, SdkVirtualHub)
        return [hub for hub in map(_hub, found) if hub.in_virtual_wan]

    def connections(self, hub: VirtualHub) -> list[HubConnection]:
        client = self._client(hub.subscription_id)
        with explaining(f"The connections of virtual hub {hub.name} could not be listed.", needs=_READ):
            paged = client.hub_virtual_network_connections.list(hub.resource_group, hub.name)
            found = every(paged, self._azure.transport, HubVirtualNetworkConnection)
        return [_connection(one) for one in found]

    def firewall_ip(self, firewall_id: str) -> str | None:
        """The private address of a secured hub's Azure Firewall; None while it has none."""
        where = _RESOURCE_ID.fullmatch(firewall_id)
        if where is None:
            return None
        with explaining(f"The firewall {where['name']} could not be read.", needs=_READ):
            firewall = self._client(where["subscription"]).azure_firewalls.get(where["group"], where["name"])
        addresses = firewall.hub_ip_addresses
        return addresses.private_ip_address if addresses else None

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


def _hub(found: SdkVirtualHub) -> VirtualHub:
    where = _RESOURCE_ID.fullmatch(text(found.id))
    if where is None:
        raise ValueError("not the ID of a virtual hub")
    return VirtualHub(
        id=text(found.id),
        name=text(found.name),
        resource_group=where["group"],
        subscription_id=names.guid(where["subscription"]),
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
