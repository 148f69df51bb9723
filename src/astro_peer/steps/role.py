"""The custom role: looked for in the whole tenant, written without losing what others wrote, read back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, Conflict, NotPermitted
from astro_peer.model import role as rules
from astro_peer.model.change import Action, Change
from astro_peer.model.objects import RoleDefinition, same, without
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.waiting import Patience, insisting, until

_MOST_SUBSCRIPTIONS = 100
_NAME_TAKEN = "RoleDefinitionWithSameNameExists"
_SOMEBODY_WAS_QUICKER = frozenset({_NAME_TAKEN, "RoleScopeBeingRemovedContainsAssignments"})
_ASSIGNMENT_STILL_SEEN = frozenset(
    {"RoleDefinitionHasAssignments", "RoleScopeBeingRemovedContainsAssignments"}
)
_ASSIGNMENT_GONE_SECONDS = 60
_AGREEING_READS = 3


@dataclass(frozen=True)
class Found:
    role: RoleDefinition | None
    listed_here: bool = False
    """Whether Azure lists it as one that can be assigned in the subscription."""
    read_by_id: bool = False
    """Whether it was read by its GUID, and every list that shows it shows the same."""


def find(azure: Azure, wanted: Wanted, *, everywhere: bool = False) -> Found:
    """The role, by our GUID and by name at the subscription, else by name in the whole tenant.

    A role that is assignable in other subscriptions only is invisible from this one. Resource Graph knows them all,
    some time after they were written. `everywhere`: the subscriptions themselves are asked too, which know at once.
    None of them shows what the caller may not read: then a create collides, and Azure refuses it.
    """
    role = wanted.role
    by_id = azure.start(azure.authorization.role, wanted.scope, role.guid)
    by_name = azure.start(azure.authorization.roles_named, wanted.scope, role.role_name)
    anywhere = azure.start(azure.authorization.roles_named_anywhere, role.role_name)
    named, ours = by_name.result(), by_id.result()
    if named:
        return Found(named[0], listed_here=True, read_by_id=named[0] == ours)
    if ours:
        return Found(ours, read_by_id=True)
    try:
        found = anywhere.result()
    except AstroPeerError:
        found, everywhere = [], True
    if found:
        with suppress(AstroPeerError):
            return Found(azure.authorization.role(found[0].assignable_scopes[0], found[0].guid) or found[0])
        return Found(found[0])
    return Found(_ask_other_subscriptions(azure, wanted) if everywhere else None)


def look_elsewhere(azure: Azure, wanted: Wanted) -> RoleDefinition | None:
    """Where the plan found no role: whether there is one by now, here or in another of the caller's subscriptions."""
    here = azure.start(azure.authorization.role, wanted.scope, wanted.role.guid)
    return _ask_other_subscriptions(azure, wanted) or here.result()


def _ask_other_subscriptions(azure: Azure, wanted: Wanted) -> RoleDefinition | None:
    with suppress(AstroPeerError):
        others = [one for one in azure.subscriptions.visible() if not same(one.scope, wanted.scope)]
        asking = [
            azure.start(azure.authorization.roles_named, one.scope, wanted.role.role_name)
            for one in others[:_MOST_SUBSCRIPTIONS]
        ]
        for asked in asking:
            with suppress(AstroPeerError):
                if named := asked.result():
                    return named[0]
    return None


# Writing


def carry_out(
    azure: Azure, change: Change, wanted: Wanted, elsewhere: Future[RoleDefinition | None] | None = None
) -> RoleDefinition | None:
    """Write the role, or delete it, and wait until reads by ID show that; returns what is there then.

    There is no ETag, so a write can lose what somebody else wrote a moment before. Therefore the role is read
    just before each write, the planned change is made to what is there, and when Azure afterwards shows somebody
    else's state, it is merged and written again. `elsewhere` is that first read of a role that was not there when it
    was planned.
    """
    if change.action is Action.DELETE:
        _delete(azure, change, wanted)
        return None
    before, after = _role(change.before), _role(change.after)
    assert after is not None  # noqa: S101  (it is no deletion)
    patience = azure.patience(f'Azure to show the role "{after.role_name}" as written')
    gone = without(before.assignable_scopes if before else (), after.assignable_scopes)
    written = False
    while True:
        now = elsewhere.result() if elsewhere else _current(azure, wanted, before, after)
        elsewhere = None
        target = rules.merged(before, after, now)
        if now and rules.shows(now, target, gone=gone):
            return now  # somebody else has done it meanwhile
        if wanted.granted and now and written:
            require_not_broader(wanted, now)  # what we wrote, and others since: it is merged
        elif wanted.granted and now:
            _require_writable(wanted, now, replace(change, before=now, after=target))
        if gone and not target.assignable_scopes:
            raise Conflict(
                f'The role "{target.role_name}" would be left without any scope, so it was not changed.',
                meaning="Somebody took its other assignable scopes away meanwhile.",
                next_step="Run the same command again: the role can be deleted now.",
            )
        try:
            _write(azure, wanted, target, shrinking=bool(gone))
        except Conflict as error:
            if error.code not in _SOMEBODY_WAS_QUICKER:
                raise
            if error.code == _NAME_TAKEN and _current(azure, wanted, before, after) is None:
                raise
            patience.wait()
            continue
        written = True
        seen = _await_written(azure, wanted, target, before=now, gone=gone, patience=patience)
        if seen:
            return seen


def _write(azure: Azure, wanted: Wanted, target: RoleDefinition, *, shrinking: bool) -> None:
    """Azure may for a moment still see an assignment, just removed, in a scope that is taken out."""
    scope, *_ = _seen_from(wanted, target.assignable_scopes)
    insisting(
        lambda: azure.authorization.write_role(scope, target),
        _ASSIGNMENT_STILL_SEEN if shrinking else frozenset(),
        azure.patience("Azure to see that the role is no longer assigned", _ASSIGNMENT_GONE_SECONDS),
    )


def _require_writable(wanted: Wanted, now: RoleDefinition, change: Change) -> None:
    """By the plan's own rules, of what is there by now: a role that no list showed when it was planned may be one that
    other scopes use. Raises Conflict.
    """
    for finding in rules.findings(wanted, Observed(role=now), change):
        raise finding.as_error()


def require_not_broader(wanted: Wanted, role: RoleDefinition) -> None:
    """Raises Conflict: the same rule, and the same words, as in the plan."""
    for finding in rules.not_broader(wanted.role, role):
        raise finding.as_error()


def require_still_not_broader(azure: Azure, wanted: Wanted, guid: str) -> None:
    """Asked immediately before the role is assigned: somebody may have widened it since it was planned.

    Raises Conflict for a role that is broader now, TimedOut when Azure does not show the role at all.
    """
    role = until(
        lambda: azure.authorization.role(wanted.scope, guid),
        lambda seen: seen is not None,
        azure.patience(f'Azure to show the role "{wanted.role.role_name}"'),
    )
    if role:
        require_not_broader(wanted, role)


def _role(thing: object) -> RoleDefinition | None:
    return thing if isinstance(thing, RoleDefinition) else None


def _seen_from(wanted: Wanted, scopes: Sequence[str]) -> tuple[str, ...]:
    """Where to ask for a role: the subscription first. From outside its assignable scopes Azure may not show it."""
    own = [scope for scope in scopes if same(scope, wanted.scope)]
    return (*own, *without(scopes, own))


def _read(azure: Azure, wanted: Wanted, guid: str, scopes: Sequence[str]) -> RoleDefinition | None:
    """By its GUID, from the first of the scopes that show it; one that the caller may not read is passed over."""
    for scope in _seen_from(wanted, scopes):
        with suppress(NotPermitted):
            if role := azure.authorization.role(scope, guid):
                return role
    return None


def _current(
    azure: Azure, wanted: Wanted, before: RoleDefinition | None, after: RoleDefinition
) -> RoleDefinition | None:
    """The role as it is now: by its GUID (old and new reads alternate for a while), or however it can be found."""
    scopes = (*(before.assignable_scopes if before else ()), *after.assignable_scopes)
    for _ in range(2):
        if by_id := _read(azure, wanted, after.guid, scopes):
            return by_id
    return find(azure, wanted, everywhere=True).role


def _await_written(
    azure: Azure,
    wanted: Wanted,
    target: RoleDefinition,
    *,
    before: RoleDefinition | None,
    gone: tuple[str, ...],
    patience: Patience,
) -> RoleDefinition | None:
    """The role once reads show what was written; None when several show another's write.

    One agreeing read proves a new role. Reads of a changed one stay mixed for a while: several must agree.
    """
    agreeing = others = missing = 0
    while True:
        seen = _read(azure, wanted, target.guid, target.assignable_scopes)
        missing = 0 if seen else missing + 1
        if missing >= _AGREEING_READS:  # another's write may have taken it out of these scopes
            seen = find(azure, wanted, everywhere=True).role
        if seen and rules.shows(seen, target, gone=gone):
            agreeing, others = agreeing + 1, 0
        elif seen is None or (before and _same_role(before, seen)):
            agreeing = others = 0  # not there yet
        else:
            agreeing, others = 0, others + 1
        if agreeing >= (_AGREEING_READS if before else 1):
            return seen
        if others >= _AGREEING_READS:
            return None
        patience.wait()


def _same_role(one: RoleDefinition, other: RoleDefinition) -> bool:
    return rules.shows(one, other) and rules.shows(other, one)


def _delete(azure: Azure, change: Change, wanted: Wanted) -> None:
    """Gone, and read by ID until it is. Azure may for a moment still see an assignment that was just removed."""
    role = _role(change.before)
    assert role is not None  # noqa: S101  (it is a deletion)
    if azure.authorization.role(wanted.scope, role.guid) is None:
        return
    insisting(
        lambda: azure.authorization.delete_role(wanted.scope, role),
        _ASSIGNMENT_STILL_SEEN,
        azure.patience("Azure to see that the role is no longer assigned", _ASSIGNMENT_GONE_SECONDS),
    )
    until(
        lambda: azure.authorization.role(wanted.scope, role.guid),
        lambda seen: seen is None,
        azure.patience(f'Azure to show the role "{role.role_name}" as deleted'),
    )
