"""A finding: something that was looked at, how it is, what it stands in the way of, and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from astro_peer.errors import (
    AstroPeerError,
    Conflict,
    ExitCode,
    Failed,
    NotFound,
    NotPermitted,
    SignInNeeded,
    UsageError,
)
from astro_peer.model.way_out import WayOut


class Level(StrEnum):
    PASS = "pass"  # noqa: S105  (not a password)
    WARNING = "warning"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Blocks(StrEnum):
    GRANT = "grant"
    PEERING = "peering"
    REVOKE = "revoke"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Finding:
    """`says` is what was found, `fact` what it rests on; `exit_code` is what a command ends with that stops for it.

    `reviewable`: it stops what was planned from being carried out now, or by this caller; a plan can be made and
    reviewed all the same.
    """

    id: str
    level: Level
    says: str
    blocks: Blocks = Blocks.NOTHING
    fact: str = ""
    way_out: WayOut = field(default_factory=WayOut)
    who: str = ""
    """Who can take the way out."""
    exit_code: ExitCode = ExitCode.CONFLICT
    reviewable: bool = False
    tabulated: bool = False
    """Whether a table shows it too."""

    @property
    def stops(self) -> bool:
        return self.level is Level.FAIL and self.blocks in (Blocks.GRANT, Blocks.REVOKE)

    def as_error(self) -> AstroPeerError:
        kind = {
            ExitCode.SIGN_IN: SignInNeeded,
            ExitCode.NOT_PERMITTED: NotPermitted,
            ExitCode.NOT_FOUND: NotFound,
            ExitCode.CONFLICT: Conflict,
            ExitCode.USAGE: UsageError,
        }.get(self.exit_code, Failed)
        return kind(self.says, meaning=self.fact, next_step=self.way_out)
