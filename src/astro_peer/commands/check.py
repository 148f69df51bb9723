"""`astro-peer check`: everything that would stop a grant or the peering, and who can mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer import names
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    OutputOptions,
    PlaceOptions,
    ReportOption,
    RoleOptions,
    SupportOptions,
    UpdateSharedRoleOption,
    begin,
    checked,
    command,
)
from astro_peer.commands.questions import choose_resource


@command
def check(
    context: typer.Context,
    place: PlaceOptions,
    support: SupportOptions,
    special: RoleOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    astro_range: Annotated[
        list[str] | None,
        typer.Option(
            parser=checked(names.address_range),
            metavar="CIDR",
            help="Address range of the Astro cluster's network, as the Astro UI shows it; may be given several times.",
            envvar="ASTRO_PEER_ASTRO_RANGE",
            show_envvar=False,
            rich_help_panel="Where",
        ),
    ] = None,
    update_shared_role: UpdateSharedRoleOption = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail on warnings too, and on what could not be read.")
    ] = False,
    change_reference: ChangeReferenceOption = None,
    report: ReportOption = None,
) -> int:
    """Look at everything that would stop a grant, or the peering after it, and say who can mend it.

    Writes nothing. Exits with 0 when nothing fails (warnings are allowed), else with the first failing finding's code;
    with --strict 7 for a warning or for what could not be read. With ASTRO_API_TOKEN and ASTRO_ORGANIZATION_ID set,
    the cluster of --cluster-id is looked up in Astro.
    """
    output = begin(context, "check", show, report, change_reference)
    where = place.where(context)
    support = support.asked_for(context, where.procedure)
    azure = connect(connection, output)

    from astro_peer import library
    from astro_peer.model.check import Check
    from astro_peer.model.surroundings import Asked

    plan = library.check(
        azure,
        where,
        asked=Asked(support.cluster_id, support.peering_name, support.firewall_ip, tuple(astro_range or ())),
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        update_shared_role=update_shared_role,
        choose=choose_resource(output, where.procedure),
    )
    found = Check(plan, strict=strict)
    output.note(place=plan.wanted.place, check=found, outcome=found.outcome)
    output.screen.checked(found)
    return found.exit_code
