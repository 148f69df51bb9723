"""Who is signed in, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from astro_peer.model.checks import passed
from astro_peer.model.finding import Finding
from astro_peer.model.surroundings import Surroundings


def findings(around: Surroundings) -> Iterator[Finding]:
    caller = around.sign_in
    if caller is None:
        return
    kind = "an application" if caller.is_application else "a user"
    yield passed(
        "signed-in",
        f"Signed in as {caller.name} ({caller.how}), {kind}, in tenant {caller.tenant_id} of {caller.cloud}.",
        fact=f"The tokens last until {_clock(caller.until)}." if caller.until else "",
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
