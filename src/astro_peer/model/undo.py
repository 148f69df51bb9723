"""How to take back what a command has done, or what it has found: commands, the shortest first."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model import assignment, next_steps
from astro_peer.model.objects import is_assignment_id
from astro_peer.model.outcome import Outcome
from astro_peer.model.plan import Plan, command_for
from astro_peer.model.result import Result
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import Command, az


def undo(result: Result) -> tuple[Command, ...]:
    """Empty where nothing is there to be taken back."""
    if result.plan and result.plan.wanted.place and not result.check:
        return tuple(_of_plan(result, result.plan))
    if result.status and result.status.access.assessment.granted:
        return (command_for(result.status.wanted, "revoke"),)
    return ()


def _of_plan(result: Result, plan: Plan) -> Iterator[Command]:
    if not plan.wanted.granted:
        if (result.applied.done or result.outcome is Outcome.PLANNED) and plan.undo_command:
            yield plan.undo_command
        return
    assigned = not result.error or assignment.KEY in result.applied.done
    if plan.wanted.includes(Part.ASSIGNMENT) and assigned:
        yield plan.revoke_command
        made = result.applied.made.get(assignment.KEY)
        if made and made.azure_id and is_assignment_id(made.azure_id):
            yield az("role", "assignment", "delete", "--ids", made.azure_id)
    if result.error:
        yield from next_steps.undo(plan, result.applied)
