"""The process's own streams: whatever they are connected to, and in whatever encoding, the work goes on.

A closed stream is a file that forgets, a character that the encoding does not have is spelled out, and what cannot be
delivered at the end is dropped: Python itself would end with an exit code of its own.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO, NoReturn, TextIO


def prepare() -> None:
    """Before anything is opened: the next file would get the number of a closed stream."""
    sys.stdin = sys.stdin or _nowhere(0, "r")
    sys.stdout = sys.stdout or _nowhere(1, "w")
    sys.stderr = sys.stderr or _nowhere(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def deliver(stream: IO[str], text: str) -> OSError | None:
    """Exactly this text, as far as the stream takes it; why it does not."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        return error
    return None


def leave(code: int) -> NoReturn:
    """End the process at once, with everything delivered.

    Taking down what was loaded would take a good part of a run's time, and a read that nobody needs any more would be
    waited for.
    """
    _finish()
    os._exit(code)


def _finish() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the reader left, or the disk is full; Python would say so once more at the very end
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _nowhere(number: int, mode: str) -> TextIO:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return io.TextIOWrapper(
        io.FileIO(number, mode, closefd=False), encoding="utf-8", errors="backslashreplace"
    )
