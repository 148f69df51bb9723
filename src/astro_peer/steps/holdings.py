"""What Astronomer's principal holds in and above the subscription, read with the roles it holds."""

from __future__ import annotations

from collections.abc import Iterable

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model import access, assignment
from astro_peer.model.access import Holdings
from astro_peer.model.objects import RoleAssignment, RoleDefinition
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted


def holdings(
    azure: Azure, wanted: Wanted, observed: Observed, assignments: Iterable[RoleAssignment] | None = None
) -> Holdings:
    """The principal's assignments (those observed, if no others are given), those through groups included; each role
    is read only once.
    """
    holder = assignment.principal_id(wanted, observed)
    listed = list(observed.assignments if assignments is None else assignments)
    through_groups = observed.through_groups
    unread = through_groups if isinstance(through_groups, AstroPeerError) else None
    listed += () if isinstance(through_groups, AstroPeerError) else through_groups
    roles: dict[str, RoleDefinition | None] = {observed.role.guid: observed.role} if observed.role else {}
    reading = {
        guid: azure.start(azure.authorization.role, wanted.scope, guid)
        for guid in {one.role_guid for one in listed} - roles.keys()
    }
    roles |= {guid: read.result() for guid, read in reading.items()}
    ours = assignment.ours(wanted, observed)
    return Holdings(
        tuple(access.holding(wanted, one, roles[one.role_guid], holder, ours) for one in listed), unread
    )
