"""What Astronomer's principal holds in and above the subscription, read with the roles it holds."""

from __future__ import annotations

from collections.abc import Iterable

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model import access, assignment
from astro_peer.model.access import Holdings
from astro_peer.model.objects import Resource, RoleAssignment, RoleDefinition, within
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.steps import resources


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
    listing = (
        azure.start(_resources, azure, wanted)
        if not wanted.granted and any(access.hangs_on_resources(wanted, one) for one in listed)
        else None
    )
    unread_roles = {one.role_guid: _seen_from(wanted, one) for one in listed if one.role_guid not in roles}
    reading = {
        guid: azure.start(azure.authorization.role, scope, guid) for guid, scope in unread_roles.items()
    }
    roles |= {guid: read.result() for guid, read in reading.items()}
    ours = assignment.ours(wanted, observed)
    resources_here = observed.reach if wanted.granted else listing.result() if listing else None
    return Holdings(
        tuple(
            access.holding(wanted, one, roles[one.role_guid], holder, ours, resources_here) for one in listed
        ),
        unread,
    )


def _seen_from(wanted: Wanted, one: RoleAssignment) -> str:
    """A role may be assignable in a resource group alone, and be unknown above it."""
    return one.scope if within(one.scope, wanted.scope) else wanted.scope


def _resources(azure: Azure, wanted: Wanted) -> tuple[Resource, ...] | None:
    """Those of the subscription; None where they cannot be read, which ends no revoke."""
    try:
        return tuple(resources.of(azure, wanted.procedure).listed(wanted.target.subscription.id))
    except AstroPeerError:
        return None
