"""What a person must know beside a plan or a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.model.finding import Blocks, Level
from astro_peer.model.write_access import NAMED_BY_KNOWN, ending
from astro_peer.output.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.model.finding import Finding
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.output.terminal import Terminal


def findings(terminal: Terminal, findings: Iterable[Finding]) -> None:
    """What a person must know before saying yes; what stops a plan is said as an error."""
    for one in findings:
        if one.level is Level.PASS or one.stops or one.tabulated:
            continue
        fact = f" {one.fact}" if one.blocks is not Blocks.PEERING else ""
        terminal.warn(one.says + fact)
        if one.blocks is not Blocks.PEERING:
            terminal.command("  " + spelled(one.way_out))


def writing_otherwise(terminal: Terminal, access: WriteAccess, still: str) -> None:
    """Beside the grant."""
    them = access.procedure.short.many
    if access.others:
        terminal.err.print()
        terminal.warn(f"Astronomer's principal can {still} write to {them} here through:")
        for one in access.others:
            terminal.command(f"  - {one}")
            terminal.command(f"    {spelled(ending(one))}")
        terminal.paragraph(NAMED_BY_KNOWN)
    for one in access.known:
        terminal.command(f"As --known says, it can write to {them} here through {one}.")
    for line in access.not_known:
        terminal.warn(line)
    for remark in access.remarks:
        terminal.warn(remark.says)
    beside(terminal, access)


def beside(terminal: Terminal, access: WriteAccess) -> None:
    """What else of the documentation the principal holds."""
    for one in access.beside:
        terminal.command(one.says)
        terminal.command(f"  {spelled(one.way_out)}")
