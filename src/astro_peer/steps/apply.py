"""Apply: carry a plan's changes out, in their order. Grant and revoke are the same here.

After each write that another builds on a read by ID must agree before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from astro_peer.azure import Azure
from astro_peer.errors import Interrupted
from astro_peer.model import assignment as assignment_rules
from astro_peer.model import principal as principal_rules
from astro_peer.model import role as role_rules
from astro_peer.model.change import Action, Change, Thing
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.model.receipt import Receipt
from astro_peer.model.result import Applied
from astro_peer.steps import assignment as assignment_step
from astro_peer.steps import principal as principal_step
from astro_peer.steps import role as role_step
from astro_peer.steps import schedule as schedule_step

Progress = Callable[[Change, Applied], None]
"""Told of each change that was carried out, and of how far everything has come; also of one that failed when Azure
had answered what was sent to write it.
"""
Trust = Callable[[ServicePrincipal], bool]
"""Shown who the application is, where that could not be known before, before it is assigned anything; says whether
somebody was asked, and raises Cancelled on a no."""


def apply(
    azure: Azure,
    plan: Plan,
    *,
    progress: Progress = lambda *_: None,
    trust: Trust = lambda _: False,
) -> Applied:
    """Everything that was planned. `progress` knows what was done when an error on the way ends it.

    Raises whatever a step raises; Interrupted on Ctrl-C.
    """
    run = _Run(azure, plan, trust)
    with _interrupted():
        for change in plan.changes:
            already = len(azure.receipts)
            try:
                now = run.carry_out(change) if change.writes else change.after
            except BaseException:
                if run.answered(change, azure.receipts[already:]):
                    progress(change, run.applied)
                raise
            run.answered(change, azure.receipts[already:])
            run.note(change, now)
            progress(change, run.applied)
    return run.applied


@contextmanager
def _interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            "Interrupted.", next_step="Run the same command again: it goes on where this one stopped."
        ) from None


class _Run:
    """One plan on its way."""

    def __init__(self, azure: Azure, plan: Plan, trust: Trust) -> None:
        self.applied = Applied()
        self._azure, self._plan, self._wanted, self._trust = azure, plan, plan.wanted, trust
        self._just_read: RoleDefinition | None = None
        """The role, as the step before has read it back."""
        makes_role = any(one.key == role_rules.KEY and one.action is Action.CREATE for one in plan.changes)
        self._elsewhere = azure.beside(role_step.look_elsewhere, azure, plan.wanted) if makes_role else None

    def carry_out(self, change: Change) -> Thing | None:
        if isinstance(change.thing, ServicePrincipal):
            return principal_step.create(self._azure, self._wanted.application_id)
        if isinstance(change.thing, RoleDefinition):
            return role_step.carry_out(self._azure, change, self._wanted, self._elsewhere)
        if change.action is Action.DELETE:
            self._remove(change.thing)
            return None
        return self._assign(change)

    def _remove(self, gone: Thing) -> None:
        if isinstance(gone, RoleAssignment) and gone.schedule:
            schedule_step.remove(self._azure, gone)
        else:
            assignment_step.remove(self._azure, str(gone.azure_id))

    def note(self, change: Change, now: Thing | None) -> None:
        self._just_read = now if change.writes and isinstance(now, RoleDefinition) else None
        self.applied = replace(
            self.applied,
            done=self.applied.done | {change.key} if change.writes else self.applied.done,
            made=self.applied.made | {change.key: now} if now else self.applied.made,
        )

    def answered(self, change: Change, receipts: Sequence[Receipt]) -> bool:
        """Whether Azure has answered anything that was sent to write it, which is kept."""
        if receipts:
            kept = self.applied.receipts | {change.key: tuple(receipts)}
            self.applied = replace(self.applied, receipts=kept)
        return bool(receipts)

    def _assign(self, change: Change) -> RoleAssignment:
        after = change.after
        assert isinstance(after, RoleAssignment)  # noqa: S101  (the kind that is carried out here)
        after = assignment_rules.resolved(after, self.applied.made)
        principal = self.applied.principal(self._plan)
        asked = False
        if principal:
            if self._plan.observed.principal is None:
                asked = self._trust(principal)
            for finding in principal_rules.usable(principal):
                raise finding.as_error()
        if self._just_read and not asked:
            role_step.require_not_broader(self._wanted, self._just_read)
        else:
            role_step.require_still_not_broader(self._azure, self._wanted, after.role_guid)
        before = change.before if isinstance(change.before, RoleAssignment) else None
        if after.schedule:
            return self._assign_for_a_time(before, after, principal_known=principal is not None)
        if before:
            return assignment_step.describe(self._azure, before, after)
        names = assignment_rules.names_to_give(self._wanted, after.principal_id, self._plan.changes)
        return assignment_step.create(self._azure, after, names, principal_known=principal is not None)

    def _assign_for_a_time(
        self, before: RoleAssignment | None, after: RoleAssignment, *, principal_known: bool
    ) -> RoleAssignment:
        if before is None:
            return schedule_step.create(self._azure, after, principal_known=principal_known)
        if before.schedule is None:
            return schedule_step.bind(self._azure, before, after)
        if before.schedule != after.schedule:
            return schedule_step.move(self._azure, before, after)
        return schedule_step.describe(self._azure, before, after)
