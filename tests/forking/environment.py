"""Which environment variables matter before a child is forked, so that only a fresh start does justice to them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_BEFORE_PYTHON = ("PYTHON", "LC_", "LD_", "MALLOC_", "OPENSSL_")
"""The interpreter, the C library and OpenSSL read these as they are loaded."""
_BEFORE_PYTHON_NAMES = {"LANG", "LANGUAGE", "TZ", "GLIBC_TUNABLES"}

_MADE_UP_FOR = {"PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE"}
"""Those that a child can still do as they say: see `child`."""

_HARMLESS = {
    "PATH": "platform.platform(), for a user agent, looks for `uname` there",
    "HOME": "sysconfig works out where a user's own packages would be, which a virtual environment never uses",
}
"""Variables that preloaded modules read as they are imported, and why it does not matter that they do."""

Reads = dict[str, str | None]


@contextmanager
def noting_reads() -> Iterator[Reads]:
    """Notes which variables are read meanwhile, and what they hold.

    Raises RuntimeError for a look at all of them, as then any of them may matter.
    """
    reads: Reads = {}
    kind = type(os.environ)
    get, iterate = kind.__getitem__, kind.__iter__

    def noting_get(environ: os._Environ[str], name: str) -> str:
        try:
            value = get(environ, name)
        except KeyError:
            reads.setdefault(name, None)
            raise
        reads.setdefault(name, value)  # a module that goes on to set it changes nothing about what it found
        return value

    def refusing(_: os._Environ[str]) -> Iterator[str]:
        raise RuntimeError("a preloaded module looks at the whole environment as it is imported")

    # In the class and not instead of os.environ: modules keep that very object.
    kind.__getitem__, kind.__iter__ = noting_get, refusing  # type: ignore[method-assign]
    try:
        yield reads
    finally:
        kind.__getitem__, kind.__iter__ = get, iterate  # type: ignore[method-assign]


def why_fresh(wanted: Mapping[str, str], server: Mapping[str, str], reads: Reads) -> str | None:
    """The variable that only a fresh start can heed, as it came too late for the server; None if there is none."""
    for name in sorted(wanted.keys() | server.keys()):
        if _is_read_before_python(name) and wanted.get(name) != server.get(name):
            return name
    for name, value in reads.items():
        if name not in _HARMLESS and name not in _MADE_UP_FOR and wanted.get(name) != value:
            return name
    return None


def _is_read_before_python(name: str) -> bool:
    if name in _MADE_UP_FOR:
        return False
    return name.startswith(_BEFORE_PYTHON) or name in _BEFORE_PYTHON_NAMES
