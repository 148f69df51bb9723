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
    """The same GUID on every machine, so that a second grant meets the first one's assignment.

    `role_guid` is the GUID we derive for the role, which it need not have: so the name is known, and can be read by
    ID, even where no list shows the role yet.
    """
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


def derived_id(subscription_id: str, role_guid: str, principal_id: str) -> str:
    """The resource ID of our own assignment. `role_guid`: the one we derive, whichever the role has."""
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleAssignments/" + name(
        subscription_id, role_guid, principal_id
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


_PASSING = frozenset({"PrincipalNotFound", "RoleDefinitionDoesNotExist"})


def wanted(
    subscription_id: str, derived_role_guid: str, role_guid: str, principal_id: str, description: str | None
) -> RoleAssignment:
    """`derived_role_guid`: the one we derive for the role; `role_guid`: the one it has."""
    return RoleAssignment(
        id="",
        name=name(subscription_id, derived_role_guid, principal_id),
        scope=f"/subscriptions/{subscription_id}",
        role_guid=role_guid.lower(),
        principal_id=principal_id.lower(),
        principal_type="ServicePrincipal",
        description=description,
    )


def create(azure: Azure, wanted: RoleAssignment, *, principal_known: bool) -> RoleAssignment:
    """Made, or found where it exists under another name; read back by ID until Azure shows it.

    A role and a principal that are new are not known everywhere at once. `principal_known`: Graph has shown the
    principal; an object ID that a user gave may simply be wrong, and is not waited for.
    """
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
    if seen is None or seen.role_guid != wanted.role_guid or seen.principal_id != wanted.principal_id:
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
