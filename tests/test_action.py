"""The action for GitHub's pipelines: its shell, run as a runner runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import Inside

ACTION = Path(__file__).parents[1] / "action"
HUB = (
    f"/subscriptions/{demo.PROD}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs"
    "/vhub-prod-weu"
)

pytestmark = [
    pytest.mark.skipif(not ACTION.is_dir(), reason="the source archive is not run as an action"),
    pytest.mark.skipif(sys.platform == "win32", reason="its shell is bash"),
]


@dataclass
class Runner:
    """What GitHub's runner gives a step, and what the step leaves there."""

    inside: Inside
    folder: Path

    def run(self, command: str, **inputs: str) -> tuple[int, dict[str, str], str]:
        """The exit code, the outputs and what was printed. The summary is kept in `summary`."""
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        environment = self.inside.sandbox.environment(os.environ) | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "COMMAND": command,
            **{name.upper(): value for name, value in inputs.items()},
        }
        ran = subprocess.run(
            ["bash", ACTION / "run.sh"],
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, self._outputs(), ran.stdout + ran.stderr

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text(encoding="utf-8")

    def _outputs(self) -> dict[str, str]:
        """As the runner reads them: NAME=VALUE, or NAME<<MARK and lines up to the mark."""
        found, lines = {}, iter((self.folder / "output").read_text(encoding="utf-8").splitlines())
        for line in lines:
            name, several, mark = line.partition("<<")
            if several and "=" not in name:
                found[name] = "\n".join(iter(lambda: next(lines), mark))
            else:
                name, _, found_value = line.partition("=")
                found[name] = found_value
        return found


@pytest.fixture
def runner(inside: Inside, tmp_path: Path) -> Runner:
    return Runner(inside, tmp_path)


def test_a_plan_is_saved_then_applied_and_seen(runner: Runner) -> None:
    code, outputs, said = runner.run("grant", plan="plan.json", arguments=f"--hub-id\n{HUB}\n")
    assert code == 0, said
    assert outputs["outcome"] == "planned"
    assert json.loads(outputs["json"])["changes"]
    assert "vhub-prod-weu" in runner.summary
    assert runner.inside.writes() == []

    code, outputs, said = runner.run("apply", plan="plan.json")
    assert code == 0, said
    assert outputs["exit-code"] == "0"
    assert len(runner.inside.ours()["assignments"]) == 1
    assert "role assignment" in runner.summary

    code, outputs, said = runner.run("status", arguments=f"--subscription\n{demo.PROD}")
    assert (code, outputs["outcome"]) == (0, "granted"), said
    assert runner.summary


def test_an_argument_is_never_evaluated(runner: Runner) -> None:
    hostile = "$(touch evaluated); touch evaluated\n`touch evaluated`\n--hub=*"
    code, outputs, _ = runner.run("status", arguments=hostile)
    assert code == 2
    assert outputs["exit-code"] == "2"
    assert json.loads(outputs["json"])["error"]["code"] == "Usage"
    assert not (runner.folder / "evaluated").exists()


@pytest.mark.parametrize(
    ("command", "inputs", "says"),
    [
        ("sandbox", {}, "command is none of"),
        ("grant", {}, "grant needs plan"),
        ("apply", {}, "apply needs plan"),
        ("status", {"plan": "plan.json"}, "status takes no plan"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    runner: Runner, command: str, inputs: dict[str, str], says: str
) -> None:
    code, outputs, said = runner.run(command, **inputs)
    assert (code, outputs) == (2, {})
    assert f"::error title=astro-peer::{says}" in said


def test_only_a_version_is_installed(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "VERSION": "0.1.0 --index-url=https://example.com",
        "PYTHON": sys.executable,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_PATH": str(tmp_path / "path"),
    }
    ran = subprocess.run(
        ["bash", ACTION / "install.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_its_shell_is_sound_and_takes_no_input_as_code() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), *sorted(ACTION.glob("*.sh"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout
    runs = [line for line in (ACTION / "action.yml").read_text().splitlines() if "run: " in line]
    assert runs and all("${{" not in line for line in runs)


def test_it_installs_the_version_that_it_belongs_to() -> None:
    from astro_peer import __version__

    assert f'default: "{__version__}"' in (ACTION / "action.yml").read_text(encoding="utf-8")
