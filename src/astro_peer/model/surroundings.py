"""What stands around a grant and can stop it, or the peering after it: as it was read, with nothing concluded.

None where it was not asked for. What could not be read is the error that says why: that is not the same as absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from astro_peer.errors import AstroPeerError
from astro_peer.model.access import Holdings
from astro_peer.model.objects import HubConnection, NetworkPeering, Permission, RoleAssignment, VirtualHub
from astro_peer.model.peering import Peerings


@dataclass(frozen=True)
class SignIn:
    """What the tokens say of the caller: for showing, and as a hint. Azure decides by them, nobody else may."""

    name: str
    object_id: str | None
    tenant_id: str
    how: str
    cloud: str
    graph: str
    """Address of Microsoft Graph in that cloud."""
    is_application: bool
    until: datetime | None
    """When the first of the tokens ends."""
    graph_permissions: tuple[str, ...] = ()
    """Of an application: its permissions in Microsoft Graph, from its own token."""


@dataclass(frozen=True)
class DirectoryRole:
    """A role in Microsoft Entra ID, as it is active now."""

    name: str
    template_id: str


@dataclass(frozen=True)
class Lock:
    name: str
    level: str
    """CanNotDelete or ReadOnly."""
    scope: str
    """What is locked, and all beneath it."""


@dataclass(frozen=True)
class DenyAssignment:
    name: str
    scope: str
    permissions: tuple[Permission, ...]
    principals: tuple[str, ...]
    """Object IDs; the nil GUID is everybody."""
    excluded: tuple[str, ...]


@dataclass(frozen=True)
class AssignmentUsage:
    """How many role assignments the subscription has, of how many."""

    count: int
    limit: int


@dataclass(frozen=True)
class VirtualWan:
    id: str
    name: str
    kind: str
    """Basic or Standard."""
    hub_ids: tuple[str, ...]


@dataclass(frozen=True)
class RoutingPolicy:
    """A policy of a hub's routing intent. Destinations are Internet and PrivateTraffic."""

    name: str
    destinations: tuple[str, ...]
    next_hop_id: str


@dataclass(frozen=True)
class HubRouting:
    """Names of what a hub has beside Azure's own default and none route tables."""

    route_tables: tuple[str, ...] = ()
    route_maps: tuple[str, ...] = ()
    policies: tuple[RoutingPolicy, ...] = ()


@dataclass(frozen=True)
class Network:
    """A virtual network and its address prefixes, IPv4 and IPv6."""

    id: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class AstroCluster:
    """An Astro cluster, as Astro's API shows it."""

    id: str
    name: str
    cloud: str
    kind: str
    """DEDICATED or HYBRID."""
    status: str
    region: str
    range: str
    """CIDR of its virtual network."""
    recovery_range: str | None = None
    """The same in its disaster recovery region, where there is one."""


@dataclass(frozen=True)
class AstroSide:
    """What Astro's API says: the cluster that was asked for, and the organization's clusters on Azure."""

    cluster: AstroCluster | AstroPeerError | None = None
    others: tuple[AstroCluster, ...] | AstroPeerError = ()


@dataclass(frozen=True)
class DetectedFirewall:
    """The next hop found in the hub, and where it comes from or why there is none."""

    address: str | None
    note: str
    unread: bool = False
    """Something could not be read, or has no address yet: there may be one all the same."""
    several: bool = False
    """There are some, and nobody has said which."""


@dataclass(frozen=True)
class Asked:
    """What a user said of the peering, beside the place."""

    cluster_id: str | None = None
    peering_name: str | None = None
    firewall_ip: str | None = None
    astro_ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class AroundHub:
    """The hub's virtual WAN, and everything that is connected to it."""

    wan: VirtualWan | AstroPeerError
    routing: HubRouting | AstroPeerError
    connections: tuple[HubConnection, ...] | AstroPeerError
    other_hubs: tuple[VirtualHub, ...] | AstroPeerError
    """Of the same virtual WAN, as far as the caller may read them."""
    connections_elsewhere: tuple[HubConnection, ...]
    """Of the other hubs."""
    hubs_unread: tuple[str, ...]
    """IDs of other hubs of the WAN, that could not be read or whose connections could not."""
    networks: tuple[Network, ...] | AstroPeerError
    """Those behind the connections, as far as the caller may read them."""
    firewall: DetectedFirewall


@dataclass(frozen=True)
class AroundNetwork:
    """What is connected to the virtual network."""

    peerings: tuple[NetworkPeering, ...] | AstroPeerError


@dataclass(frozen=True)
class Surroundings:
    asked: Asked = field(default_factory=Asked)
    sign_in: SignIn | None = None
    registration: str | AstroPeerError | None = None
    """Of the resource provider Microsoft.Network: Registered, Registering, Unregistering or NotRegistered."""
    directory_roles: tuple[DirectoryRole, ...] | AstroPeerError | None = None
    """Of a user; an application has none that it could read."""
    own_assignments: tuple[RoleAssignment, ...] | AstroPeerError | None = None
    """The caller's, through groups too: for the conditions on them."""
    denials: tuple[DenyAssignment, ...] | AstroPeerError | None = None
    usage: AssignmentUsage | AstroPeerError | None = None
    locks: tuple[Lock, ...] | AstroPeerError | None = None
    deleted_principals: frozenset[str] | AstroPeerError | None = None
    holdings: Holdings | AstroPeerError | None = None
    resource_missing: AstroPeerError | None = None
    """Why there is nothing to be peered to look at."""
    peerings: Peerings | AstroPeerError | None = None
    """What Astronomer has connected: looked at before a revoke."""
    hub: AroundHub | None = None
    network: AroundNetwork | None = None
    astro: AstroSide | None = None
