"""What `--help` prints: plain text that fits the terminal, with examples before options.

It loads neither rich nor anything of Azure, as it is to be there at once.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import typer

from astro_peer.commands.examples import EXAMPLES

_WIDEST = 100
_NARROW = 80
"""Below it what an option does stands on lines of its own."""
_LONGEST_BESIDE = 28


def width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


def rendered(command: Any, context: Any) -> str:
    """A command, a group of commands, or the whole program."""
    path = context.command_path
    first, *paragraphs = _paragraphs(command.help)
    lines = ["Usage: " + " ".join(command.collect_usage_pieces(context)).join((path + " ", "")), ""]
    lines += _wrapped(first, 0)
    if examples := EXAMPLES.get(path.removeprefix("astro-peer ")):
        lines += _heading("Examples")
        for wanted, said in examples:
            lines += [*_wrapped(f"# {wanted}", 2), f"  {said}"]
    for paragraph in paragraphs:
        lines += ["", *_wrapped(paragraph, 0)]
    lines += _commands(command, context)
    lines += _options(command.get_params(context))
    for paragraph in _paragraphs(command.epilog):
        lines += [*([] if paragraph.startswith("- ") else [""]), *_wrapped(paragraph, 0)]
    return "\n".join(lines)


def table(rows: Iterable[tuple[str, str]]) -> list[str]:
    """What is named, and what is said of it: beside it where there is room, else beneath it."""
    listed = list(rows)
    beside = [len(name) for name, _ in listed if len(name) <= _LONGEST_BESIDE]
    left = max(beside, default=0) + 4
    lines: list[str] = []
    for name, says in listed:
        if width() >= _NARROW and len(name) <= _LONGEST_BESIDE:
            said = _wrapped(says, left) or [""]
            lines += [f"  {name:<{left - 2}}{said[0].lstrip()}", *said[1:]]
        else:
            lines += [f"  {name}", *_wrapped(says, 6)]
    return lines


def bold(text: str) -> str:
    dumb = os.environ.get("TERM", "") in ("dumb", "unknown")
    return text if dumb else typer.style(text, bold=True)


def _heading(title: str) -> list[str]:
    return ["", bold(f"{title}:")]


def _commands(command: Any, context: Any) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        return
    yield from _heading("Commands")
    yield from table(command.summaries(context).items())


def _options(parameters: list[Any]) -> Iterator[str]:
    panels: dict[str, list[tuple[str, str]]] = {"Options": []}
    for one in parameters:
        if one.param_type_name == "option" and not one.hidden:
            panels.setdefault(one.rich_help_panel or "Options", []).append((spelling(one), says(one)))
    for title, rows in panels.items():
        yield from _heading(title)
        yield from table(rows)


def spelling(option: Any) -> str:
    """An option's flags, and what follows them."""
    flags = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return flags
    kind = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    return f"{flags} {option.metavar or ('N' if kind is int else 'TEXT')}"


def says(option: Any) -> str:
    """What it does, and what it is where it is left out."""
    left_out = option.default
    if isinstance(left_out, Enum):
        left_out = left_out.value
    default = (
        f" [default: {left_out}]" if left_out not in (None, False, "", 0, []) and not option.is_flag else ""
    )
    return f"{option.help or ''}{default}"


def _paragraphs(text: str | None) -> list[str]:
    """Without Markdown's marks; what is a list stays one."""
    found = re.split(r"\n(?:\s*\n|(?=- ))", (text or "").strip().replace("**", ""))
    return [" ".join(one.split()) for one in found] or [""]


def _wrapped(text: str, indent: int) -> list[str]:
    hanging = indent + (2 if text.startswith(("- ", "# ")) else 0)
    return textwrap.wrap(
        text,
        max(width() - 1, indent + 24),
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
