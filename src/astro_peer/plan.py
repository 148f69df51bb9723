"""The plan: what is wanted against what was found, as changes; and carrying them out, in order.

`grant` goes towards "present", `revoke` towards "absent" in reverse. `status` and the dry run read the same and
write nothing. There is no state file: Azure is the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from astro_peer.azure import Azure
from astro_peer.azure.objects import (
    RoleAssignment,
    ServicePrincipal,
    VirtualHub,
    same,
    within,
)
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import AstroPeerError, Conflict, Interrupted, NotFound, TimedOut
from astro_peer.procedure import Procedure
from astro_peer.steps import assignment as assignment_step
from astro_peer.steps import principal as principal_step
from astro_peer.steps import role as role_step
from astro_peer.steps.collect import Target
from astro_peer.steps.role import FoundRole, WantedRole


@dataclass(frozen=True)
class Goal:
    """What a command is asked to bring about, and where."""

    procedure: Procedure
    tenant_id: str
    place: Target | None
    """None only for `--only principal`, which concerns the tenant alone."""
    role_name: str | None = None
    principal_id: str | None = None
    """The principal's object ID, from a user who may not read Microsoft Graph."""
    description: str | None = None
    only: Kind | None = None
    update_shared_role: bool = False
    delete_role: bool = False

    @property
    def target(self) -> Target:
        if self.place is None:
            raise ValueError("this goal concerns the tenant alone")
        return self.place

    @property
    def scope(self) -> str:
        return self.target.subscription.scope

    @property
    def role(self) -> WantedRole:
        return role_step.wanted(self.procedure, self.tenant_id, self.scope, self.role_name)

    def includes(self, kind: Kind) -> bool:
        return self.only in (None, kind)


@dataclass(frozen=True)
class Found:
    """What Azure holds of it. `assignments` are all of the principal's, above, at and beneath the subscription."""

    principal: ServicePrincipal | None
    principal_id: str | None
    role: FoundRole | None
    assignments: tuple[RoleAssignment, ...]
    ours: tuple[RoleAssignment, ...]
    everybodys: tuple[RoleAssignment, ...] = ()
    """Whoever's assignments of the role, above, at and beneath the subscription."""
    orphans: tuple[RoleAssignment, ...] = ()
    """Ours, of a principal of Astronomer's that Entra lists as deleted."""
    unknown: tuple[RoleAssignment, ...] = ()
    """Perhaps Astronomer's: of service principals that Microsoft Graph does not show, nor lists as deleted."""
    unchecked: AstroPeerError | None = None
    """Why nobody could check whose the object ID is that the user gave."""
    reach: tuple[VirtualHub, ...] = ()


@dataclass(frozen=True)
class Plan:
    goal: Goal
    found: Found
    changes: tuple[Change, ...]

    @property
    def writes(self) -> bool:
        return any(change.writes for change in self.changes)


class Watcher(Protocol):
    """Sees a plan being carried out."""

    def finished(self, change: Change) -> None: ...

    def trust(self, principal: ServicePrincipal, *, made_now: bool) -> None:
        """Show who the application is, before it is assigned anything; raises Cancelled on a no."""


def read(azure: Azure, goal: Goal, *, reach: bool) -> Found:
    """Everything a plan needs, read side by side. `reach` adds the virtual hubs the role would reach.

    Microsoft Graph does not show a new principal at once. Where somebody whom it does not show was given the role
    a moment ago, it is asked again for a while: what it does not show may be Astronomer's, alive and well.
    """
    found = _read_once(azure, goal, reach=reach)
    patience = azure.patience(
        "Microsoft Graph to show whose service principal holds the role", _SETTLING_SECONDS
    )
    with suppress(TimedOut):
        while any(azure.younger_than(_NEW_SECONDS, one.created_on) for one in found.unknown):
            patience.wait()
            found = _read_once(azure, goal, reach=reach)
    return found


def read_for_revoke(azure: Azure, goal: Goal) -> Found:
    """The same, but nothing is concluded from lists that may lag.

    Raises TimedOut when nothing is found to revoke although principal or role were written within the last ten
    minutes: an assignment that was made since need not be listed yet. (A role that is deleted is proof enough:
    Azure refuses to delete one that is assigned.)
    """
    found = read(azure, goal, reach=False)
    patience = azure.patience("Azure's lists to show what was assigned lately", _SETTLING_SECONDS)
    while not (found.ours or found.orphans) and _is_new(azure, found) and not _deletes_role(goal, found):
        try:
            patience.wait()
        except TimedOut as error:
            raise TimedOut(
                "No assignment was found to revoke, but that proves nothing yet.",
                meaning="The role or Astronomer's service principal was written less than ten minutes ago, and"
                " Azure's lists need time to show what was assigned since.",
                next_step="Run the same command again in ten minutes. Until then, do not take it as revoked.",
            ) from error
        found = read(azure, goal, reach=False)
    return found


_NEW_SECONDS = 600
_SETTLING_SECONDS = 30


def _is_new(azure: Azure, found: Found) -> bool:
    moments = [
        found.role.role.updated_on if found.role else None,
        found.principal.created_on if found.principal and not found.assignments else None,
    ]
    return any(azure.younger_than(_NEW_SECONDS, moment) for moment in moments)


def _deletes_role(goal: Goal, found: Found) -> bool:
    return any(
        change.object is Kind.ROLE and change.action is Action.DELETE
        for change in plan_revoke(goal, found).changes
    )


def _read_once(azure: Azure, goal: Goal, *, reach: bool) -> Found:
    application_id = goal.procedure.application_id
    if goal.only is Kind.PRINCIPAL:
        principal = azure.graph.find(application_id)
        return Found(
            principal, principal.object_id if principal else None, role=None, assignments=(), ours=()
        )
    hubs = azure.start(lambda: azure.network.hubs(goal.target.subscription.id)) if reach else None
    looking_up = azure.start(
        lambda: (
            principal_step.look_up(azure, application_id, goal.principal_id)
            if goal.principal_id
            else principal_step.LookedUp(azure.graph.find(application_id))
        )
    )
    listing = azure.start(lambda: azure.authorization.assignments(goal.scope))
    role = role_step.find(azure, goal.role)
    principal, unchecked = looking_up.result()
    everybodys = listing.result()
    orphans: tuple[RoleAssignment, ...] = ()
    unknown: tuple[RoleAssignment, ...] = ()
    if role and not unchecked:
        suspects = [
            one
            for one in everybodys
            if one.role_guid == role.role.guid
            and within(one.scope, goal.scope)
            and one.principal_type == "ServicePrincipal"
            and one.principal_id != (principal.object_id if principal else goal.principal_id)
        ]
        orphans, unknown, alive = _whose(azure, goal, suspects, certain=principal is not None)
        principal = principal or alive
    principal_id = principal.object_id if principal else goal.principal_id
    assignments: tuple[RoleAssignment, ...] = ()
    if principal_id:
        assignments = _assignments_of(azure, goal, principal_id)
        role = role or _role_of(azure, goal, assignments)
    return Found(
        principal=principal,
        principal_id=principal_id,
        role=role,
        assignments=assignments,
        ours=assignment_step.ours(assignments, role.role.guid, principal_id, goal.scope)
        if role and principal_id
        else (),
        everybodys=tuple(one for one in everybodys if one.role_guid == role.role.guid) if role else (),
        orphans=orphans,
        unknown=unknown,
        unchecked=unchecked,
        reach=tuple(hubs.result()) if hubs else (),
    )


def _assignments_of(azure: Azure, goal: Goal, principal_id: str) -> tuple[RoleAssignment, ...]:
    """As listed, and the one whose name we derive: that one is read by ID, as a list may not show it yet."""
    derived = assignment_step.derived_id(goal.target.subscription.id, goal.role.guid, principal_id)
    reading = azure.start(lambda: azure.authorization.assignment(derived))
    listed = azure.authorization.assignments_of(goal.scope, principal_id)
    listed = [one for one in listed if one.principal_id == principal_id]
    by_id = reading.result()
    if by_id and by_id.principal_id == principal_id and not any(same(one.id, by_id.id) for one in listed):
        listed.append(by_id)
    return tuple(listed)


def _role_of(azure: Azure, goal: Goal, assignments: tuple[RoleAssignment, ...]) -> FoundRole | None:
    """The role of our name that an assignment of ours leads to, where no list shows it yet."""
    derived = {
        one.role_guid
        for one in assignments
        if same(one.name, assignment_step.name(goal.target.subscription.id, goal.role.guid, one.principal_id))
    }
    for guid in derived:
        role = azure.authorization.role(goal.scope, guid)
        if role and role.is_custom and same(role.role_name, goal.role.role_name):
            return role_step.FoundRole(role, assignable=True)
    return None


def _whose(
    azure: Azure, goal: Goal, suspects: Sequence[RoleAssignment], *, certain: bool
) -> tuple[tuple[RoleAssignment, ...], tuple[RoleAssignment, ...], ServicePrincipal | None]:
    """Orphans, unknown ones, and Astronomer's principal if Graph shows it by its object ID only.

    `certain`: Graph has shown Astronomer's principal; then only a name that we derive makes another one's
    assignment suspicious.
    """
    if not suspects:
        return (), (), None
    deleted: frozenset[str] = frozenset()
    with suppress(AstroPeerError):
        deleted = azure.graph.deleted(goal.procedure.application_id)
    orphans, unknown, alive = [], [], None
    for one in suspects:
        if one.principal_id in deleted:
            orphans.append(one)
        elif not certain or same(
            one.name, assignment_step.name(goal.target.subscription.id, goal.role.guid, one.principal_id)
        ):
            shown = azure.graph.principal(one.principal_id)
            if shown is None:
                unknown.append(one)
            elif same(shown.application_id, goal.procedure.application_id):
                alive = shown
    return tuple(orphans), tuple(unknown), alive


def candidates(azure: Azure, goal: Goal) -> tuple[str, ...]:
    """Object IDs of the service principals that hold our role here: one of them is Astronomer's."""
    role = role_step.find(azure, goal.role)
    held = azure.authorization.assignments(goal.scope) if role else []
    return tuple(
        dict.fromkeys(
            one.principal_id
            for one in held
            if role and one.role_guid == role.role.guid and one.principal_type == "ServicePrincipal"
        )
    )


def plan_grant(goal: Goal, found: Found) -> Plan:
    """Raises Conflict where only a person can decide, NotFound where `--only` leaves out what is missing."""
    changes = []
    if goal.principal_id:
        principal_step.require_found(
            goal.principal_id, principal_step.LookedUp(found.principal, found.unchecked)
        )
    if goal.includes(Kind.PRINCIPAL) and not goal.principal_id:
        changes.append(principal_step.plan(goal.procedure.application_id, found.principal))
    if goal.includes(Kind.ROLE):
        changes.append(role_step.plan(goal.role, found.role, update_shared_role=goal.update_shared_role))
    if goal.includes(Kind.ASSIGNMENT):
        if found.principal:
            principal_step.require_usable(found.principal)
        if goal.only:
            _require_parts(goal, found)
        changes += assignment_step.plan_removal(found.orphans, "left behind by a principal that was deleted")
        changes.append(assignment_step.plan(goal.scope, found.ours, principal_known=bool(found.principal_id)))
    return Plan(goal, found, tuple(changes))


def plan_revoke(goal: Goal, found: Found) -> Plan:
    changes = assignment_step.plan_removal(found.ours, "gives Astronomer the role")
    changes += assignment_step.plan_removal(found.orphans, "left behind by a principal that was deleted")
    if goal.delete_role:
        own = {one.id.lower() for one in (*found.ours, *found.orphans)}
        others = tuple(
            f"{one.principal_type or 'principal'} {one.principal_id}"
            for one in found.everybodys
            if one.id.lower() not in own
        )
        removal = role_step.plan_removal(goal.role, found.role, others)
        changes += [removal] if removal else []
    return Plan(goal, found, tuple(changes))


def apply_grant(azure: Azure, plan: Plan, watcher: Watcher) -> Plan:
    """Carry the changes out, in order; returns the plan with the IDs that Azure gave.

    An error that is raised on the way says what was done and what was not.
    """
    goal, found = plan.goal, plan.found
    done: list[Change] = []
    with _accounting(plan.changes, done):
        for change in plan.changes:
            if change.object is Kind.PRINCIPAL:
                if change.writes:
                    principal = principal_step.create(azure, goal.procedure.application_id)
                    found = replace(found, principal=principal, principal_id=principal.object_id)
                change = replace(change, id=found.principal_id)
            elif change.object is Kind.ROLE and change.writes:
                role = role_step.apply(azure, goal.role, change, update_shared_role=goal.update_shared_role)
                found = replace(found, role=FoundRole(role, assignable=True))
            elif change.action is Action.DELETE:
                assignment_step.remove(azure, str(change.id))
            elif change.object is Kind.ASSIGNMENT and change.writes:
                if found.principal:
                    watcher.trust(found.principal, made_now=plan.found.principal is None)
                    principal_step.require_usable(found.principal)
                guid = found.role.role.guid if found.role else goal.role.guid
                role_step.require_still_not_broader(azure, goal.role, guid)
                made = assignment_step.create(
                    azure,
                    assignment_step.wanted(
                        goal.target.subscription.id,
                        goal.role.guid,
                        guid,
                        str(found.principal_id),
                        goal.description,
                    ),
                    principal_known=found.principal is not None,
                )
                found = replace(found, assignments=(*found.assignments, made), ours=(*found.ours, made))
                change = replace(change, id=made.id)
            done.append(change)
            watcher.finished(change)
    return Plan(goal, found, tuple(done))


def apply_revoke(azure: Azure, plan: Plan, watcher: Watcher) -> None:
    done: list[Change] = []
    with _accounting(plan.changes, done):
        for change in plan.changes:
            if change.object is Kind.ASSIGNMENT:
                assignment_step.remove(azure, str(change.id))
            elif change.writes:
                role_step.remove(azure, plan.goal.role, change)
            done.append(change)
            watcher.finished(change)


@contextmanager
def _accounting(changes: Sequence[Change], done: list[Change]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        error: AstroPeerError = Interrupted(
            "Interrupted.", next_step="Run the same command again: it goes on where this one stopped."
        )
        _account(error, changes, done)
        raise error from None
    except AstroPeerError as failure:
        _account(failure, changes, done)
        raise


def _account(error: AstroPeerError, changes: Sequence[Change], done: list[Change]) -> None:
    error.done = tuple(change for change in done if change.writes)
    error.not_done = tuple(change for change in changes[len(done) :] if change.writes)


def _require_parts(goal: Goal, found: Found) -> None:
    """`--only assignment` needs what others were to make."""
    missing = []
    if found.principal_id is None:
        missing.append(
            ("Astronomer's service principal", "an Entra administrator", "astro-peer grant --only principal")
        )
    if found.role is None or not found.role.assignable:
        missing.append(
            (
                f'the custom role "{goal.role.role_name}"',
                "a User Access Administrator or Owner",
                f"astro-peer grant --only role --subscription {goal.target.subscription.id}",
            )
        )
    if missing:
        raise NotFound(
            "The role cannot be assigned yet. Missing: " + " and ".join(what for what, _, _ in missing) + ".",
            meaning="--only assignment assigns what others have made.",
            next_step="; ".join(f"have {who} run `{command}`" for _, who, command in missing) + ".",
        )
    if found.role:
        difference = role_step.drift(goal.role, found.role.role)
        if difference:
            raise Conflict(
                f'The role "{found.role.role.role_name}" is not as documented, so it was not assigned.',
                meaning="It lacks "
                + (", ".join(difference.missing) or "nothing")
                + "; beyond the documentation it allows "
                + (", ".join(difference.broader) or "nothing")
                + ".",
                next_step="Have a User Access Administrator or Owner run `astro-peer grant --only role`.",
            )


@dataclass(frozen=True)
class Assessment:
    """`granted`: our role is assigned to Astronomer's principal here. `drift`: what is not as documented."""

    granted: bool
    drift: tuple[str, ...]


def assess(goal: Goal, found: Found) -> Assessment:
    """How what was found compares with the procedure; raises nothing."""
    drifted: list[str] = []
    if found.principal and not found.principal.usable:
        drifted.append("The service principal is disabled: Astronomer cannot sign in.")
    if found.role and found.ours:
        difference = role_step.drift(goal.role, found.role.role)
        drifted += [f"The role lacks {action}." for action in difference.missing]
        drifted += [f"The role allows {action}, which is not documented." for action in difference.broader]
    if found.ours and not any(same(one.scope, goal.scope) for one in found.ours):
        drifted.append("The role is not assigned on the subscription itself.")
    drifted += [
        f"An assignment to a principal that was deleted is left behind: {one.id}." for one in found.orphans
    ]
    drifted += [
        f"The role is assigned to the service principal {one.principal_id}, which Microsoft Graph neither shows nor"
        f" lists as deleted; whether it is Astronomer's is not known: {one.id}."
        for one in found.unknown
    ]
    drifted += [
        f"The role is also assigned beneath the subscription, on {one.scope}."
        for one in found.ours
        if not same(one.scope, goal.scope)
    ]
    return Assessment(granted=bool(found.ours), drift=tuple(drifted))
