"""A subscription by its name: found among those that the caller can see. An ID is taken as it is, and asks nobody."""

from __future__ import annotations

from dataclasses import replace

from astro_peer import names
from astro_peer.azure import Azure
from astro_peer.errors import NotFound, UsageError
from astro_peer.model.objects import Subscription
from astro_peer.model.place import Where
from astro_peer.model.similar import did_you_mean

_MOST_NAMED = 12


def identified(azure: Azure, where: Where) -> Where:
    """The same place with the subscription's ID. Raises what `subscription_id` raises."""
    if where.subscription is None:
        return where
    return replace(where, subscription=subscription_id(azure, where.subscription))


def subscription_id(azure: Azure, named: str) -> str:
    """Raises NotFound where there is none of that name, UsageError where there are several."""
    if names.is_guid(named):
        return named
    visible = azure.subscriptions.visible()
    found = [one for one in visible if one.name.casefold() == named.casefold()]
    if len(found) == 1:
        return found[0].id
    if found:
        raise UsageError(
            f'{len(found)} subscriptions are named "{named}": which one is meant?',
            meaning=f"These are:\n{_listing(found)}",
            next_step="Run the command again with one of these options.",
        )
    guess = did_you_mean(named, [one.name for one in visible])
    raise NotFound(
        f'You can see no subscription named "{named}".{guess}',
        meaning=f"These you can see:\n{_listing(visible)}" if visible else "You can see none at all.",
        next_step="Run the command again with one of these options." if visible else "",
    )


def _listing(subscriptions: list[Subscription]) -> str:
    lines = [f"  --subscription {one.id}   ({one.name})" for one in subscriptions]
    more = [f"  and {len(lines) - _MOST_NAMED} more"] if len(lines) > _MOST_NAMED else []
    return "\n".join(lines[:_MOST_NAMED] + more)
