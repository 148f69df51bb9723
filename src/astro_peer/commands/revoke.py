"""`astro-peer revoke`: take Astronomer's rights away again, ours and only ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astro_peer.commands.carrying_out import carry_out, show_plan
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    DryRunOptions,
    KnownOption,
    OutputOptions,
    PlaceOptions,
    PlanOption,
    ReportOption,
    RoleOptions,
    SupportOptions,
    YesOption,
    begin,
    command,
    known_assignments,
)
from astro_peer.commands.questions import choose_principal
from astro_peer.commands.saving import require_savable, save
from astro_peer.errors import ExitCode
from astro_peer.model.place import Where
from astro_peer.output import Output
from astro_peer.output.export import Language, require

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.place import Place
    from astro_peer.model.plan import Plan


@command
def revoke(
    context: typer.Context,
    place: PlaceOptions,
    dry: DryRunOptions,
    special: RoleOptions,
    connection: ConnectionOptions,
    show: OutputOptions,
    delete_role: Annotated[
        bool,
        typer.Option(
            "--delete-role",
            help="Also delete the custom role if nothing else uses it, or take this subscription out of it.",
            rich_help_panel="Role",
        ),
    ] = False,
    known: KnownOption = None,
    change_reference: ChangeReferenceOption = None,
    plan_file: PlanOption = None,
    report: ReportOption = None,
    yes: YesOption = False,
) -> int:
    """Take Astronomer's rights away again, once Astronomer has confirmed the connection.

    Removes the assignments of the documented role to Astronomer's service principal in the subscription, and
    nothing else. The connection that Astronomer made stays. Exits with 11 when Astronomer can still write to hubs
    there in another way.
    """
    output = begin(context, "revoke", show, report, change_reference)
    require_savable(plan_file, dry)
    where = place.where(context)
    language = dry.language
    if language:
        require(language, granted=False, only=None)
    if language and dry.offline:
        return _offline(
            output,
            where,
            special,
            connection,
            language,
            delete_role=delete_role,
            change_reference=change_reference,
        )
    azure = connect(connection, output, change_reference)
    return revoke_at(
        output,
        azure,
        Asked(
            where,
            special,
            known_assignments(known),
            delete_role=delete_role,
            language=language,
            change_reference=change_reference,
            plan_file=plan_file,
            yes=yes,
        ),
    )


@dataclass(frozen=True)
class Asked:
    """What is asked for, on the command line or by an answer."""

    where: Where | Place
    special: RoleOptions
    known: tuple[str, ...] = ()
    delete_role: bool = False
    language: Language | None = None
    """In which it is printed and not done."""
    change_reference: str | None = None
    plan_file: Path | None = None
    yes: bool = False


def revoke_at(output: Output, azure: Azure, asked: Asked) -> int:
    from astro_peer import library
    from astro_peer.model.assignment import may_be_astronomers

    def make_plan(place: Where | Place, principal_id: str | None) -> Plan:
        return library.plan_revoke(
            azure,
            place,
            role_name=asked.special.role_name,
            principal_id=principal_id,
            delete_role=asked.delete_role,
            known=asked.known,
            for_review=bool(asked.language or asked.plan_file),
        )

    plan = make_plan(asked.where, asked.special.principal_object_id)
    output.note(place=plan.wanted.place)
    candidates = may_be_astronomers(plan.wanted, plan.observed)
    if candidates and plan.observed.unchecked:
        chosen = choose_principal(output, candidates, plan.observed.unchecked, yes=asked.yes)
        plan = make_plan(plan.wanted.target, chosen)
    if plan.cannot_be_made:
        raise plan.cannot_be_made.as_error()
    if asked.plan_file:
        return save(output, azure, plan, asked.plan_file, change_reference=asked.change_reference)
    output.note(plan=plan)
    show_plan(output, azure, plan)
    if asked.language:
        output.export(plan, asked.language, asked.change_reference)
        return ExitCode.DONE
    return carry_out(output, azure, plan, SupportOptions(), yes=asked.yes)


def _offline(
    output: Output,
    where: Where,
    special: RoleOptions,
    connection: ConnectionOptions,
    language: Language,
    *,
    delete_role: bool,
    change_reference: str | None,
) -> int:
    """What is written down of a tenant that nobody looked at."""
    from astro_peer import library
    from astro_peer.steps.collect import collect_offline

    place = collect_offline(where, connection.tenant, firewall_ip=None)
    output.note(place=place)
    plan = library.plan_offline(
        place,
        granted=False,
        role_name=special.role_name,
        principal_id=special.principal_object_id,
        delete_role=delete_role,
    )
    output.export(plan, language, change_reference)
    return ExitCode.DONE
