"""`astro-peer audit`: what Astronomer's principal did, by Azure's activity log."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
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
    begin,
    checked,
    command,
)
from astro_peer.errors import UsageError
from astro_peer.model.end import Until


@command
def audit(
    context: typer.Context,
    place: PlaceOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    special: RoleOptions,
    since: Annotated[
        Until | None,
        typer.Option(
            parser=checked(names.until),
            metavar="DATE|14d",
            help="The first day to look at, by UTC, or how many days; left out: since the grant.",
            rich_help_panel="Where",
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="As far back as the log goes, 90 days, whenever the grant was made.",
            rich_help_panel="Where",
        ),
    ] = False,
    change_reference: ChangeReferenceOption = None,
    report: ReportOption = None,
) -> int:
    """Show what Astronomer's principal changed in a subscription since the grant, and who made and changed the grant.

    From Azure's activity log, a line for each write. Exits with 0 when it wrote nothing, or made one connection; with
    11 when anything else stands out.
    """
    output = begin(context, "audit", show, report, change_reference)
    if since and everything:
        raise UsageError(
            "--all looks at the whole log.",
            meaning="--since was given as well.",
            next_step="Leave one or the other out.",
        )
    azure = connect(connection, output)

    from astro_peer import library
    from astro_peer.model.audit import KEPT

    found = library.audit(
        azure,
        place.where(context),
        since=azure.now() - KEPT if everything else _begins(since, azure.now()),
        role_name=special.role_name,
        principal_id=special.principal_object_id,
    )
    output.note(audit=found, place=found.place, outcome=found.outcome)
    output.screen.audit(found)
    return found.exit_code


def _begins(since: Until | None, now: datetime) -> datetime | None:
    if since is None:
        return None
    begins = datetime.combine(since.day, time(), UTC) if since.day else now - timedelta(days=since.days)
    if begins > now:
        raise UsageError(
            f"--since {since} is still to come.",
            meaning=f"It is {now:%Y-%m-%d} (UTC). Expected is the first day to look at.",
            next_step="Name a day that has begun, or leave it out.",
        )
    return begins
