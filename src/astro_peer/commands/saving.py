"""`--plan FILE`: what `grant` and `revoke` would do is written to a file, and that is all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from astro_peer.commands.options import DryRunOptions
from astro_peer.errors import ExitCode, UsageError
from astro_peer.model.way_out import astro_peer, way_out
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.access import Holdings
    from astro_peer.model.plan import Plan


def require_savable(file: Path | None, dry: DryRunOptions, *, sandbox: bool = False) -> None:
    """Before anything is asked of Azure. Raises UsageError."""
    if file is None:
        return
    if dry.language:
        raise UsageError(
            "--plan does not go with --dry-run or --export.",
            meaning="Each says what to make of the plan. A saved one can be exported, too.",
            next_step=way_out(
                "Save it, then run ", astro_peer("show", str(file), "--export", dry.language), "."
            ),
        )
    if sandbox:
        raise UsageError(
            "A plan of --sandbox would be of no use: its tenant ends with the command.",
            next_step="Stay in one tenant: astro-peer sandbox run -- bash.",
        )
    from astro_peer.saved.file import require_room

    require_room(file)


def save(
    output: Output,
    azure: Azure,
    plan: Plan,
    file: Path,
    *,
    cluster_id: str | None = None,
    change_reference: str | None = None,
) -> int:
    """The plan, shown and written to the file. What stops it from being carried out now is said; it stops nobody from
    reviewing it.
    """
    from astro_peer import __version__
    from astro_peer.commands.carrying_out import show_plan
    from astro_peer.model.saved_plan import SavedPlan, moment_of, settled
    from astro_peer.saved import file as files

    plan = settled(plan, replace(plan.around.asked, cluster_id=cluster_id))
    output.note(plan=plan)
    remaining: Holdings | None = show_plan(output, azure, plan)
    session = azure.session
    saved = SavedPlan(
        plan,
        remaining,
        session.account,
        session.cloud.name,
        moment_of(azure.now()),
        __version__,
        change_reference,
    )
    files.write(file, saved)
    from astro_peer.model.outcome import Outcome

    output.note(planned_on=saved.on, saved=saved, plan_file=str(file), outcome=Outcome.PLANNED)
    output.screen.plan_saved(saved, file)
    return ExitCode.DONE
