"""Collect: the tenant, the subscription, what is to be peered, and the address of the firewall in a virtual hub.

What is given is checked against Azure; what is not given is found, if there is just one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace

from astro_peer import names
from astro_peer.azure import Azure
from astro_peer.azure.auth import again
from astro_peer.errors import AstroPeerError, NotFound, SignInNeeded, UsageError
from astro_peer.model.objects import Resource, Subscription, same
from astro_peer.model.place import Place, Where
from astro_peer.model.similar import did_you_mean
from astro_peer.model.way_out import astro_peer, az, way_out
from astro_peer.procedure import Procedure
from astro_peer.steps import resources
from astro_peer.steps.lists import Lists, list_all
from astro_peer.steps.next_hop import ChooseNextHop, Listing, firewall
from astro_peer.steps.subscription import identified

_MOST_NAMED = 12


Choose = Callable[[list[tuple[Resource, Subscription]]], Resource]
"""Has a person choose one of several."""


class SeveralFit(UsageError):
    """Several fit, and nobody chooses. `subscription`: the ID of the one that they all lie in, if they do."""

    def __init__(self, procedure: Procedure, fitting: list[Resource]) -> None:
        super().__init__(
            f"{len(fitting)} {procedure.resource.many} fit: which one is meant?",
            meaning="These fit:\n" + _listing(_naming(procedure, one) for one in fitting),
            next_step="Run the command again with one of these options.",
        )
        subscriptions = {one.subscription_id for one in fitting}
        self.subscription = subscriptions.pop() if len(subscriptions) == 1 else None


def collect(
    azure: Azure,
    where: Where,
    firewall_ip: str | None,
    choose: Choose | None = None,
    choose_next_hop: ChooseNextHop | None = None,
) -> Place:
    """What is to be peered, and a hub's firewall's address. Raises what `find_resource` raises."""
    where = identified(azure, where)
    listed = begin(azure, where, firewall_ip)
    return with_firewall(
        azure, find_resource(azure, where, choose, listed), firewall_ip, choose_next_hop, listed
    )


@dataclass(frozen=True)
class Listed:
    """Of a subscription, while it is being read; None where the subscription is not known yet."""

    resources: Future[Sequence[Resource]] | None = None
    firewalls: Listing | None = None


def begin(azure: Azure, where: Where, firewall_ip: str | None) -> Listed:
    given = where.subscription
    if given is None:
        return Listed()
    with_firewalls = where.procedure.asks_for("firewall_ip") and not firewall_ip
    return Listed(
        azure.start(lambda: resources.of(azure, where.procedure).listed(given)),
        azure.start(lambda: azure.network.firewall_ips(given)) if with_firewalls else None,
    )


def with_firewall(
    azure: Azure,
    place: Place,
    firewall_ip: str | None,
    choose_next_hop: ChooseNextHop | None,
    listed: Listed | None = None,
) -> Place:
    if place.hub is None:
        return place
    found = firewall(azure, place.hub, firewall_ip, choose_next_hop, listed.firewalls if listed else None)
    return replace(place, firewall_ip=found.address, firewall_note=found.note)


def find_resource(
    azure: Azure, where: Where, choose: Choose | None = None, listed: Listed | None = None
) -> Place:
    """The subscription and what is to be peered, both read from Azure; what no list shows is read by its ID.

    Raises NotFound for a name that does not exist (and says which do), UsageError when several would fit and there is
    nobody to choose (and lists them).
    """
    if where.subscription and where.resource_group and where.name:
        group, name = where.resource_group, where.name
        listing = (listed or begin(azure, where, None)).resources
        subscription = _subscription(azure, where.subscription)
        kind = resources.of(azure, where.procedure)
        try:
            found = _listed(listing, group, name) or kind.read(subscription.id, group, name)
        except NotFound as error:
            raise _name_what_exists(azure, where, subscription, error) from error
        resources.require_peerable(found)
    else:
        found, subscription = _find_resource(azure, where, choose, listed)
    return Place(tenant_id=subscription.tenant_id, subscription=subscription, where=where, resource=found)


def _listed(listing: Future[Sequence[Resource]] | None, group: str, name: str) -> Resource | None:
    with suppress(AstroPeerError):
        for one in listing.result() if listing else ():
            if same(one.resource_group, group) and same(one.name, name):
                return one
    return None


def known(azure: Azure, where: Where) -> Place | None:
    """The place as far as it is known before anything is read, if it is enough to begin with: the subscription's ID.

    Nothing is to be shown or written from it: whether the subscription exists, and is one of this tenant, is not known.
    """
    if not where.subscription:
        return None
    tenant_id = azure.session.account.tenant_id
    return Place(tenant_id, Subscription(where.subscription, "", tenant_id, ""), where)


def collect_subscription(azure: Azure, where: Where) -> Place:
    """Only the subscription: what `revoke` needs. What was peered is not read; it may be gone."""
    subscription = (
        _subscription(azure, where.subscription)
        if where.subscription
        else _only_subscription(azure, where.procedure)
    )
    return Place(tenant_id=subscription.tenant_id, subscription=subscription, where=where)


def collect_offline(where: Where, tenant_id: str | None, firewall_ip: str | None) -> Place:
    """As given, with nothing looked up. Raises UsageError for what would have to be."""
    named = [one for one in (tenant_id, where.subscription) if one is not None and not names.is_guid(one)]
    if named:
        raise UsageError(
            f"Offline, {' and '.join(named)} cannot be looked up.",
            meaning="Without a connection nobody knows which IDs belong to names.",
            next_step=way_out(
                "Give IDs (",
                az("account", "list", "--output", "table"),
                " shows them), or leave --offline out.",
            ),
        )
    if not tenant_id or not where.subscription:
        raise UsageError(
            "Offline, the tenant and the subscription cannot be looked up.",
            meaning="Missing: "
            + " and ".join(
                option
                for option, given in (("--tenant", tenant_id), ("--subscription", where.subscription))
                if not given
            )
            + ".",
            next_step=way_out(
                "Give both (",
                az("account", "list", "--output", "table"),
                " shows them), or leave --offline out.",
            ),
        )
    return Place(
        tenant_id=tenant_id,
        subscription=Subscription(id=where.subscription, name="", tenant_id=tenant_id, state=""),
        where=where,
        firewall_ip=firewall_ip,
    )


def _subscription(azure: Azure, subscription_id: str) -> Subscription:
    try:
        subscription = azure.subscriptions.get(subscription_id)
    except NotFound as error:
        listed = [f"{one.id} ({one.name})" for one in azure.subscriptions.visible()]
        raise _with_names(error, "subscriptions you can see", listed) from error
    _require_own_tenant(azure, subscription)
    return subscription


def _require_own_tenant(azure: Azure, subscription: Subscription) -> None:
    tenant_id = azure.session.account.tenant_id
    if subscription.tenant_id and tenant_id and not same(subscription.tenant_id, tenant_id):
        raise SignInNeeded(
            f"You are signed in to tenant {tenant_id}, but the subscription belongs to {subscription.tenant_id}.",
            meaning="The service principal must be made in the subscription's own tenant.",
            next_step=again(azure.session.account.how, subscription.tenant_id),
        )


def _only_subscription(azure: Azure, procedure: Procedure) -> Subscription:
    found = _visible_subscriptions(azure, procedure)
    if len(found) > 1:
        raise UsageError(
            f"You can see {len(found)} subscriptions: which one is meant?",
            meaning="These exist:\n" + _listing(f"--subscription {one.id}   ({one.name})" for one in found),
            next_step="Run the command again with one of these options.",
        )
    _require_own_tenant(azure, found[0])
    return found[0]


def _visible_subscriptions(azure: Azure, procedure: Procedure) -> list[Subscription]:
    found = azure.subscriptions.visible()
    if not found:
        raise NotFound(
            "You can see no subscription.",
            meaning="Your account holds no role in any subscription of this tenant.",
            next_step=way_out(
                f"Ask an Owner of the subscription with the {procedure.resource.one} for a role there; an Entra"
                " administrator without one can run ",
                astro_peer("grant", "--only", "principal"),
                ".",
            ),
        )
    return found


def _find_resource(
    azure: Azure, where: Where, choose: Choose | None, listed: Listed | None
) -> tuple[Resource, Subscription]:
    """The one that fits what was given, and its subscription."""
    procedure = where.procedure
    kind = resources.of(azure, procedure)
    if where.subscription:
        listed_here = (listed or begin(azure, where, None)).resources
        subscriptions = [_subscription(azure, where.subscription)]
        found = Lists(tuple(listed_here.result()) if listed_here else ())
    else:
        subscriptions = _visible_subscriptions(azure, procedure)
        found = list_all(azure, kind, subscriptions)
        if found.unread:
            raise found.unread[0][1]
    there = found.listed
    fitting = [
        one
        for one in there
        if (not where.resource_group or same(one.resource_group, where.resource_group))
        and (not where.name or same(one.name, where.name))
    ]
    of = {one.id: one for one in subscriptions}
    if len(fitting) == 1 or (fitting and choose):
        chosen = (
            choose([(one, of[one.subscription_id]) for one in fitting])
            if choose and fitting[1:]
            else fitting[0]
        )
        _require_own_tenant(azure, of[chosen.subscription_id])
        if found.as_of:  # what is decided from it is what is true now
            chosen = kind.read(chosen.subscription_id, chosen.resource_group, chosen.name)
            resources.require_peerable(chosen)
        return chosen, of[chosen.subscription_id]
    if fitting:
        raise SeveralFit(procedure, fitting)
    if there:
        raise NotFound(
            f"No {procedure.resource.one} fits what was given."
            + did_you_mean(where.name, [one.name for one in there]),
            meaning="These exist:\n" + _listing(_naming(procedure, one) for one in there),
            next_step="Run the command again with one of these options.",
        )
    looked_at = ", ".join(one.name for one in subscriptions)
    raise NotFound(
        f"There is no {procedure.resource.one} in {looked_at}.",
        meaning="Either there is none, or your account may not see it.",
        next_step=way_out(
            f"Sign in to the tenant and subscription that hold the {procedure.short.one} (",
            az("account", "list", "--output", "table"),
            ").",
        ),
    )


def _name_what_exists(
    azure: Azure, where: Where, subscription: Subscription, error: NotFound
) -> AstroPeerError:
    if error.code == "ResourceGroupNotFound":
        groups = difflib.get_close_matches(
            where.resource_group or "", azure.subscriptions.resource_groups(subscription.id), _MOST_NAMED, 0
        )
        return _with_names(
            error,
            f"resource groups of {subscription.name}",
            groups,
            did_you_mean(where.resource_group or "", groups),
        )
    procedure = where.procedure
    there = resources.of(azure, procedure).listed(subscription.id)
    return _with_names(
        error,
        f"{procedure.resource.many} of {subscription.name}",
        [_naming(procedure, one) for one in there],
        did_you_mean(where.name or "", [one.name for one in there]),
    )


def _naming(procedure: Procedure, one: Resource) -> str:
    return f"{procedure.flag}-id {one.id}"


def _with_names(error: NotFound, what: str, existing: list[str], guess: str = "") -> NotFound:
    listed = f"The {what}:\n{_listing(existing)}" if existing else f"There are no {what}."
    return NotFound(
        error.summary + guess,
        meaning=f"{error.meaning} {listed}",
        next_step="Run the command again with one of these." if existing else error.next_step,
        answer=error.answer,
    )


def _listing(lines: Iterable[str]) -> str:
    named = list(lines)
    more = [f"and {len(named) - _MOST_NAMED} more"] if len(named) > _MOST_NAMED else []
    return "\n".join(f"  {line}" for line in named[:_MOST_NAMED] + more)
