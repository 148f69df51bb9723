"""An error: what could not be done, what Azure answered, what it means, what was done, and what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.errors import ExitCode
from astro_peer.output.spelling import spelled
from astro_peer.output.terminal import indented
from astro_peer.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.errors import AstroPeerError
    from astro_peer.model.change import Change
    from astro_peer.model.result import Result
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, error: AstroPeerError, result: Result) -> None:
    quiet = error.exit_code in (ExitCode.CANCELLED, ExitCode.INTERRUPTED)
    label = ("", "") if quiet else ("Error: ", "bold red")
    done, not_done = result.changes(done=True), result.changes(done=False)
    nothing = " Nothing was written." if error.exit_code is ExitCode.CANCELLED and not done else ""
    terminal.err.print(Text.assemble(label, plain(error.summary + nothing)))
    if error.answer:
        said = f"{error.answer.code}: {error.answer.message}"
        if error.answer.correlation_id:
            said += f" (correlation ID {error.answer.correlation_id})"
        _part(terminal, "Azure answered", said)
    _part(terminal, "Meaning", error.meaning)
    if result.carrying_out:
        _part(terminal, "Done", _names(done))
        _part(terminal, "Not done", _names(not_done))
    _part(terminal, "Next", spelled(error.next_step))


def _part(terminal: Terminal, label: str, text: str) -> None:
    """What stands indented on a line of its own is to be copied: no line break is put into it."""
    first, *lines = text.split("\n")
    if text:
        terminal.err.print(indented(Text.assemble((f"{label}: ", "bold"), plain(first)), 2))
    for line in lines:
        if line.startswith(" "):
            terminal.command(f"  {line}")
        else:
            terminal.paragraph(line)


def _names(changes: Iterable[Change]) -> str:
    return (
        "; ".join(f"{change.action} {change.thing.kind} {change.thing.label}" for change in changes)
        or "nothing"
    )
