"""What Astronomer's principal holds in and above the subscription, our assignment and others alike.

The same application serves other Astronomer products, so it may hold other roles: they are shown, never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from astro_peer.azure import Azure
from astro_peer.azure.objects import RoleAssignment, RoleDefinition, allowed
from astro_peer.errors import AstroPeerError


@dataclass(frozen=True)
class Holding:
    """One assignment with its role; `role` is None when Azure no longer knows the role."""

    assignment: RoleAssignment
    role: RoleDefinition | None
    ours: bool
    through_group: bool

    @property
    def role_name(self) -> str:
        return self.role.role_name if self.role else self.assignment.role_guid

    def __str__(self) -> str:
        through = " through a group" if self.through_group else ""
        return f"{self.role_name} on {self.assignment.scope}{through}"

    def allows(self, action: str) -> bool:
        return self.role is not None and allowed(self.role.permissions, action)


@dataclass(frozen=True)
class Holdings:
    """All of them. `groups_unread` says why those through groups are not among them, if they are not."""

    listed: tuple[Holding, ...]
    groups_unread: AstroPeerError | None = None

    def __iter__(self) -> Iterator[Holding]:
        return iter(self.listed)

    def writing(self, action: str) -> tuple[Holding, ...]:
        """Those that are not ours and allow the action."""
        return tuple(one for one in self.listed if not one.ours and one.allows(action))


def holdings(
    azure: Azure,
    scope: str,
    principal_id: str | None,
    assignments: Iterable[RoleAssignment],
    ours: Iterable[RoleAssignment] = (),
) -> Holdings:
    """The principal's assignments, those through groups included, with their roles, each read only once."""
    listed = list(assignments)
    unread = None
    try:
        if principal_id:
            listed += azure.authorization.assignments_through_groups(scope, principal_id)
    except AstroPeerError as error:
        unread = error
    own = {one.id.lower() for one in ours}
    reading = {
        guid: azure.start(lambda guid=guid: azure.authorization.role(scope, guid))  # type: ignore[misc]
        for guid in {one.role_guid for one in listed}
    }
    return Holdings(
        tuple(
            Holding(
                one,
                role=reading[one.role_guid].result(),
                ours=one.id.lower() in own,
                through_group=one.principal_id != principal_id,
            )
            for one in listed
        ),
        unread,
    )
