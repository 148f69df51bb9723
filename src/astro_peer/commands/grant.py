"""`astro-peer grant`: give Astronomer the documented rights, verify them, print the support request."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astro_peer import names
from astro_peer.commands.carrying_out import carry_out, show_plan
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    DryRunOptions,
    EnforceUntilOption,
    KnownOption,
    OutputOptions,
    PlaceOptions,
    PlanOption,
    ReportOption,
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
from astro_peer.commands.questions import choose_next_hop, choose_resource, offer_end
from astro_peer.commands.saving import require_savable, save
from astro_peer.commands.watching import ToWatch, WatchOptions, watch
from astro_peer.errors import AstroPeerError, ExitCode, UsageError
from astro_peer.model.baseline import Baseline, Basis
from astro_peer.model.end import Until
from astro_peer.model.enforcing import require_end
from astro_peer.model.place import Where
from astro_peer.model.wanted import Part
from astro_peer.output import Output
from astro_peer.output.export import Language, require

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.place import Place
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
    plan_file: Path | None
    watching: WatchOptions
    baseline: str | None
    """The text of the baseline."""
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
    watching: WatchOptions,
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
    plan_file: PlanOption = None,
    report: ReportOption = None,
    yes: YesOption = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try it in a simulated tenant of its own: nothing is real.")
    ] = False,
) -> int:
    """Give Astronomer the rights it needs to connect an Astro cluster to your virtual hub, or to a virtual network.

    Shows first what will change, asks, then creates Astronomer's service principal, the documented custom role
    and its assignment, verifies them, and prints what to send to Astronomer support. Running it again changes
    nothing that is right already. With --watch it then waits for Astronomer's connection.
    """
    output = begin(context, "grant", show, report, change_reference)
    require_end(until, enforce_until)
    require_savable(plan_file, dry, sandbox=sandbox)
    _require_whole_grant(watching, dry, only, plan_file)
    if dry.language:
        require(dry.language, granted=True, only=only, time_bound=enforce_until)
    baseline = watching.report()
    with ExitStack() as around:
        if sandbox:
            from astro_peer.commands.sandbox import inside_a_sandbox

            cloud, demo_hub = around.enter_context(inside_a_sandbox())
            connection = replace(connection, cloud=cloud, tenant=None)
        if not sandbox or place.on_command_line(context):
            where = place.where(context)
        else:
            is_asked = output.prompter.can_offer_choices and not (yes or dry.dry_run)
            where = Where() if is_asked else demo_hub
        asked = _Asked(
            where=where,
            support=support.asked_for(context, where.procedure),
            dry=dry,
            special=special,
            description=description,
            until=until,
            enforce_until=enforce_until,
            only=only,
            update_shared_role=update_shared_role,
            known=known_assignments(known),
            change_reference=change_reference,
            plan_file=plan_file,
            watching=watching,
            baseline=baseline,
            yes=yes,
        )
        return _grant(output, asked, connection)


def _require_whole_grant(
    watching: WatchOptions, dry: DryRunOptions, only: Part | None, plan_file: Path | None
) -> None:
    others = (
        ("--dry-run", dry.dry_run),
        ("--export", dry.export),
        ("--only", only),
        ("--plan", plan_file),
    )
    for option, given in others:
        if watching.watch and given:
            raise UsageError(
                f"--watch does not go with {option}.",
                meaning="It waits for what Astronomer does with a whole grant.",
                next_step=f"Leave {option} out, or wait with `astro-peer status --watch`.",
            )


def _grant(output: Output, asked: _Asked, connection: ConnectionOptions) -> int:
    language = asked.dry.language
    if language and asked.dry.offline:
        return _offline(output, asked, connection, language)
    azure = connect(connection, output, asked.change_reference)

    from astro_peer import library

    if asked.only is Part.PRINCIPAL:
        plan = library.plan_principal(azure, asked.where.procedure)
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
            choose=choose_resource(output, asked.where.procedure),
            choose_next_hop=choose_next_hop(output),
        )
    output.note(place=plan.wanted.place)
    if plan.cannot_be_made:
        raise plan.cannot_be_made.as_error()
    if asked.plan_file:
        return save(
            output,
            azure,
            plan,
            asked.plan_file,
            cluster_id=asked.support.cluster_id,
            change_reference=asked.change_reference,
        )
    if not asked.yes and not language:
        plan = offer_end(output, plan)
    output.note(plan=plan)
    show_plan(output, azure, plan)
    if language:
        output.export(plan, language, asked.change_reference)
        return ExitCode.DONE
    before = None if plan.stopped_by else _listed_before(output, azure, asked, plan)
    code = carry_out(output, azure, plan, asked.support, yes=asked.yes)
    return _watch(output, azure, asked, before) if before else code


def _listed_before(
    output: Output, azure: Azure, asked: _Asked, plan: Plan
) -> tuple[Baseline, datetime] | None:
    """What is connected to it before anything is written, and when that was, by Azure's clock.

    Listed for who watches, and for who keeps the document or a report: there a later --watch finds it.
    """
    from astro_peer import library

    place = plan.wanted.place
    keeps_it = asked.watching.watch or output.json or output.recording
    if place is None or place.resource is None or not keeps_it:
        return None
    try:
        connections = library.connections(azure, place)
    except AstroPeerError:
        if asked.watching.watch:
            raise
        return None
    output.note(connections=connections)
    if not asked.watching.watch:
        return None
    now = azure.now()
    if asked.baseline:
        return asked.watching.reported(asked.baseline, place), now
    return Baseline(Basis.GRANT, connections), now


def _watch(output: Output, azure: Azure, asked: _Asked, listed: tuple[Baseline, datetime]) -> int:
    before, began = listed
    plan, principal = output.result.plan, output.result.principal
    if plan is None:
        raise ValueError("what was carried out is a plan")
    known = ToWatch(plan.wanted, plan.observed, before, began, principal.object_id if principal else None)
    offer = None if asked.yes else partial(_revoke, output, azure, asked)
    return watch(output, azure, asked.watching, known, offer)


def _revoke(output: Output, azure: Azure, asked: _Asked, place: Place) -> int:
    from astro_peer.commands.revoke import Asked, revoke_at

    return revoke_at(
        output, azure, Asked(place, asked.special, asked.known, change_reference=asked.change_reference)
    )


def _offline(output: Output, asked: _Asked, connection: ConnectionOptions, language: Language) -> int:
    """What is written down of a tenant that nobody looked at."""
    from astro_peer import library
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
    output.export(plan, language, asked.change_reference)
    return ExitCode.DONE
