"""What a report says of findings, and of what the caller may do."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.result import Result
from astro_peer.model.rights import HINDERED
from astro_peer.output.report.content import Part, Point, Points, Row, Table, Tone
from astro_peer.output.report.of_plan import NONE
from astro_peer.output.shell import command_line
from astro_peer.output.spelling import spelled

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
    beneath = (" ".join(line.split()) for line in one.fact.splitlines())
    concerns = (
        f"It stands in the way of the {one.blocks.value}." if one.blocks is not Blocks.NOTHING else "",
        f"Who can help: {one.who}." if one.who else "",
    )
    passed = one.level is Level.PASS
    explained = (*beneath, *(() if passed else (" ".join(filter(None, concerns)), spelled(one.way_out))))
    return Point(
        f"{one.says[:1].upper()}{one.says[1:]}",
        word,
        tone,
        tuple(line for line in explained if line),
    )


def rights(result: Result) -> Iterator[Part]:
    if not result.abilities:
        return
    yield Table(
        ("Work", "Verdict", "It takes at least", "Because", "For somebody who can"),
        tuple(
            Row(
                (
                    one.does,
                    one.verdict.value,
                    f"{one.right.roles[0]} on {one.right.scope}" if one.right and one.right.roles else NONE,
                    one.because or NONE,
                    command_line(one.hand_over.words) if one.hand_over else NONE,
                ),
                Tone.NOTE if one.verdict in HINDERED else Tone.PLAIN,
            )
            for one in result.abilities
        ),
    )
