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
)
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import AstroPeerError, Conflict, Interrupted, NotFound
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
    """Ours, of a principal of Astronomer's that was deleted."""
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
    """Everything a plan needs, read side by side. `reach` adds the virtual hubs the role would reach."""
    if goal.only is Kind.PRINCIPAL:
        principal = azure.graph.find(goal.procedure.application_id)
        return Found(
            principal, principal.object_id if principal else None, role=None, assignments=(), ours=()
        )
    hubs = azure.start(lambda: azure.network.hubs(goal.target.subscription.id)) if reach else None
    looking_up = (
        None if goal.principal_id else azure.start(lambda: azure.graph.find(goal.procedure.application_id))
    )
    listing = azure.start(lambda: azure.authorization.assignments(goal.scope))
    role = role_step.find(azure, goal.role)
    found = looking_up.result() if looking_up else None
    principal_id = goal.principal_id or (found.object_id if found else None)
    assignments = tuple(azure.authorization.assignments_of(goal.scope, principal_id)) if principal_id else ()
    ours = (
        assignment_step.ours(assignments, role.role.guid, principal_id, goal.scope)
        if role and principal_id
        else ()
    )
    everybodys = tuple(one for one in listing.result() if one.role_guid == role.role.guid) if role else ()
    return Found(
        principal=found,
        principal_id=principal_id,
        role=role,
        assignments=assignments,
        ours=ours,
        everybodys=everybodys,
        orphans=_orphans(azure, goal, principal_id, everybodys),
        reach=tuple(hubs.result()) if hubs else (),
    )


def _orphans(
    azure: Azure,
    goal: Goal,
    principal_id: str | None,
    everybodys: tuple[RoleAssignment, ...],
) -> tuple[RoleAssignment, ...]:
    """Only with Graph: without it, nobody can tell whether a principal is gone."""
    suspects = [one for one in everybodys if one.principal_id != principal_id]
    if goal.principal_id or not suspects:
        return ()
    deleted: frozenset[str] = frozenset()
    with suppress(AstroPeerError):  # a help only: the name of an assignment of ours tells as well
        deleted = azure.graph.deleted(goal.procedure.application_id)
    found = assignment_step.orphans(suspects, goal.target.subscription.id, deleted)
    return tuple(one for one in found if not azure.graph.exists(one.principal_id))


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
                made = assignment_step.create(
                    azure,
                    goal.target.subscription.id,
                    found.role.role.guid if found.role else goal.role.guid,
                    str(found.principal_id),
                    goal.description,
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
        f"The role is also assigned beneath the subscription, on {one.scope}."
        for one in found.ours
        if not same(one.scope, goal.scope)
    ]
    return Assessment(granted=bool(found.ours), drift=tuple(drifted))
