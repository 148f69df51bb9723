"""What a report is made of: plain data. What it says is decided here once; how it is spelled is the renderers' alone.

Every text is one of ours or of others', and none of it is markup: a renderer escapes all of it in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True)
class Paragraph:
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Heading:
    """Within a section."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Names and values. One without a value is left out."""

    rows: tuple[tuple[str, str], ...]


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
    """`beneath` explains it, a line each; `commands` are to be copied."""

    text: str
    label: str = ""
    """In a word, before the text."""
    tone: Tone = Tone.PLAIN
    beneath: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


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


def facts(*rows: tuple[str, str | None]) -> Facts:
    return Facts(tuple((name, value) for name, value in rows if value))
