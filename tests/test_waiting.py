"""Waiting ends: when what was waited for is there, or when the time is up."""

from __future__ import annotations

import math

import pytest

from astro_peer import waiting
from astro_peer.errors import AzureAnswer, Conflict, TimedOut
from astro_peer.waiting import Deadline, Patience, Silent
from conftest import PassingClock


class Told:
    def __init__(self) -> None:
        self.of: list[tuple[str, float]] = []

    def waiting(self, what_for: str, at_most_seconds: float) -> None:
        self.of.append((what_for, at_most_seconds))


def passing(code: str = "Passing") -> Conflict:
    return Conflict("Refused.", answer=AzureAnswer(code, "no", 409))


def test_a_deadline_ends_and_leaves_a_moment_to_finish(passing_clock: PassingClock) -> None:
    deadline = Deadline(10)
    assert deadline.left() == pytest.approx(10, abs=0.1)
    assert deadline.left_to_finish() == pytest.approx(14, abs=0.1)
    passing_clock.sleep(11)
    assert deadline.left() == 0
    assert deadline.left_to_finish() == pytest.approx(3, abs=0.1)
    passing_clock.sleep(4)
    assert deadline.left_to_finish() == 0
    assert Deadline().left() == math.inf


def test_a_deadline_stands_still_while_somebody_is_asked(passing_clock: PassingClock) -> None:
    deadline = Deadline(10)
    with pytest.raises(KeyboardInterrupt), deadline.paused():
        passing_clock.sleep(100)
        raise KeyboardInterrupt
    passing_clock.sleep(4)
    assert deadline.left() == pytest.approx(6, abs=0.1)


def test_pauses_grow_to_a_limit_are_told_and_end_with_the_time(passing_clock: PassingClock) -> None:
    told = Told()
    patience = Patience("the end", 20, told)
    with pytest.raises(TimedOut, match="Gave up waiting for the end") as caught:
        for _ in range(100):
            patience.wait()
    assert "within 20 seconds" in caught.value.meaning
    assert passing_clock.slept == pytest.approx(20, abs=0.1)
    left = [seconds for _, seconds in told.of]
    pauses = [one - other for one, other in zip(left, [*left[1:], 0], strict=True)]
    assert pauses == pytest.approx([0.25, 0.5, 1, 2, 4, 5, 5, 2.25], abs=0.1)
    assert {what for what, _ in told.of} == {"the end"}


def test_no_time_is_no_wait(passing_clock: PassingClock) -> None:
    with pytest.raises(TimedOut):
        Patience("anything", 0, Silent()).wait()
    assert passing_clock.slept == 0


def test_what_is_read_is_returned_once_it_agrees(passing_clock: PassingClock) -> None:
    shown = iter([1, 2, 3, 4])
    assert waiting.until(lambda: next(shown), lambda one: one == 3, Patience("it", 9, Silent())) == 3
    with pytest.raises(TimedOut):
        waiting.until(lambda: 1, lambda one: one == 3, Patience("it", 9, Silent()))


def test_what_is_known_to_pass_is_insisted_on_and_told_in_the_end(passing_clock: PassingClock) -> None:
    outcomes = iter([passing(), passing(), None])

    def call() -> str:
        if error := next(outcomes):
            raise error
        return "done"

    assert waiting.insisting(call, frozenset({"Passing"}), Patience("it", 9, Silent())) == "done"
    last = passing()

    def refused() -> str:
        raise last

    with pytest.raises(TimedOut) as caught:
        waiting.insisting(refused, frozenset({"Passing"}), Patience("it", 9, Silent()))
    assert caught.value.answer is last.answer and caught.value.__cause__ is last


@pytest.mark.parametrize("error", [passing("Other"), TimedOut("The call itself."), KeyError("x")])
def test_anything_else_is_raised_at_once(passing_clock: PassingClock, error: Exception) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        waiting.insisting(call, frozenset({"Passing"}), Patience("it", 9, Silent()))
    assert caught.value is error and passing_clock.slept == 0
