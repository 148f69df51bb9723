"""astro-peer signed in through the real az: through the sandbox's own sign-in, and never through another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import running
from astro_peer.sandbox import az as az_client
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant.demo import persona_app_id
from astro_peer.sandbox.tenant.personas import Persona
from conftest import Ran

from .tenant import InsideWithAz

OURS = ("AZURE_", "ARM_", "ASTRO_PEER_")


def without_identity(env: dict[str, str]) -> dict[str, str]:
    """Nothing but az is signed in there."""
    return {name: value for name, value in env.items() if not name.startswith("AZURE_CLIENT_")}


def run(env: dict[str, str], *arguments: str) -> Ran:
    """`sandbox run` is started fresh, as it starts commands itself."""
    ran = running.run(*arguments, env=env, timeout=180, fresh=arguments[:2] == ("sandbox", "run"))
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize("auth", ["cli", "auto"])
def test_the_whole_way_through_az(inside: InsideWithAz, auth: str) -> None:
    env = without_identity(inside.environment()) | {"ASTRO_PEER_AUTH": auth}
    assert run(env, "status").code == 10
    granted = run(env, "grant", "--yes")
    assert granted.code == 0, granted.err
    assert "sandbox-owner (cli)" in granted.err
    assert "account get-access-token" in inside.record.read_text()
    assert run(env, "sandbox", "connect").code == 0
    assert run(env, "status").code == 0
    assert run(env, "revoke", "--yes", "--delete-role").code == 0
    assert (inside.ours()["roles"], inside.ours()["assignments"]) == ([], [])


def test_az_beside_an_identity_in_the_environment_is_asked_only_when_named(inside: InsideWithAz) -> None:
    env = inside.environment()
    assert "(environment)" in run(env, "status").err
    assert "get-access-token" not in inside.record.read_text()
    assert "(cli)" in run(env, "status", "--auth", "cli").err


def test_a_secret_that_begins_with_a_dash_signs_az_in(inside: InsideWithAz) -> None:
    application = inside.tenant.applications[persona_app_id(Persona.OWNER)]
    inside.tenant.add(replace(application, secret="-" + application.secret))
    env = inside.environment() | {"AZURE_CONFIG_DIR": str(inside.folder / "fresh")}
    az_client.sign_in(env)
    assert inside.az("account", "show", env=env).code == 0


@pytest.fixture
def own_configuration(tmp_path: Path, path: str) -> Path:
    """A fictitious user's ~/.azure, written by az: another cloud is active there."""
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "PATH": path}
    for arguments in (
        ("config", "set", "core.collect_telemetry=no"),
        ("cloud", "set", "--name", "AzureUSGovernment"),
    ):
        subprocess.run(
            [str(shutil.which("az", path=path)), *arguments],
            env=env,
            capture_output=True,
            check=True,
            timeout=60,
        )
    assert "AzureUSGovernment" in (home / ".azure" / "config").read_text()
    return home / ".azure"


def content(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("named", [True, False], ids=["AZURE_CONFIG_DIR", "HOME"])
def test_the_users_own_az_is_neither_used_nor_touched(
    own_configuration: Path, path: str, tmp_path: Path, named: bool
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env |= {"HOME": str(own_configuration.parent), "PATH": path, "TMPDIR": str(temporary)}
    env |= {"AZURE_CONFIG_DIR": str(own_configuration)} if named else {}
    before = content(own_configuration)
    ran = run(
        env,
        "sandbox",
        "run",
        "--az",
        "--",
        "az",
        "account",
        "show",
        "--query",
        "environmentName",
        "-o",
        "tsv",
    )
    assert (ran.code, ran.out) == (0, "AstroPeerSandbox\n"), ran.err
    assert content(own_configuration) == before
    assert list(temporary.iterdir()) == [], "az's configuration for the sandbox is gone"


def in_another_sandbox(inside: InsideWithAz, other: Sandbox) -> dict[str, str]:
    """Inside `other`, but az is signed in to the first sandbox, and both of them are trusted."""
    both = inside.folder / "both.pem"
    both.write_bytes(inside.sandbox.ca_bundle.read_bytes() + b"\n" + other.ca_certificate.read_bytes())
    first = inside.environment()
    trusted = {"REQUESTS_CA_BUNDLE": str(both), "SSL_CERT_FILE": str(both)}
    kept = {name: first[name] for name in ("PATH", "AZ_RECORD", "AZURE_CONFIG_DIR")}
    return without_identity(other.environment(os.environ)) | trusted | kept


@pytest.mark.parametrize("auth", ["cli", "auto"])
def test_az_of_another_sandbox_is_never_asked_for_a_token(inside: InsideWithAz, auth: str) -> None:
    with serving() as other:
        env = in_another_sandbox(inside, other)
        inside.forget_requests()
        for command in (("status",), ("grant", "--yes"), ("revoke", "--yes")):
            ran = run(env, *command, "--auth", auth)
            assert ran.code == 4, ran.err
        assert inside.requests() == []
        assert "get-access-token" not in inside.record.read_text()
        assert all("/metadata/" in one["url"] for one in other.state()["requests"])
    there = env | {"ASTRO_PEER_CLOUD": f"{inside.sandbox.url}/metadata/endpoints?api-version=2022-09-01"}
    assert run(there, "status", "--auth", auth).code == 10, "in its own sandbox the same sign-in is good"


def test_without_az_the_sandbox_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    temporary, empty = tmp_path / "temporary", tmp_path / "empty"
    temporary.mkdir()
    empty.mkdir()
    env = os.environ | {"PATH": str(empty), "TMPDIR": str(temporary)}
    ran = run(env, "sandbox", "run", "--az", "--", sys.executable, "-c", "print('ran')")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.strip() == "Error: The Azure CLI (az) is not on your PATH: https://aka.ms/azure-cli"
    assert list(temporary.iterdir()) == []
