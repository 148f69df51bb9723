"""Time as a run measures it; tests turn the sandbox's clock instead of waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from acceptance.calls import Reply


class Watch(Protocol):
    def now(self) -> float:
        """Seconds since whenever."""

    def pause(self, seconds: float) -> None: ...


class WallClock:
    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Seen:
    """The first answer that agreed, or the last one when none did in time."""

    reply: Reply
    agreed: bool
    seconds: float
    before: tuple[Reply, ...]
    """The answers that did not agree."""

    @property
    def after(self) -> str:
        """For a person: how long it took."""
        if not self.agreed:
            return f"not within {self.seconds:.0f} s"
        return f"after {self.seconds:.0f} s" if self.before else "at once"


def until(
    watch: Watch, ask: Callable[[], Reply], agrees: Callable[[Reply], bool], at_most_seconds: float
) -> Seen:
    """Asks with growing pauses."""
    began, pause = watch.now(), 0.5
    before: list[Reply] = []
    while True:
        reply = ask()
        seconds = watch.now() - began
        if agrees(reply):
            return Seen(reply, True, seconds, tuple(before))
        before.append(reply)
        if seconds >= at_most_seconds:
            return Seen(reply, False, seconds, tuple(before))
        watch.pause(pause)
        pause = min(pause * 2, 5.0)
