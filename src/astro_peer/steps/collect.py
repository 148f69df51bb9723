"""Collect: the tenant, the subscription, the virtual hub and its firewall's address.

What is given is checked against Azure; what is not given is found, if there is just one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import replace

from astro_peer.azure import Azure
from astro_peer.azure.auth import again
from astro_peer.errors import AstroPeerError, NotFound, SignInNeeded, UsageError
from astro_peer.model.objects import Subscription, VirtualHub, same
from astro_peer.model.place import Place, Where
from astro_peer.model.way_out import astro_peer, az, way_out
from astro_peer.steps.next_hop import ChooseNextHop, firewall

_MOST_NAMED = 12


Choose = Callable[[list[tuple[VirtualHub, Subscription]]], VirtualHub]
"""Has a person choose one of several hubs."""


class SeveralHubs(UsageError):
    """Several fit, and nobody chooses. `subscription`: the ID of the one that they all lie in, if they do."""

    def __init__(self, hubs: list[VirtualHub]) -> None:
        super().__init__(
            f"{len(hubs)} virtual hubs fit: which one is meant?",
            meaning="These fit:\n" + _listing(f"--hub-id {hub.id}" for hub in hubs),
            next_step="Run the command again with one of these options.",
        )
        subscriptions = {hub.subscription_id for hub in hubs}
        self.subscription = subscriptions.pop() if len(subscriptions) == 1 else None


def collect(
    azure: Azure,
    where: Where,
    firewall_ip: str | None,
    choose: Choose | None = None,
    choose_next_hop: ChooseNextHop | None = None,
) -> Place:
    """The hub and its firewall's address. Raises what `find_hub` raises."""
    place = find_hub(azure, where, choose)
    if place.hub is None:
        return place
    found = firewall(azure, place.hub, firewall_ip, choose_next_hop)
    return replace(place, firewall_ip=found.address, firewall_note=found.note)


def find_hub(azure: Azure, where: Where, choose: Choose | None = None) -> Place:
    """The subscription and the hub, both read from Azure.

    Raises NotFound for a name that does not exist (and says which do), UsageError when several hubs would
    fit and there is nobody to choose (and lists them).
    """
    if where.subscription and where.resource_group and where.hub:
        group, name = where.resource_group, where.hub
        reading = azure.start(lambda: azure.network.hub(str(where.subscription), group, name))
        subscription = _subscription(azure, where.subscription)
        try:
            hub = reading.result()
        except NotFound as error:
            raise _name_what_exists(azure, subscription, group, name, error) from error
    else:
        hub = _find_hub(azure, where, choose)
        subscription = _subscription(azure, hub.subscription_id)
    if not hub.in_virtual_wan:
        raise NotFound(
            f"{hub.name} is not a Virtual WAN hub.",
            meaning="It is a Route Server: Azure keeps both as the same type of resource, but a Route Server"
            " belongs to no virtual WAN and cannot be peered this way.",
            next_step=way_out(astro_peer("hubs"), " lists the hubs that can."),
        )
    return Place(tenant_id=subscription.tenant_id, subscription=subscription, where=where, hub=hub)


def collect_subscription(azure: Azure, where: Where) -> Place:
    """Only the subscription: what `revoke` needs. The hub is not read; it may be gone."""
    subscription = (
        _subscription(azure, where.subscription) if where.subscription else _only_subscription(azure)
    )
    return Place(tenant_id=subscription.tenant_id, subscription=subscription, where=where)


def collect_offline(where: Where, tenant_id: str | None, firewall_ip: str | None) -> Place:
    """As given, with nothing looked up. Raises UsageError for what would have to be."""
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
        names = [f"{one.id} ({one.name})" for one in azure.subscriptions.visible()]
        raise _with_names(error, "subscriptions you can see", names) from error
    tenant_id = azure.session.account.tenant_id
    if subscription.tenant_id and tenant_id and not same(subscription.tenant_id, tenant_id):
        raise SignInNeeded(
            f"You are signed in to tenant {tenant_id}, but the subscription belongs to {subscription.tenant_id}.",
            meaning="The service principal must be made in the subscription's own tenant.",
            next_step=again(azure.session.account.how, subscription.tenant_id),
        )
    return subscription


def _only_subscription(azure: Azure) -> Subscription:
    found = _visible_subscriptions(azure)
    if len(found) > 1:
        raise UsageError(
            f"You can see {len(found)} subscriptions: which one is meant?",
            meaning="These exist:\n" + _listing(f"--subscription {one.id}   ({one.name})" for one in found),
            next_step="Run the command again with one of these options.",
        )
    return found[0]


def _visible_subscriptions(azure: Azure) -> list[Subscription]:
    found = azure.subscriptions.visible()
    if not found:
        raise NotFound(
            "You can see no subscription.",
            meaning="Your account holds no role in any subscription of this tenant.",
            next_step=way_out(
                "Ask an Owner of the subscription with the virtual hub for a role there; an Entra administrator without"
                " one can run ",
                astro_peer("grant", "--only", "principal"),
                ".",
            ),
        )
    return found


def _find_hub(azure: Azure, where: Where, choose: Choose | None) -> VirtualHub:
    """The one hub that fits what was given."""
    given = where.subscription
    subscriptions = [_subscription(azure, given)] if given else _visible_subscriptions(azure)
    reading = [azure.start(azure.network.hubs, one.id) for one in subscriptions]
    hubs = [hub for listed in reading for hub in listed.result()]
    fitting = [
        hub
        for hub in hubs
        if (not where.resource_group or same(hub.resource_group, where.resource_group))
        and (not where.hub or same(hub.name, where.hub))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting and choose:
        of = {one.id: one for one in subscriptions}
        return choose([(hub, of[hub.subscription_id]) for hub in fitting])
    if fitting:
        raise SeveralHubs(fitting)
    if hubs:
        raise NotFound(
            "No virtual hub fits what was given.",
            meaning="These exist:\n" + _listing(f"--hub-id {hub.id}" for hub in hubs),
            next_step="Run the command again with one of these options.",
        )
    names = ", ".join(one.name for one in subscriptions)
    raise NotFound(
        f"There is no virtual hub in {names}.",
        meaning="Either there is none, or your account may not see it.",
        next_step=way_out(
            "Sign in to the tenant and subscription that hold the hub (",
            az("account", "list", "--output", "table"),
            ").",
        ),
    )


def _name_what_exists(
    azure: Azure, subscription: Subscription, group: str, name: str, error: NotFound
) -> AstroPeerError:
    if error.code == "ResourceGroupNotFound":
        groups = difflib.get_close_matches(
            group, azure.subscriptions.resource_groups(subscription.id), _MOST_NAMED, 0
        )
        return _with_names(error, f"resource groups of {subscription.name}", groups)
    hubs = [f"{hub.name} (--hub-id {hub.id})" for hub in azure.network.hubs(subscription.id)]
    return _with_names(error, f"virtual hubs of {subscription.name}", hubs)


def _with_names(error: NotFound, what: str, names: list[str]) -> NotFound:
    listed = f"The {what}:\n{_listing(names)}" if names else f"There are no {what}."
    return NotFound(
        error.summary,
        meaning=f"{error.meaning} {listed}",
        next_step="Run the command again with one of these." if names else error.next_step,
        answer=error.answer,
    )


def _listing(lines: Iterable[str]) -> str:
    named = list(lines)
    more = [f"and {len(named) - _MOST_NAMED} more"] if len(named) > _MOST_NAMED else []
    return "\n".join(f"  {line}" for line in named[:_MOST_NAMED] + more)
