"""What `check` says of a plan's findings: whether one can go on, and with which exit code it ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from astro_peer.errors import ExitCode
from astro_peer.model.finding import Finding, Level
from astro_peer.model.outcome import Outcome
from astro_peer.model.plan import Plan

_COUNTED = (
    (Level.FAIL, "to mend"),
    (Level.WARNING, "to look at"),
    (Level.UNKNOWN, "unknown"),
    (Level.PASS, "in order"),
)


@dataclass(frozen=True)
class Check:
    """`strict`: a warning counts, and so does what could not be read."""

    plan: Plan
    strict: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.plan.findings

    @property
    def counts(self) -> Counter[Level]:
        return Counter(one.level for one in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        for one in self.findings:
            if one.level is Level.FAIL:
                return one.exit_code
        return ExitCode.CONFLICT if self.strict and self.plan.not_passed else ExitCode.DONE

    @property
    def says(self) -> str:
        """What was found, counted."""
        counted = ", ".join(
            f"{self.counts[level]} {words}" for level, words in _COUNTED if self.counts[level]
        )
        if self.counts[Level.FAIL]:
            return f"Not ready: {counted}."
        return f"Nothing stands in the way: {counted}."

    @property
    def outcome(self) -> Outcome:
        return Outcome.DONE if self.exit_code is ExitCode.DONE else Outcome.FAILED
