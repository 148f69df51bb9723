"""Surroundings: what can stop a grant or the peering, beside the grant's own objects, read side by side.

What could not be read is kept as the error that says why. GETs only, queries of Azure Resource Graph apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import ParamSpec, TypeVar

from astro_peer import astro
from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.assignment import principal_id
from astro_peer.model.objects import HubConnection, VirtualHub, VirtualNetwork, same
from astro_peer.model.observed import Observed
from astro_peer.model.surroundings import (
    AroundHub,
    AroundNetwork,
    Asked,
    AstroSide,
    HubRouting,
    Network,
    RoutingPolicy,
    Surroundings,
    VirtualWan,
)
from astro_peer.model.wanted import Wanted
from astro_peer.steps import next_hop, peerings
from astro_peer.steps.holdings import holdings

_PROVIDER = "Microsoft.Network"
_Found = TypeVar("_Found")
_Arguments = ParamSpec("_Arguments")


def of_plan(azure: Azure, wanted: Wanted, asked: Asked) -> Surroundings:
    """What every plan looks at besides."""
    if wanted.place is None:
        return Surroundings(asked=asked, sign_in=azure.session.sign_in)
    locks = _start(azure, azure.authorization.locks, wanted.scope)
    connected = None if wanted.granted else peerings.of_revoke(azure, wanted)
    return Surroundings(asked=asked, sign_in=azure.session.sign_in, locks=locks.result(), peerings=connected)


def with_directory_roles(azure: Azure, found: Surroundings) -> Surroundings:
    """And the caller's roles in Microsoft Entra ID; an application has none that it could read."""
    if found.sign_in is None or found.sign_in.is_application:
        return found
    return replace(found, directory_roles=_or_error(azure.graph.directory_roles))


def of_subscription(azure: Azure, wanted: Wanted, asked: Asked) -> Surroundings:
    """Whatever concerns the subscription and the caller in it."""
    scope, caller = wanted.scope, azure.session.account.object_id
    roles = None if azure.session.is_application else _start(azure, azure.graph.directory_roles)
    own = _start(azure, azure.authorization.assigned_to, scope, caller) if caller else None
    registration = _start(azure, azure.subscriptions.registration, wanted.target.subscription.id, _PROVIDER)
    denials = _start(azure, azure.authorization.denials, scope)
    usage = _start(azure, azure.authorization.usage, scope)
    locks = _start(azure, azure.authorization.locks, scope)
    return Surroundings(
        asked=asked,
        sign_in=azure.session.sign_in,
        registration=registration.result(),
        directory_roles=roles.result() if roles else None,
        own_assignments=own.result() if own else None,
        denials=denials.result(),
        usage=usage.result(),
        locks=locks.result(),
    )


def of_hub(azure: Azure, hub: VirtualHub) -> AroundHub:
    """The hub, its virtual WAN, and the networks behind all hubs of that."""
    network = azure.network
    hubs = _start(azure, network.hubs_everywhere)
    reading_wan = _start(azure, network.wan, hub.wan_id or "")
    connecting = _start(azure, network.connections, hub)
    tables = _start(azure, network.route_tables, hub)
    maps = _start(azure, network.route_maps, hub)
    policies = _start(azure, network.routing_policies, hub)
    firewall = next_hop.firewall(azure, hub, None, None)
    others, connections, wan = _of_same_wan(hub, hubs.result()), connecting.result(), reading_wan.result()
    elsewhere, unread = _connections_of(azure, others if isinstance(others, tuple) else ())
    here = connections if isinstance(connections, tuple) else ()
    return AroundHub(
        wan=wan,
        routing=_routing(tables.result(), maps.result(), policies.result()),
        connections=connections,
        other_hubs=others,
        connections_elsewhere=elsewhere,
        hubs_unread=(*unread, *_not_shown(hub, wan, others)),
        networks=_networks(azure, (*here, *elsewhere)),
        firewall=firewall,
    )


def of_network(azure: Azure, network: VirtualNetwork) -> AroundNetwork:
    """What the virtual network is peered with: each peering knows the other side's address space."""
    return AroundNetwork(
        _or_error(
            azure.virtual_networks.peerings, network.subscription_id, network.resource_group, network.name
        )
    )


def with_principal(azure: Azure, wanted: Wanted, observed: Observed, found: Surroundings) -> Surroundings:
    """And what Astronomer's principal holds here; or whether there was one, where there is none."""
    if principal_id(wanted, observed):
        return replace(found, holdings=_or_error(holdings, azure, wanted, observed))
    return replace(found, deleted_principals=_or_error(azure.graph.deleted, wanted.application_id))


def of_cluster(azure: Azure, cluster_id: str | None) -> AstroSide | None:
    """What Astro's API says, where the environment has a token for it. Raises UsageError for a wrong organization."""
    api = astro.from_environment(azure)
    if api is None:
        return None
    listing = _start(azure, api.clusters)
    cluster = _or_error(api.cluster, cluster_id) if cluster_id else None
    return AstroSide(cluster=cluster, others=listing.result())


def _of_same_wan(
    hub: VirtualHub, found: tuple[VirtualHub, ...] | AstroPeerError
) -> tuple[VirtualHub, ...] | AstroPeerError:
    if isinstance(found, AstroPeerError):
        return found
    return tuple(
        one for one in found if same(one.wan_id or "", hub.wan_id or "") and not same(one.id, hub.id)
    )


def _connections_of(
    azure: Azure, hubs: Sequence[VirtualHub]
) -> tuple[tuple[HubConnection, ...], tuple[str, ...]]:
    """Of all of them, and the IDs of hubs whose connections could not be read."""
    reading = [(hub, _start(azure, azure.network.connections, hub)) for hub in hubs]
    found: list[HubConnection] = []
    unread = []
    for hub, read in reading:
        connections = read.result()
        if isinstance(connections, AstroPeerError):
            unread.append(hub.id)
        else:
            found += connections
    return tuple(found), tuple(unread)


def _not_shown(
    hub: VirtualHub, wan: VirtualWan | AstroPeerError, others: tuple[VirtualHub, ...] | AstroPeerError
) -> tuple[str, ...]:
    """Hubs that the virtual WAN names, and that nobody showed."""
    if isinstance(wan, AstroPeerError) or isinstance(others, AstroPeerError):
        return ()
    shown = {one.id.lower() for one in (hub, *others)}
    return tuple(one for one in wan.hub_ids if one.lower() not in shown)


def _networks(azure: Azure, connections: Sequence[HubConnection]) -> tuple[Network, ...] | AstroPeerError:
    ids = sorted({one.remote_network_id for one in connections if one.remote_network_id}, key=str.lower)
    return _or_error(azure.network.networks, ids)


def _routing(
    tables: tuple[str, ...] | AstroPeerError,
    maps: tuple[str, ...] | AstroPeerError,
    policies: tuple[RoutingPolicy, ...] | AstroPeerError,
) -> HubRouting | AstroPeerError:
    if isinstance(tables, AstroPeerError):
        return tables
    if isinstance(maps, AstroPeerError):
        return maps
    return policies if isinstance(policies, AstroPeerError) else HubRouting(tables, maps, policies)


def _start(
    azure: Azure, call: Callable[_Arguments, _Found], *args: _Arguments.args, **named: _Arguments.kwargs
) -> Future[_Found | AstroPeerError]:
    return azure.start(lambda: _or_error(call, *args, **named))


def _or_error(
    call: Callable[_Arguments, _Found], *args: _Arguments.args, **named: _Arguments.kwargs
) -> _Found | AstroPeerError:
    try:
        return call(*args, **named)
    except AstroPeerError as error:
        return error
