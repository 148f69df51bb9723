"""Azure's activity log of a subscription: every write that somebody tried, as events. Reads are not in it.

https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from astro_peer.sandbox.tenant.paths import split, subscription_of
from astro_peer.sandbox.tenant.state import Caller, Tenant

KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Write:
    """One request to change something: `action` and `resource_id` as Azure spells them."""

    caller: Caller
    method: str
    action: str
    resource_id: str
    address: str
    correlation_id: str
    request_body: str


@dataclass(frozen=True)
class Event:
    write: Write
    moment: datetime
    status: str
    """Started, Accepted, Succeeded or Failed."""
    http_status: int | None
    id: str
    """A GUID; the operation's is the correlation ID."""
    response_body: str = ""
    status_message: str = ""
    """Why it failed: JSON, as what was refused is answered with."""


def action_of(method: str, path: str) -> str | None:
    """The action of a request to a resource's path, as Azure spells it; None for one that is not logged."""
    segments = split(path)
    at = [number for number, one in enumerate(segments[:-1]) if one.lower() == "providers"]
    if subscription_of(path) is None:
        return None
    if not at:
        kinds = ["Microsoft.Resources", "subscriptions", *segments[2::2]]
        kinds = ["Microsoft.Resources", "subscriptions", "resourceGroups"] if len(segments) > 2 else kinds
        return "/".join(
            [*kinds, {"PUT": "write", "PATCH": "write", "DELETE": "delete"}.get(method, "action")]
        )
    namespace, *rest = segments[at[-1] + 1 :]
    if method == "POST":
        return "/".join([namespace, *rest[0:-1:2], rest[-1], "action"]) if rest else None
    return "/".join([namespace, *rest[0::2], "delete" if method == "DELETE" else "write"])


def record(
    tenant: Tenant,
    write: Write,
    status: int,
    response_body: str,
    done_at: datetime | None = None,
    failure: str | None = None,
) -> None:
    """A write and what came of it, which for an asynchronous operation is known when that is done; `failure`: the
    status message of one that fails then.
    """
    now = tenant.clock.now()
    tenant.activity.append(Event(write, now, "Started", None, str(uuid4())))
    if status >= 400:
        tenant.activity.append(
            Event(write, now, "Failed", status, str(uuid4()), response_body, response_body)
        )
        return
    if done_at is not None:
        tenant.activity.append(Event(write, now, "Accepted", status, str(uuid4()), response_body))
        if failure:
            event = Event(write, done_at, "Failed", None, str(uuid4()), status_message=failure)
            tenant.activity.append(event)
            return
        status = 200
    tenant.activity.append(Event(write, done_at or now, "Succeeded", status, str(uuid4()), response_body))


def shown(tenant: Tenant, subscription: str) -> Iterator[Event]:
    """Newest first, as far as they have happened and have arrived in the log."""
    now = tenant.clock.now()
    for event in sorted(tenant.activity, key=lambda one: one.moment, reverse=True):
        here = subscription_of(event.write.resource_id) == subscription.lower()
        arrived = event.moment <= now and not tenant.within(tenant.lags.activity_log, event.moment)
        if here and arrived and now - event.moment <= KEPT:
            yield event
