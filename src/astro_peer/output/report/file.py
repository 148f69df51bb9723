"""The file that a report is written to: its own, whole, and never another's.

It is looked at when the command line is read, so that nothing is sent to Azure for a report that could not be kept.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARKDOWN, HTML, JSON = ".md", ".html", ".json"
_MOST = 1000
"""Reports of one name in one folder."""
_OWNER_ALONE = 0o600


def report_file(value: str) -> Path:
    """Raises ValueError for a name that says no form, and where no file can be made."""
    path = Path(value)
    if path.suffix.lower() not in (MARKDOWN, HTML, JSON):
        raise ValueError(f"expected a file that ends in {MARKDOWN}, {HTML} or {JSON}, which says its form")
    try:
        if not path.parent.is_dir():
            raise ValueError("expected a file in a folder that exists")
        with suppress(FileNotFoundError):
            path.lstat()
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ValueError(f"no file can be written there ({error.strerror})") from None
    return path


def write(path: Path, text: str) -> Path:
    """Under this name, or where there is anything of that name under the next free one: `grant-2.md`.

    Nothing is overwritten or followed. Raises OSError.
    """
    handle, temporary = tempfile.mkstemp(prefix=".astro-peer-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        for free in _names(path):
            with suppress(FileExistsError):
                os.close(os.open(free, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ALONE))
                return _moved(temporary, free)
        raise FileExistsError(0, f"{_MOST} reports of that name are there already")
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in range(2, _MOST + 1):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _moved(temporary: str, free: Path) -> Path:
    """To the name that was just taken for it: which no link can stand under any more."""
    try:
        return Path(temporary).replace(free)
    except BaseException:
        with suppress(OSError):
            free.unlink()
        raise
