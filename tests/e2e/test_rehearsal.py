"""Two people in one sandbox, and what is handed from one to the next."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Inside
from running import COMMAND


def as_person(inside: Inside, who: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command started by another one is Python started anew: few of them."""
    return subprocess.run(
        [COMMAND, "sandbox", "as", who, "--", *command],
        env=inside.environment("reader"),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_is_run_as_another_person_and_the_first_one_stays(inside: Inside) -> None:
    assert inside.run("grant", "--yes", "--only", "principal", persona="reader").code == 5
    made = as_person(inside, "entra-admin", COMMAND, "grant", "--yes", "--only", "principal", "-o", "json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["account"]["name"] == "sandbox-entra-admin"
    assert len(inside.ours()["principals"]) == 1
    shown = "import os; print(os.environ['AZURE_USERNAME'], os.environ['AZURE_CONFIG_DIR'])"
    person, config = as_person(inside, "user", sys.executable, "-c", shown).stdout.split()
    assert person.startswith("user@")
    assert config != inside.environment()["AZURE_CONFIG_DIR"] and not Path(config).exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("user", "--", "no-such-command"), 2),
        (("user", "--"), 2),
        (("nobody", "--", "true"), 2),
        (("user", "--", sys.executable, "-c", "raise SystemExit(9)"), 9),
    ],
)
def test_what_is_wrong_is_said_and_the_commands_exit_code_passed_on(
    inside: Inside, arguments: tuple[str, ...], code: int
) -> None:
    assert inside.run("sandbox", "as", *arguments).code == code


def test_outside_a_sandbox_nobody_is_another_person(inside: Inside) -> None:
    ran = inside.run("sandbox", "as", "user", "--", "true", env={"ASTRO_PEER_SANDBOX_URL": ""})
    assert ran.code == 2 and "inside a sandbox only" in ran.err
    wrong = inside.run("sandbox", "as", "user", "--", "true", env={"ASTRO_PEER_SANDBOX_SECRET": "guessed"})
    assert wrong.code == 1 and "could not be reached" in wrong.err


def test_the_request_is_markdown_with_its_subject_and_others_words_are_text(inside: Inside) -> None:
    ran = inside.run("request", "--cluster-id", "clm8qv74h000008mlf08scq7k", "--markdown")
    heading, *lines = ran.out.splitlines()
    assert (
        heading == "# Azure: connect Astro cluster clm8qv74h000008mlf08scq7k to the virtual hub vhub-prod-weu"
    )
    assert "- Virtual hub: `vhub-prod-weu`" in lines
    text = inside.run("request", "--cluster-id", "clm8qv74h000008mlf08scq7k").out
    assert "Subject:                Azure: connect Astro cluster clm8qv74h000008mlf08scq7k" in text
    assert inside.run("request", "--markdown", "-o", "json").code == 2
