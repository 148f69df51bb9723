"""From a command's sign-in options to a signed-in view of Azure, shown to the user on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from astro_peer.commands.options import ConnectionOptions
from astro_peer.errors import UsageError
from astro_peer.output import Output
from astro_peer.waiting import Deadline

if TYPE_CHECKING:
    from astro_peer.azure import Azure


def _require_bundle() -> None:
    """The certificates to trust are read at the first connection; a path that leads nowhere is no crash."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path and not Path(path).exists():
            raise UsageError(
                f"{variable} names {path}, which does not exist.",
                meaning="If it was set for a simulated tenant, that one has ended."
                if os.environ.get("ASTRO_PEER_SANDBOX_URL")
                else "It should be a file with the certificates of the authorities to trust.",
                next_step=f"Open a new terminal, or unset {variable}.",
            )


def connect(options: ConnectionOptions, output: Output, change_reference: str | None = None) -> Azure:
    from astro_peer.connecting import connect as connect_to

    _require_bundle()
    deadline = output.prompter.deadline = Deadline(options.timeout)
    azure = connect_to(
        auth=options.auth,
        tenant_id=options.tenant,
        cloud=options.cloud,
        timeout_seconds=options.timeout,
        deadline=deadline,
        change_reference=change_reference,
        observer=output.screen,
        tell=output.screen.say,
        somebody_there=output.prompter.somebody_there,
    )
    if output.recording:
        output.recording.azure = azure
    output.note(account=azure.session.account)
    output.screen.session(azure.session)
    return azure
