"""What is loaded when: whoever asks for help, or is told of a typing mistake, does not wait for an SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import Inside

SDKS = frozenset({"azure", "msal", "requests", "urllib3", "cryptography", "pydantic", "werkzeug"})
RUN = """
import json, sys
from astro_peer import cli
from astro_peer.output import streams
def leave(code):
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
    raise SystemExit(code)
streams.leave = leave
cli.main()
"""


def loaded(*arguments: str, env: dict[str, str] | None = None) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-P", "-c", RUN, *arguments], env=env, capture_output=True, text=True, check=False
    )
    return set(json.loads(ran.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("role", "--subscription", demo.PROD),
        ("--help",),
        ("grant", "--help"),
        ("grant", "--no-such-option"),
        ("grant", "--offline", "--tenant", demo.TENANT, "--subscription", demo.PROD),
    ],
)
def test_what_needs_no_azure_loads_no_sdk(arguments: tuple[str, ...]) -> None:
    assert not loaded(*arguments) & SDKS


@pytest.mark.parametrize("arguments", [("--version",), ("role", "--subscription", demo.PROD)])
def test_what_is_printed_as_it_is_needs_no_terminal(arguments: tuple[str, ...]) -> None:
    assert "rich" not in loaded(*arguments)


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
def test_a_sign_in_through_az_loads_nothing_that_az_does_not_need(inside: Inside, tmp_path: Path) -> None:
    az = tmp_path / "az"
    token = json.dumps({"accessToken": "a.token.here", "expires_on": 4_000_000_000})
    az.write_text(
        f"#!/bin/sh\n[ \"$1\" = cloud ] && {{ echo '{inside.sandbox.url}'; exit; }}\necho '{token}'\n"
    )
    az.chmod(0o755)
    env = inside.environment() | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    found = loaded("status", "--auth", "cli", "--subscription", demo.PROD, env=env)
    assert "azure" in found
    assert not found & {"msal", "msal_extensions", "cryptography"}
