"""`astro-peer apply`: carry a saved plan out, exactly, if it still holds."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from astro_peer.commands.carrying_out import carry_out, show_plan
from astro_peer.commands.connection import connect
from astro_peer.commands.options import (
    ChangeReferenceOption,
    ConnectionOptions,
    OutputOptions,
    PrincipalOption,
    ReportOption,
    SavedPlanArgument,
    SupportOptions,
    YesOption,
    begin,
    command,
)
from astro_peer.errors import AstroPeerError
from astro_peer.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astro_peer.azure import Azure
    from astro_peer.model.plan import Plan
    from astro_peer.model.saved_plan import SavedPlan


@command
def apply(
    context: typer.Context,
    file: SavedPlanArgument,
    connection: ConnectionOptions,
    show: OutputOptions,
    principal_object_id: PrincipalOption = None,
    change_reference: ChangeReferenceOption = None,
    report: ReportOption = None,
    yes: YesOption = False,
) -> int:
    """Carry out a plan that was saved with grant --plan or revoke --plan, exactly.

    The plan is made anew, as the file says what is wanted: your own rights are judged, and if anything differs from
    what was saved, or it was carried out before and undone, nothing is done (exit code 7). What is in place already is
    kept.
    """
    output = begin(context, "apply", show, report, change_reference)

    from astro_peer.saved.file import read

    saved = read(file)
    output.note(saved=saved, plan_file=str(file))
    reference = change_reference or saved.change_reference
    if output.recording:
        output.recording.change_reference = reference
    azure = connect(connection, output, reference)

    from astro_peer import library

    def as_saved() -> Plan:
        plan = library.plan_saved(azure, saved, principal_id=principal_object_id)
        output.note(place=plan.wanted.place, plan=plan)
        if unknown := library.require_not_undone(azure, saved, plan):
            output.screen.warn(unknown)
        return plan

    plan = as_saved()
    output.screen.applying(saved, file, azure.now())
    show_plan(output, azure, plan)
    asked = saved.plan.around.asked
    support = SupportOptions(asked.cluster_id, asked.peering_name, asked.firewall_ip)
    with _noted(output, azure, saved, file):
        return carry_out(output, azure, plan, support, yes=yes, plan_again=as_saved)


@contextmanager
def _noted(output: Output, azure: Azure, saved: SavedPlan, file: Path) -> Iterator[None]:
    """However far it comes, the file says so. Where it cannot, that is no reason to fail: Azure is the state."""
    from astro_peer.saved import file as files

    try:
        yield
    finally:
        if done := output.result.applied.done:
            noted = saved.having_done(azure.now(), azure.session.account.name, done)
            output.note(saved=noted)
            try:
                if files.read(file) == saved:
                    files.write(file, noted)
                else:
                    output.screen.warn(
                        "The file changed meanwhile, so it does not say that it was carried out."
                    )
            except AstroPeerError as error:
                output.screen.warn(
                    f"The file does not say that it was carried out: {error.summary} {error.meaning}"
                )
