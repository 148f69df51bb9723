"""What `check` has found, as a list to work through: what is in order in a line, the rest with its way out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.rights import HINDERED, LIMITS, PIM, Verdict
from astro_peer.output.shell import command_line
from astro_peer.output.spelling import spelled
from astro_peer.output.terminal import Terminal, as_table, indented, to_copy
from astro_peer.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from astro_peer.model.check import Check
    from astro_peer.model.rights import Ability

YOUR_RIGHTS = "Your rights"
_MARKS = {
    Level.PASS: ("✓", "ok", "green"),
    Level.WARNING: ("!", "!", "magenta"),
    Level.FAIL: ("✗", "FAIL", "bold red"),
    Level.UNKNOWN: ("?", "?", "cyan"),
}
_BLOCKS = {
    Blocks.GRANT: "it stands in the way of the grant",
    Blocks.PEERING: "it stands in the way of the peering",
    Blocks.REVOKE: "it stands in the way of the revoke",
}
_VERDICTS = {Verdict.CANNOT: "bold red", Verdict.PROBABLY_NOT: "magenta", Verdict.UNKNOWN: "cyan"}


def show(terminal: Terminal, check: Check) -> None:
    rights(terminal.out, check.plan.abilities)
    terminal.out.print()
    for one in check.findings:
        if not (one.tabulated and one.level is Level.PASS):
            _finding(terminal, one)
    terminal.out.print()
    terminal.result(check.says)


def rights(console: Console, table: Iterable[Ability], whose: str = YOUR_RIGHTS) -> None:
    """What the caller can do of the work, which role the rest takes, and what to have somebody run."""
    listed = list(table)
    if not listed:
        return
    rows = as_table(plain(whose), "", "It takes at least")
    for one in listed:
        needs = one.right.roles[0] if one.right and one.verdict is not Verdict.NOT_NEEDED else ""
        rows.add_row(
            Text(plain(one.does)), Text(one.verdict.value, style=_VERDICTS.get(one.verdict, "")), Text(needs)
        )
    console.print()
    console.print(rows)
    limits = {
        PIM: any(PIM in one.because for one in listed),
        LIMITS: any(one.because == LIMITS for one in listed),
    }
    for text, applies in limits.items():
        if applies:
            console.print(Text(text, style="dim"))
    handed = [one for one in listed if one.hand_over and one.verdict in HINDERED]
    if handed:
        console.print("For somebody who can:")
    for one in handed:
        if one.hand_over:
            to_copy(console, f"  {command_line(one.hand_over.words)}")


def _finding(terminal: Terminal, one: Finding) -> None:
    mark, plain_mark, style = _MARKS[one.level]
    utf = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    says = one.says[:1].upper() + one.says[1:]
    line = Table.grid(padding=(0, 1))
    line.add_row(Text(mark if utf else plain_mark, style), Text(plain(says)))
    terminal.out.print(line)
    for fact in one.fact.splitlines():
        if fact.startswith(" "):  # IDs and the like: not broken
            to_copy(terminal.out, f"    {fact}", "dim")
        else:
            terminal.out.print(indented(Text(plain(fact), style="dim"), 4))
    if one.level is Level.PASS:
        return
    concerns = (_BLOCKS.get(one.blocks), f"who can help: {one.who}" if one.who else None)
    concern = "; ".join(part for part in concerns if part)
    if concern:
        terminal.out.print(indented(Text(plain(concern[:1].upper() + concern[1:] + "."), style="dim"), 4))
    if one.way_out:
        to_copy(terminal.out, f"    {spelled(one.way_out)}")
