"""What a person sees at 60, 80 and 120 columns: in tests/snapshots, to be read as a difference where it changes.

`UPDATE_SNAPSHOTS=1 make test ARGS=tests/test_snapshots.py` writes them anew.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_peer.errors import Cancelled
from astro_peer.output.prompter import Prompter
from astro_peer.output.screen import Screen
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from conftest import Inside, Ran

SNAPSHOTS = Path(__file__).with_name("snapshots")
WIDTHS = (60, 80, 120)
ROWS = 24
QUESTION = (
    "3 to create, 0 to change, 0 to delete in connectivity-prod (61b9ba59…), as sandbox-owner. Continue?"
)
END = 1
"""Rows that the question for an end takes, before the plan."""
CHANGING = (
    (re.compile(r"(?<=Object ID )(\s+)[0-9a-f-]{36}"), r"\1(an object ID)"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"), "(a moment)"),
    (re.compile(r"(?<=correlation ID )[0-9a-f-]{36}"), "(an ID)"),
)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Inside]:
    """A tenant in which nothing is granted; whoever looks writes nothing."""
    with serving() as sandbox:
        yield Inside(sandbox)


@pytest.fixture(scope="module")
def granted() -> Iterator[Inside]:
    with serving() as sandbox:
        inside = Inside(sandbox)
        assert inside.run("grant", "--yes").code == 0
        yield inside


def terminal(width: int) -> dict[str, str]:
    """One without colours, as wide as that."""
    return {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": str(width), "LINES": str(ROWS)}


def at(width: int, inside: Inside, *arguments: str, persona: str | None = None) -> Ran:
    return inside.run(*arguments, env=terminal(width), persona=persona)


def question(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in terminal(width).items():
        monkeypatch.setenv(name, value)
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(Cancelled):
        Prompter(Screen()).confirm(QUESTION)
    return shown.getvalue()


def is_as_kept(name: str, text: str) -> None:
    for changing, put in CHANGING:
        text = changing.sub(put, text)
    lines = [
        line.rstrip() for line in text.splitlines() if not line.startswith(("GET https:", "POST https:"))
    ]
    text = "".join(f"{line}\n" for line in lines)
    assert "\x1b" not in text
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name}: UPDATE_SNAPSHOTS=1 writes it anew"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("help", ("--help",)),
        ("help-grant", ("grant", "--help")),
        ("help-exit-codes", ("help", "exit-codes")),
        ("help-permissions", ("help", "permissions")),
        ("hubs", ("hubs",)),
        ("hubs-ids", ("hubs", "--ids")),
        ("check", ("check",)),
        ("plan", ("grant", "--dry-run", "-o", "json")),
        ("plan-verbose", ("grant", "--dry-run", "-o", "json", "--verbose")),
        ("error-unknown-hub", ("grant", "--yes", "--subscription", demo.PROD, "--hub", "vhub-prod-wue")),
        ("error-unknown-subscription", ("revoke", "--yes", "--subscription", "conectivity-prod")),
        ("error-usage", ("grant", "--until", "tomorrow")),
    ],
)
def test_before_a_grant(fresh: Inside, name: str, arguments: tuple[str, ...], width: int) -> None:
    ran = at(width, fresh, *arguments)
    shown = ran.err if "json" in arguments or name.startswith("plan") else ran.out + ran.err
    is_as_kept(f"{name}.{width}", shown)


@pytest.mark.parametrize("width", WIDTHS)
def test_after_a_grant(granted: Inside, width: int) -> None:
    for name, arguments in (
        ("status", ("status",)),
        ("plan-again", ("grant",)),
        ("plan-revoke", ("revoke", "--dry-run", "-o", "json")),
    ):
        ran = at(width, granted, *arguments)
        is_as_kept(f"{name}.{width}", ran.err if "json" in arguments else ran.err + ran.out)
    refused = at(width, granted, "revoke", "--yes", persona="reader")
    is_as_kept(f"error-not-permitted.{width}", refused.err)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_question(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    is_as_kept(f"question.{width}", question(width, monkeypatch))


def test_plan_and_question_fit_on_a_screen(fresh: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """From who is signed in to the question, with the one for an end before it."""
    shown, _, _ = at(80, fresh, "grant").err.partition("There is nobody to ask")
    plan = shown[: shown.rindex("\n")].strip("\n").splitlines()
    assert plan[0].startswith("  Signed in as") and "astro-peer revoke" in plan[-1]
    asked = question(80, monkeypatch).splitlines()
    assert END + len(plan) + len(asked) <= ROWS
