"""Waits: what is waited for, since when and how long at most.

At a terminal a line that changes in place, elsewhere a line at first and one now and then.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astro_peer.output.terminal import Terminal

_SECONDS_BETWEEN_LINES = 60.0


class Waits:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.done()

    def done(self) -> None:
        """What was waited for is there: the next wait is another one."""
        self._what_for = ""
        self._began = self._told = -math.inf

    def going_on(self, what_for: str, at_most_seconds: float) -> None:
        """`at_most_seconds`: from now on."""
        now = time.monotonic()
        if what_for != self._what_for:
            self._what_for, self._began, self._told = what_for, now, -math.inf
        waited = now - self._began
        of = f"{waited:.0f} s of at most {waited + at_most_seconds:.0f} s"
        if self._terminal.err.shows_passing_lines:
            self._terminal.err.passing_line(f"Waiting ({of}) for {what_for}")  # a narrow one cuts the end
        elif now - self._told >= _SECONDS_BETWEEN_LINES:
            first = self._told == -math.inf
            self._told = now
            self._terminal.say(
                f"Waiting for {what_for} (at most {at_most_seconds:.0f} s)"
                if first
                else f"Still waiting for {what_for} ({of})",
                "dim",
            )
