"""`astro-peer status`: what is granted now, and what is not as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    KnownOption,
    OutputOptions,
    PlaceOptions,
    ReportOption,
    RoleOptions,
    begin,
    command,
    known_assignments,
)
from astro_peer.errors import ExitCode, UsageError
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure


@command
def status(
    context: typer.Context,
    place: PlaceOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    special: RoleOptions,
    known: KnownOption = None,
    all_subscriptions: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Look at every subscription you can see; exits as the worst of them.",
            rich_help_panel="Where",
        ),
    ] = False,
    change_reference: ChangeReferenceOption = None,
    report: ReportOption = None,
) -> int:
    """Show whether Astronomer can write to the hubs of a subscription, through what, and the hub's connections.

    Exits with 0 when it can as documented and in no other way, 10 when it cannot, 11 when it can otherwise, or when
    that could not be read.
    """
    output = begin(context, "status", show, report, change_reference)
    if all_subscriptions:
        if place.on_command_line(context):
            raise UsageError(
                "--all looks at every subscription.",
                meaning="One was named as well.",
                next_step="Leave one or the other out.",
            )
        return _all(output, connect(connection, output), special, known_assignments(known))
    where = place.where(context)
    azure = connect(connection, output)

    from astro_peer import library

    found, held = library.status(
        azure,
        where,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        known=known_assignments(known),
    )
    output.note(place=found.wanted.place)
    for finding in found.stopped_by:
        raise finding.as_error()
    output.note(status=found, access=found.access, holdings=held, outcome=found.outcome)
    output.screen.status(found, held)
    return found.exit_code


def _all(output: Output, azure: Azure, special: RoleOptions, known: tuple[str, ...]) -> ExitCode:
    from astro_peer import library

    found = library.overview(
        azure, role_name=special.role_name, principal_id=special.principal_object_id, known=known
    )
    output.note(overview=found, outcome=found.outcome)
    output.screen.overview(found)
    return found.exit_code
