"""`astro-peer request`: what to send to Astronomer support, again."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    OutputOptions,
    PlaceOptions,
    SupportOptions,
    begin,
    command,
)
from astro_peer.commands.questions import ask_missing, choose_resource
from astro_peer.errors import ExitCode, UsageError


@command
def request(
    context: typer.Context,
    place: PlaceOptions,
    support: SupportOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, the subject as its heading.")
    ] = False,
) -> int:
    """Print what Astronomer support asks for to make the connection, ready to paste."""
    output = begin(context, "request", show)
    if markdown and output.json:
        raise UsageError(
            "Markdown is a document of its own.",
            meaning="--output json was asked for as well.",
            next_step="Leave one or the other out.",
        )
    where = place.where(context)
    support = support.asked_for(context, where.procedure)
    azure = connect(connection, output)

    from astro_peer import library
    from astro_peer.model import request as requests
    from astro_peer.steps.collect import collect

    target = collect(azure, where, support.firewall_ip, choose_resource(output, where.procedure))
    output.note(place=target)
    until = library.end_of_grant(azure, target)
    asked = requests.request(target.procedure, target, support.cluster_id, support.peering_name, until)
    asked = ask_missing(output, asked, peering_name_given=bool(support.peering_name))
    output.note(request=asked)
    if markdown:
        from astro_peer.output.support import markdown as as_markdown

        output.document(as_markdown(asked))
    else:
        output.screen.request(asked)
    return ExitCode.DONE
