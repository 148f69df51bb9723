"""Running the installed command: by default as a child of the fork server, which is fast, or started fresh.

What differs between the two is nothing that a command could notice (tests/test_forking.py compares them). It is
started fresh anyway where a test asks for that, where its environment matters before Python runs, and on systems other
than Linux: Windows cannot fork, and the libraries of macOS do not bear it.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from forking.client import ForkServer, Process

COMMAND = str(Path(sys.executable).with_name("astro-peer"))
CAN_FORK = sys.platform == "linux"

Running = subprocess.Popen[Any] | Process

started: Counter[str] = Counter()
"""How many commands were "forked" and how many "fresh", for the summary."""

_servers: list[ForkServer] = []
"""The one of this process, from the first command on."""


def start(
    *arguments: str,
    env: Mapping[str, str],
    fresh: bool = False,
    cwd: Path | None = None,
    stdin: int | IO[Any] | None = subprocess.DEVNULL,
    stdout: int | IO[Any] | None = subprocess.DEVNULL,
    stderr: int | IO[Any] | None = subprocess.DEVNULL,
    text: bool = True,
) -> Running:
    """The command with these arguments, running. Streams as for subprocess.Popen."""
    server = None if fresh or not CAN_FORK else _server()
    if server is None or server.why_fresh(env):
        started["fresh"] += 1
        return subprocess.Popen(
            [COMMAND, *arguments], env=env, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, text=text
        )
    started["forked"] += 1
    return Process(server, arguments, env=env, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, text=text)


def run(
    *arguments: str,
    env: Mapping[str, str],
    fresh: bool = False,
    cwd: Path | None = None,
    stdin: str = "",
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """The command run to its end, with this text on its standard input."""
    pipe = subprocess.PIPE
    with start(*arguments, env=env, fresh=fresh, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            out, err = process.communicate(stdin, timeout=timeout)
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.wait(), out, err)


def stop() -> None:
    """Ends the server, if there is one."""
    while _servers:
        _servers.pop().stop()


def _server() -> ForkServer:
    if not _servers:
        _servers.append(ForkServer(Path(COMMAND)))
    return _servers[0]
