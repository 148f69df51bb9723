"""Waiting for Azure to show what was written, and insisting where it refuses for a moment. It takes no SDK.

Replication in Azure Resource Manager and Microsoft Graph takes seconds, sometimes a minute.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from astro_peer.errors import AstroPeerError, TimedOut

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_SECONDS_TO_FINISH = 4.0


class WaitObserver(Protocol):
    """Is told of every wait, so that a person is never left looking at a silent terminal."""

    def waiting(self, what_for: str, at_most_seconds: float) -> None: ...


class Silent:
    """Nobody is told."""

    def waiting(self, what_for: str, at_most_seconds: float) -> None: ...


Read = TypeVar("Read")


class Deadline:
    """When work has to have ended, by default never. While a person is asked it stands still: that is no work."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._ends = time.monotonic() + seconds

    def renew(self, seconds: float) -> None:
        """From now on there is so much time again: for work that is done over and over."""
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds; 0 when the time is up."""
        return max(0.0, self._ends - time.monotonic())

    def left_to_finish(self) -> float:
        """Seconds for what needs no waiting: a healthy Azure is let finish, whatever patience was asked for."""
        return max(0.0, self._ends + _SECONDS_TO_FINISH - time.monotonic())

    @contextmanager
    def paused(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._ends += time.monotonic() - began


class Patience:
    """How long may still be waited for one thing, with growing pauses."""

    def __init__(self, what_for: str, timeout_seconds: float, observer: WaitObserver) -> None:
        self._what_for = what_for
        self._timeout_seconds = timeout_seconds
        self._observer = observer
        self._ends = time.monotonic() + timeout_seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def wait(self) -> None:
        """Raises TimedOut when the time is up; what was written before stays written."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"Gave up waiting for {self._what_for}.",
                meaning=f"Azure did not show it within {self._timeout_seconds:.0f} seconds. It may still appear.",
                next_step="Run the same command again in a few minutes: it goes on where this one stopped.",
            )
        self._observer.waiting(self._what_for, left)
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)

    def pause(self, seconds: float) -> bool:
        """One long wait, where it is known how long it takes; False, at once, where there is not the time for it."""
        if seconds > self._ends - time.monotonic():
            return False
        self._observer.waiting(self._what_for, seconds)
        time.sleep(seconds)
        return True


def until(read: Callable[[], Read], agrees: Callable[[Read], bool], patience: Patience) -> Read:
    """Read until the answer agrees, and return it. Raises TimedOut."""
    while not agrees(found := read()):
        patience.wait()
    return found


def insisting(call: Callable[[], Read], passing: frozenset[str], patience: Patience) -> Read:
    """Call until it succeeds, as long as it fails only with error codes that are known to pass.

    Any other error is raised at once, and one of these when the time is up: it says what Azure answered last.
    """
    last: AstroPeerError | None = None
    while True:
        try:
            if last:
                patience.wait()
            return call()
        except TimedOut as too_long:
            if last is None:
                raise
            too_long.answer = last.answer
            raise too_long from last
        except AstroPeerError as error:
            if error.code not in passing:
                raise
            last = error
