"""What a grant or a revoke has come to, what stays, and what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.model.plan import takes_rights_away
from astro_peer.model.role import KEY as ROLE
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import az
from astro_peer.output import holdings, peerings, remarks, where
from astro_peer.output.shell import command_line

if TYPE_CHECKING:
    from astro_peer.model.access import Holdings
    from astro_peer.model.plan import Plan
    from astro_peer.model.result import Result
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.output.terminal import Terminal


def granted(terminal: Terminal, result: Result) -> None:
    """What was verified, or what a part of it is good for."""
    plan = result.plan
    if plan is None:
        return
    if result.holdings is not None:
        principal = result.applied.principal(plan)
        terminal.out.print()
        title = "Verified" if result.verified else "Assigned"
        holdings.show(
            terminal, title, result.holdings, principal.label if principal else str(plan.wanted.principal_id)
        )
    remarks.findings(terminal, result.remarks)
    made = result.applied.principal(plan)
    if plan.wanted.only is Part.PRINCIPAL and made:
        terminal.heading("The application")
        where.principal(terminal, made)


def revoked(terminal: Terminal, plan: Plan, access: WriteAccess, remaining: Holdings) -> None:
    wanted = plan.wanted
    if not plan.writes:
        terminal.result(f"Astronomer holds no assignment of {wanted.role.role_name} in this subscription.")
    elif not takes_rights_away(plan):
        terminal.result(
            f"Removed what was left. Astronomer held no assignment of {wanted.role.role_name} in this subscription."
        )
    else:
        how_far = "Revoked completely" if access.complete else "Revoked"
        if access.others:
            how_far = f"Revoked, but Astronomer can still write to {access.procedure.short.many} here"
        terminal.result(f"{how_far}. Azure may take up to 10 minutes to act on it everywhere.")
    if not takes_rights_away(plan):
        for one in remaining:
            others = one.procedure is not None and one.procedure.key != wanted.procedure.key
            if one.role and one.role.is_custom and not one.through_group and not others:
                option = command_line(("--role-name", one.role_name))
                terminal.command(f"It holds the custom role {one}; if that is the one: {option}")
    if plan.changes:  # else the plan has just said it
        remarks.writing_otherwise(terminal, access, "still")
    _what_stays(terminal, plan)


def _what_stays(terminal: Terminal, plan: Plan) -> None:
    terminal.heading("What stays")
    peerings.staying(terminal, plan)
    role = plan.observed.role
    of_role = next((one for one in plan.changes if one.key == ROLE), None)
    if role and of_role is None:
        terminal.say(f"  - The custom role {role.role_name}: --delete-role removes it if nothing uses it.")
    elif role and of_role and not of_role.writes:
        terminal.say(f"  - The custom role {role.role_name} ({of_role.says}).")
    holder = plan.observed.principal.object_id if plan.observed.principal else plan.wanted.principal_id
    if holder:
        terminal.say(
            "  - Astronomer's service principal. It may serve other Astronomer products and subscriptions: look"
            " in each subscription what it holds, and remove it only if that is nothing anywhere:"
        )
        everything = az(
            *("role", "assignment", "list", "--assignee", holder, "--all"),
            *("--subscription", "EACH_SUBSCRIPTION", "--output", "table"),
        )
        terminal.command("      ", everything)
        terminal.command("      ", az("ad", "sp", "delete", "--id", holder))
