"""How long a grant takes, beside the documented az commands: medians and ratios of interleaved runs.

Each round runs every candidate once, in a simulated tenant of its own whose answers take --latency milliseconds,
so that what else the machine does falls on all of them alike. Seconds depend on the machine; ratios hardly do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from astro_peer import procedure
from astro_peer.sandbox import az
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo

COMMAND = str(Path(sys.executable).with_name("astro-peer"))
SCOPE = f"/subscriptions/{demo.PROD}"


def ours(*arguments: str) -> list[list[str]]:
    return [[COMMAND, *arguments]]


def documented(role_file: str) -> list[list[str]]:
    application, role = procedure.load().application_id, procedure.load().role_name
    return [
        ["az", "ad", "sp", "create", "--id", application],
        ["az", "role", "definition", "create", "--role-definition", role_file],
        ["az", "role", "assignment", "create", "--assignee", application, "--role", role, "--scope", SCOPE],
        ["az", "role", "assignment", "list", "--assignee", application, "--all", "-o", "table"],
    ]


def seconds(commands: list[list[str]], latency: int, *, prepare: list[list[str]] | None = None) -> float:
    with serving(faults=[f"latency:{latency}"] if latency else []) as sandbox:
        inside = environment(sandbox, needs_az=commands[0][0] == "az")
        for command in prepare or []:
            run(command, inside)
        started = time.perf_counter()
        for command in commands:
            run(command, inside)
        return time.perf_counter() - started


def environment(sandbox: Sandbox, *, needs_az: bool) -> dict[str, str]:
    inside = sandbox.environment(os.environ)
    if needs_az:
        az.sign_in(inside)
    return inside


def run(command: list[str], inside: dict[str, str]) -> None:
    subprocess.run(command, env=inside, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", type=int, default=100, help="milliseconds each answer takes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        role_file = Path(folder, "role.json")
        role_file.write_text(procedure.role_file(demo.PROD), encoding="utf-8")
        grant = ours("grant", "--yes")
        candidates = {
            "grant, everything to do": (grant, []),
            "grant, nothing to do": (grant, grant),
            "status": (ours("status"), grant),
            "--help": (ours("--help"), []),
        }
        if shutil.which("az"):
            candidates["the four az commands"] = (documented(str(role_file)), [])
        else:
            print("az is not on PATH: its commands are left out.")
        measured: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(options.rounds):
            for name, (commands, prepare) in candidates.items():
                measured[name].append(seconds(commands, options.latency, prepare=prepare))
    base = statistics.median(measured["grant, everything to do"])
    print(f"{options.rounds} rounds, {options.latency} ms an answer; median, spread, ratio to a whole grant")
    for name, times in measured.items():
        median = statistics.median(times)
        print(f"{name:26} {median:6.2f} s  {min(times):5.2f}-{max(times):5.2f}  {median / base:5.2f}")


if __name__ == "__main__":
    main()
