"""One run of a candidate: how long it took, what it asked, and how much memory its largest process had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import chains
from astro_peer.sandbox import az
from astro_peer.sandbox.run import serving
from bench.candidates import Candidate, Life

_LAUNCHER = """
import json, os, sys
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(process, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss]), file=sys.stderr)
"""
"""A small process: what starts a program hands down the most memory that it had itself."""
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes that ru_maxrss is counted in."""


@dataclass(frozen=True)
class Measured:
    candidate: Candidate
    latency: int | None
    """Milliseconds an answer took; None where none was waited for."""
    seconds: float
    megabytes: float
    counted: chains.Counted


def in_azure(life: Life, latency: int) -> Iterator[Measured]:
    """In a sandbox of its own. Signing in with az is not measured: it is done once a day."""
    faults = [f"latency:{latency}"] if latency else []
    with serving(faults=faults, subscriptions=life.subscriptions) as sandbox:
        inside = sandbox.environment(os.environ)
        if life.signs_in_az:
            az.sign_in(inside)
        for candidate in life.candidates:
            yield _measured(candidate, inside, latency, lambda: sandbox.state()["requests"])


def without_azure(candidate: Candidate, environment: dict[str, str] | None = None) -> Measured:
    return _measured(candidate, environment or dict(os.environ), None, list)


def _measured(
    candidate: Candidate,
    environment: dict[str, str],
    latency: int | None,
    log: Callable[[], list[dict[str, object]]],
) -> Measured:
    already = len(log())
    started = time.perf_counter()
    largest = max(_run(command, environment) for command in candidate.commands)
    seconds = time.perf_counter() - started
    return Measured(candidate, latency, seconds, largest, chains.count(log()[already:]))


def _run(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Its largest process's memory in MB. Ends the whole run where the command fails."""
    launched = (sys.executable, "-I", "-S", "-c", _LAUNCHER, *command)
    ran = subprocess.run(launched, env=environment, capture_output=True, text=True, check=False)
    *said, last = ran.stderr.splitlines()
    code, largest = json.loads(last)
    if code:
        sys.exit("\n".join([f"{' '.join(command)} ended with {code}:", *said]))
    return float(largest) * _UNIT / 1e6
