import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from astro_peer.sandbox import environment
from astro_peer.sandbox.run import Sandbox, run, serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

PYTHON = sys.executable


def test_the_environment_replaces_everything_about_azure_and_keeps_the_rest(sandbox: Sandbox) -> None:
    parent = {
        "PATH": "/bin",
        "HOME": "/home/x",
        "AZURE_CLIENT_CERTIFICATE_PATH": "/real.pem",
        "AZURE_TENANT_ID": "real",
        "ARM_CLIENT_SECRET": "real",
        "ASTRO_PEER_HUB": "real",
        "NO_PROXY": "internal,localhost",
    }
    inside = sandbox.environment(parent)
    assert "real" not in inside.values() and "/real.pem" not in inside.values()
    assert (inside["PATH"], inside["HOME"]) == ("/bin", "/home/x")
    assert inside["AZURE_TENANT_ID"] == demo.TENANT
    assert inside["AZURE_SUBSCRIPTION_ID"] == demo.PROD
    assert inside["AZURE_AUTHORITY_HOST"] == inside["ASTRO_PEER_SANDBOX_URL"] == sandbox.url
    assert inside["ASTRO_PEER_CLOUD"] == f"{sandbox.url}/metadata/endpoints?api-version=2022-09-01"
    assert inside["ASTRO_PEER_HUB_ID"] == sandbox.tenant.demo_hub_id
    assert inside["NO_PROXY"] == inside["no_proxy"] == "internal,localhost,127.0.0.1"
    assert inside["REQUESTS_CA_BUNDLE"] == inside["SSL_CERT_FILE"]
    assert list(Path(inside["AZURE_CONFIG_DIR"]).iterdir()) == []


def test_another_persona_can_be_chosen_for_one_command(sandbox: Sandbox) -> None:
    owner, reader = sandbox.environment({}), sandbox.environment({}, Persona.READER)
    assert owner["AZURE_CLIENT_ID"] != reader["AZURE_CLIENT_ID"]
    assert owner["AZURE_CLIENT_SECRET"] != reader["AZURE_CLIENT_SECRET"]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_bundle_keeps_what_the_parent_trusts(tmp_path: Path, name: str) -> None:
    company = tmp_path / "company.pem"
    company.write_bytes(b"-----COMPANY-----")
    environment.write_bundle(tmp_path / "bundle.pem", b"-----SANDBOX-----", {name: str(company)})
    assert (tmp_path / "bundle.pem").read_bytes() == b"-----COMPANY-----\n-----SANDBOX-----"


def test_secrets_differ_from_run_to_run_and_ids_do_not() -> None:
    with serving() as one, serving() as other:
        first, second = one.environment({}), other.environment({})
    assert first["AZURE_CLIENT_SECRET"] != second["AZURE_CLIENT_SECRET"]
    assert first["AZURE_CLIENT_ID"] == second["AZURE_CLIENT_ID"]
    assert first["ASTRO_PEER_HUB_ID"] == second["ASTRO_PEER_HUB_ID"]


def test_nothing_is_left_behind() -> None:
    with serving() as sandbox:
        directory = sandbox.ca_bundle.parent
        assert directory.exists()
    assert not directory.exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_a_killed_sandbox_left_goes_with_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = (
        "from astro_peer.sandbox.run import serving\n"
        "with serving() as sandbox:\n    print(sandbox.ca_bundle.parent, flush=True); input()"
    )
    stranger = tmp_path / "astro-peer-sandbox-of-something-else"
    stranger.mkdir()
    with subprocess.Popen(
        [PYTHON, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        with serving():
            assert left.is_dir(), "a sandbox that lives keeps its files"
        process.kill()
    assert left.is_dir()
    with serving():
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [stranger]


def test_a_command_runs_inside_and_its_exit_code_comes_back(tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    script = f"import json, os; json.dump(dict(os.environ), open({str(seen)!r}, 'w')); raise SystemExit(7)"
    assert run([PYTHON, "-c", script], persona="reader") == 7
    inside = json.loads(seen.read_text())
    assert inside["AZURE_CLIENT_ID"] == demo.persona_app_id(Persona.READER)
    assert not Path(inside["AZURE_CONFIG_DIR"]).exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_command_killed_by_a_signal_counts_as_128_and_the_signal() -> None:
    script = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    assert run([PYTHON, "-c", script]) == 128 + signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_command_first_and_then_the_sandbox(number: signal.Signals) -> None:
    inner = (
        "import signal, sys, os\n"
        "def end(*_):\n    print(os.environ['AZURE_CONFIG_DIR'], flush=True); sys.exit(9)\n"
        "signal.signal(signal.SIGINT, end); signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True); signal.pause()"
    )
    outer = f"import sys; from astro_peer.sandbox.run import run; sys.exit(run([sys.executable, '-c', {inner!r}]))"
    with subprocess.Popen(
        [PYTHON, "-c", outer], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if number is signal.SIGINT:  # as a terminal does it: to the whole group
            os.killpg(process.pid, number)
        else:
            process.terminate()
        directory = process.stdout.readline().strip()
        assert process.wait(20) == 9
    assert directory and not Path(directory).exists()


def test_a_command_that_does_not_exist_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["/no/such/command"])
