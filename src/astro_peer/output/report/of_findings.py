"""What a report says of findings, and of what the caller may do."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.result import Result
from astro_peer.model.rights import HINDERED
from astro_peer.output.report.content import (
    Commands,
    Paragraph,
    Part,
    Point,
    Points,
    Row,
    Said,
    Table,
    Tone,
    in_one_line,
)
from astro_peer.output.report.of_plan import NONE
from astro_peer.output.shell import command_line

_LEVELS = {
    Level.FAIL: ("To mend", Tone.BAD),
    Level.WARNING: ("To look at", Tone.NOTE),
    Level.UNKNOWN: ("Not known", Tone.NOTE),
    Level.PASS: ("In order", Tone.GOOD),
}
_WORST_FIRST = tuple(_LEVELS)


def findings(result: Result) -> Iterator[Part]:
    """What is to be mended first."""
    found = result.findings
    if found:
        yield Points(tuple(map(_point, sorted(found, key=lambda one: _WORST_FIRST.index(one.level)))))


def _point(one: Finding) -> Point:
    word, tone = _LEVELS[one.level]
    fact = tuple(line.strip() for line in one.fact.splitlines())
    concerns: tuple[Said, ...] = (
        f"It stands in the way of the {one.blocks.value}." if one.blocks is not Blocks.NOTHING else "",
        f"Who can help: {one.who}." if one.who else "",
    )
    concerns = () if one.level is Level.PASS else (*concerns, in_one_line(one.way_out))
    return Point(f"{one.says[:1].upper()}{one.says[1:]}", word, tone, tuple(filter(None, (*fact, *concerns))))


def rights(result: Result) -> Iterator[Part]:
    """Of a check all of them; else where one is missing."""
    if not (result.check or any(one.verdict in HINDERED for one in result.abilities)):
        return
    yield Table(
        ("Work", "Verdict", "It takes at least", "Because"),
        tuple(
            Row(
                (
                    one.does,
                    one.verdict.value,
                    f"{one.right.roles[0]} on {one.right.scope}" if one.right and one.right.roles else NONE,
                    one.because or NONE,
                ),
                Tone.NOTE if one.verdict in HINDERED else Tone.PLAIN,
            )
            for one in result.abilities
        ),
    )
    handed = [one.hand_over for one in result.abilities if one.hand_over and one.verdict in HINDERED]
    if handed:
        yield Paragraph("For somebody who can:")
        yield Commands(tuple(command_line(one.words) for one in handed))
