"""The role assignment: made, or removed, and read back by ID."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, Conflict
from astro_peer.model.objects import RoleAssignment, same
from astro_peer.waiting import insisting, until

_PASSING = frozenset({"PrincipalNotFound", "RoleDefinitionDoesNotExist"})
_GUID_REFUSED = frozenset({"HashConflictOnDifferentRoleAssignmentIds", "RoleAssignmentUpdateNotPermitted"})
"""Of Azure's own hashing, and where another principal's assignment has it: only another GUID helps."""


def create(
    azure: Azure, after: RoleAssignment, names: Sequence[str], *, principal_known: bool
) -> RoleAssignment:
    """Made under the first of the names that Azure takes, or found where it exists under another one. That Azure shows
    it is for `verify` to see.

    A role and a principal that are new are not known everywhere at once. `principal_known`: Graph has shown the
    principal; an object ID that a user gave may simply be wrong, and is not waited for.
    """
    passing = _PASSING if principal_known else _PASSING - {"PrincipalNotFound"}
    patience = azure.patience("Azure to know the new role and the new service principal everywhere")
    *others, last = names
    for name in others:
        try:
            made = insisting(partial(azure.authorization.assign, after, name), passing, patience)
            break
        except AstroPeerError as error:
            if error.code not in _GUID_REFUSED:
                raise
    else:
        made = insisting(partial(azure.authorization.assign, after, last), passing, patience)
    made = made or find_existing(azure, after)
    if made.role_guid != after.role_guid or made.principal_id != after.principal_id:
        raise Conflict(
            "The role assignment does not say what was written.",
            meaning="Azure answered with another role or another principal.",
            next_step="Run `astro-peer status` to see what is there.",
        )
    return made


def describe(azure: Azure, before: RoleAssignment, after: RoleAssignment) -> RoleAssignment:
    """The one that is there, with what its description is to say; read back by ID until Azure shows that.

    Raises Conflict where it says something else by now: that is somebody's, and was not planned for.
    """
    now = azure.authorization.assignment(after.id)
    if now is None or now.description not in (before.description, after.description):
        raise Conflict(
            "The role assignment changed meanwhile, so its description was left alone.",
            meaning=f"It says: {now.description or 'nothing'}" if now else "It is gone.",
            next_step="Run the same command again: the plan is made anew.",
        )
    azure.authorization.assign(replace(now, description=after.description), now.name)
    seen = until(
        lambda: azure.authorization.assignment(after.id),
        lambda found: found is not None and found.description == after.description,
        azure.patience("Azure to show the role assignment's description"),
    )
    return seen or after


def find_existing(azure: Azure, after: RoleAssignment) -> RoleAssignment:
    """Whatever its name, once Azure lists it."""
    found = until(
        lambda: [
            one
            for one in azure.authorization.assignments_of(after.scope, after.principal_id)
            if one.role_guid == after.role_guid
            and one.principal_id == after.principal_id
            and same(one.scope, after.scope)
        ],
        bool,
        azure.patience("Azure to list the role assignment that exists"),
    )
    return found[0]


def remove(azure: Azure, assignment_id: str) -> None:
    """Removed, and read by ID until it is gone."""
    azure.authorization.unassign(assignment_id)
    until(
        lambda: azure.authorization.assignment(assignment_id),
        lambda found: found is None,
        azure.patience("Azure to let go of the role assignment"),
    )
