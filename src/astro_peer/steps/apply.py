"""Apply: carry a plan's changes out, in their order. Grant and revoke are the same here.

After each write a read by ID must agree before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from astro_peer.azure import Azure
from astro_peer.errors import Interrupted
from astro_peer.model import assignment as assignment_rules
from astro_peer.model import principal as principal_rules
from astro_peer.model.change import Action, Change, Thing
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.model.result import Applied
from astro_peer.steps import assignment as assignment_step
from astro_peer.steps import principal as principal_step
from astro_peer.steps import role as role_step

Progress = Callable[[Change, Applied], None]
"""Told of each change that was carried out, and of how far everything has come."""
Trust = Callable[[ServicePrincipal], None]
"""Shown who the application is, where that could not be known before, before it is assigned anything; raises
Cancelled on a no."""


def apply(
    azure: Azure,
    plan: Plan,
    *,
    progress: Progress = lambda *_: None,
    trust: Trust = lambda _: None,
) -> Applied:
    """Everything that was planned. `progress` knows what was done when an error on the way ends it.

    Raises whatever a step raises; Interrupted on Ctrl-C.
    """
    applied = Applied()
    with _interrupted():
        for change in plan.changes:
            carry_out = _CARRY_OUT[type(change.thing)]
            now = carry_out(azure, plan, change, applied, trust) if change.writes else change.after
            applied = Applied(
                done=applied.done | {change.key} if change.writes else applied.done,
                made=applied.made | {change.key: now} if now else applied.made,
            )
            progress(change, applied)
    return applied


@contextmanager
def _interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted.", next_step="Run the same command again: it goes on where this one stopped."
        ) from None


def _principal(azure: Azure, plan: Plan, change: Change, applied: Applied, trust: Trust) -> Thing | None:
    return principal_step.create(azure, plan.wanted.application_id)


def _role(azure: Azure, plan: Plan, change: Change, applied: Applied, trust: Trust) -> Thing | None:
    return role_step.carry_out(azure, change, plan.wanted)


def _assignment(azure: Azure, plan: Plan, change: Change, applied: Applied, trust: Trust) -> Thing | None:
    if change.action is Action.DELETE:
        assignment_step.remove(azure, str(change.thing.azure_id))
        return None
    after = change.after
    assert isinstance(after, RoleAssignment)  # noqa: S101  (the kind that is carried out here)
    after = assignment_rules.resolved(after, applied.made)
    principal = applied.principal(plan)
    if principal:
        if plan.observed.principal is None:
            trust(principal)
        for finding in principal_rules.usable(principal):
            raise finding.as_error()
    role_step.require_still_not_broader(azure, plan.wanted, after.role_guid)
    if isinstance(change.before, RoleAssignment):
        return assignment_step.describe(azure, change.before, after)
    names = assignment_rules.names_to_give(plan.wanted, after.principal_id, plan.changes)
    return assignment_step.create(azure, after, names, principal_known=principal is not None)


_CarryOut = Callable[[Azure, Plan, Change, Applied, Trust], Thing | None]
_CARRY_OUT: dict[type, _CarryOut] = {
    ServicePrincipal: _principal,
    RoleDefinition: _role,
    RoleAssignment: _assignment,
}
