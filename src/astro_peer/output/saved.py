"""A saved plan: where it comes from, what became of it, and what to do with it next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.output import plans
from astro_peer.output.spelling import spelled

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from astro_peer.model.result import Result
    from astro_peer.model.saved_plan import SavedPlan
    from astro_peer.output.terminal import Terminal


def written(terminal: Terminal, saved: SavedPlan, file: Path) -> None:
    """After `--plan`."""
    _stopped(terminal, saved)
    terminal.result(f"\nThe plan was saved to {file}. Nothing was changed.")


def shown(terminal: Terminal, result: Result, saved: SavedPlan, file: Path, now: datetime) -> None:
    """All of it is a result, and none of it is left out: it is there to be reviewed."""
    console, terminal.err = terminal.err, terminal.out
    verbose, terminal.verbose = terminal.verbose, True
    try:
        origin(terminal, saved, file, now)
        terminal.facts(terminal.err, [("Tenant", saved.plan.wanted.tenant_id), ("Cloud", saved.cloud)])
        plan, whose = saved.plan, f"Rights of {saved.account.name}"
        if plan.wanted.granted:
            plans.grant(terminal, plan, result.access, whose=whose)
        elif result.access:
            plans.revoke(terminal, plan, result.access, whose=whose)
        _stopped(terminal, saved)
    finally:
        terminal.err, terminal.verbose = console, verbose


def origin(terminal: Terminal, saved: SavedPlan, file: Path, now: datetime) -> None:
    """Which plan it is, whose, and what is to be known of it."""
    facts = [
        ("Saved plan", f"{saved.command}, {file}"),
        ("Planned", f"{saved.on:%Y-%m-%d %H:%M} (UTC) by {saved.account.name}, astro-peer {saved.version}"),
        *((("Change", saved.change_reference),) if saved.change_reference else ()),
    ]
    terminal.facts(terminal.err, facts)
    for remark in saved.remarks(now):
        terminal.warn(remark)


def _stopped(terminal: Terminal, saved: SavedPlan) -> None:
    """What keeps whoever planned it from carrying it out: somebody else may well."""
    if finding := saved.plan.stopped_by:
        terminal.say()
        terminal.warn(f"{saved.account.name} could not carry it out: {finding.says} {finding.fact}")
        if not finding.tabulated:
            terminal.command("  " + spelled(finding.way_out))
