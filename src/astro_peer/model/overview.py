"""Whether Astronomer's principal can write to hubs, in every subscription that the caller can see, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model.access import Holdings
from astro_peer.model.finding import Finding
from astro_peer.model.objects import Subscription
from astro_peer.model.outcome import Outcome
from astro_peer.model.status import Status


@dataclass(frozen=True)
class SubscriptionStatus:
    """Of one subscription; `found` is the error where it could not be read."""

    subscription: Subscription
    found: Status | AstroPeerError
    holdings: Holdings

    @property
    def outcome(self) -> Outcome:
        return self.found.outcome if isinstance(self.found, Status) else Outcome.FAILED

    @property
    def exit_code(self) -> ExitCode:
        return self.found.exit_code

    @property
    def in_short(self) -> str:
        if isinstance(self.found, Status):
            return self.found.access.in_short
        return f"could not be read ({self.found.code})"


_WORST_FIRST = (Outcome.DRIFTED, Outcome.FAILED, Outcome.GRANTED, Outcome.NOT_GRANTED)


@dataclass(frozen=True)
class Overview:
    listed: tuple[SubscriptionStatus, ...]

    @property
    def worst(self) -> SubscriptionStatus | None:
        """Access otherwise than documented before what could not be read, and any access before none."""
        return min(self.listed, key=lambda one: _WORST_FIRST.index(one.outcome), default=None)

    @property
    def outcome(self) -> Outcome:
        return self.worst.outcome if self.worst else Outcome.FAILED

    @property
    def exit_code(self) -> ExitCode:
        return self.worst.exit_code if self.worst else ExitCode.NOT_FOUND

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """On what --known names, where it matches nothing in any subscription."""
        read = [one.found.access for one in self.listed if isinstance(one.found, Status)]
        unmatched = [set(access.matching_nothing) for access in read]
        everywhere = set.intersection(*unmatched) if unmatched else set()
        return (
            tuple(
                remark
                for remark, named in zip(read[0].remarks, read[0].matching_nothing, strict=True)
                if named in everywhere
            )
            if read
            else ()
        )
