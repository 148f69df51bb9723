"""`astro-peer grant`: give Astronomer the documented rights, verify them, print the support request."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from astro_peer import names
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    DryRunOptions,
    HubOptions,
    OutputOptions,
    RoleOptions,
    SupportOptions,
    YesOption,
    begin,
    checked,
    command,
)
from astro_peer.commands.questions import Confirmed, ask_missing, choose_hub, require_consent
from astro_peer.commands.sandbox import run_inside
from astro_peer.errors import ExitCode


class Only(StrEnum):
    PRINCIPAL = "principal"
    ROLE = "role"
    ASSIGNMENT = "assignment"


@command
def grant(
    context: typer.Context,
    place: HubOptions,
    support: SupportOptions,
    dry: DryRunOptions,
    special: RoleOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    description: Annotated[
        str | None,
        typer.Option(
            parser=checked(names.description),
            metavar="TEXT",
            help="Kept in the role assignment: a change number, say.",
            envvar="ASTRO_PEER_DESCRIPTION",
            show_envvar=False,
            rich_help_panel="Role",
        ),
    ] = None,
    only: Annotated[
        Only | None,
        typer.Option(
            metavar="PART",
            help="Where duties are split, do one part only: principal, role or assignment.",
            rich_help_panel="Role",
        ),
    ] = None,
    update_shared_role: Annotated[
        bool,
        typer.Option(
            "--update-shared-role",
            help="Allow a change to a role that other scopes use too.",
            rich_help_panel="Role",
        ),
    ] = False,
    yes: YesOption = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try it in a simulated tenant of its own: nothing is real.")
    ] = False,
) -> int:
    """Give Astronomer the rights it needs to connect an Astro cluster to your virtual hub.

    Shows first what will change, asks, then creates Astronomer's service principal, the documented custom role
    and its assignment, verifies them, and prints what to send to Astronomer support. Running it again changes
    nothing that is right already.
    """
    output = begin(context, "grant", show)
    if sandbox:
        output.report.silent = True
        arguments = [argument for argument in sys.argv[1:] if argument != "--sandbox"]
        return run_inside([sys.executable, "-P", "-m", "astro_peer", *arguments])

    from astro_peer import plan as planning
    from astro_peer import procedure
    from astro_peer.changes import Kind
    from astro_peer.output.script import grant_script
    from astro_peer.rights import require_rights
    from astro_peer.steps.collect import Target, Where, collect, collect_offline, collect_subscription
    from astro_peer.steps.request import request
    from astro_peer.steps.verify import verify

    kinds = {Only.PRINCIPAL: Kind.PRINCIPAL, Only.ROLE: Kind.ROLE, Only.ASSIGNMENT: Kind.ASSIGNMENT}
    where = Where(*place.place(context))
    azure = None if dry.offline else connect(connection, output)
    target: Target | None = None
    if azure is None:
        target = collect_offline(where, connection.tenant, support.firewall_ip)
    elif only in (Only.ROLE, Only.ASSIGNMENT):
        target = collect_subscription(azure, where)
    elif only is None:
        target = collect(azure, where, support.firewall_ip, choose_hub(output.screen))
    goal = planning.Goal(
        procedure=procedure.load(),
        tenant_id=target.tenant_id if target else azure.session.account.tenant_id if azure else "",
        place=None if only is Only.PRINCIPAL else target,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        description=description,
        only=kinds[only] if only else None,
        update_shared_role=update_shared_role,
    )
    if target:
        output.report.target(target)
    if azure is None:
        output.script(grant_script(goal, found=None))
        return ExitCode.DONE

    def make_plan() -> planning.Plan:
        return planning.plan_grant(goal, planning.read(azure, goal, reach=True))

    plan = make_plan()
    output.report.changes(plan.changes)
    output.screen.grant_plan(plan)
    if dry.dry_run:
        output.script(grant_script(goal, plan.found))
        return ExitCode.DONE
    require_rights(azure, plan)
    plan = require_consent(output, plan, make_plan, output.screen.grant_plan, yes=yes)
    output.screen.say()
    applied = planning.apply_grant(azure, plan, Confirmed(output.screen, yes=yes))
    output.report.changes(applied.changes, done=True)

    if target is None or goal.only is Kind.ROLE:
        output.screen.part_done(applied)
        return ExitCode.DONE
    held = verify(azure, goal.role, applied.found.ours)
    output.report.verified(applied.found.unchecked is None)
    output.screen.verified(held, applied.found)
    if goal.only:
        output.screen.part_done(applied)
        return ExitCode.DONE
    asked = request(goal.procedure, target, support.cluster_id, support.peering_name)
    asked = asked if yes else ask_missing(output.screen, asked, peering_name_given=bool(support.peering_name))
    output.report.request(asked)
    output.screen.request(asked)
    return ExitCode.DONE
