"""The installed command, as a user runs it."""

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ASTRO_PEER = [sys.executable, "-m", "astro_peer"]


def _run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ASTRO_PEER_", "AZURE_"))}
    return subprocess.run(
        [*ASTRO_PEER, *arguments], env=clean | (env or {}), capture_output=True, text=True, check=False
    )


def test_run_passes_options_and_the_exit_code_of_the_command_through() -> None:
    script = "import sys; print(sys.argv[1:]); sys.exit(3)"
    done = _run("sandbox", "run", "--as", "reader", "--", sys.executable, "-c", script, "--as", "x")
    assert (done.returncode, done.stdout) == (3, "['--as', 'x']\n")


def test_connect_is_refused_in_a_fresh_tenant_and_state_shows_why() -> None:
    inner = " ; ".join(
        (
            f"{shlex.join([*ASTRO_PEER, 'sandbox', 'connect'])}",
            "echo $? >&2",
            shlex.join([*ASTRO_PEER, "sandbox", "state"]),
        )
    )
    done = _run("sandbox", "run", "--", "sh", "-c", inner)
    assert done.returncode == 0
    assert "\n401 invalid_client: AADSTS7000229" in done.stderr and done.stderr.endswith("\n5\n")
    requests = json.loads(done.stdout)["requests"]
    assert [(r["method"], r["status"]) for r in requests] == [("POST", 401)]


@pytest.mark.parametrize("command", ["state", "connect"])
def test_outside_a_sandbox_there_is_nothing_to_show(command: str) -> None:
    done = _run("sandbox", command)
    assert done.returncode == 2
    assert "inside a sandbox only" in done.stderr and done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--fault", "storm", "--", "true"], "Known faults: latency:MILLISECONDS"),
        (["--as", "root", "--", "true"], "entra-admin"),
        (["--", "/no/such/command"], "There is no command '/no/such/command'."),
        ([], "COMMAND"),
    ],
)
def test_usage_errors_say_what_there_is(arguments: list[str], text: str) -> None:
    done = _run("sandbox", "run", *arguments)
    assert done.returncode == 2
    assert text in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_sandbox_that_is_gone_is_a_failure() -> None:
    gone = {"ASTRO_PEER_SANDBOX_URL": "https://127.0.0.1:9", "ASTRO_PEER_SANDBOX_SECRET": "x"}
    done = _run(
        "sandbox",
        "state",
        env=gone,
    )
    assert done.returncode == 1 and "could not be reached" in done.stderr


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "trustme.py").write_text("raise ImportError")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = _run("sandbox", "run", "--", "true", env={"PYTHONPATH": path})
    assert done.returncode == 1
    assert "pip install 'astro-peer[sandbox]'" in done.stderr


def test_az_missing_from_the_path_is_said(tmp_path: Path) -> None:
    done = _run("sandbox", "run", "--az", "--", sys.executable, "-c", "", env={"PATH": str(tmp_path)})
    assert done.returncode == 1 and "The Azure CLI (az) is not on your PATH" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands in for az")
def test_az_is_signed_in_to_the_sandbox_in_a_directory_of_its_own(tmp_path: Path) -> None:
    az = tmp_path / "az"
    az.write_text(f'#!/bin/sh\necho "$AZURE_CONFIG_DIR $*" >> {shlex.quote(str(tmp_path / "calls"))}\n')
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    script = "import os; print(os.environ['AZURE_CONFIG_DIR'], os.environ['ASTRO_PEER_SANDBOX_URL'])"
    done = _run(
        "sandbox",
        "run",
        "--az",
        "--",
        sys.executable,
        "-c",
        script,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    directory, url = done.stdout.split()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert {call.split()[0] for call in calls} == {directory}
    assert [call.split()[1] for call in calls] == ["config", "cloud", "cloud", "login"]
    register = calls[1]
    assert f"--endpoint-active-directory-resource-id {url}" in register and "microsoft.com" not in register


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_serve_says_how_to_use_it_and_ends_with_ctrl_c() -> None:
    with subprocess.Popen(
        [*ASTRO_PEER, "sandbox", "serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None and process.stdout is not None
        exports = {}
        for line in process.stderr:
            if line.startswith("export "):
                name, _, value = shlex.split(line)[1].partition("=")
                exports[name] = value
            if line.startswith("export no_proxy"):
                break
        state = _run("sandbox", "state", env=exports)
        assert state.returncode == 0 and json.loads(state.stdout)["requests"] == []
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
