"""`astro-peer hubs`: the virtual hubs the caller can see."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    ListFormat,
    ListOutputOptions,
    SubscriptionOption,
    begin,
    command,
)
from astro_peer.errors import ExitCode


@command
def hubs(
    context: typer.Context,
    connection: ConnectionOptions,
    show: ListOutputOptions,
    subscription: SubscriptionOption = None,
    connections: Annotated[
        bool,
        typer.Option(
            "--connections", help="Count the connections of many hubs, too: one request for each hub."
        ),
    ] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Show each hub's resource ID, too.")] = False,
) -> int:
    """List the virtual hubs you can see, over all subscriptions or in one, with what a peering needs to know.

    With -o tsv a line for each, without a heading: ID, name, resource group, subscription's ID and name, region,
    state, firewall, connections. Many subscriptions are looked up in Azure Resource Graph, which may be minutes
    behind: it is said then.
    """
    output = begin(context, "hubs", show)
    azure = connect(connection, output)

    from astro_peer.steps.survey import survey

    found = survey(azure, subscription, connections=connections)
    output.note(survey=found)
    if show.output is ListFormat.TSV:
        from astro_peer.output import tsv

        output.document(tsv.hubs(found))
    else:
        output.screen.hubs(found, ids=ids)
    return ExitCode.DONE
