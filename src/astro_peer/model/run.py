"""A run of the command, as a report tells of it beside what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Run:
    version: str
    """Of astro-peer."""
    began: datetime
    ended: datetime
    azures_clock: bool
    """Whether the times are by Azure's clock: this machine's is all there is while nothing of Azure has answered."""
    exit_code: int
    change_reference: str | None = None
    """The user's own number of the change that this belongs to."""
    cloud: str | None = None
    """None where nobody has signed in."""
    simulated: bool = False
