"""What Astronomer's principal holds in and above the subscription, ours and others alike, and what to make of it.

The same application serves other Astronomer products, so it may hold other roles: they are shown, never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from astro_peer.errors import AstroPeerError
from astro_peer.model import assignment, end, enforcing
from astro_peer.model import role as role_rules
from astro_peer.model.end import Note
from astro_peer.model.objects import Resource, RoleAssignment, RoleDefinition, same, within
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.procedure import Procedure


@dataclass(frozen=True)
class Holding:
    """One assignment with its role; `role` is None when Azure no longer knows the role."""

    assignment: RoleAssignment
    role: RoleDefinition | None
    ours: bool
    through_group: bool
    writes: bool
    """Whether it lets Astronomer write to what the procedure is about, in the subscription."""
    known: bool = False
    """Whether the user has named it as wanted. The grant itself never is."""
    earlier: str = ""
    """Which older documentation the role was made from, if it was."""
    procedure: Procedure | None = None
    """Whose documented role it is: the procedure's that was looked for, or another's."""

    @property
    def note(self) -> Note:
        return end.read(self.assignment.description)

    @property
    def role_name(self) -> str:
        return self.role.role_name if self.role else self.assignment.role_guid

    def __str__(self) -> str:
        through = " through a group" if self.through_group else ""
        earlier = f" ({self.earlier})" if self.earlier else ""
        return f"{self.role_name} on {self.assignment.scope}{through}{earlier}"


@dataclass(frozen=True)
class Holdings:
    """All of them. `groups_unread` says why those through groups are not among them, if they are not."""

    listed: tuple[Holding, ...] = ()
    groups_unread: AstroPeerError | None = None

    def __iter__(self) -> Iterator[Holding]:
        return iter(self.listed)


def holding(
    wanted: Wanted,
    one: RoleAssignment,
    role: RoleDefinition | None,
    principal_id: str | None,
    ours: tuple[RoleAssignment, ...],
    resources: tuple[Resource, ...] | None = None,
) -> Holding:
    """`resources`: those of the subscription that can be peered; None where they are not known."""
    is_ours = any(same(one.id, own.id) for own in ours)
    allows = role is not None and role_rules.writes(wanted.procedure, role)
    return Holding(
        one,
        role,
        ours=is_ours,
        through_group=one.principal_id != principal_id,
        writes=allows and _reaches(wanted, one.scope, resources),
        known=not is_ours and any(same(one.id, named) for named in wanted.known),
        earlier=role_rules.left_over(wanted.procedure, role) if role else "",
        procedure=wanted.procedure if is_ours else role_rules.documented_by(wanted.procedure, role),
    )


def hangs_on_resources(wanted: Wanted, one: RoleAssignment) -> bool:
    """Whether it takes the subscription's resources to tell if it reaches one: it is on a resource group."""
    beneath = within(one.scope, wanted.scope) and not same(one.scope, wanted.scope)
    return beneath and "/providers/" not in one.scope.lower()


def _reaches(wanted: Wanted, scope: str, resources: tuple[Resource, ...] | None) -> bool:
    """From the subscription and above it reaches them all; a group in which they are unknown may have some."""
    if same(scope, wanted.scope) or not within(scope, wanted.scope):
        return True
    if "/providers/" in scope.lower():
        return f"/providers/{wanted.procedure.resource_type}/".lower() in scope.lower()
    return resources is None or any(within(one.id, scope) for one in resources)


@dataclass(frozen=True)
class Assessment:
    """`granted`: our role is assigned to Astronomer's principal here; None where nobody can tell.

    `drift`: what is not as documented, a sentence each.
    """

    granted: bool | None
    drift: tuple[str, ...]


def assess(wanted: Wanted, observed: Observed) -> Assessment:
    """How what was found compares with the procedure."""
    ours, unknown = assignment.ours(wanted, observed), assignment.unknown(wanted, observed)
    granted = True if ours else None if unknown else False
    return Assessment(granted, tuple(_drift(wanted, observed, ours)))


def _drift(wanted: Wanted, observed: Observed, ours: tuple[RoleAssignment, ...]) -> Iterator[str]:
    if observed.principal and not observed.principal.usable:
        yield "The service principal is disabled: Astronomer cannot sign in."
    if observed.role and ours:
        difference = role_rules.drift(wanted.role, observed.role)
        for action in difference.missing:
            yield f"The role lacks {action}."
        for action in difference.broader:
            yield f"The role allows {action}, which is not documented."
    if ours and not any(same(one.scope, wanted.scope) for one in ours):
        yield "The role is not assigned on the subscription itself."
    for one in assignment.orphans(wanted, observed):
        yield f"An assignment to a principal that was deleted is left behind: {one.id}."
    for one in assignment.unknown(wanted, observed):
        yield (
            f"The role is assigned to the service principal {one.principal_id}, which Microsoft Graph neither shows nor"
            f" lists as deleted; whether it is Astronomer's is not known: {one.id}."
        )
    for one in ours:
        if last := enforcing.overdue(one, observed.today):
            yield was_to_end(last)
    for one in ours:
        if not same(one.scope, wanted.scope):
            yield f"The role is also assigned beneath the subscription, on {one.scope}."


def was_to_end(last: date) -> str:
    return f"It was granted until {last}, which is past."
