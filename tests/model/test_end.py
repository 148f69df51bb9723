"""The end of a grant: how it is written, read and moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_peer import names
from astro_peer.errors import ExitCode, UsageError
from astro_peer.model import access, assignment, end
from astro_peer.model.change import Action, Reason
from astro_peer.model.end import Note, Until
from astro_peer.model.finding import Level
from made_up import GRANT, held, observed

TODAY = date(2026, 11, 24)
LATER = Until(day=date(2026, 12, 7))
TWO_WEEKS = Until(days=14)


@pytest.mark.parametrize(
    ("description", "text", "until"),
    [
        (None, "", None),
        ("CHG-1", "CHG-1", None),
        ("[astro-peer until 2026-12-07]", "", "2026-12-07"),
        ("CHG-1 [astro-peer until 2026-12-07]", "CHG-1", "2026-12-07"),
        ("CHG-1 [astro-peer until 2026-12-07] and more", "CHG-1 and more", "2026-12-07"),
        ("[astro-peer until 2026-13-07]", "[astro-peer until 2026-13-07]", None),
        ("[astro-peer until 2026-12-07] [astro-peer until 2026-12-09]", "", "2026-12-09"),
    ],
)
def test_what_a_description_says(description: str | None, text: str, until: str | None) -> None:
    assert end.read(description) == Note(text, date.fromisoformat(until) if until else None)


@given(text=st.text(max_size=60).map(str.strip), day=st.dates())
def test_what_is_written_is_read(text: str, day: date) -> None:
    assert end.read(end.written(Note(text, day))) == Note(text, day)
    assert end.written(Note("", None)) is None


@pytest.mark.parametrize(
    ("found", "text", "until", "becomes"),
    [
        (None, None, None, None),
        (None, "CHG-1", None, "CHG-1"),
        (None, "CHG-1", TWO_WEEKS, "CHG-1 [astro-peer until 2026-12-08]"),
        (None, None, LATER, "[astro-peer until 2026-12-07]"),
        ("theirs", None, TWO_WEEKS, "theirs [astro-peer until 2026-12-08]"),
        ("[astro-peer until 2026-11-30]  theirs", None, TWO_WEEKS, "[astro-peer until 2026-11-30]  theirs"),
        ("theirs [astro-peer until 2026-11-30]", None, LATER, "theirs [astro-peer until 2026-12-07]"),
        ("theirs [astro-peer until 2026-11-30]", "ours", None, "ours [astro-peer until 2026-11-30]"),
        ("theirs [astro-peer until 2026-12-07]", "theirs", LATER, "theirs [astro-peer until 2026-12-07]"),
    ],
)
def test_only_what_was_asked_for_changes_and_no_duration_moves_an_end(
    found: str | None, text: str | None, until: Until | None, becomes: str | None
) -> None:
    assert end.described(found, text, until, TODAY) == becomes
    assert end.described(becomes, text, until, TODAY) == becomes


def test_the_last_day_counts() -> None:
    described = "[astro-peer until 2026-11-24]"
    assert end.overdue(described, TODAY) is None
    assert end.overdue(described, TODAY + timedelta(days=1)) == TODAY
    assert end.overdue("CHG-1", TODAY) is None
    seen = observed(replace(held(), description=described), today=TODAY)
    assert access.assess(GRANT, seen).drift == ()
    (overdue,) = access.assess(GRANT, replace(seen, today=TODAY + timedelta(days=1))).drift
    assert "until 2026-11-24, which is past" in overdue


def ids(found: str | None, until: Until | None) -> list[str]:
    return [one.id for one in end.findings(found, until, TODAY)]


def test_what_is_to_be_known_of_an_end() -> None:
    assert ids(None, TWO_WEEKS) == ids(None, LATER) == ids("[astro-peer until 2026-12-01]", None) == []
    assert ids("[astro-peer until 2026-12-01]", TWO_WEEKS) == ["end-kept"]
    assert ids("[astro-peer until 2026-12-01]", LATER) == []
    assert ids("[astro-peer until 2026-11-23]", None) == ["end-past"]
    assert ids(None, Until(days=366)) == []
    assert ids(None, Until(days=367)) == ["end-far-away"]
    assert ids(None, Until(day=TODAY)) == []
    (past,) = end.findings(None, Until(day=TODAY - timedelta(days=1)), TODAY)
    assert (past.level, past.stops, past.exit_code) == (Level.FAIL, True, ExitCode.USAGE)
    assert isinstance(past.as_error(), UsageError)


def test_the_grant_that_is_there_is_described_anew() -> None:
    there = replace(held(), description="theirs")
    wanted = replace(GRANT, until=LATER)
    (change,) = assignment.decide(wanted, observed(there, today=TODAY))
    assert (change.action, change.reason, change.key) == (
        Action.UPDATE,
        Reason.DESCRIBED_ANEW,
        assignment.KEY,
    )
    assert change.details == ("+ until 2026-12-07",)
    (kept,) = assignment.decide(GRANT, observed(there, today=TODAY))
    assert (kept.action, kept.details) == (Action.KEEP, ("description: theirs",))
    (made,) = assignment.decide(replace(wanted, description="CHG-1"), observed(today=TODAY))
    assert made.details == ("until 2026-12-07", "description: CHG-1")


@pytest.mark.parametrize("value", ["2026-12-07", "1d", "9999d"])
def test_what_is_an_end(value: str) -> None:
    assert str(names.until(value)) == value


@pytest.mark.parametrize(
    "value", ["", "0d", "d", "14", "-1d", "20261207", "2026-W49-1", "2026-02-30", "14 d", "10000d"]
)
def test_what_is_none(value: str) -> None:
    with pytest.raises(ValueError, match="expected a day such as"):
        names.until(value)


def test_a_description_has_no_end_in_it() -> None:
    assert names.note("CHG-1") == "CHG-1"
    with pytest.raises(ValueError, match="--until"):
        names.note("CHG-1 [astro-peer until 2026-12-07]")
