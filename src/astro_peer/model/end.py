"""An end to a grant: a day in the role assignment's description, as `[astro-peer until 2026-12-07]`.

Azure ends no role assignment by itself. The day counts until it is over, by UTC. It stands beside the user's own text,
and everybody finds it there: there is no state file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from astro_peer.errors import ExitCode
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.way_out import way_out

_MARK = re.compile(r" ?\[astro-peer until ([0-9]{4}-[0-9]{2}-[0-9]{2})\]")
_LONG_DAYS = 366
ONLY_A_NOTE = (
    "Azure ends nothing by itself: past that day `astro-peer status` exits with 11, until it is revoked."
)


@dataclass(frozen=True)
class Until:
    """As a user says it: a day, or a number of days from today. One of the two."""

    day: date | None = None
    days: int = 0

    def __str__(self) -> str:
        return self.day.isoformat() if self.day else f"{self.days}d"

    def from_day(self, today: date) -> date:
        return self.day or today + timedelta(days=self.days)


@dataclass(frozen=True)
class Note:
    """What an assignment's description says: the user's own text, and the last day."""

    text: str
    until: date | None


def read(description: str | None) -> Note:
    until, text = None, description or ""
    for mark in _MARK.finditer(text):
        day = _day(mark[1])
        if day:
            until, text = day, text.replace(mark[0], "", 1)
    return Note(text, until)


def written(note: Note) -> str | None:
    mark = f"[astro-peer until {note.until}]" if note.until else ""
    return " ".join(part for part in (note.text, mark) if part) or None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def described(found: str | None, text: str | None, until: Until | None, today: date) -> str | None:
    """What a description is to be. What nobody asks to change stays, to the letter; no duration moves an end."""
    note = read(found)
    moved = until if until and (until.day or not note.until) else None
    wanted = Note(
        text=note.text if text is None else text,
        until=moved.from_day(today) if moved else note.until,
    )
    return found if wanted == note else written(wanted)


def overdue(description: str | None, today: date) -> date | None:
    """The last day, where it is past."""
    until = read(description).until
    return until if until and until < today else None


def findings(found: str | None, until: Until | None, today: date) -> Iterator[Finding]:
    """`found`: the description of the grant that is there."""
    there = read(found).until
    if until is None and there and there < today:
        yield Finding(
            "end-past",
            Level.WARNING,
            f"The grant's end, {there}, is past.",
            way_out=way_out("Move it with --until, or revoke the grant."),
            who="you",
        )
    if until and until.day is None and there:
        yield Finding(
            "end-kept",
            Level.WARNING,
            f"The grant's end stays {there}: --until {until} gives a new grant its end, and moves none.",
            way_out=way_out("To move it, name the day with --until."),
            who="you",
        )
    if until and until.day and until.day < today:
        yield Finding(
            "end-in-the-past",
            Level.FAIL,
            f"--until {until} is past: it is {today} (UTC).",
            Blocks.GRANT,
            fact="It says the last day of the grant.",
            way_out=way_out("Name today or a later day."),
            who="you",
            exit_code=ExitCode.USAGE,
        )
    if until and (last := until.from_day(today)) > today + timedelta(days=_LONG_DAYS):
        yield Finding(
            "end-far-away",
            Level.WARNING,
            f"The end, {last}, is more than a year away.",
            fact="Astronomer needs the rights only until it confirms the connection.",
            who="you",
        )
