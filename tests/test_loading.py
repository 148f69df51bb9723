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


AZ = """#!/bin/sh
[ "$1" = cloud ] && { echo 'URL'; exit; }
echo "$@" >>'FOLDER/asked'
echo '{"accessToken": "a.token.here", "expires_on": 4000000000}'
"""
NOTING = """
import subprocess, sys
begin = subprocess.Popen.__init__
def noting(run, arguments, *rest, **named):
    if "get-access-token" in arguments:
        print("sdk" if SDKS & set(sys.modules) else "nothing", "loaded", file=sys.stderr)
    begin(run, arguments, *rest, **named)
subprocess.Popen.__init__ = noting
""".replace("SDKS", repr(set(SDKS)))


@pytest.fixture
def env_with_az(inside: Inside, tmp_path: Path) -> dict[str, str]:
    """Of a machine where an az is signed in that is in the sandbox's cloud, as its files say."""
    az = tmp_path / "az"
    az.write_text(AZ.replace("URL", inside.sandbox.url).replace("FOLDER", str(tmp_path)))
    az.chmod(0o755)
    (tmp_path / "config").write_text("[cloud]\nname = here\n")
    (tmp_path / "clouds.config").write_text(
        f"[here]\nendpoint_resource_manager = {inside.sandbox.url}\n"
        f"endpoint_active_directory_resource_id = {inside.sandbox.url}\n"
        f"endpoint_microsoft_graph_resource_id = {inside.sandbox.url}/graph/\n"
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return inside.environment() | {"PATH": path, "AZURE_CONFIG_DIR": str(tmp_path)}


STATUS = ("status", "--auth", "cli", "--subscription", demo.PROD)


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
def test_a_sign_in_through_az_loads_nothing_that_az_does_not_need(env_with_az: dict[str, str]) -> None:
    found = loaded(*STATUS, env=env_with_az)
    assert "azure" in found
    assert not found & {"msal", "msal_extensions", "cryptography"}


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
def test_az_is_asked_before_anything_is_loaded_and_only_once(
    inside: Inside, env_with_az: dict[str, str], tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-c", NOTING + RUN, *STATUS],
        env=env_with_az,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in ran.stderr.splitlines() if line.endswith(" loaded")] == ["nothing loaded"] * 2
    asked = (tmp_path / "asked").read_text()
    assert sorted(line.split()[3] for line in asked.splitlines()) == [
        inside.sandbox.url,
        f"{inside.sandbox.url}/graph",
    ]


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
@pytest.mark.parametrize(
    "other", [{"ASTRO_PEER_CLOUD": "https://127.0.0.1:1/metadata"}, {"ASTRO_PEER_AUTH": "environment"}]
)
def test_az_is_not_asked_ahead_for_another_cloud_or_where_it_is_not_meant(
    env_with_az: dict[str, str], tmp_path: Path, other: dict[str, str]
) -> None:
    loaded("status", "--subscription", demo.PROD, env=env_with_az | {"ASTRO_PEER_AUTH": "cli"} | other)
    assert not (tmp_path / "asked").exists()
