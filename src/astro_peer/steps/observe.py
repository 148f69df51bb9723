"""Observe: everything a plan is decided from, read side by side. Nothing is written, and nothing is decided.

Azure's lists lag behind what was written, and Microsoft Graph does not show a new principal at once. So what has a name
that we derive is read by it too, and where something may merely not be shown yet, it is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, NotPermitted, TimedOut
from astro_peer.model import assignment, plan, rights
from astro_peer.model.change import Action
from astro_peer.model.objects import (
    Permission,
    Resource,
    RoleAssignment,
    RoleDefinition,
    ServicePrincipal,
    same,
)
from astro_peer.model.observed import Observed
from astro_peer.model.plan import Plan
from astro_peer.model.surroundings import Asked, Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.steps import resources as kinds
from astro_peer.steps import role as role_step
from astro_peer.steps import schedule as schedule_step
from astro_peer.steps import surroundings

NEW_SECONDS = 600
"""Azure: effects of adding and removing assignments take up to ten minutes."""
_SETTLING_SECONDS = 30


def offline() -> Observed:
    """Of a tenant that nobody looked at."""
    return Observed(looked_up=False, today=datetime.now(UTC).date())


RightsRead = Future[dict[str, tuple[Permission, ...]]]
ResourcesRead = Future[Sequence[Resource]]


@dataclass(frozen=True)
class Reading:
    """What a plan is decided from, while it is being read."""

    around: Future[Surroundings]
    own_rights: RightsRead
    observed: Future[Observed]


def begin(azure: Azure, wanted: Wanted, asked: Asked, resources: ResourcesRead | None = None) -> Reading:
    """Of the place only the subscription's ID is needed: its name and the resource may be read meanwhile. `resources`
    are those of the subscription where somebody reads them already.
    """
    if wanted.includes(Part.ROLE) and wanted.granted:
        azure.subscriptions.look_ahead()  # before a role is made, each of them is asked for one of its name
    return Reading(
        azure.beside(surroundings.of_plan, azure, wanted, asked),
        rights_in(azure, wanted),
        azure.beside(observe, azure, wanted, resources),
    )


def for_plan(azure: Azure, wanted: Wanted, asked: Asked, begun: Reading | None = None) -> Plan:
    """What is observed, and what follows from it; the caller's rights are read as far as the changes need them."""
    reading = begun or begin(azure, wanted, asked)
    observed, around = reading.observed.result(), reading.around.result()
    return with_rights(azure, wanted, observed, around, reading.own_rights)


def rights_in(azure: Azure, wanted: Wanted) -> RightsRead:
    """Begin to read the caller's rights in the subscription: whatever is planned, it takes some there."""
    return azure.beside(_permissions, azure, [wanted.scope] if wanted.place else [])


def with_rights(
    azure: Azure, wanted: Wanted, observed: Observed, around: Surroundings, own_rights: RightsRead
) -> Plan:
    """The plan, with the caller's rights in the subscription, and in other scopes as far as the changes need them."""
    planned = plan.decide(wanted, observed, around)
    held = own_rights.result()
    scopes = {right.scope for right in rights.needed(planned.changes)}
    asking = azure.beside(_permissions, azure, [one for one in scopes if one.lower() not in held])
    if around.directory_roles is None and any(
        right.directory for change in planned.changes for right in change.rights
    ):
        around = surroundings.with_directory_roles(azure, around)
    return plan.decide(wanted, replace(observed, permissions=held | asking.result()), around)


def for_revoke(azure: Azure, wanted: Wanted, asked: Asked, begun: Reading | None = None) -> Plan:
    """The same, but nothing is concluded from lists that may lag.

    Raises TimedOut when nothing is found to revoke although the role was written within the last ten minutes: an
    assignment that was made since need not be listed yet. (A role that is deleted is proof enough: Azure refuses to
    delete one that is assigned.)
    """
    planned = for_plan(azure, wanted, asked, begun)
    patience = azure.patience("Azure's lists to show what was assigned lately", _SETTLING_SECONDS)
    while not _conclusive(azure, planned):
        try:
            patience.wait()
        except TimedOut as error:
            raise TimedOut(
                "No assignment was found to revoke, but that proves nothing yet.",
                meaning="The role was written less than ten minutes ago, and Azure's lists need time to show what was"
                " assigned since.",
                next_step="Run the same command again in ten minutes. Until then, do not take it as revoked.",
            ) from error
        planned = for_plan(azure, wanted, asked)
    return planned


def _conclusive(azure: Azure, planned: Plan) -> bool:
    if planned.stopped_by or any(change.action is Action.DELETE for change in planned.changes):
        return True
    if assignment.may_be_astronomers(planned.wanted, planned.observed):
        return True  # for a person to tell
    role = planned.observed.role
    return not azure.younger_than(NEW_SECONDS, role.updated_on if role else None)


def observe(azure: Azure, wanted: Wanted, resources: ResourcesRead | None = None) -> Observed:
    """Where somebody whom Microsoft Graph does not show was given the role a moment ago, it is asked again for a
    while: what it does not show may be Astronomer's, alive and well.
    """
    observed = _observe_once(azure, wanted, resources)
    patience = azure.patience(
        "Microsoft Graph to show whose service principal holds the role", _SETTLING_SECONDS
    )
    with suppress(TimedOut):
        while any(
            azure.younger_than(NEW_SECONDS, one.created_on) for one in assignment.unknown(wanted, observed)
        ):
            patience.wait()
            observed = _observe_once(azure, wanted, resources)
    return observed


def _observe_once(azure: Azure, wanted: Wanted, resources: ResourcesRead | None) -> Observed:
    looking_up = azure.start(lambda: _principal(azure, wanted))
    if wanted.only is Part.PRINCIPAL:
        return Observed(principal=looking_up.result()[0])
    if resources is None and wanted.granted:
        resources = azure.start(
            lambda: kinds.of(azure, wanted.procedure).listed(wanted.target.subscription.id)
        )
    listing = azure.start(lambda: azure.authorization.assignments(wanted.scope))
    under_our_name = azure.start(lambda: azure.authorization.assignment(_our_id(wanted)))
    found = role_step.find(azure, wanted)
    role = found.role
    principal, unchecked = looking_up.result()
    everybodys = tuple(listing.result())
    observed = Observed(principal=principal, unchecked=unchecked)
    holder = assignment.principal_id(wanted, observed)
    if holder:
        observed = _with_assignments_of(azure, wanted, observed, holder, under_our_name.result())
    elif (one := under_our_name.result()) and not any(same(one.id, other.id) for other in everybodys):
        everybodys = (*everybodys, one)
    if role is None:
        role = _role_of(azure, wanted, (*observed.assignments, *everybodys))
    observed = replace(
        observed,
        role=role,
        role_listed_here=found.listed_here,
        by_id=observed.by_id | ({found.role.guid} if found.role and found.read_by_id else frozenset()),
        of_role=tuple(one for one in everybodys if one.role_guid == role.guid) if role else (),
        reach=tuple(resources.result()) if resources and wanted.granted else (),
        today=azure.today(),
    )
    return schedule_step.observe(azure, wanted, _with_suspects(azure, wanted, observed))


def _principal(azure: Azure, wanted: Wanted) -> tuple[ServicePrincipal | None, AstroPeerError | None]:
    """Astronomer's, or the one that the user names, and why Microsoft Graph could not be asked.

    Who takes rights away need not read Microsoft Graph: whose they are can be seen from who holds the role.
    """
    try:
        if wanted.principal_id is None:
            return azure.graph.find(wanted.application_id), None
        return azure.graph.principal(wanted.principal_id), None
    except AstroPeerError as error:
        if wanted.principal_id is None and (wanted.granted or not isinstance(error, NotPermitted)):
            raise
        return None, error


def _our_id(wanted: Wanted) -> str:
    return assignment.resource_id(wanted.scope, assignment.name(wanted))


def _with_assignments_of(
    azure: Azure, wanted: Wanted, observed: Observed, holder: str, under_our_name: RoleAssignment | None
) -> Observed:
    """As listed, and those whose names we derive: they are read by ID, as a list may not show them yet."""
    through_groups = azure.start(_through_groups, azure, wanted, holder)
    _, second_name = assignment.names(wanted, holder)
    under_second_name = azure.start(
        azure.authorization.assignment, assignment.resource_id(wanted.scope, second_name)
    )
    found = [
        one for one in azure.authorization.assignments_of(wanted.scope, holder) if one.principal_id == holder
    ]
    by_id = [
        one for one in (under_our_name, under_second_name.result()) if one and one.principal_id == holder
    ]
    found += [one for one in by_id if not any(same(one.id, other.id) for other in found)]
    return replace(
        observed,
        assignments=tuple(found),
        by_id=frozenset(one.id.lower() for one in by_id),
        through_groups=through_groups.result(),
    )


def _through_groups(azure: Azure, wanted: Wanted, holder: str) -> tuple[RoleAssignment, ...] | AstroPeerError:
    try:
        return azure.authorization.assignments_through_groups(wanted.scope, holder)
    except AstroPeerError as error:
        return error


def _role_of(azure: Azure, wanted: Wanted, assignments: Iterable[RoleAssignment]) -> RoleDefinition | None:
    """The role of our name that an assignment under our name leads to, where no list shows it yet."""
    for one in assignments:
        if one.name.lower() in assignment.names(wanted, one.principal_id):
            role = azure.authorization.role(wanted.scope, one.role_guid)
            if role and role.is_custom and same(role.role_name, wanted.role.role_name):
                return role
    return None


def _with_suspects(azure: Azure, wanted: Wanted, observed: Observed) -> Observed:
    """Who else holds the role here: deleted principals of Astronomer's, and whom Microsoft Graph does not show."""
    suspects = assignment.suspects(wanted, observed)
    if observed.unchecked or not suspects:
        return observed
    deleted: frozenset[str] = frozenset()
    with suppress(AstroPeerError):
        deleted = azure.graph.deleted(wanted.application_id)
    asking = {
        one.principal_id: azure.start(azure.graph.principal, one.principal_id)
        for one in suspects
        if one.principal_id not in deleted and assignment.may_be_ours(wanted, observed, one)
    }
    shown = {object_id: asked.result() for object_id, asked in asking.items()}
    alive = next(
        (one for one in shown.values() if one and same(one.application_id, wanted.application_id)), None
    )
    # Graph shows a principal by its object ID sooner than by its application ID.
    if alive and observed.principal is None:
        observed = _with_assignments_of(
            azure,
            wanted,
            replace(observed, principal=alive),
            alive.object_id,
            azure.authorization.assignment(_our_id(wanted)),
        )
    return replace(
        observed,
        deleted=deleted,
        not_shown=frozenset(object_id for object_id, found in shown.items() if found is None),
    )


def _permissions(azure: Azure, scopes: Iterable[str]) -> dict[str, tuple[Permission, ...]]:
    """What the caller may do in each subscription among the scopes; of others Azure is not asked."""
    asking = {
        scope.lower(): azure.start(azure.subscriptions.permissions, subscription[1])
        for scope in scopes
        if (subscription := _SUBSCRIPTION.match(scope))
    }
    found = {}
    for scope, asked in asking.items():
        try:
            found[scope] = asked.result()
        except NotPermitted:
            found[scope] = ()
    return found


_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
