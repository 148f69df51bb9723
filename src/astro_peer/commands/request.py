"""`astro-peer request`: what to send to Astronomer support, again."""

from __future__ import annotations

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
from astro_peer.errors import ExitCode


@command
def request(
    context: typer.Context,
    place: PlaceOptions,
    support: SupportOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
) -> int:
    """Print what Astronomer support asks for to make the connection, ready to paste."""
    output = begin(context, "request", show)
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
    output.screen.request(asked)
    return ExitCode.DONE
