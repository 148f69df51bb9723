"""From a way to sign in to one caller's view of Azure."""

from __future__ import annotations

import os
from collections.abc import Callable

from astro_peer.azure import Azure, az_client
from astro_peer.azure import cloud as clouds
from astro_peer.azure.auth import Auth
from astro_peer.loading import beside_the_sign_in
from astro_peer.waiting import Deadline, Silent, WaitObserver

DEFAULT_TIMEOUT_SECONDS = 600


def connect(
    *,
    auth: Auth | str = Auth.AUTO,
    tenant_id: str | None = None,
    cloud: str | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    deadline: Deadline | None = None,
    change_reference: str | None = None,
    observer: WaitObserver | None = None,
    tell: Callable[[str], None] = print,
    somebody_there: bool = False,
) -> Azure:
    """Sign in, as the command does it: by a service principal from the environment, then the az client.

    `tenant_id` may be one of the tenant's domains, too.
    `cloud` is the metadata URL of a simulated tenant, as ASTRO_PEER_CLOUD inside one. `observer` is told of every
    wait; `tell` shows a device code. `timeout_seconds` bounds each request and each wait; a `deadline`, as the
    command has one, all of them together. `change_reference` is for an Azure Policy that asks for one with each write.
    With `somebody_there` a browser may be opened. Raises SignInNeeded, or UsageError for what cannot be.
    """
    metadata_url = cloud or os.environ.get("ASTRO_PEER_CLOUD") or None
    sign_in_by = deadline or Deadline(timeout_seconds)
    with az_client.ask_ahead(Auth(auth), metadata_url, tenant_id) as ahead, beside_the_sign_in():
        from astro_peer.azure import tenants  # az is started before they are loaded
        from astro_peer.azure.sign_in import sign_in

        described = clouds.read(metadata_url, sign_in_by)
        session = sign_in(
            described,
            Auth(auth),
            tenants.tenant_id(described, tenant_id, sign_in_by) if tenant_id else None,
            tell,
            sign_in_by,
            ahead,
            somebody_there=somebody_there,
        )
    return Azure(session, observer or Silent(), timeout_seconds, deadline, change_reference)
