"""What Astronomer's principal holds in and above the subscription, ours and others alike, and what to make of it.

The same application serves other Astronomer products, so it may hold other roles: they are shown, never touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from astro_peer.errors import AstroPeerError
from astro_peer.model import assignment
from astro_peer.model import role as role_rules
from astro_peer.model.objects import RoleAssignment, RoleDefinition, allowed, same
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted


@dataclass(frozen=True)
class Holding:
    """One assignment with its role; `role` is None when Azure no longer knows the role."""

    assignment: RoleAssignment
    role: RoleDefinition | None
    ours: bool
    through_group: bool
    writes_hubs: bool
    """Whether it lets Astronomer make or overwrite connections of virtual hubs."""

    @property
    def role_name(self) -> str:
        return self.role.role_name if self.role else self.assignment.role_guid

    def __str__(self) -> str:
        through = " through a group" if self.through_group else ""
        return f"{self.role_name} on {self.assignment.scope}{through}"


@dataclass(frozen=True)
class Holdings:
    """All of them. `groups_unread` says why those through groups are not among them, if they are not."""

    listed: tuple[Holding, ...] = ()
    groups_unread: AstroPeerError | None = None

    def __iter__(self) -> Iterator[Holding]:
        return iter(self.listed)

    @property
    def writing_otherwise(self) -> tuple[Holding, ...]:
        """Those that are not ours and write to hubs."""
        return tuple(one for one in self.listed if not one.ours and one.writes_hubs)


def holding(
    wanted: Wanted,
    one: RoleAssignment,
    role: RoleDefinition | None,
    principal_id: str | None,
    ours: tuple[RoleAssignment, ...],
) -> Holding:
    return Holding(
        one,
        role,
        ours=any(same(one.id, own.id) for own in ours),
        through_group=one.principal_id != principal_id,
        writes_hubs=role is not None and allowed(role.permissions, wanted.procedure.write_action),
    )


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
        if not same(one.scope, wanted.scope):
            yield f"The role is also assigned beneath the subscription, on {one.scope}."


@dataclass(frozen=True)
class Revoked:
    """What a revoke has come to. `complete`: nothing is left that lets Astronomer's principal write to hubs here."""

    complete: bool
    still_writing: tuple[Holding, ...]


def revoked(wanted: Wanted, observed: Observed, remaining: Holdings) -> Revoked:
    writing = remaining.writing_otherwise
    known = observed.unchecked is None or wanted.principal_id is not None
    certain = known and not remaining.groups_unread and not assignment.unknown(wanted, observed)
    return Revoked(complete=certain and not writing, still_writing=writing)
