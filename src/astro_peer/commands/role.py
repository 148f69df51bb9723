"""`astro-peer role`: the documented role file for a subscription."""

from __future__ import annotations

import typer

from astro_peer import names
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ConnectionOptions,
    OutputOptions,
    ProcedureOption,
    RoleNameOption,
    SubscriptionOption,
    begin,
    command,
)
from astro_peer.errors import ExitCode


@command
def role(
    context: typer.Context,
    connection: ConnectionOptions,
    show: OutputOptions,
    subscription: SubscriptionOption = None,
    role_name: RoleNameOption = None,
    procedure: ProcedureOption = None,
) -> int:
    """Print the documented custom role for a subscription, as `az role definition create` takes it.

    Needs no sign-in when the subscription's ID is given.
    """
    output = begin(context, "role", show)
    output.silent = True
    if subscription is None or not names.is_guid(subscription):
        from astro_peer.model.place import Where
        from astro_peer.steps.collect import collect_subscription
        from astro_peer.steps.subscription import identified

        azure = connect(connection, output)
        subscription = collect_subscription(azure, identified(azure, Where(subscription))).subscription.id

    from astro_peer.procedure import role_file

    output.document(role_file(subscription, role_name, procedure))
    return ExitCode.DONE
