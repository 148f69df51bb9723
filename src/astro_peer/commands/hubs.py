"""`astro-peer hubs`: the virtual hubs the caller can see."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer import names
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    OutputOptions,
    begin,
    checked,
    command,
)
from astro_peer.errors import ExitCode


@command
def hubs(
    context: typer.Context,
    connection: ConnectionOptions,
    show: OutputOptions,
    subscription: Annotated[
        str | None,
        typer.Option(
            "--subscription", "-s", parser=checked(names.guid), metavar="ID", help="Only this subscription's."
        ),
    ] = None,
) -> int:
    """List the virtual hubs you can see, over all subscriptions, with what a peering needs to know of them."""
    output = begin(context, "hubs", show)
    azure = connect(connection, output)

    from astro_peer.steps.survey import survey

    found = survey(azure, subscription)
    output.report.hubs(found)
    output.screen.hubs(found)
    return ExitCode.DONE
