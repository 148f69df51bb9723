"""The role assignment: Astronomer's service principal holds the custom role on the subscription."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from astro_peer.azure import Azure
from astro_peer.azure.objects import RoleAssignment, same, within
from astro_peer.azure.retries import insisting, until
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import Conflict


def name(subscription_id: str, role_guid: str, principal_id: str) -> str:
    """The same GUID on every machine, so that a second grant meets the first one's assignment."""
    return str(uuid5(UUID(subscription_id), f"{role_guid}|{principal_id}".lower()))


def ours(
    assignments: Iterable[RoleAssignment], role_guid: str, principal_id: str, scope: str
) -> tuple[RoleAssignment, ...]:
    """The role's assignments to the principal at or beneath the subscription, whatever their GUIDs."""
    return tuple(
        one
        for one in assignments
        if one.role_guid == role_guid.lower()
        and one.principal_id == principal_id.lower()
        and within(one.scope, scope)
    )


def plan(scope: str, found: Iterable[RoleAssignment], *, principal_known: bool) -> Change:
    """`found`: ours, at or beneath the subscription."""
    for one in found:
        if same(one.scope, scope):
            return Change(Kind.ASSIGNMENT, Action.KEEP, name=scope, id=one.id, reason="exists")
    return Change(
        Kind.ASSIGNMENT,
        Action.CREATE,
        name=scope,
        reason="the role is not assigned yet" if principal_known else "follows the service principal",
    )


def orphans(
    suspects: Iterable[RoleAssignment], subscription_id: str, deleted_principals: frozenset[str]
) -> tuple[RoleAssignment, ...]:
    """Of the role's assignments to others than Astronomer's principal, those that are ours nevertheless.

    They belong to an earlier principal of Astronomer's that was deleted: Azure keeps them, and nobody can use them.
    That one is ours is told by its name, which only we derive so, or by Entra's list of deleted principals.
    Whether the principal is really gone is for the caller to ask.
    """
    return tuple(
        one
        for one in suspects
        if within(one.scope, f"/subscriptions/{subscription_id}")
        and (
            one.principal_id in deleted_principals
            or same(one.name, name(subscription_id, one.role_guid, one.principal_id))
        )
    )


_PASSING = frozenset({"PrincipalNotFound", "RoleDefinitionDoesNotExist"})


def create(
    azure: Azure,
    subscription_id: str,
    role_guid: str,
    principal_id: str,
    description: str | None,
    *,
    principal_known: bool,
) -> RoleAssignment:
    """Made, or found where it exists under another name; read back by ID until Azure shows it.

    A role and a principal that are new are not known everywhere at once. `principal_known`: Graph has shown the
    principal; an object ID that a user gave may simply be wrong, and is not waited for.
    """
    scope = f"/subscriptions/{subscription_id}"
    wanted = RoleAssignment(
        id="",
        name=name(subscription_id, role_guid, principal_id),
        scope=scope,
        role_guid=role_guid,
        principal_id=principal_id,
        principal_type="ServicePrincipal",
        description=description,
    )
    made = insisting(
        lambda: azure.authorization.assign(wanted),
        _PASSING if principal_known else _PASSING - {"PrincipalNotFound"},
        azure.patience("Azure to know the new role and the new service principal everywhere"),
    ) or _find_existing(azure, wanted)
    seen = until(
        lambda: azure.authorization.assignment(made.id),
        lambda assignment: assignment is not None,
        azure.patience("Azure to show the role assignment"),
    )
    if seen is None or seen.role_guid != role_guid.lower() or seen.principal_id != principal_id.lower():
        raise Conflict(
            "The role assignment does not say what was written.",
            meaning="Azure shows another role or another principal under its ID.",
            next_step="Run `astro-peer status` to see what is there.",
        )
    return seen


def _find_existing(azure: Azure, wanted: RoleAssignment) -> RoleAssignment:
    found = until(
        lambda: [
            one
            for one in ours(
                azure.authorization.assignments_of(wanted.scope, wanted.principal_id),
                wanted.role_guid,
                wanted.principal_id,
                wanted.scope,
            )
            if same(one.scope, wanted.scope)
        ],
        bool,
        azure.patience("Azure to list the role assignment that exists"),
    )
    return found[0]


def plan_removal(found: Iterable[RoleAssignment], reason: str) -> list[Change]:
    return [Change(Kind.ASSIGNMENT, Action.DELETE, name=one.scope, id=one.id, reason=reason) for one in found]


def remove(azure: Azure, assignment_id: str) -> None:
    """Removed, and read by ID until it is gone."""
    azure.authorization.unassign(assignment_id)
    until(
        lambda: azure.authorization.assignment(assignment_id),
        lambda found: found is None,
        azure.patience("Azure to let go of the role assignment"),
    )
