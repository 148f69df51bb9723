"""`astro-peer revoke`: take Astronomer's rights away again, ours and only ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    DryRunOptions,
    HubOptions,
    OutputOptions,
    RoleOptions,
    YesOption,
    begin,
    command,
)
from astro_peer.commands.questions import Confirmed, choose_principal, require_consent
from astro_peer.errors import ExitCode, NotPermitted


@command
def revoke(
    context: typer.Context,
    place: HubOptions,
    dry: DryRunOptions,
    special: RoleOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    delete_role: Annotated[
        bool,
        typer.Option(
            "--delete-role",
            help="Also delete the custom role if nothing else uses it, or take this subscription out of it.",
            rich_help_panel="Role",
        ),
    ] = False,
    yes: YesOption = False,
) -> int:
    """Take Astronomer's rights away again, once Astronomer has confirmed the connection.

    Removes the assignments of the documented role to Astronomer's service principal in the subscription, and
    nothing else. The connection that Astronomer made stays.
    """
    output = begin(context, "revoke", show)

    from astro_peer import plan as planning
    from astro_peer import procedure
    from astro_peer.output.script import revoke_script
    from astro_peer.rights import require_rights
    from astro_peer.steps.collect import Where, collect_offline, collect_subscription
    from astro_peer.steps.holdings import Holdings, holdings

    where = Where(*place.place(context))
    azure = None if dry.offline else connect(connection, output)
    target = (
        collect_subscription(azure, where)
        if azure
        else collect_offline(where, connection.tenant, firewall_ip=None)
    )
    goal = planning.Goal(
        procedure=procedure.load(),
        tenant_id=target.tenant_id,
        place=target,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        delete_role=delete_role,
    )
    output.report.target(target)
    if azure is None:
        output.script(revoke_script(goal, found=None))
        return ExitCode.DONE

    def found_now() -> planning.Found:
        if dry.dry_run:
            return planning.read(azure, goal, reach=False)
        return planning.read_for_revoke(azure, goal)

    def make_plan() -> planning.Plan:
        return planning.plan_revoke(goal, found_now())

    def what_remains(plan: planning.Plan) -> Holdings:
        own = {one.id for one in plan.found.ours}
        others = [one for one in plan.found.assignments if one.id not in own]
        return holdings(azure, goal.scope, plan.found.principal_id, others)

    def show_plan(plan: planning.Plan) -> None:
        output.screen.revoke_plan(plan, what_remains(plan))

    try:
        plan = make_plan()
    except NotPermitted as error:
        if goal.principal_id or error.code != "Authorization_RequestDenied":
            raise
        candidates = planning.candidates(azure, goal)
        if not candidates:
            output.report.changes([])
            output.screen.result(
                "No service principal holds the role in this subscription: nothing to revoke."
            )
            return ExitCode.DONE
        goal = replace(goal, principal_id=choose_principal(output.screen, candidates, error, yes=yes))
        plan = make_plan()
    output.report.changes(plan.changes)
    show_plan(plan)
    if dry.dry_run:
        output.script(revoke_script(goal, plan.found))
        return ExitCode.DONE
    require_rights(azure, plan)
    plan = require_consent(output, plan, make_plan, show_plan, yes=yes)
    output.screen.say()
    planning.apply_revoke(azure, plan, Confirmed(output.screen, yes=yes))
    output.report.changes(plan.changes, done=True)

    remaining = what_remains(plan)
    writing = remaining.writing(goal.procedure.write_action)
    output.report.verified(True)
    output.report.complete(not writing and not remaining.groups_unread and not plan.found.unknown)
    output.report.holdings(remaining, goal.procedure.write_action)
    output.screen.revoked(plan, remaining)
    return ExitCode.DONE
