"""Whatever the streams are connected to, and in whatever encoding: the exit code is that of the work, which is done."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import COMMAND, Inside

FULL = Path("/dev/full")
NAME = "Größe 東京 ✓"


def in_shell(inside: Inside, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as `$astro_peer`, with the redirections of a shell."""
    return subprocess.run(
        ["/bin/bash", "-c", script],
        env=inside.environment() | {"astro_peer": shlex.quote(COMMAND)} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


bash = pytest.mark.skipif(
    not FULL.exists() or not Path("/bin/bash").exists(), reason="needs bash and /dev/full"
)


@bash
@pytest.mark.parametrize(
    "redirected",
    [
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        ">&-",
        "2>&-",
        ">&- 2>&- <&-",
        "2> >(exit)",
        "> >(exit)",
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_grant_is_done_whole_whatever_becomes_of_its_output(
    inside: Inside, redirected: str, form: str
) -> None:
    ran = in_shell(inside, f"$astro_peer grant --yes -v -o {form} {redirected}; exit $?")
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr and "Exception ignored" not in ran.stderr
    assert {part: len(held) for part, held in inside.ours().items()} == {
        "principals": 1,
        "roles": 1,
        "assignments": 1,
    }


@bash
@pytest.mark.parametrize(
    "arguments", ["role --subscription $subscription", "grant --dry-run", "hubs -o json"]
)
def test_what_was_to_be_read_and_is_lost_is_no_success(inside: Inside, arguments: str) -> None:
    """A script that was cut off by a full disk must not look finished."""
    known = {"subscription": inside.tenant.demo_subscription_id}
    ran = in_shell(inside, f"$astro_peer {arguments} >/dev/full", **known)
    assert ran.returncode == 1
    assert "standard output takes no more" in ran.stderr
    assert in_shell(inside, f"$astro_peer {arguments} > >(exit); exit $?", **known).returncode == 0


@pytest.mark.parametrize(
    "encoding",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}],
    ids=str,
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_character_that_the_encoding_lacks_is_spelled_out(
    inside: Inside, encoding: dict[str, str], form: str
) -> None:
    for subscription in list(inside.tenant.subscriptions.values()):
        inside.tenant.add(replace(subscription, name=NAME))
    ran = inside.run("grant", "--yes", "--debug", "-o", form, env=encoding, fresh=True)
    assert ran.code == 0, ran.err
    assert (ran.out + ran.err).isascii()
    assert "Gr\\xf6\\xdfe \\u6771" in ran.err
    assert len(inside.ours()["assignments"]) == 1
