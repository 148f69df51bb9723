"""Virtual networks and their peerings.

Plain REST: what is read of them is little, and the SDK's models take their time to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from astro_peer.azure import resource_graph
from astro_peer.azure.resources import READ, Resources, resource
from astro_peer.azure.shapes import prefixes, text
from astro_peer.model.objects import NetworkPeering, Resource, VirtualNetwork
from astro_peer.procedure import Words

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_TYPE = "Microsoft.Network/virtualNetworks"
_GATEWAY_SUBNET = "gatewaysubnet"
_EVERYWHERE = (
    "resources"
    f" | where type =~ '{_TYPE.lower()}'"
    " | project id, name, location,"
    " prefixes = properties.addressSpace.addressPrefixes,"
    " provisioning = properties.provisioningState,"
    " peerings = properties.virtualNetworkPeerings"
    " | order by id asc"
)


class VirtualNetworks(Resources):
    def __init__(self, azure: Azure) -> None:
        super().__init__(azure, _TYPE, Words("virtual network", "virtual networks"))

    def listed(self, subscription_id: str) -> list[Resource]:
        """Those of a subscription."""
        with self._explaining(
            f"The virtual networks of subscription {subscription_id} could not be listed.", needs=READ
        ):
            path = f"/subscriptions/{subscription_id}/providers/{_TYPE}"
            return [_network(one) for one in self._pages(path)]

    def read(self, subscription_id: str, resource_group: str, name: str) -> VirtualNetwork:
        with self._explaining(f"The virtual network {name} could not be read.", needs=READ):
            return _network(self._get(self._id(subscription_id, resource_group, name)))

    def everywhere(self) -> tuple[VirtualNetwork, ...]:
        """All that the caller may read, as Azure Resource Graph has them: states may be stale."""
        with self._explaining("The virtual networks of the tenant could not be looked up.", needs=READ):
            rows = resource_graph.rows(self._azure.rest, self._azure.transport, _EVERYWHERE)
            return tuple(_network(_as_shown(row)) for row in rows)

    def peerings(self, subscription_id: str, resource_group: str, name: str) -> tuple[NetworkPeering, ...]:
        """Of one network, whether or not somebody has read it."""
        network_id = self._id(subscription_id, resource_group, name)
        with self._explaining(f"The peerings of virtual network {name} could not be listed.", needs=READ):
            return tuple(_peering(one) for one in self._pages(f"{network_id}/virtualNetworkPeerings"))


def _as_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "addressSpace": {"addressPrefixes": row.get("prefixes")},
        "provisioningState": row.get("provisioning"),
        "virtualNetworkPeerings": row.get("peerings"),
    }
    return {**row, "properties": properties}


def _network(found: Mapping[str, Any]) -> VirtualNetwork:
    properties = found["properties"]
    return VirtualNetwork(
        **asdict(resource(found)),
        prefixes=prefixes((properties.get("addressSpace") or {}).get("addressPrefixes")),
        peerings=len(properties.get("virtualNetworkPeerings") or ()),
        gateway=any(_is_of_gateway(one) for one in properties.get("subnets") or ()),
    )


def _is_of_gateway(subnet: Mapping[str, Any]) -> bool:
    """A gateway stands in the subnet of this name, and is known there by its addresses."""
    used = (subnet.get("properties") or {}).get("ipConfigurations")
    return text(subnet["name"]).lower() == _GATEWAY_SUBNET and bool(used)


def _peering(found: Mapping[str, Any]) -> NetworkPeering:
    properties = found["properties"]
    space = properties.get("remoteVirtualNetworkAddressSpace") or properties.get("remoteAddressSpace") or {}
    return NetworkPeering(
        id=text(found["id"]),
        name=text(found["name"]),
        provisioning_state=str(properties.get("provisioningState") or "None"),
        remote_network_id=str((properties.get("remoteVirtualNetwork") or {}).get("id") or ""),
        etag=str(found.get("etag") or ""),
        peering_state=str(properties.get("peeringState") or "None"),
        sync_level=str(properties.get("peeringSyncLevel") or ""),
        remote_prefixes=prefixes(space.get("addressPrefixes")),
        use_remote_gateways=bool(properties.get("useRemoteGateways")),
        allow_gateway_transit=bool(properties.get("allowGatewayTransit")),
    )
