"""What a report is made of: plain data. What it says is decided here once; how it is spelled is the renderers' alone.

Every text is one of ours or of others', and none of it is markup: a renderer escapes all of it in the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from astro_peer.model.way_out import WayOut


class Tone(StrEnum):
    """How a renderer may set something off. It says nothing that the words do not say."""

    PLAIN = "plain"
    GOOD = "good"
    NOTE = "note"
    BAD = "bad"
    QUIET = "quiet"


class Exact(str):
    """An ID, an action, an address: each of its characters counts."""

    __slots__ = ()


Said = str | WayOut
"""A text, or one with commands in it as data."""


@dataclass(frozen=True)
class Paragraph:
    text: Said
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Heading:
    """Within a section."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: tuple[tuple[str, Said], ...]


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Point:
    """`beneath` explains it, a line each."""

    text: str
    label: str = ""
    """In a word, before the text."""
    tone: Tone = Tone.PLAIN
    beneath: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Points:
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Commands:
    """To be copied, a line each."""

    lines: tuple[str, ...]


Part = Paragraph | Heading | Facts | Table | Points | Commands


@dataclass(frozen=True)
class Section:
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    title: str
    says: str
    """What it came to, a sentence."""
    tone: Tone
    facts: Facts
    """Who, when and where."""
    sections: tuple[Section, ...]
    made_by: str


def facts(*rows: tuple[str, Said | None]) -> Facts:
    """Those that have a value."""
    return Facts(tuple((name, value) for name, value in rows if value))


def in_one_line(said: Said) -> Said:
    """A sentence of ours that a terminal shows on several lines."""
    if isinstance(said, str):
        return _BREAK.sub(" ", said)
    return WayOut(tuple(_BREAK.sub(" ", part) if isinstance(part, str) else part for part in said.parts))


_BREAK = re.compile(r"\s*\n\s*")
