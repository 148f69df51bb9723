"""How long each command takes, beside the documented az commands: medians and ratios of one interleaved run.

Each round runs every candidate once, in simulated tenants of their own, so that what else the machine does falls on all
of them alike. Seconds depend on the machine; ratios hardly do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from astro_peer import procedure
from astro_peer.sandbox.tenant import demo
from bench import measuring, results
from bench.candidates import OURS, WITHOUT_AZURE, Candidate, lives
from bench.measuring import Measured

LATENCIES = (0, 50, 100, 300)
PICTURED = 100


def main() -> None:
    options = _options()
    if not shutil.which("az"):
        sys.exit("az is not on PATH: what is measured is compared with it (`make bench` installs one).")
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        role_file = Path(folder, "role.json")
        role_file.write_text(procedure.role_file(demo.PROD), encoding="utf-8")
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for latency in options.latency or LATENCIES:
                for life in lives(str(role_file)):
                    measured += measuring.in_azure(life, latency)
            measured += [measuring.without_azure(one) for one in WITHOUT_AZURE]
        if options.first_start:
            measured += _first_starts(folder)
    found, title = results.lines(measured), results.heading(options.rounds)
    print(f"{title}\n\n{results.table(found)}")
    if options.json:
        options.json.write_text(results.document(found, title), encoding="utf-8")
    if options.picture:
        options.picture.write_text(results.picture(found, PICTURED), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--latency", type=int, action="append", help="milliseconds each answer takes; may be repeated"
    )
    parser.add_argument("--first-start", action="store_true", help="starts without compiled modules, too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--picture", type=Path, metavar="FILE", help=f"bars for {PICTURED} ms, as SVG")
    return parser.parse_args()


def _first_starts(folder: str) -> list[Measured]:
    """Without bytecode, as a first start after an installation may be; and by uvx, which downloads and installs what it
    has not in its cache yet.
    """
    compiles = os.environ | {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
    first = Candidate("--version, nothing compiled", ((OURS, "--version"),), "--version")
    uvx = (str(Path(sys.executable).with_name("uvx")), "--from", ".", "astro-peer", "--version")
    empty = os.environ | {"UV_CACHE_DIR": str(Path(folder, "uv"))}
    installing = Candidate("--version by uvx, installed by it", (uvx,), "--version")
    again = Candidate("--version by uvx, again", (uvx,), "--version")
    return [
        measuring.without_azure(first, compiles),
        measuring.without_azure(installing, empty),
        measuring.without_azure(again, empty),
    ]


if __name__ == "__main__":
    main()
