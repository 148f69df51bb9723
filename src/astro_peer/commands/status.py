"""`astro-peer status`: what is granted now, and what is not as documented."""

from __future__ import annotations

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    HubOptions,
    OutputOptions,
    RoleOptions,
    begin,
    command,
)
from astro_peer.errors import ExitCode, NotFound


@command
def status(
    context: typer.Context,
    place: HubOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    special: RoleOptions,
) -> int:
    """Show what Astronomer is granted now, what differs from the documentation, and the hub's connections.

    Exits with 0 when granted as documented, 10 when not granted, 11 when granted otherwise than documented.
    """
    output = begin(context, "status", show)
    where = place.place(context)
    azure = connect(connection, output)

    from astro_peer import plan as planning
    from astro_peer import procedure
    from astro_peer.steps.collect import Where, collect, collect_subscription
    from astro_peer.steps.holdings import holdings

    facts = procedure.load()
    wanted = Where(*where)
    try:
        target = collect(azure, wanted, firewall_ip=None)
    except NotFound:
        if not wanted.subscription:
            raise
        target = collect_subscription(azure, wanted)  # the hub is gone: the rights may still be there
    goal = planning.Goal(
        procedure=facts,
        tenant_id=target.tenant_id,
        place=target,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
    )
    output.report.target(target)
    hub = target.hub
    connecting = azure.start(lambda: azure.network.connections(hub)) if hub else None
    found = planning.read(azure, goal, reach=False)
    held = holdings(azure, goal.scope, found.principal_id, found.assignments, found.ours)
    assessment = planning.assess(goal, found)
    connections = connecting.result() if connecting else []

    output.report.drift(assessment.drift)
    output.report.holdings(held, facts.write_action)
    output.report.connections(connections)
    output.screen.status(goal, found, assessment, held)
    if hub:
        output.screen.connections(hub, connections)
    if not assessment.granted and not found.unknown:
        output.report.outcome = "not granted"
        return ExitCode.NOT_GRANTED
    if assessment.drift:
        output.report.outcome = "drifted"
        return ExitCode.DRIFTED
    output.report.outcome = "granted"
    return ExitCode.DONE
