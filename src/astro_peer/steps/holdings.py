"""What Astronomer's principal holds in and above the subscription, our assignment and others alike.

The same application serves other Astronomer products, so it may hold other roles: they are shown, never touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from astro_peer.azure import Azure
from astro_peer.azure.objects import RoleAssignment, RoleDefinition, allowed


@dataclass(frozen=True)
class Holding:
    """One assignment with its role; `role` is None when Azure no longer knows the role."""

    assignment: RoleAssignment
    role: RoleDefinition | None
    ours: bool

    @property
    def role_name(self) -> str:
        return self.role.role_name if self.role else self.assignment.role_guid

    def allows(self, action: str) -> bool:
        return self.role is not None and allowed(self.role.permissions, action)


def holdings(
    azure: Azure, scope: str, assignments: Iterable[RoleAssignment], ours: Iterable[RoleAssignment]
) -> tuple[Holding, ...]:
    """The assignments with their roles, which are read side by side and each only once."""
    listed = tuple(assignments)
    own = {one.id.lower() for one in ours}
    reading = {
        guid: azure.start(lambda guid=guid: azure.authorization.role(scope, guid))  # type: ignore[misc]
        for guid in {one.role_guid for one in listed}
    }
    return tuple(
        Holding(one, role=reading[one.role_guid].result(), ours=one.id.lower() in own) for one in listed
    )
