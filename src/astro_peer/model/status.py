"""What `status` says: whether Astronomer has the rights, and whether they are as documented."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from astro_peer.errors import ExitCode
from astro_peer.model import access
from astro_peer.model.access import Assessment
from astro_peer.model.finding import Finding
from astro_peer.model.objects import HubConnection
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted


class Outcome(StrEnum):
    DONE = "done"
    PLANNED = "planned"
    GRANTED = "granted"
    DRIFTED = "drifted"
    NOT_GRANTED = "not granted"
    FAILED = "failed"


@dataclass(frozen=True)
class Status:
    """What `status` has found."""

    wanted: Wanted
    observed: Observed
    assessment: Assessment
    findings: tuple[Finding, ...] = ()
    connections: tuple[HubConnection, ...] | None = None
    recent: bool = False
    """Whether the role was written so recently that lists need not show what was assigned since."""

    @property
    def stopped_by(self) -> tuple[Finding, ...]:
        """What makes it another question than was asked: whose principal it is, and whose role."""
        return tuple(
            one
            for one in self.findings
            if one.id in ("principal-is-anothers", "role-name-built-in") and one.stops
        )

    @property
    def outcome(self) -> Outcome:
        if self.assessment.granted is False:
            return Outcome.NOT_GRANTED
        return Outcome.DRIFTED if self.assessment.drift else Outcome.GRANTED

    @property
    def exit_code(self) -> ExitCode:
        return {
            Outcome.NOT_GRANTED: ExitCode.NOT_GRANTED,
            Outcome.DRIFTED: ExitCode.DRIFTED,
        }.get(self.outcome, ExitCode.DONE)


def decide(
    wanted: Wanted,
    observed: Observed,
    findings: tuple[Finding, ...],
    connections: tuple[HubConnection, ...] | None,
    *,
    recent: bool,
) -> Status:
    return Status(wanted, observed, access.assess(wanted, observed), findings, connections, recent)
