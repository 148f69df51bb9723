"""The resources that a procedure is about, by their kind: how they are listed, read and looked into.

Of a kind that is not named here no more is known than of all of Azure's resources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from astro_peer.azure import Azure
from astro_peer.errors import NotFound
from astro_peer.model.objects import Connection, Resource, VirtualHub
from astro_peer.model.way_out import astro_peer, way_out
from astro_peer.procedure import Procedure

Everywhere = Callable[[], Sequence[Resource]]


@dataclass(frozen=True)
class Kind:
    listed: Callable[[str], Sequence[Resource]]
    """Those of a subscription."""
    read: Callable[[str, str, str], Resource]
    """One, by its subscription, resource group and name. Raises NotFound."""
    everywhere: Everywhere | None = None
    """All that the caller may read, as Azure Resource Graph has them."""
    connections: Callable[[str, str, str], tuple[Connection, ...]] | None = None
    """Of one, by its subscription, resource group and name."""

    def connections_of(self, resource: Resource) -> tuple[Connection, ...]:
        """None of a kind of which nothing is known."""
        if self.connections is None:
            return ()
        return self.connections(resource.subscription_id, resource.resource_group, resource.name)


def of(azure: Azure, procedure: Procedure) -> Kind:
    """Nothing is loaded before it is asked for something: the SDK takes its time."""
    known = _KINDS.get(procedure.resource_type.lower())
    return known(azure) if known else _any_other(azure, procedure)


def _hubs(azure: Azure) -> Kind:
    return Kind(
        lambda subscription_id: azure.network.hubs(subscription_id),
        lambda subscription_id, group, name: azure.network.hub(subscription_id, group, name),
        lambda: azure.network.hubs_everywhere(),
        lambda subscription_id, group, name: azure.network.connections_of(subscription_id, group, name),
    )


def _networks(azure: Azure) -> Kind:
    networks = azure.virtual_networks
    return Kind(networks.listed, networks.read, networks.everywhere, networks.peerings)


def _any_other(azure: Azure, procedure: Procedure) -> Kind:
    resources = azure.resources(procedure.resource_type, procedure.resource)
    return Kind(resources.listed, resources.read)


def require_peerable(resource: Resource) -> None:
    """Raises NotFound for one of the right type that is something else all the same."""
    if isinstance(resource, VirtualHub) and not resource.in_virtual_wan:
        raise NotFound(
            f"{resource.name} is not a Virtual WAN hub.",
            meaning="It is a Route Server: Azure keeps both as the same type of resource, but a Route Server"
            " belongs to no virtual WAN and cannot be peered this way.",
            next_step=way_out(astro_peer("hubs"), " lists the hubs that can."),
        )


_KINDS: dict[str, Callable[[Azure], Kind]] = {
    "microsoft.network/virtualhubs": _hubs,
    "microsoft.network/virtualnetworks": _networks,
}
