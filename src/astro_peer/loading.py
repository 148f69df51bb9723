"""What a run needs once it is signed in, loaded while it signs in: the one place that arranges when things are loaded.

Typer and the options are loaded at the start, azure-identity when a command connects. All the rest, a quarter of a
second of a processor's time, costs nothing while the az client or Entra ID is waited for. So nothing that runs before
`beside_the_sign_in` imports a step, an SDK beside azure-identity, or rich. azure-mgmt-network, which alone takes half a
second and 28 MB, is loaded where a hub may have appliances in it, and not else: see `azure.appliances`.
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
