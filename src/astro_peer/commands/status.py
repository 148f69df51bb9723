"""`astro-peer status`: what is granted now, and what is not as documented."""

from __future__ import annotations

import typer

from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    HubOptions,
    OutputOptions,
    RoleOptions,
    begin,
    command,
)


@command
def status(
    context: typer.Context,
    place: HubOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    special: RoleOptions,
) -> int:
    """Show what Astronomer is granted now, what differs from the documentation, and the hub's connections.

    Exits with 0 when granted as documented, 10 when not granted, 11 when granted otherwise than documented.
    """
    output = begin(context, "status", show)
    where = place.where(context)
    azure = connect(connection, output)

    from astro_peer import library

    found, held = library.status(
        azure, where, role_name=special.role_name, principal_id=special.principal_object_id
    )
    output.note(place=found.wanted.place)
    for finding in found.stopped_by:
        raise finding.as_error()
    output.note(status=found, holdings=held, outcome=found.outcome)
    output.screen.status(found, held)
    return found.exit_code
