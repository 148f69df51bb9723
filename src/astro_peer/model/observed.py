"""What Azure holds of a grant, as it was read: nothing is concluded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Permission, Resource, RoleAssignment, RoleDefinition, ServicePrincipal


@dataclass(frozen=True)
class Observed:
    """Everything a plan is decided from. Made anew for every plan; two of them are compared by what follows."""

    looked_up: bool = True
    """False offline: then nothing is known of Azure."""
    principal: ServicePrincipal | None = None
    unchecked: AstroPeerError | None = None
    """Why nobody could check whose the object ID is that the user gave."""
    role: RoleDefinition | None = None
    role_listed_here: bool = False
    """Whether Azure lists the role as one that can be assigned in the subscription."""
    assignments: tuple[RoleAssignment, ...] = ()
    """All of the principal's, above, at and beneath the subscription."""
    by_id: frozenset[str] = frozenset()
    """What was read by its ID: IDs of assignments, in lower case, and the role's GUID where its list says the same."""
    schedules_unread: AstroPeerError | None = None
    """Why nobody could tell which of them Azure ends itself."""
    through_groups: tuple[RoleAssignment, ...] | AstroPeerError = ()
    """Those that the principal has only as a member of groups, or why they could not be read."""
    of_role: tuple[RoleAssignment, ...] = ()
    """Whoever's assignments of the role, above, at and beneath the subscription."""
    deleted: frozenset[str] = frozenset()
    """Object IDs of Astronomer's principals that Entra lists as deleted."""
    not_shown: frozenset[str] = frozenset()
    """Object IDs that Microsoft Graph was asked about and does not show."""
    reach: tuple[Resource, ...] = ()
    """What can be peered in the subscription: the role lets Astronomer write to all of it."""
    today: date = date.min
    """By Azure's clock, in UTC. On the first of all days no end is past."""
    permissions: Mapping[str, tuple[Permission, ...]] = field(default_factory=dict)
    """What the caller may do, by scope in lower case, as far as it was asked for; () where it may not be read."""
