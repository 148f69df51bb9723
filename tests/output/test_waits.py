"""A wait says what for, since when and how long at most: in place at a terminal, else in a line now and then."""

from __future__ import annotations

import pytest

from astro_peer.output.terminal import Terminal
from astro_peer.output.waits import Waits
from conftest import PassingClock


def test_elsewhere_a_line_is_said_at_first_and_now_and_then(
    capsys: pytest.CaptureFixture[str], passing_clock: PassingClock
) -> None:
    waits = Waits(Terminal())
    for left in range(120, 0, -5):
        waits.going_on("the role", left)
        passing_clock.sleep(5)
    waits.done()
    waits.going_on("the role", 10)
    waits.going_on("the assignment", 10)
    shown = capsys.readouterr().err
    assert shown.splitlines() == [
        "Waiting for the role (at most 120 s)",
        "Still waiting for the role (60 s of at most 120 s)",
        "Waiting for the role (at most 10 s)",
        "Waiting for the assignment (at most 10 s)",
    ]


def test_at_a_terminal_a_line_changes_in_place_and_is_gone_afterwards(
    capsys: pytest.CaptureFixture[str], passing_clock: PassingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    waits = Waits(terminal)
    for left in (20, 15):
        waits.going_on("the role", left)
        passing_clock.sleep(5)
    terminal.say("It is there.")
    shown = capsys.readouterr().err
    assert "Waiting (0 s of at most 20 s) for the role" in shown
    assert "Waiting (5 s of at most 20 s) for the role" in shown
    assert shown.count("\n") == 1 and shown.endswith("It is there.\n")
    monkeypatch.setenv("TERM", "dumb")
    waits = Waits(Terminal())
    waits.going_on("the role", 20)
    assert capsys.readouterr().err == "Waiting for the role (at most 20 s)\n"
