"""The how-to on errors says of every code what the command says; `UPDATE_SNAPSHOTS=1` writes its lists anew."""

from __future__ import annotations

import os
import re
from itertools import groupby
from pathlib import Path

from astro_peer.azure.explain import codes
from astro_peer.errors import MEANINGS
from astro_peer.output.spelling import spelled

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "troubleshooting.md"
BEGIN, END = "<!-- Azure's codes: made from azure/explain.py -->\n", "<!-- end of Azure's codes -->\n"


def lists() -> str:
    text = ""
    by_exit_code = sorted(codes(), key=lambda one: (one[1], one[0].lower()))
    for exit_code, listed in groupby(by_exit_code, key=lambda one: one[1]):
        text += f"\n### Exit code {int(exit_code)}: {MEANINGS[exit_code].partition(';')[0]}\n\n"
        for code, _, meaning, way in listed:
            text += f"- **`{code}`**: {meaning} *What to do:* {spelled(way)}\n"
    return f"{text}\n"


def test_every_code_of_azures_is_in_the_how_to() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found
    if os.environ.get("UPDATE_SNAPSHOTS"):
        page = before + BEGIN + lists() + END + after
        PAGE.write_text(page, encoding="utf-8")
    assert BEGIN + lists() + END in page


def test_every_exit_code_that_is_a_problem_has_its_row() -> None:
    rows = re.findall(r"^\| ([0-9]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(map(int, rows)) == {int(code) for code in MEANINGS} - {0}
