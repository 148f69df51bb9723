"""`astro-peer status`: what is granted now, and what is not as documented."""

from __future__ import annotations

from functools import partial
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
from astro_peer.commands.watching import ToWatch, WatchOptions, require_resource, watch
from astro_peer.errors import ExitCode, UsageError
from astro_peer.model.baseline import Baseline, Basis
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.place import Place
    from astro_peer.model.status import Status
    from astro_peer.procedure import Procedure


@command
def status(
    context: typer.Context,
    place: PlaceOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    special: RoleOptions,
    watching: WatchOptions,
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
    """Show whether Astronomer can write to the hubs (or virtual networks) of a subscription, and through what.

    Exits with 0 when it can as documented and in no other way, 10 when it cannot, 11 when it can otherwise, or when
    that could not be read. With --watch it waits for Astronomer's connection.
    """
    output = begin(context, "status", show, report, change_reference)
    baseline = watching.report()
    if all_subscriptions:
        if watching.watch:
            raise UsageError(
                "--watch looks at one virtual hub or network.",
                meaning="--all looks at every subscription.",
                next_step="Leave one or the other out.",
            )
        if place.on_command_line(context) - {"procedure"}:
            raise UsageError(
                "--all looks at every subscription.",
                meaning="One was named as well.",
                next_step="Leave one or the other out.",
            )
        return _all(output, connect(connection, output), special, known_assignments(known), place.procedure)
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
    output.note(
        status=found, access=found.access, holdings=held, outcome=found.outcome, connections=found.connections
    )
    output.screen.status(found, held)
    return _watch(output, azure, watching, found, baseline, special) if watching.watch else found.exit_code


def _watch(
    output: Output,
    azure: Azure,
    watching: WatchOptions,
    found: Status,
    baseline: str | None,
    special: RoleOptions,
) -> int:
    place = found.wanted.target
    require_resource(place, tuple(one.id for one in found.observed.reach))
    if found.connections is None:
        raise ValueError("what was read has connections")
    if found.access.can_write is False:
        them, connection = place.procedure.short.many, place.procedure.connection.one
        output.screen.warn(
            f"Astronomer cannot write to {them} here, so there is no {connection} to wait for."
        )
        return found.exit_code
    before = watching.reported(baseline, place) if baseline else Baseline(Basis.LOG, found.connections)
    known = ToWatch(found.wanted, found.observed, before, azure.now())
    return watch(output, azure, watching, known, partial(_revoke, output, azure, special, found.wanted.known))


def _revoke(output: Output, azure: Azure, special: RoleOptions, known: tuple[str, ...], place: Place) -> int:
    from astro_peer.commands.revoke import Asked, revoke_at

    return revoke_at(output, azure, Asked(place, special, known))


def _all(
    output: Output,
    azure: Azure,
    special: RoleOptions,
    known: tuple[str, ...],
    procedure: Procedure | None,
) -> ExitCode:
    from astro_peer import library

    found = library.overview(
        azure,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        known=known,
        procedure=procedure,
    )
    output.note(overview=found, outcome=found.outcome)
    output.screen.overview(found)
    return found.exit_code
