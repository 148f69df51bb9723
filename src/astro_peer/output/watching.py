"""What a person sees of the watching: a line that changes at a terminal, one now and then elsewhere, the news."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from astro_peer.model.watch import Seen, spelt
from astro_peer.output.spelling import spelled

if TYPE_CHECKING:
    from astro_peer.errors import AstroPeerError
    from astro_peer.model.audit import LoggedWrite
    from astro_peer.model.watch import Sighting, Watch
    from astro_peer.output.terminal import Terminal

_FIRST_LINE_SECONDS = 60.0
_LINE_EVERY_SECONDS = 3600.0


class Watching:
    """Is told of the watching as it goes on: see `steps.watch.Observer`."""

    def __init__(self, terminal: Terminal, name: str) -> None:
        self._terminal = terminal
        self._name = name
        self._told: set[Sighting | LoggedWrite] = set()
        self._next_line = _FIRST_LINE_SECONDS
        self.every_seconds = 1.0 if terminal.err.shows_passing_lines else math.inf

    def begins(self, watch_says: str, at_most_seconds: float) -> None:
        self._terminal.heading(f"Waiting for Astronomer's connection to {self._name}")
        self._terminal.say(
            f"For {spelt(at_most_seconds)} at most (--for); Ctrl-C ends it, and nothing is lost. What is new is told by"
            f" what was there: {watch_says}."
        )

    def seen(self, seen: Seen) -> None:
        for one in seen.sightings:
            if one not in self._told:
                self._terminal.say(one.says)
        for write in seen.refused:
            if write not in self._told:
                why = f": {write.code}: {write.message}" if write.code else "."
                self._terminal.warn(
                    f"Azure has refused Astronomer's attempt of {write.began:%Y-%m-%d %H:%M} (UTC) to connect"
                    f" {write.name}{why}"
                )
        self._told |= {*seen.sightings, *seen.refused}

    def hindered(self, error: AstroPeerError, gives_up_in_seconds: float | None) -> None:
        said = f"{error.summary} ({error.code})"
        if gives_up_in_seconds is None:
            self._terminal.warn(f"{said} It is tried again until it succeeds.")
            return
        self._terminal.warn(f"{said} It is tried again for {spelt(gives_up_in_seconds)}.")
        self._terminal.command("  " + spelled(error.next_step))

    def goes_on(self) -> None:
        self._terminal.say("Azure answers again.")

    def waiting(self, elapsed_seconds: float, at_most_seconds: float, next_look_seconds: float) -> None:
        elapsed, at_most = spelt(elapsed_seconds), spelt(at_most_seconds)
        self._terminal.err.passing_line(
            f"Waited {elapsed} of at most {at_most}; next look in {math.ceil(next_look_seconds)} s"
        )
        if math.isinf(self.every_seconds) and elapsed_seconds >= self._next_line:
            self._terminal.say(f"Still waiting: {elapsed} of at most {at_most}.")
            while self._next_line <= elapsed_seconds:
                self._next_line = min(self._next_line * 2, self._next_line + _LINE_EVERY_SECONDS)


def ended(terminal: Terminal, watch: Watch) -> None:
    """The result of one that saw Astronomer connect."""
    terminal.result(watch.says)
    for one in watch.findings:
        terminal.warn(f"{one.says} {one.fact}")
        terminal.command("  " + spelled(one.way_out))
