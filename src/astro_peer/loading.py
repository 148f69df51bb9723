"""What a run needs once it is signed in, loaded while it signs in: the one place that arranges when things are loaded.

Typer and the options are loaded at the start. Then az is asked for its tokens, where a sign-in begins with it, and only
then is there an SDK: all of them and the steps, half a second of a processor's time, cost nothing while az or Entra ID
is waited for. So nothing that runs before `connecting` imports a step, an SDK, or rich. azure-identity is loaded for
the ways to sign in that need it, and azure-mgmt-network, which alone takes half a second and 28 MB, where a hub may
have appliances in it: see `azure.credentials` and `azure.appliances`.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

_MODULES = (
    "astro_peer.azure.pipeline",
    "astro_peer.azure.subscriptions",
    "astro_peer.azure.authorization",
    "astro_peer.azure.graph",
    "astro_peer.azure.network",
    "astro_peer.library",
    "astro_peer.output.screen",
)


@contextmanager
def beside_the_sign_in() -> Iterator[None]:
    """At the end all of it is there; what failed to load fails again, and loudly, where it is used."""
    ready = threading.Event()
    threading.Thread(target=_load, args=(ready,), name="loading", daemon=True).start()
    yield
    ready.wait()


def _load(ready: threading.Event) -> None:
    """Garbage is looked for only afterwards: there is hardly any yet, and it would take a tenth longer."""
    with suppress(Exception):
        for module in _MODULES:
            import_module(module)
    ready.set()
    gc.enable()
