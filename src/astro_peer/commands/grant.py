"""`astro-peer grant`: give Astronomer the documented rights, verify them, print the support request."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from astro_peer import names
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    DryRunOptions,
    EnforceUntilOption,
    KnownOption,
    OutputOptions,
    PlaceOptions,
    RoleOptions,
    SupportOptions,
    UntilOption,
    UpdateSharedRoleOption,
    YesOption,
    begin,
    checked,
    command,
    known_assignments,
)
from astro_peer.commands.questions import (
    ask_missing,
    choose_next_hop,
    choose_resource,
    offer_end,
    require_consent,
    trust,
)
from astro_peer.commands.sandbox import inside_a_sandbox
from astro_peer.errors import AstroPeerError, Conflict, ExitCode
from astro_peer.model.end import Until
from astro_peer.model.enforcing import require_end
from astro_peer.model.place import Where
from astro_peer.model.wanted import Part
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.model.plan import Plan


@dataclass(frozen=True)
class _Asked:
    """What the command line asks for."""

    where: Where
    support: SupportOptions
    dry: DryRunOptions
    special: RoleOptions
    description: str | None
    until: Until | None
    enforce_until: bool
    only: Part | None
    update_shared_role: bool
    known: tuple[str, ...]
    change_reference: str | None
    yes: bool


@command
def grant(
    context: typer.Context,
    place: PlaceOptions,
    support: SupportOptions,
    dry: DryRunOptions,
    special: RoleOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    description: Annotated[
        str | None,
        typer.Option(
            parser=checked(names.note),
            metavar="TEXT",
            help="Kept in the role assignment, and changed there: a change number, say.",
            envvar="ASTRO_PEER_DESCRIPTION",
            show_envvar=False,
            rich_help_panel="Role",
        ),
    ] = None,
    until: UntilOption = None,
    enforce_until: EnforceUntilOption = False,
    only: Annotated[
        Part | None,
        typer.Option(
            metavar="PART",
            help="Where duties are split, do one part only: principal, role or assignment.",
            rich_help_panel="Role",
        ),
    ] = None,
    update_shared_role: UpdateSharedRoleOption = False,
    known: KnownOption = None,
    change_reference: ChangeReferenceOption = None,
    yes: YesOption = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try it in a simulated tenant of its own: nothing is real.")
    ] = False,
) -> int:
    """Give Astronomer the rights it needs to connect an Astro cluster to your virtual hub.

    Shows first what will change, asks, then creates Astronomer's service principal, the documented custom role
    and its assignment, verifies them, and prints what to send to Astronomer support. Running it again changes
    nothing that is right already.
    """
    output = begin(context, "grant", show)
    require_end(until, enforce_until)
    with ExitStack() as around:
        if sandbox:
            cloud, demo_hub = around.enter_context(inside_a_sandbox())
            connection = replace(connection, cloud=cloud, tenant=None)
        asked_here = not sandbox or place.on_command_line(context)
        asked = _Asked(
            where=place.where(context) if asked_here else demo_hub,
            support=support,
            dry=dry,
            special=special,
            description=description,
            until=until,
            enforce_until=enforce_until,
            only=only,
            update_shared_role=update_shared_role,
            known=known_assignments(known),
            change_reference=change_reference,
            yes=yes,
        )
        return _grant(output, asked, connection)


def _grant(output: Output, asked: _Asked, connection: ConnectionOptions) -> int:
    if asked.dry.offline:
        return _offline(output, asked, connection)
    azure = connect(connection, output, asked.change_reference)

    from astro_peer import library

    if asked.only is Part.PRINCIPAL:
        plan = library.plan_principal(azure)
    else:
        plan = library.plan_grant(
            azure,
            asked.where,
            firewall_ip=asked.support.firewall_ip,
            role_name=asked.special.role_name,
            principal_id=asked.special.principal_object_id,
            description=asked.description,
            until=asked.until,
            enforce_until=asked.enforce_until,
            only=asked.only,
            update_shared_role=asked.update_shared_role,
            known=asked.known,
            peering_name=asked.support.peering_name,
            choose=choose_resource(output),
            choose_next_hop=choose_next_hop(output),
        )
    output.note(place=plan.wanted.place)
    if plan.cannot_be_made:
        raise plan.cannot_be_made.as_error()
    if not asked.yes and not asked.dry.dry_run:
        plan = offer_end(output, plan)
    output.note(plan=plan)

    def show_plan(plan: Plan) -> None:
        already = library.access_after(azure, plan) if plan.wanted.place else None
        output.note(access=already)
        output.screen.grant_plan(plan, already)

    show_plan(plan)
    if asked.dry.dry_run:
        from astro_peer.output.export.az import script

        output.script(script(plan, asked.change_reference))
        return ExitCode.DONE
    if plan.stopped_by:
        raise plan.stopped_by.as_error()
    plan = require_consent(output, plan, lambda: library.plan_again(azure, plan), show_plan, yes=asked.yes)
    output.note(plan=plan, carrying_out=True)
    output.screen.say()
    applied = library.apply(azure, plan, progress=output.progress, trust=trust(output, yes=asked.yes))
    output.note(applied=applied)
    try:
        output.result = output.result.merged(library.verify(azure, plan, applied))
    except AstroPeerError as error:
        role_is_assigned = not isinstance(error, Conflict)
        if asked.only is None and role_is_assigned:  # so what is next is known
            _request(output, plan, asked.support, yes=asked.yes)
        raise
    output.screen.granted(output.result)
    if asked.only is None:
        _request(output, plan, asked.support, yes=asked.yes)
    return ExitCode.DONE


def _offline(output: Output, asked: _Asked, connection: ConnectionOptions) -> int:
    """The script of a tenant that nobody looked at."""
    from astro_peer import library
    from astro_peer.output.export.az import script
    from astro_peer.steps.collect import collect_offline

    place = collect_offline(asked.where, connection.tenant, asked.support.firewall_ip)
    output.note(place=place)
    plan = library.plan_offline(
        place,
        role_name=asked.special.role_name,
        principal_id=asked.special.principal_object_id,
        description=asked.description,
        until=asked.until,
        enforce_until=asked.enforce_until,
        only=asked.only,
    )
    if plan.cannot_be_made:
        raise plan.cannot_be_made.as_error()
    output.script(script(plan, asked.change_reference))
    return ExitCode.DONE


def _request(output: Output, plan: Plan, support: SupportOptions, *, yes: bool) -> None:
    from astro_peer.model.request import request

    asked = request(
        plan.wanted.procedure, plan.wanted.target, support.cluster_id, support.peering_name, plan.until
    )
    if not yes:
        asked = ask_missing(output, asked, peering_name_given=bool(support.peering_name))
    output.note(request=asked)
    output.screen.request(asked)
