"""What a run needs once it is signed in, loaded while it signs in: the one place that arranges when things are loaded.

Typer and the options are loaded at the start, azure-identity when a command connects. All the rest, half a second of a
processor's time and a third of that azure-mgmt-network alone, costs nothing while the az client or Entra ID is waited
for. So nothing that runs before `beside_the_sign_in` imports a step, an SDK beside azure-identity, or rich.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

_FIRST = (
    "astro_peer.azure.pipeline",
    "astro_peer.azure.subscriptions",
    "astro_peer.azure.authorization",
    "astro_peer.azure.graph",
    "astro_peer.library",
    "astro_peer.output.screen",
)
_LAST = ("astro_peer.azure.network",)
"""Taken longest, and needed by a few of the first requests only."""


@contextmanager
def beside_the_sign_in() -> Iterator[None]:
    """At the end all but the last is there; what failed to load fails again, and loudly, where it is used."""
    ready = threading.Event()
    threading.Thread(target=_load, args=(ready,), name="loading", daemon=True).start()
    yield
    ready.wait()


def _load(ready: threading.Event) -> None:
    """Garbage is looked for only afterwards: there is hardly any yet, and it would take a tenth longer."""
    with suppress(Exception):
        for module in _FIRST:
            import_module(module)
        ready.set()
        for module in _LAST:
            import_module(module)
    ready.set()
    gc.enable()
