"""Audit: read the activity log, and what tells in it whom and what is meant."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model import assignment
from astro_peer.model import audit as rules
from astro_peer.model.audit import Audit, Event, Grant, Identity
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted

_WINDOW = timedelta(days=7)
"""Each is asked for beside the others: the log's pages come one after another."""
_AHEAD = timedelta(minutes=1)
"""Azure's time is known to the second, and its parts do not all have the same."""
_BEFORE_GRANT = timedelta(minutes=5)
"""The role and the service principal are made before the assignment."""


def audit(azure: Azure, wanted: Wanted, observed: Observed, since: datetime | None) -> Audit:
    """From `since`, or from the grant that is there; without one, as far back as the log goes."""
    until = azure.now()
    oldest = until - rules.KEPT + timedelta(minutes=1)
    granted_on = grant_began(wanted, observed)
    begins = since or granted_on or oldest
    begins = min(max(begins, oldest), until)
    who = identity(azure, wanted, observed)
    found = rules.decide(
        events(azure, wanted.target.subscription.id, begins, until + _AHEAD),
        who,
        _grant(wanted, observed, who),
        since=begins,
        until=until,
        since_grant=since is None and granted_on is not None,
        identity_known=bool(who.object_ids) or observed.unchecked is None,
        procedure=wanted.procedure,
    )
    return replace(found, place=wanted.place, principal=observed.principal)


def grant_began(wanted: Wanted, observed: Observed) -> datetime | None:
    """A little before the assignment that is there was made; None where there is none."""
    made = [one.created_on for one in assignment.ours(wanted, observed) if one.created_on]
    return min(made) - _BEFORE_GRANT if made else None


def identity(azure: Azure, wanted: Wanted, observed: Observed) -> Identity:
    """Principals that were deleted are Astronomer's as well."""
    known = set(observed.deleted)
    if holder := assignment.principal_id(wanted, observed):
        known.add(holder)
    with suppress(AstroPeerError):
        known |= azure.graph.deleted(wanted.application_id)
    return Identity(wanted.application_id.lower(), frozenset(one.lower() for one in known))


def _grant(wanted: Wanted, observed: Observed, who: Identity) -> Grant:
    named = {one.name for one in (*observed.of_role, *assignment.ours(wanted, observed))}
    derived = {name for one in who.object_ids for name in assignment.names(wanted, one)}
    roles = {wanted.role.guid, *([observed.role.guid] if observed.role else [])}
    return Grant(frozenset(one.lower() for one in named | derived | roles), who.object_ids)


def events(
    azure: Azure, subscription_id: str, since: datetime, until: datetime, provider: str | None = None
) -> tuple[Event, ...]:
    reading = []
    while since < until:
        end = min(since + _WINDOW, until)
        reading.append(azure.start(azure.activity_log.events, subscription_id, since, end, provider=provider))
        since = end
    seen: dict[Event, None] = {}  # what happened at the very border is in both
    for one in reading:
        seen |= dict.fromkeys(one.result())
    return tuple(seen)
