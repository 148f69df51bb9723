"""A fork becomes the process that a fresh start would have been."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TextIO


@dataclass(frozen=True)
class Defaults:
    """What the interpreter decided for the server as it started, and would decide for a child just so."""

    encoding: str
    errors: str
    added: dict[str, str]
    """Variables it put into its own environment (LC_CTYPE, where the locale is C: PEP 538)."""
    ignored: frozenset[int]
    """Signals that were ignored as it started, and stay so: SIGHUP under nohup, say."""

    @classmethod
    def of_this_process(cls, given: dict[str, str]) -> Defaults:
        """`given` is the environment that this process was started with: without PYTHONIOENCODING."""
        added = {name: value for name, value in os.environ.items() if name not in given}
        ignored = frozenset(
            number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN
        )
        return cls(sys.stdin.encoding, str(sys.stdin.errors), added, ignored)


@dataclass(frozen=True)
class Order:
    """What is to be run."""

    arguments: list[str]
    """Without the command itself."""
    environment: dict[str, str]
    directory: str
    streams: tuple[int, int, int]
    """The descriptors that become standard input, output and error."""


def become(order: Order, defaults: Defaults, command: Path) -> None:
    """To be called with all signals blocked and no descriptors open but the standard ones and the order's.

    Raises OSError when the directory cannot be entered.
    """
    for target, descriptor in enumerate(order.streams):
        os.dup2(descriptor, target)
    for descriptor in order.streams:
        os.close(descriptor)
    os.chdir(order.directory)
    # In place: modules keep this very object (rich.console.Console does). Each change reaches the C library, too.
    os.environ.clear()
    os.environ.update(defaults.added | order.environment)
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.argv = [str(command), *order.arguments]
    sys.orig_argv = [sys.executable, *sys.argv]
    _set_up_streams(defaults)
    _reset_signals(defaults.ignored)


def run(script: CodeType, command: Path) -> None:
    """Run the installed script as `__main__`. It ends as any Python program does: the caller lets exceptions pass.

    Only the traceback of one that nobody catches shows where it all began: with the server's own frames.
    """
    main = ModuleType("__main__")
    main.__file__ = str(command)
    sys.modules["__main__"] = main
    exec(script, vars(main))  # noqa: S102  (the command that was asked for)


def _reset_signals(ignored: frozenset[int]) -> None:
    """As Python has them after its start, and none blocked."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _set_up_streams(defaults: Defaults) -> None:
    """As the interpreter's own `create_stdio` does."""
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    errors = errors or ("strict" if encoding else defaults.errors)
    encoding = codecs.lookup(encoding).name if encoding else defaults.encoding
    sys.stdin = sys.__stdin__ = _stream(0, "<stdin>", encoding, errors)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "<stdout>", encoding, errors)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "<stderr>", encoding, "backslashreplace")  # type: ignore[misc]


def _stream(descriptor: int, name: str, encoding: str, errors: str) -> TextIO:
    writes = descriptor > 0
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    binary: Any = open(  # noqa: SIM115  (it stays open to the end)
        descriptor, "wb" if writes else "rb", 0 if unbuffered and writes else -1, closefd=False
    )
    raw = getattr(binary, "raw", binary)
    raw.name = name
    stream = io.TextIOWrapper(
        binary,
        encoding=encoding,
        errors=errors,
        newline="\n",
        line_buffering=not unbuffered and (raw.isatty() or descriptor == 2),
        write_through=unbuffered,
    )
    stream.mode = "w" if writes else "r"  # type: ignore[attr-defined]
    return stream
