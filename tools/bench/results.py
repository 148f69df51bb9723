"""What many runs say: medians, spreads, and ratios to what was measured beside them; as a table, JSON and a picture."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from bench.candidates import AZ
from bench.measuring import Measured


@dataclass(frozen=True)
class Line:
    """One candidate at one answer time."""

    name: str
    beside: str
    latency: int | None
    seconds: float
    """The median."""
    fastest: float
    slowest: float
    ratio: float | None
    """To what it is compared with, medians of the same run; None where that was not measured."""
    requests: int
    chain: int
    megabytes: float


def lines(measured: Sequence[Measured]) -> list[Line]:
    groups: dict[tuple[str, int | None], list[Measured]] = {}
    for one in measured:
        groups.setdefault((one.candidate.name, one.latency), []).append(one)
    medians = {key: statistics.median(one.seconds for one in runs) for key, runs in groups.items()}
    found = []
    for (name, latency), runs in groups.items():
        beside = medians.get((runs[0].candidate.beside, latency))
        times = [one.seconds for one in runs]
        found.append(
            Line(
                name=name,
                beside=runs[0].candidate.beside,
                latency=latency,
                seconds=medians[name, latency],
                fastest=min(times),
                slowest=max(times),
                ratio=medians[name, latency] / beside if beside else None,
                requests=max(one.counted.requests for one in runs),
                chain=min(one.counted.chain for one in runs),
                megabytes=max(one.megabytes for one in runs),
            )
        )
    return sorted(found, key=lambda one: (one.latency is None, one.latency or 0))


def heading(rounds: int) -> str:
    moment = datetime.now(UTC)
    return (
        f"{moment:%Y-%m-%d %H:%M} UTC, {rounds} rounds, {os.cpu_count()} processors,"
        f" Python {platform.python_version()}"
    )


def table(found: Sequence[Line]) -> str:
    """In Markdown, which a terminal shows well enough."""
    rows = [
        "| answers | command | median | from | to | ratio | requests | chain | memory |",
        "|--------:|:--------|-------:|-----:|---:|------:|---------:|------:|-------:|",
    ]
    for one in found:
        asks = one.requests > 0
        rows.append(
            f"| {'' if one.latency is None else f'{one.latency} ms'} | {one.name} | {one.seconds:.2f} s"
            f" | {one.fastest:.2f} | {one.slowest:.2f} | {'' if one.ratio is None else f'{one.ratio:.2f}'}"
            f" | {one.requests if asks else ''} | {one.chain if asks and one.latency else ''}"
            f" | {one.megabytes:.0f} MB |"
        )
    return "\n".join(rows)


def document(found: Sequence[Line], title: str) -> str:
    return json.dumps({"run": title, "lines": [vars(one) for one in found]}, indent=2)


# The picture

_WIDTH, _LEFT, _BAR, _GAP, _TOP = 720, 190, 18, 10, 46
_STYLE = (
    "text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#24292f}"
    ".quiet{fill:#57606a}.az{fill:#8c959f}.ours{fill:#1f883d}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.az{fill:#656c76}"
    ".ours{fill:#3fb950}}"
)


def picture(found: Sequence[Line], latency: int) -> str:
    """Of a grant's life, beside az."""
    shown = [one for one in found if one.latency == latency and one.beside == AZ]
    longest = max(one.seconds for one in shown)
    height = _TOP + len(shown) * (_BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>How long each command takes where Azure answers within {latency} ms</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="0" y="18">Where each answer of Azure takes {latency} ms</text>',
        '<text x="0" y="35" class="quiet">seconds, medians of one interleaved run</text>',
    ]
    for number, one in enumerate(shown):
        y = _TOP + number * (_BAR + _GAP)
        width = (_WIDTH - _LEFT - 60) * one.seconds / longest
        kind = "az" if one.name == AZ else "ours"
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(one.name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3" class="{kind}"/>',
            f'<text x="{_LEFT + width + 8:.1f}" y="{y + 14}" class="quiet">{one.seconds:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
