"""`astro-peer hubs`: the virtual hubs the caller can see."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    OutputOptions,
    SubscriptionOption,
    begin,
    command,
)
from astro_peer.errors import ExitCode


@command
def hubs(
    context: typer.Context,
    connection: ConnectionOptions,
    show: OutputOptions,
    subscription: SubscriptionOption = None,
    connections: Annotated[
        bool,
        typer.Option(
            "--connections", help="Count the connections of many hubs, too: one request for each hub."
        ),
    ] = False,
) -> int:
    """List the virtual hubs you can see, over all subscriptions or in one, with what a peering needs to know.

    Many subscriptions are looked up in Azure Resource Graph, which may be minutes behind: it is said then.
    """
    output = begin(context, "hubs", show)
    azure = connect(connection, output)

    from astro_peer.steps.survey import survey

    found = survey(azure, subscription, connections=connections)
    output.note(survey=found)
    output.screen.hubs(found)
    return ExitCode.DONE
