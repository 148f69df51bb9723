"""What is checked around the grant's own objects: one module for each subject, one rule for each finding.

A rule says nothing of what was not asked for, and calls unknown what could not be read.
"""

from __future__ import annotations

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.way_out import WayOut


def passed(id: str, says: str, fact: str = "", way_out: WayOut | None = None) -> Finding:
    """`way_out` may say what follows for the support request."""
    return Finding(id, Level.PASS, says, fact=fact, way_out=way_out or WayOut(), exit_code=ExitCode.DONE)


def unknown(id: str, what: str, error: AstroPeerError, blocks: Blocks = Blocks.NOTHING) -> Finding:
    """`what` could not be read: not the same as absent."""
    return Finding(
        id,
        Level.UNKNOWN,
        f"{what} could not be read.",
        blocks,
        fact=f"{error.summary} ({error.code})",
        way_out=error.next_step,
        who="whoever may read it",
        exit_code=error.exit_code,
    )


def of_error(id: str, error: AstroPeerError, blocks: Blocks, who: str) -> Finding:
    """What stopped the looking, as a finding: the rest can be looked at all the same."""
    said = f"{error.answer.code}: {error.answer.message}." if error.answer else ""
    return Finding(
        id,
        Level.FAIL,
        error.summary,
        blocks,
        fact=" ".join(part for part in (said, error.meaning) if part),
        way_out=error.next_step,
        who=who,
        exit_code=error.exit_code,
    )


__all__ = ["Blocks", "ExitCode", "Finding", "Level", "of_error", "passed", "unknown"]
