"""`astro-peer vnets`: the virtual networks the caller can see."""

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
def vnets(
    context: typer.Context,
    connection: ConnectionOptions,
    show: ListOutputOptions,
    subscription: SubscriptionOption = None,
    ids: Annotated[bool, typer.Option("--ids", help="Show each network's resource ID, too.")] = False,
) -> int:
    """List the virtual networks you can see, over all subscriptions or in one, with what a peering needs to know.

    With -o tsv a line for each, without a heading: ID, name, resource group, subscription's ID and name, region,
    state, address ranges between commas, number of peerings. Many subscriptions are looked up in Azure Resource Graph,
    which may be minutes behind: it is said then.
    """
    output = begin(context, "vnets", show)
    azure = connect(connection, output)

    from astro_peer.steps.network_survey import survey

    found = survey(azure, subscription)
    output.note(networks=found)
    if show.output is ListFormat.TSV:
        from astro_peer.output import tsv

        output.document(tsv.vnets(found))
    else:
        output.screen.vnets(found, ids=ids)
    return ExitCode.DONE
