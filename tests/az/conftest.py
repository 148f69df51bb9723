"""The real az client is the referee here. Without az on PATH these tests are skipped."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_peer.sandbox.run import serving

from .tenant import InsideWithAz, SignedIn

RECORD = "RECORDED_AZ"
"""The variable that names the file in which `make test-az` gathers what az has carried out."""

RECORDER = """#!/usr/bin/env bash
# Runs az, and notes the command and its options, not their values, when az was content.
{az} "$@" || exit
line= options=
for word in "$@"; do
  case "$word" in
  --*) line+=" ${{word%%=*}}" options=yes ;;
  -*) options=yes ;;
  *) [ -n "$options" ] || line+=" $word" ;;
  esac
done
printf '%s\\n' "${{line# }}" >> "${{AZ_RECORD:-/dev/null}}"
"""


@pytest.fixture(scope="session")
def real_az() -> str:
    az = shutil.which("az")
    if az is None:
        pytest.skip("az is not on PATH (make test-az installs it)")
    return az


@pytest.fixture(scope="session", autouse=True)
def _needs_az(real_az: str) -> None:
    """Every test here does."""


@pytest.fixture(scope="session")
def path(real_az: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH whose az keeps a record."""
    folder = tmp_path_factory.mktemp("recorder")
    recorder = folder / "az"
    recorder.write_text(RECORDER.format(az=shlex.quote(real_az)))
    recorder.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def signed_in(path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    with serving() as sandbox:
        yield SignedIn(sandbox, tmp_path_factory.mktemp("signed-in"), path)


@pytest.fixture
def inside(signed_in: SignedIn, tmp_path: Path) -> Iterator[InsideWithAz]:
    inside = InsideWithAz(signed_in, tmp_path)
    yield inside
    gather(inside)


def gather(inside: InsideWithAz) -> None:
    """Keep what az has carried out, for the test that comes last."""
    gathered = os.environ.get(RECORD)
    if gathered:
        with Path(gathered).open("a") as file:
            file.write(inside.record.read_text())
