"""The file of a saved plan: read in bounds, written whole or not at all, and never over anything else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from astro_peer.errors import Failed, NotFound, UsageError
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.plain import one_line
from astro_peer.saved import text


def require_room(path: Path) -> None:
    """Before anything is asked of Azure. Raises UsageError where no plan can be written, or something else is there."""
    name = one_line(str(path))
    if not path.parent.is_dir():
        raise UsageError(
            f"No plan can be written to {name}.",
            meaning=f"There is no folder {one_line(str(path.parent))}.",
            next_step="Make it, or name another file.",
        )
    if os.path.lexists(path) and not _is_one(path):
        raise UsageError(
            f"{name} exists and is no saved plan, so it is left alone.",
            next_step="Name another file. Only a saved plan is written over.",
        )


def _is_one(path: Path) -> bool:
    try:
        return path.is_file() and text.is_one(_read(path))
    except OSError:
        return False


def write(path: Path, saved: SavedPlan) -> None:
    """Readable by its owner alone. Raises Failed, with nothing written."""
    try:
        handle, name = tempfile.mkstemp(prefix=".astro-peer-", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
                file.write(text.written(saved))
                file.flush()
                os.fsync(handle)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(
            f"The plan could not be written to {one_line(str(path))}.",
            meaning=f"{error.strerror}.",
            next_step="Name a file in a folder that can be written to.",
        ) from None


def read(path: Path) -> SavedPlan:
    """Raises NotFound, and what `text.read` raises."""
    name = one_line(str(path))
    try:
        found = _read(path)
    except OSError as error:
        raise NotFound(
            f"{name} could not be read.",
            meaning=f"{error.strerror}.",
            next_step="Name a file that was written by grant --plan or revoke --plan.",
        ) from None
    return text.read(found, name)


def _read(path: Path) -> str:
    """What is not ASCII is no plan of ours, and is seen to be none."""
    with path.open(encoding="ascii", errors="replace") as file:
        return file.read(text.MOST_CHARACTERS + 1)
