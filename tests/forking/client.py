"""The tests' side: starting the server, and a process of its making to be used like subprocess.Popen."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from forking.environment import Reads, why_fresh

_TESTS = Path(__file__).parents[1]


class ServerDied(Exception):
    """The server ended before it said how a child ended. With what it wrote to its standard error."""


class ForkServer:
    """A server process, until `stop` or the end of this process."""

    def __init__(self, command: Path) -> None:
        self.command = command
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
        }
        self._orders, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (kept as long as the server)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "forking", str(command), str(theirs.fileno())],
                env=self._environment,
                cwd=_TESTS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                pass_fds=[theirs.fileno()],
            )
        self._reads: Reads | None = None

    @property
    def reads(self) -> Reads:
        """The variables that were read while modules were imported, once the server is ready."""
        if self._reads is None:
            try:
                self._orders.sendall(json.dumps(self._environment).encode() + b"\n")
                with self._orders.makefile("rb") as lines:
                    line = lines.readline()
            except OSError:
                line = b""
            if not line:
                raise self.died()
            self._reads = json.loads(line)["reads"]
        return self._reads

    def why_fresh(self, environment: Mapping[str, str]) -> str | None:
        """The variable in this environment that asks for a fresh start, if there is one."""
        return why_fresh(environment, self._environment, self.reads)

    def order(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        streams: Sequence[int],
    ) -> socket.socket:
        """Have a child forked; what becomes of it is said on the socket that is returned."""
        _ = self.reads
        ours, theirs = socket.socketpair()
        order = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": str(directory),
        }
        try:
            with theirs:
                socket.send_fds(self._orders, [b"+"], [theirs.fileno(), *streams])
            ours.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            ours.close()
            raise self.died() from None
        return ours

    def died(self) -> ServerDied:
        """To be raised: how the server ended, and what it said."""
        self._orders.close()
        code = self.process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        return ServerDied(f"The fork server of the tests ended with exit code {code}. It said:\n{said}")

    def stop(self) -> None:
        """Ends the server, and whatever it has started."""
        self._orders.close()
        self.process.wait()
        self._said.close()


class Process:
    """As much of subprocess.Popen as the tests use. When it is forgotten while it runs, it is killed."""

    def __init__(
        self,
        server: ForkServer,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        text: bool = False,
    ) -> None:
        self.args = [str(server.command), *arguments]
        self.returncode: int | None = None
        self._server = server
        self._buffer = b""
        self._waiting = threading.Lock()  # a thread may kill what another one waits for
        theirs: list[int] = []  # to be closed here once the child has them
        streams: list[int] = []
        self.stdin, self.stdout, self.stderr = (
            _connect(number, wanted, streams, theirs, text)
            for number, wanted in enumerate((stdin, stdout, stderr))
        )
        try:
            self._connection = server.order(arguments, env, cwd or Path.cwd(), streams)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self.pid = self._hear("pid", None)

    def poll(self) -> int | None:
        """None also while another thread waits for the end: that thread hears of it first."""
        if self._waiting.acquire(blocking=False):
            try:
                if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
                    self._end(None)
            finally:
                self._waiting.release()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired; ServerDied when nobody will ever know."""
        with self._waiting:
            return self._end(timeout) if self.returncode is None else self.returncode

    def _end(self, timeout: float | None) -> int:
        self.returncode = self._hear("returncode", timeout)
        self._connection.close()  # now the server may reap it
        return self.returncode

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """As Popen's, but for one call only."""
        until = None if timeout is None else time.monotonic() + timeout
        readers = [_Reader(stream) if stream else None for stream in (self.stdout, self.stderr)]
        if self.stdin:
            # It may end without reading all of it.
            with contextlib.suppress(BrokenPipeError):
                if input:
                    self.stdin.write(input)
            with contextlib.suppress(BrokenPipeError):
                self.stdin.close()
        for reader in readers:
            if reader:
                reader.join(None if until is None else max(0.0, until - time.monotonic()))
                if reader.is_alive():
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        out, err = (reader.content() if reader else None for reader in readers)
        return out, err

    def send_signal(self, number: int) -> None:
        """Nothing happens when it has ended; until then its process ID cannot be another's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdout, self.stderr, self.stdin):
            if stream:
                stream.close()
        self.wait()

    def _hear(self, what: str, timeout: float | None) -> int:
        """The next thing the server says of this process."""
        until = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._buffer:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([self._connection], [], [], left)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            try:
                received = self._connection.recv(4096)
            except OSError:
                received = b""
            if not received:
                self._connection.close()
                if what == "returncode":  # nobody is left to end it
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.pid, signal.SIGKILL)
                raise self._server.died()
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return int(json.loads(line)[what])


class _Reader(threading.Thread):
    """Reads a pipe to its end, so that its writer never has to wait."""

    def __init__(self, stream: IO[Any]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._content: Any = None
        self._error: UnicodeError | None = None
        self.start()

    def run(self) -> None:
        with self._stream:
            try:
                self._content = self._stream.read()
            except UnicodeError as error:
                self._error = error

    def content(self) -> Any:
        """Raises UnicodeError when it was no text."""
        if self._error:
            raise self._error
        return self._content


def _connect(
    number: int, wanted: int | IO[Any] | None, streams: list[int], theirs: list[int], text: bool
) -> IO[Any] | None:
    """Adds the child's end of a standard stream to `streams`; returns our end if it is a pipe."""
    if wanted is None:
        streams.append(number)
        return None
    if wanted == subprocess.DEVNULL:
        theirs.append(os.open(os.devnull, os.O_RDWR))
        streams.append(theirs[-1])
        return None
    if wanted != subprocess.PIPE:
        streams.append(wanted if isinstance(wanted, int) else wanted.fileno())
        return None
    reading, writing = os.pipe()
    child, ours = (reading, writing) if number == 0 else (writing, reading)
    theirs.append(child)
    streams.append(child)
    return os.fdopen(ours, ("w" if number == 0 else "r") + ("" if text else "b"))
