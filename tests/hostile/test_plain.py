"""What nobody sees is spelled out, by one rule for everything that is shown."""

from __future__ import annotations

import json
import logging
import sys
import unicodedata

import pytest

from astro_peer.errors import Failed
from astro_peer.model.result import Result
from astro_peer.output.document import document
from astro_peer.output.screen import Screen
from astro_peer.plain import one_line, plain
from conftest import Inside

HIDDEN = [
    code
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") or 0xE0000 <= code <= 0xE0FFF
]


def test_everything_that_formats_or_controls_is_spelled_out() -> None:
    shown = [code for code in HIDDEN if chr(code) in one_line(f"a{chr(code)}b")]
    assert shown == []
    assert [chr(code) for code in HIDDEN if chr(code) in plain(chr(code))] == ["\t", "\n"]
    assert one_line("a\u061c\u2060\ufeff\U000e0041\nb") == "a\\u061c\\u2060\\ufeff\\U000e0041\\u000ab"


def test_what_people_write_is_left_alone() -> None:
    for text in ("Größe, 東京, Ελλάδα, हिन्दी, עברית, العربية", "é e\u0301 ✓ 🎉 — “x”"):
        assert one_line(text) == text


def test_nothing_reaches_the_terminal_past_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where somebody forgot it: the console itself sees to it."""
    from rich.table import Table
    from rich.text import Text

    screen = Screen()
    screen.heading("a\x1b[2Jb")
    screen.err.print(Text("a\u202eb"))
    table = Table("c\u2066d", title="e\u061cf")
    table.add_row("g\ufeffh")
    screen.out.print(table)
    screen.prompt("i\x9bj ")
    screen.trace(["k\x1b]0;owned\x07\n", "l\n"])
    said = "".join(capsys.readouterr())
    assert not {character for character in said if ord(character) in HIDDEN} - {"\n"}
    assert "a\\u001b[2Jb" in said and "k\\u001b]0;owned\\u0007\nl\n" in said


def test_log_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("astro_peer.requests")
    before = list(logger.handlers), logger.level
    Screen().show_requests(headers=False)
    try:
        logger.info("GET https://x/\x1b[2J\u202e 200")
    finally:
        logger.handlers[:], logger.level = before
    assert capsys.readouterr().err == "GET https://x/\\u001b[2J\\u202e 200\n"


def test_the_document_is_ascii() -> None:
    text = document(Result(error=Failed("Größe\x1b[2J\u202e\U000e0041")))
    assert text.isascii() and "\x1b" not in text
    assert json.loads(text)["error"]["message"] == "Größe\x1b[2J\u202e\U000e0041"


def test_hostile_hub_names_are_one_line_each_where_one_is_chosen(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the titles that the list would show."""
    from collections.abc import Sequence

    import questionary

    from astro_peer.output.prompter import Prompter

    shown: list[questionary.Choice] = []

    class Second:
        def ask(self, **_: str) -> int:
            return 1

    def select(question: str, choices: Sequence[questionary.Choice], **_: object) -> Second:
        shown.extend(choices)
        return Second()

    monkeypatch.setattr(questionary, "select", select)
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal
    monkeypatch.setenv("TERM", "xterm")
    chosen = Prompter(Screen()).choose("Which?", [("a\nb\x1b[2J", "first"), ("a\nb\x1b[2J", "second")])
    assert [one.title for one in shown] == ["a\\u000ab\\u001b[2J"] * 2
    assert chosen == "second", "two that look the same are still two"
