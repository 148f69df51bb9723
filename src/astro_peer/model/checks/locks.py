"""Locks: a read-only one forbids the grant, one against deletion the revoke, which is better known before."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import Resource, same, within
from astro_peer.model.surroundings import Lock, Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import Command, az, way_out

READ_ONLY = "ReadOnly"


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    found = around.locks
    if isinstance(found, AstroPeerError):
        yield unknown("locks", "Locks", found, Blocks.GRANT if wanted.granted else Blocks.REVOKE)
        return
    if found is None:
        return
    of_subscription = [one for one in found if same(one.scope, wanted.scope)]
    beneath = [one for one in found if one not in of_subscription and _of(one, wanted.target.resource)]
    for one in of_subscription:
        yield from _of_subscription(wanted, one)
    for one in beneath if wanted.granted else ():
        yield from _on_resource(wanted, one)
    if not of_subscription and not beneath:
        what = wanted.procedure.short.one
        yield passed("locks", f"No lock is on the subscription, the {what}'s resource group or the {what}.")


def _of(lock: Lock, resource: Resource | None) -> bool:
    return resource is not None and within(resource.id, lock.scope)


def _of_subscription(wanted: Wanted, lock: Lock) -> Iterator[Finding]:
    read_only = lock.level == READ_ONLY
    if wanted.granted and not read_only:
        yield Finding(
            "lock-blocks-revoke",
            Level.WARNING,
            f"The lock {lock.name} ({lock.level}) on the subscription keeps the rights from being taken away again.",
            Blocks.REVOKE,
            fact="It holds for role assignments too: their deletion is refused with ScopeLocked.",
            way_out=way_out("Before the revoke, have the lock removed: ", _removing(lock), "."),
            who=_WHO,
        )
        return
    yield Finding(
        "locked",
        Level.FAIL,
        f"The lock {lock.name} ({lock.level}) on the subscription keeps the role from being "
        + ("assigned." if wanted.granted else "taken away."),
        Blocks.GRANT if wanted.granted else Blocks.REVOKE,
        fact="A lock on the subscription holds for role assignments too: Azure refuses with ScopeLocked.",
        way_out=way_out("Have the lock removed for the time it takes: ", _removing(lock), "."),
        who=_WHO,
        reviewable=True,
    )


def _on_resource(wanted: Wanted, lock: Lock) -> Iterator[Finding]:
    connection = wanted.procedure.connection.one
    if lock.level == READ_ONLY:
        yield Finding(
            "lock-blocks-peering",
            Level.FAIL,
            f"The lock {lock.name} (ReadOnly) on {_locked(lock)} keeps Astronomer from making the {connection}, and"
            " others from mending anything there.",
            Blocks.PEERING,
            fact="A read-only lock holds for all beneath it: writes are refused with ScopeLocked.",
            way_out=way_out(f"Have the lock removed until the {connection} is made: ", _removing(lock), "."),
            who=_WHO,
        )
    else:
        yield passed(
            f"lock-on-{wanted.procedure.json_name.replace('_', '-')}",
            f"The lock {lock.name} ({lock.level}) on {_locked(lock)} does not hinder the making of a {connection}.",
            fact=f"It will keep the {connection} from being deleted.",
        )


def _locked(lock: Lock) -> str:
    kind = "the resource group" if "/providers/" not in lock.scope else "the resource"
    return f"{kind} {lock.scope.rsplit('/', 1)[-1]}"


def _removing(lock: Lock) -> Command:
    return az("lock", "delete", "--ids", f"{lock.scope}/providers/Microsoft.Authorization/locks/{lock.name}")


_WHO = "an Owner or User Access Administrator of what is locked"
