"""A sandbox's files: a directory of its own that goes with it. What a killed one left goes with the next start."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "astro-peer-sandbox-"
_IN_USE = "in-use"


@contextmanager
def directory() -> Iterator[Path]:
    _remove_abandoned(Path(tempfile.gettempdir()))
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with _used(path):
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Directories of ours whose process is gone. Whatever is in doubt stays."""
    for path in parent.glob(f"{PREFIX}*"):
        try:
            if not path.is_symlink() and _abandoned(path):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:  # in use, being made, somebody else's, or gone by now
            continue


if sys.platform == "win32":

    @contextmanager
    def _used(path: Path) -> Iterator[None]:
        """Windows removes no file that a living process has open."""
        with (path / _IN_USE).open("w"):
            yield

    def _abandoned(path: Path) -> bool:
        (path / _IN_USE).unlink()
        return True

else:
    import fcntl
    import os

    @contextmanager
    def _used(path: Path) -> Iterator[None]:
        """The lock goes with the process, however that ends.

        The file gets its name only when it is locked, so nobody ever sees it free before its time.
        """
        new = path / f"{_IN_USE}.new"
        with new.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            new.rename(path / _IN_USE)
            yield

    def _abandoned(path: Path) -> bool:
        if path.stat().st_uid != os.getuid():
            return False
        with (path / _IN_USE).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
