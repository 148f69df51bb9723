"""The custom role: the documented actions, assignable in the subscription.

Role names are unique in a tenant, and one role serves all its subscriptions. So a role of the documented name is
looked for in the whole tenant, and only added to: its other assignable scopes are never lost.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from astro_peer.azure import Azure
from astro_peer.azure.objects import Permission, RoleDefinition, allowed, same, within
from astro_peer.azure.retries import Patience, insisting, until
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import AstroPeerError, Conflict
from astro_peer.procedure import Procedure


@dataclass(frozen=True)
class WantedRole:
    """The role as documented, for one subscription."""

    guid: str
    role_name: str
    description: str
    actions: tuple[str, ...]
    scope: str

    def definition(self) -> RoleDefinition:
        return RoleDefinition(
            guid=self.guid,
            role_name=self.role_name,
            is_custom=True,
            description=self.description,
            permissions=(Permission(actions=self.actions),),
            assignable_scopes=(self.scope,),
        )


@dataclass(frozen=True)
class FoundRole:
    """A role of the wanted name or GUID, and whether it can be assigned in the subscription as it stands."""

    role: RoleDefinition
    assignable: bool


@dataclass(frozen=True)
class Drift:
    """How a role's permissions differ from the documented ones."""

    missing: tuple[str, ...]
    broader: tuple[str, ...]
    """Everything it allows that is not documented: actions and data actions."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.broader)


def wanted(procedure: Procedure, tenant_id: str, scope: str, role_name: str | None) -> WantedRole:
    name = role_name or procedure.role_name
    return WantedRole(
        guid=procedure.role_guid(tenant_id, name),
        role_name=name,
        description=procedure.role_description,
        actions=procedure.actions,
        scope=scope,
    )


def find(azure: Azure, wanted: WantedRole) -> FoundRole | None:
    """By our GUID and by name at the subscription; failing both, by name in the whole tenant."""
    by_id = azure.start(lambda: azure.authorization.role(wanted.scope, wanted.guid))
    by_name = azure.start(lambda: azure.authorization.roles_named(wanted.scope, wanted.role_name))
    named, ours = by_name.result(), by_id.result()
    if named and not named[0].is_custom:
        raise Conflict(
            f'"{wanted.role_name}" is the name of one of Azure\'s built-in roles, so it was left alone.',
            meaning="Role names are unique in a tenant, built-in ones included.",
            next_step="Choose another name with --role-name.",
        )
    if named:
        return FoundRole(named[0], assignable=True)
    if ours:
        return FoundRole(ours, assignable=_covers(ours, wanted.scope))
    elsewhere = _find_elsewhere(azure, wanted)
    return FoundRole(elsewhere, assignable=False) if elsewhere else None


def _find_elsewhere(azure: Azure, wanted: WantedRole) -> RoleDefinition | None:
    """A role that is assignable in other subscriptions only is invisible from this one.

    Resource Graph knows them all, some time after they were written; the subscriptions themselves know at once.
    Neither shows what the caller may not read: then a create collides, and Azure refuses it.
    """
    with suppress(AstroPeerError):
        if found := azure.authorization.roles_named_anywhere(wanted.role_name):
            return azure.authorization.role(found[0].assignable_scopes[0], found[0].guid) or found[0]
    with suppress(AstroPeerError):
        subscriptions = azure.subscriptions.visible()[:_MOST_SUBSCRIPTIONS]
        asking = [
            azure.start(lambda one=one: azure.authorization.roles_named(one.scope, wanted.role_name))  # type: ignore[misc]
            for one in subscriptions
        ]
        for asked in asking:
            with suppress(AstroPeerError):
                if named := asked.result():
                    return named[0]
    return None


_MOST_SUBSCRIPTIONS = 100


def drift(wanted: WantedRole, role: RoleDefinition) -> Drift:
    """Compared as sets, without case, every permission entry."""
    documented = {action.lower() for action in wanted.actions}
    broader = [
        action for entry in role.permissions for action in entry.actions if action.lower() not in documented
    ]
    broader += [f"{action} (data action)" for entry in role.permissions for action in entry.data_actions]
    missing = [action for action in wanted.actions if not allowed(role.permissions, action)]
    return Drift(missing=tuple(missing), broader=tuple(dict.fromkeys(broader)))


def plan(wanted: WantedRole, found: FoundRole | None, *, update_shared_role: bool) -> Change:
    """Raises Conflict for a role that is broader than documented, or shared and in need of a change."""
    if found is None:
        return Change(
            Kind.ROLE,
            Action.CREATE,
            name=wanted.role_name,
            id=wanted.guid,
            reason="no role of this name was found in the tenant",
        )
    role = found.role
    difference = drift(wanted, role)
    _require_not_broader(wanted, role, difference)
    details = [f"+ {action}" for action in difference.missing]
    if not found.assignable:
        details.append(f"+ assignable scope {wanted.scope}")
    if not details:
        return Change(
            Kind.ROLE, Action.KEEP, name=role.role_name, id=role.guid, reason="exists, as documented"
        )
    others = _other_scopes(role, wanted.scope)
    if others and not update_shared_role:
        raise Conflict(
            f'The role "{role.role_name}" would have to be changed, and other scopes use it too.',
            meaning="The change:\n"
            + _lines(details)
            + "\nThe role can also be assigned in:\n"
            + _lines(others),
            next_step="Ask the owners of those scopes, then run the command again with --update-shared-role;"
            " or make a role of another name with --role-name.",
        )
    return Change(
        Kind.ROLE,
        Action.UPDATE,
        name=role.role_name,
        id=role.guid,
        reason=_why(difference, found) + (f"; also assignable in {', '.join(others)}" if others else ""),
        details=tuple(details),
    )


def apply(azure: Azure, wanted: WantedRole, change: Change, *, update_shared_role: bool) -> RoleDefinition:
    """Write the role, and wait until reads by ID show it with everything it had and everything wanted.

    There is no ETag, so a write can lose what somebody else wrote a moment before. Therefore the role is read
    just before each write, and when Azure afterwards shows somebody else's state, it is merged and written again.
    """
    patience = azure.patience(f'Azure to show the role "{wanted.role_name}" as written')
    guid = str(change.id)
    while True:
        current = _current(azure, wanted, guid)
        if current:
            guid = current.guid
            found = FoundRole(current, _covers(current, wanted.scope))
            if not plan(wanted, found, update_shared_role=update_shared_role).writes:
                return current  # somebody else has done it meanwhile
        target = merged(wanted, current) if current else wanted.definition()
        try:
            azure.authorization.write_role(wanted.scope, target)
        except Conflict as error:
            if error.code not in _SOMEBODY_WAS_QUICKER:
                raise
            if error.code == _NAME_TAKEN and _current(azure, wanted, guid) is None:
                raise
            patience.wait()
            continue
        seen = _await_written(azure, wanted, target, before=current, patience=patience)
        if seen:
            return seen


_NAME_TAKEN = "RoleDefinitionWithSameNameExists"
_SOMEBODY_WAS_QUICKER = frozenset({_NAME_TAKEN, "RoleScopeBeingRemovedContainsAssignments"})
_AGREEING_READS = 3


def _current(azure: Azure, wanted: WantedRole, guid: str) -> RoleDefinition | None:
    """The role as it is now: by its GUID (old and new reads alternate for a while), or however it can be found."""
    for _ in range(2):
        if by_id := azure.authorization.role(wanted.scope, guid):
            return by_id
    found = find(azure, wanted)
    return found.role if found else None


def _await_written(
    azure: Azure,
    wanted: WantedRole,
    target: RoleDefinition,
    *,
    before: RoleDefinition | None,
    patience: Patience,
) -> RoleDefinition | None:
    """The role once several reads in a row show what was written; None when they show another's write."""
    agreeing = others = 0
    while True:
        seen = azure.authorization.role(wanted.scope, target.guid)
        if seen and _holds(seen, target):
            agreeing, others = agreeing + 1, 0
        elif seen is None or (before and _holds(before, seen) and _holds(seen, before)):
            agreeing = others = 0  # not there yet
        else:
            agreeing, others = 0, others + 1
        if agreeing >= _AGREEING_READS:
            return seen
        if others >= _AGREEING_READS:
            return None
        if not agreeing:
            patience.wait()


def merged(wanted: WantedRole, current: RoleDefinition) -> RoleDefinition:
    """The role with the documented actions, and all the assignable scopes it has plus the subscription."""
    scopes = current.assignable_scopes
    if not _covers(current, wanted.scope):
        scopes = (*scopes, wanted.scope)
    return replace(current, permissions=(Permission(actions=wanted.actions),), assignable_scopes=scopes)


def plan_removal(wanted: WantedRole, found: FoundRole | None, in_use_by: tuple[str, ...]) -> Change | None:
    """Delete the role, or take only this subscription out of a shared one; None when there is none.

    `in_use_by`: who else is assigned it here. Raises nothing: a role that must stay is kept, with the reason.
    """
    if found is None or not found.assignable:
        return None
    role = found.role
    reason_to_keep = ""
    if in_use_by:
        reason_to_keep = "still assigned to " + ", ".join(in_use_by)
    elif drift(wanted, role).broader:
        reason_to_keep = "allows more than the documented role, so it was not made for this alone"
    if reason_to_keep:
        return Change(Kind.ROLE, Action.KEEP, name=role.role_name, id=role.guid, reason=reason_to_keep)
    others = _other_scopes(role, wanted.scope)
    if others:
        return Change(
            Kind.ROLE,
            Action.UPDATE,
            name=role.role_name,
            id=role.guid,
            reason=f"other scopes use it too: {', '.join(others)}",
            details=(f"- assignable scope {wanted.scope}",),
        )
    return Change(Kind.ROLE, Action.DELETE, name=role.role_name, id=role.guid, reason="nothing else uses it")


def remove(azure: Azure, wanted: WantedRole, change: Change) -> None:
    """Delete the role, or take the subscription out of it, and read by ID until Azure shows that.

    Azure may for a moment still see the assignment that was removed just before.
    """
    current = azure.authorization.role(wanted.scope, str(change.id))
    if current is None:
        return
    others = _other_scopes(current, wanted.scope)
    smaller = replace(current, assignable_scopes=others)
    insisting(
        lambda: (
            azure.authorization.write_role(others[0], smaller)
            if others
            else azure.authorization.delete_role(wanted.scope, current)
        ),
        _ASSIGNMENT_STILL_SEEN,
        azure.patience("Azure to see that the role is no longer assigned", _ASSIGNMENT_GONE_SECONDS),
    )
    until(
        lambda: azure.authorization.role(others[0] if others else wanted.scope, current.guid),
        lambda seen: seen is None or bool(others and not _covers(seen, wanted.scope)),
        azure.patience(f'Azure to show the role "{current.role_name}" as changed'),
    )


_ASSIGNMENT_STILL_SEEN = frozenset(
    {"RoleDefinitionHasAssignments", "RoleScopeBeingRemovedContainsAssignments"}
)
_ASSIGNMENT_GONE_SECONDS = 60


def require_still_not_broader(azure: Azure, wanted: WantedRole, guid: str) -> None:
    """Asked immediately before the role is assigned: somebody may have widened it since it was planned.

    Raises Conflict for a role that is broader now, TimedOut when Azure does not show the role at all.
    """
    role = until(
        lambda: azure.authorization.role(wanted.scope, guid),
        lambda seen: seen is not None,
        azure.patience(f'Azure to show the role "{wanted.role_name}"'),
    )
    if role:
        _require_not_broader(wanted, role, drift(wanted, role))


def _require_not_broader(wanted: WantedRole, role: RoleDefinition, difference: Drift) -> None:
    if difference.broader:
        raise Conflict(
            f'The role "{role.role_name}" allows more than the documented one, so it is not given to Astronomer.',
            meaning="Not documented:\n" + _lines(difference.broader),
            next_step="Find out whose role it is (GUID "
            + role.guid
            + "). Make a role of your own beside it with"
            " --role-name, or have these actions removed from it.",
        )


def _covers(role: RoleDefinition, scope: str) -> bool:
    return any(within(scope, assignable) for assignable in role.assignable_scopes)


def _other_scopes(role: RoleDefinition, scope: str) -> tuple[str, ...]:
    return tuple(assignable for assignable in role.assignable_scopes if not same(assignable, scope))


def _holds(seen: RoleDefinition, target: RoleDefinition) -> bool:
    scopes = {scope.lower() for scope in seen.assignable_scopes}
    return {scope.lower() for scope in target.assignable_scopes} <= scopes and _as_sets(seen) == _as_sets(
        target
    )


def _as_sets(role: RoleDefinition) -> set[tuple[frozenset[str], ...]]:
    return {
        tuple(
            frozenset(action.lower() for action in actions)
            for actions in (entry.actions, entry.not_actions, entry.data_actions, entry.not_data_actions)
        )
        for entry in role.permissions
    }


def _why(difference: Drift, found: FoundRole) -> str:
    reasons = []
    if difference.missing:
        reasons.append("lacks actions the documentation asks for")
    if not found.assignable:
        reasons.append("cannot be assigned in this subscription yet")
    return " and ".join(reasons)


def _lines(texts: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f"  {text}" for text in texts)
