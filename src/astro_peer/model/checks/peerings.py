"""Whether Astronomer has connected by now: who takes the rights away before that has to grant them once more."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import unknown
from astro_peer.model.finding import Finding, Level
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import astro_peer, way_out

NOT_CONNECTED = "astronomer-not-connected"


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    """Of a plan that takes the rights away."""
    found = around.peerings
    if found is None:
        return
    if isinstance(found, AstroPeerError):
        yield unknown("peerings", "Whether Astronomer has connected", found)
    elif found.none_yet:
        yield Finding(
            NOT_CONNECTED,
            Level.WARNING,
            f"Astronomer has not connected to {' or '.join(found.read)} yet, as far as can be seen.",
            fact=f"No {wanted.procedure.connection.one} there leads to a network that is not your own, or was written"
            " by Astronomer by the activity log, which may be 20 minutes late.",
            way_out=way_out(
                f"To wait for the {wanted.procedure.connection.one}: ",
                astro_peer("status", *wanted.target.subscription_options, "--watch"),
            ),
            who="you",
        )
    elif not found.of_astronomer and found.not_read:
        hub, error = found.not_read[0]
        yield unknown("peerings", f"Whether Astronomer has connected to {hub}", error)
