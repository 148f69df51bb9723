"""The terminal: consoles, and a handful of ways to print. Nothing here knows of Azure.

Results go to stdout, everything else to stderr. Every text is printed as it is: never as markup, with control
characters made visible, and without the secrets of this run. `_Console.render` sees to it for whatever is printed.

A stream that takes no more (its reader left, the disk is full) ends nothing: what was begun in Azure must not be left
half-done for that.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.control import Control
from rich.padding import Padding
from rich.segment import ControlType, Segment
from rich.table import Table
from rich.text import Text

from astro_peer.model.way_out import Command
from astro_peer.output.shell import command_line
from astro_peer.output.streams import deliver
from astro_peer.plain import plain
from astro_peer.secrets_in_use import blotted

_PIPED_WIDTH = 10_000  # nothing is wrapped or cut for a program, or a file, that reads it


class Terminal:
    """`results=False` keeps stdout free for the JSON document; `verbose` shows what need not be known, too."""

    def __init__(self, *, no_color: bool = False, results: bool = True, verbose: bool = False) -> None:
        self.verbose = verbose
        self.out = _console(sys.stdout, no_color)
        self.out.quiet = not results
        self.err = _console(sys.stderr, no_color)
        for library in ("azure", "msal"):  # their warnings say less than our errors, and in their own form
            logging.getLogger(library).addHandler(logging.NullHandler())

    def result(self, text: str) -> None:
        self.out.print(Text(plain(text)), soft_wrap=True)

    def trace(self, lines: Iterable[str]) -> None:
        """A traceback, as Python words it."""
        self.err.write(plain(blotted("".join(lines))))

    def say(self, text: str = "", style: str = "") -> None:
        self.err.print(Text(plain(text), style=style))

    def command(self, text: str, command: Command | None = None) -> None:
        """To be copied."""
        to_copy(self.err, text + (command_line(command.words) if command else ""))

    def warn(self, text: str) -> None:
        self.err.print(Text.assemble(("Warning: ", "bold magenta"), plain(text)))

    def paragraph(self, text: str) -> None:
        self.err.print(indented(Text(plain(text)), 2))

    def heading(self, text: str) -> None:
        self.err.print()
        self.err.print(Text(text, style="bold"))

    def facts(self, console: Console, facts: Iterable[tuple[str, str]]) -> None:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in facts:
            table.add_row(Text(name, style="dim"), Text(plain(value)))
        console.print(indented(table, 2))

    def rows(self, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """A table on stdout; where it is wider than the terminal, a block for each line, with resource IDs unbroken."""
        if sum(max(map(len, column)) + 2 for column in zip(columns, *lines, strict=True)) <= self.out.width:
            rows = as_table(*columns)
            for line in lines:
                rows.add_row(*(Text(plain(cell)) for cell in line))
            self.out.print(rows)
        else:
            for line in lines:
                self.out.print(Text(plain(line[0]), style="bold"))
                named = list(zip(columns, line, strict=True))[1:]
                self.facts(self.out, [(name, cell) for name, cell in named if not cell.startswith("/")])
                for _, resource_id in (pair for pair in named if pair[1].startswith("/")):
                    to_copy(self.out, f"  {resource_id}")

    def prompt(self, text: str) -> None:
        self.err.print(Text(plain(text), style="bold"), end="")

    def show_requests(self, *, headers: bool) -> None:
        """Log requests to stderr: a line each, with `headers` also azure-core's redacted account of them."""
        self.err.shows_requests = True
        handler = _Log(sys.stderr)
        handler.setFormatter(_PlainLines("%(message)s"))
        for name in ("astro_peer.requests", "azure") if headers else ("astro_peer.requests",):
            logger = logging.getLogger(name)
            logger.setLevel(logging.INFO)
            logger.addHandler(handler)


def to_copy(console: Console, text: str, style: str = "") -> None:
    """The terminal may wrap it, but no line break is put in."""
    console.print(Text(plain(text), style=style), soft_wrap=True)


def as_table(*columns: str, title: str | None = None) -> Table:
    """As az prints one: columns without lines between them."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def indented(content: RenderableType, columns: int) -> Padding:
    return Padding(content, (0, 0, 0, columns), expand=False)


class _Log(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """A log that can no longer be written ends nothing."""


class _PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return plain(blotted(super().format(record)))


class _Console(Console):
    """Where it is not a terminal: wide enough that nothing is cut, and no padding at the ends of lines."""

    failed: OSError | None = None
    shows_requests = False
    """Lines of a log come in between, and would be written over."""
    _passing = False

    @property
    def shows_passing_lines(self) -> bool:
        return self.is_terminal and not self.is_dumb_terminal and not self.quiet and not self.shows_requests

    def passing_line(self, text: str) -> None:
        """A line that whatever is printed next takes the place of; nothing where there is no such terminal."""
        if self.shows_passing_lines:
            self.print(Text(plain(text)[: self.width - 1], style="dim"), end="", no_wrap=True)
            self._passing = True

    def _take_place(self) -> None:
        if self._passing:
            self._passing = False
            self.control(Control((ControlType.CARRIAGE_RETURN,), (ControlType.ERASE_IN_LINE, 2)))

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The one way to the terminal, so nobody can forget to make a text plain."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else plain(blotted(text)), style, control)

    def write(self, text: str) -> None:
        """Exactly this text, as far as the stream takes it."""
        if self.failed:
            return
        if error := deliver(self.file, text):
            self.give_up(error)

    def give_up(self, error: OSError) -> None:
        self.failed = self.failed or error
        self.quiet = True

    def print(self, *objects: Any, **options: Any) -> None:
        if self.quiet:
            return
        try:
            self._take_place()
            if self.is_terminal:
                super().print(*objects, **options)
                return
            with self.capture() as captured:
                super().print(*objects, **options)
        except OSError as error:
            self.give_up(error)
            return
        self.write(re.sub(r"[ \t]+$", "", captured.get(), flags=re.MULTILINE))

    def on_broken_pipe(self) -> None:
        self.give_up(BrokenPipeError())


def _console(stream: object, no_color: bool) -> _Console:
    console = _Console(
        stderr=stream is sys.stderr, no_color=no_color or None, highlight=False, markup=False, emoji=False
    )
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console
