"""A report as one HTML file of its own: no script, nothing from anywhere else, fit to be read, printed and filed.

Every text passes `_text`, the one place where it is escaped; tags, classes and attributes are all ours.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from astro_peer.model.way_out import Command, WayOut
from astro_peer.output.report.content import (
    Commands,
    Exact,
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

_SHORT = 20
"""Characters of a cell that need not be broken: a time, a word or two."""
_WORDS = {Tone.GOOD: "In order", Tone.NOTE: "To look at", Tone.BAD: "Not in order"}


def page(report: Report) -> str:
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_text(report.title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *_header(report),
            "<main>",
            *(line for section in report.sections for line in _section(section)),
            "</main>",
            f"<footer><p>{_text(report.made_by)}</p></footer>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _header(report: Report) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>{_text(report.title)}</h1>"
    word = _WORDS.get(report.tone)
    badge = f'<span class="badge">{word}</span> ' if word else ""
    yield f'<p class="says {report.tone.value}">{badge}{_text(report.says)}</p>'
    yield from _facts(report.facts)
    yield "</header>"


def _section(section: Section) -> Iterator[str]:
    yield "<section>"
    yield f"<h2>{_text(section.title)}</h2>"
    for part in section.parts:
        yield from _part(part)
    yield "</section>"


def _part(part: Part) -> Iterator[str]:
    match part:
        case Paragraph(text, tone):
            yield f'<p class="{tone.value}">{_said(text)}</p>'
        case Heading(text):
            yield f"<h3>{_text(text)}</h3>"
        case Facts():
            yield from _facts(part)
        case Table():
            yield from _table(part)
        case Points(points):
            yield '<ul class="points">'
            for point in points:
                yield from _point(point)
            yield "</ul>"
        case Commands(lines):
            yield _commands(lines)


def _facts(facts: Facts) -> Iterator[str]:
    yield '<dl class="facts">'
    for name, value in facts.rows:
        yield f"<div><dt>{_text(name)}</dt><dd>{_said(value)}</dd></div>"
    yield "</dl>"


def _table(table: Table) -> Iterator[str]:
    """Each cell says its column, for where a row is shown as a block."""
    short = [
        all(len(row.cells[number]) <= _SHORT for row in table.rows) for number in range(len(table.columns))
    ]
    yield "<table>"
    yield f"<thead><tr>{''.join(map(_column, table.columns))}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        cells = "".join(map(_cell, table.columns, row.cells, short))
        yield f'<tr class="{row.tone.value}">{cells}</tr>'
    yield "</tbody>"
    yield "</table>"


def _column(title: str) -> str:
    return f'<th scope="col">{_text(title)}</th>'


def _cell(column: str, text: str, short: bool) -> str:
    kind = ' class="short"' if short else ""
    return f'<td{kind} data-column="{_text(column)}">{_value(text)}</td>'


def _point(point: Point) -> Iterator[str]:
    label = f'<span class="label">{_text(point.label)}</span> ' if point.label else ""
    yield f'<li class="{point.tone.value}"><p>{label}{_text(point.text)}</p>'
    for line in point.beneath:
        yield f'<p class="beneath">{_said(line)}</p>'
    yield "</li>"


def _commands(lines: tuple[str, ...]) -> str:
    shown = "\n".join(escape(plain(blotted(line))) for line in lines)
    return f"<pre><code>{shown}</code></pre>"


def _said(said: Said) -> str:
    if isinstance(said, str):
        return _value(said)
    return "".join(
        f"<code>{_text(command_line(part.words))}</code>"
        if isinstance(part, Command)
        else _text(spelled(WayOut((part,))))
        for part in said.parts
    )


def _value(text: str) -> str:
    return f"<code>{_text(text)}</code>" if isinstance(text, Exact) else _text(text)


def _text(text: str) -> str:
    return escape(one_line(blotted(text)))
