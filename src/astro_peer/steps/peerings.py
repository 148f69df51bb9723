"""Peerings: what is connected to hubs (or networks), whose networks that leads to, and who wrote it, by the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model import audit, peering
from astro_peer.model.audit import Event, Identity
from astro_peer.model.objects import Connection, Resource, Subscription, same
from astro_peer.model.peering import Owner, Peerings
from astro_peer.model.wanted import Wanted
from astro_peer.steps import resources

_Found = TypeVar("_Found")
_MANY = 20
"""More of them are not asked one by one."""


class Owners:
    """Whose networks are, by their IDs. Azure is asked only about subscriptions that nobody has asked about yet."""

    def __init__(self, azure: Azure, own_subscription: Subscription) -> None:
        self._azure = azure
        self._tenant_id = own_subscription.tenant_id
        self._visible = {own_subscription.id.lower(): own_subscription}
        self._listed = False
        self._tenants: dict[str, str | None] = {}

    def of(self, network_ids: Iterable[str]) -> dict[str, Owner]:
        """A subscription that is none of the visible ones is asked for: if it is another tenant's, Azure says so."""
        ids = list(dict.fromkeys(network_ids))
        self._look_up({peering.subscription_of(one) for one in ids} - {""})
        return {one: peering.owner(one, self._tenant_id, self._visible, self._tenants) for one in ids}

    def _look_up(self, subscriptions: set[str]) -> None:
        if not self._listed and subscriptions - self._visible.keys():
            self._listed = True
            with suppress(AstroPeerError):  # then each is asked for
                self._visible |= {one.id.lower(): one for one in self._azure.subscriptions.visible()}
        unknown = subscriptions - self._visible.keys() - self._tenants.keys()
        asking = {one: self._azure.start(self._azure.subscriptions.tenant_of, one) for one in unknown}
        self._tenants |= {one: asked.result() for one, asked in asking.items()}


def of_revoke(azure: Azure, wanted: Wanted) -> Peerings | AstroPeerError:
    """On what is named, else on every hub (or network) of the subscription, if they are not too many.

    Who has made those to networks of others is asked of the activity log, a request for each.
    """
    place = wanted.target
    if place.where.resource_group and place.where.name:
        group, name = place.where.resource_group, place.where.name
        reading = {name: azure.start(_of_one, azure, wanted, place.subscription.id, group, name)}
        return replace(_judged(azure, wanted, reading), one_named=True)
    try:
        listed = resources.of(azure, wanted.procedure).listed(place.subscription.id)
    except AstroPeerError as error:
        return error
    meant = [one for one in listed if not place.where.name or same(one.name, place.where.name)]
    return of_all(azure, wanted, meant)


def of_all(azure: Azure, wanted: Wanted, meant: Sequence[Resource]) -> Peerings:
    if len(meant) > _MANY:
        return Peerings((), (), too_many=len(meant))
    return _judged(
        azure,
        wanted,
        {
            one.name: azure.start(_of_one, azure, wanted, one.subscription_id, one.resource_group, one.name)
            for one in meant
        },
    )


_Connections = tuple[Connection, ...] | AstroPeerError


def _of_one(azure: Azure, wanted: Wanted, subscription_id: str, group: str, name: str) -> _Connections:
    read = resources.of(azure, wanted.procedure).connections
    return _or_error(lambda: read(subscription_id, group, name)) if read else ()


def _judged(azure: Azure, wanted: Wanted, reading: dict[str, Future[_Connections]]) -> Peerings:
    read = {name: one.result() for name, one in reading.items()}
    connections = [one for found in read.values() if not isinstance(found, AstroPeerError) for one in found]
    owners = Owners(azure, wanted.target.subscription).of(one.remote_network_id for one in connections)
    foreign = [one for one in connections if not (owners[one.remote_network_id].own or one.azures_own)]
    asking = [azure.start(_logged, azure, wanted.target.subscription.id, one) for one in foreign]
    known = {wanted.principal_id.lower()} if wanted.principal_id else set()
    who = Identity(wanted.application_id.lower(), frozenset(known))
    return Peerings(
        tuple(
            peering.peering(
                one, owners[one.remote_network_id], *audit.by_whom(asked.result(), who, wanted.procedure)
            )
            for one, asked in zip(foreign, asking, strict=True)
        ),
        read=tuple(name for name, found in read.items() if not isinstance(found, AstroPeerError)),
        not_read=tuple((name, found) for name, found in read.items() if isinstance(found, AstroPeerError)),
    )


def _logged(azure: Azure, subscription_id: str, one: Connection) -> tuple[Event, ...]:
    """All that the log still has of one connection; nothing where it may not be read."""
    until = azure.now() + timedelta(minutes=1)
    found = _or_error(
        lambda: azure.activity_log.events(subscription_id, _oldest(until), until, resource_id=one.id)
    )
    return () if isinstance(found, AstroPeerError) else found


def _oldest(until: datetime) -> datetime:
    return until - audit.KEPT + timedelta(minutes=2)


def _or_error(call: Callable[[], _Found]) -> _Found | AstroPeerError:
    try:
        return call()
    except AstroPeerError as error:
        return error
