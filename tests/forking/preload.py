"""What the server loads, so that its children need not."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import threading
from pathlib import Path

_BEGUN_LATER = (
    # What the libraries themselves import only when they are used
    "azure.core.rest._requests_basic",
    "azure.mgmt.resource.resources",
    "encodings.utf_8_sig",
    "msal_extensions",
    "netrc",
    "pydantic",
    "pydantic.plugin._loader",
    "pydantic.type_adapter",
    "typer._adapters",
    "typer._click.decorators",
)


def preload() -> None:
    """All modules of astro-peer, and so everything they import.

    Not typer.rich_utils, which sets itself up by variables that say how a terminal is (FORCE_COLOR, GITHUB_ACTIONS,
    TERMINAL_WIDTH): only help texts need it, and those children import it themselves.

    Raises RuntimeError when something that was imported has started a thread: a fork would be without it.
    """
    import astro_peer

    for module in pkgutil.walk_packages(astro_peer.__path__, "astro_peer."):
        if module.name != "astro_peer.__main__":  # it runs the command
            importlib.import_module(module.name)
    for name in _BEGUN_LATER:
        importlib.import_module(name)
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    if threads != 1:
        raise RuntimeError(f"{threads} threads run after the imports, and only one of them would be forked")
    gc.collect()
    gc.freeze()  # else each child, as it ends, looks through all of this, and copies its memory for that
