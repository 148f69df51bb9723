"""A report as Markdown, of the kind that pull requests and change tickets take.

No text of it can become markup, mention anybody or lead anywhere: whatever could begin that is escaped, in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from astro_peer.model.way_out import Command, Role, WayOut
from astro_peer.output.report.content import (
    Commands,
    Facts,
    Heading,
    Paragraph,
    Part,
    Point,
    Points,
    Report,
    Said,
    Section,
    Table,
    Tone,
)
from astro_peer.output.shell import command_line
from astro_peer.output.spelling import spelled
from astro_peer.plain import one_line, plain
from astro_peer.secrets_in_use import blotted

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$@]|(?<=[A-Za-z]):(?=\S)|(?<=www)[.]")
"""Delimiters, and what makes a link of an address that nothing delimits."""
_ADDRESSES = re.compile(r"(?<!\w)\\@(?=\w)|(?<!\w)#(?=[0-9])")
"""What sites that show Markdown take as a person, a team or an issue: they look at the text when it is unescaped, and
only code is left alone.
"""
_BEGINS_A_BLOCK = re.compile(r"^([0-9]{1,9}(?=[.)](?:\s|$))|(?=[-+=#:]))")
_FENCE = re.compile(r"`{3,}")
_BACKQUOTES = re.compile(r"`+")
_MARKS = {Tone.GOOD: "✅ ", Tone.NOTE: "⚠️ ", Tone.BAD: "❌ "}


def markdown(report: Report) -> str:
    lines = [
        f"# {text_of(report.title)}",
        "",
        f"{_MARKS.get(report.tone, '')}**{text_of(report.says)}**",
        "",
        *_facts(report.facts),
    ]
    for section in report.sections:
        lines += _section(section)
    lines += ["", "---", "", text_of(report.made_by)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"## {text_of(section.title)}")
    for part in section.parts:
        yield ""
        yield from _part(part)


def _part(part: Part) -> Iterable[str]:
    match part:
        case Paragraph(text, tone):
            return [_MARKS.get(tone, "") + _said(text)]
        case Heading(text):
            return [f"### {text_of(text)}"]
        case Facts():
            return _facts(part)
        case Table():
            return _table(part)
        case Points(points):
            return [line for point in points for line in _point(point)]
        case Commands(lines):
            return _fenced(lines)


def _facts(facts: Facts) -> list[str]:
    return [f"- **{text_of(name)}:** {_said(value)}" for name, value in facts.rows]


def _table(table: Table) -> list[str]:
    return [
        _row(table.columns),
        "|" + " --- |" * len(table.columns),
        *(_row(row.cells, row.tone) for row in table.rows),
    ]


def _row(cells: Iterable[str], tone: Tone = Tone.PLAIN) -> str:
    return f"| {_MARKS.get(tone, '')}" + " | ".join(map(text_of, cells)) + " |"


def _point(point: Point) -> Iterator[str]:
    label = f"**{text_of(point.label)}:** " if point.label else ""
    yield f"- {_MARKS.get(point.tone, '')}{label}{text_of(point.text)}"
    yield from (f"  - {_said(line)}" for line in point.beneath)


def _fenced(lines: Iterable[str]) -> list[str]:
    """As they are: nothing within a fence is markup, but for a longer fence."""
    shown = [plain(blotted(line)).replace("\t", "    ") for text in lines for line in text.split("\n")]
    longest = max((len(found) for line in shown for found in _FENCE.findall(line)), default=2)
    fence = "`" * (longest + 1)
    return [f"{fence}sh", *shown, fence]


def _said(said: Said) -> str:
    if isinstance(said, str):
        return text_of(said)
    return _BEGINS_A_BLOCK.sub(r"\1\\", "".join(map(_inline_part, said.parts)).strip(" "))


def _inline_part(part: str | Command | Role) -> str:
    return code(command_line(part.words)) if isinstance(part, Command) else _inline(spelled(WayOut((part,))))


def code(text: str) -> str:
    """Nothing within it is markup, but for as many backquotes as delimit it. Not for tables, which end at pipes."""
    shown = one_line(blotted(text))
    longest = max(map(len, _BACKQUOTES.findall(shown)), default=0)
    space = " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{'`' * (longest + 1)}{space}{shown}{space}{'`' * (longest + 1)}"


def text_of(text: str) -> str:
    """One line, every character of which is shown as it is."""
    return _BEGINS_A_BLOCK.sub(r"\1\\", _inline(text.strip(" ")))


def _inline(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\g<0>", one_line(blotted(text)))
    return _ADDRESSES.sub(lambda found: f"`{found[0][-1]}`", escaped)
