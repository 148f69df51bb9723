"""What `status` says: whether Astronomer can write to what is to be peered, and whether that is as documented."""

from __future__ import annotations

from dataclasses import dataclass

from astro_peer.errors import ExitCode
from astro_peer.model.finding import Finding
from astro_peer.model.objects import Connection
from astro_peer.model.observed import Observed
from astro_peer.model.outcome import Outcome
from astro_peer.model.wanted import Wanted
from astro_peer.model.write_access import WriteAccess


@dataclass(frozen=True)
class Status:
    """What `status` has found."""

    wanted: Wanted
    observed: Observed
    access: WriteAccess
    findings: tuple[Finding, ...] = ()
    connections: tuple[Connection, ...] | None = None
    recent: bool = False
    """Whether the role was written so recently that lists need not show what was assigned since."""

    @property
    def stopped_by(self) -> tuple[Finding, ...]:
        """What makes it another question than was asked: whose principal it is, and whose role."""
        return tuple(
            one
            for one in self.findings
            if one.id in ("principal-is-anothers", "role-name-built-in", "role-of-another-procedure")
            and one.stops
        )

    @property
    def outcome(self) -> Outcome:
        return self.access.outcome

    @property
    def exit_code(self) -> ExitCode:
        return self.access.exit_code
