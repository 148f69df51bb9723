"""From a command's sign-in options to a signed-in view of Azure, shown to the user on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.commands.options import ConnectionOptions
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure


def connect(options: ConnectionOptions, output: Output) -> Azure:
    from astro_peer.azure import Azure
    from astro_peer.azure.cloud import read
    from astro_peer.azure.session import sign_in

    session = sign_in(read(options.cloud), options.auth, options.tenant, output.screen.say)
    output.screen.session(session)
    return Azure(session, output.screen, options.timeout)
