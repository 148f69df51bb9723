"""The safety rules: reads only read, tokens go nowhere else, and no secret is ever shown."""

from __future__ import annotations

import re
import subprocess

import pytest

from conftest import COMMAND, TOKEN, Inside


def test_status_and_a_refused_plan_send_nothing_but_reads(inside: Inside) -> None:
    assert inside.run("status").code == 10
    assert inside.run("grant").code == 2
    assert inside.run("revoke").code == 0
    assert inside.run("role").code == 2, "several subscriptions, so one has to be chosen"
    assert inside.writes() == []
    assert {one["method"] for one in inside.requests() if "/oauth2/" not in one["url"]} <= {"GET", "POST"}


def test_grant_writes_only_its_three_objects(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    sent = [re.sub(r"\?.*", "", write) for write in inside.writes()]
    assert len(sent) == 3
    assert sent[0].startswith("POST") and sent[0].endswith("/v1.0/servicePrincipals")
    assert sent[1].startswith("PUT") and "/roleDefinitions/" in sent[1]
    assert sent[2].startswith("PUT") and "/roleAssignments/" in sent[2]


@pytest.mark.parametrize("flag", ["--debug", "--verbose"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_ever_shown(inside: Inside, flag: str, form: str) -> None:
    """`Inside.run` looks for secrets in whatever any test has printed; here is the most that can be asked for."""
    shown = ""
    for command in (
        ("grant", "--yes"),
        ("status",),
        ("revoke", "--yes"),
        ("grant", "--yes", "--hub", "none"),
    ):
        ran = inside.run(*command, flag, "-o", form)
        shown += ran.out + ran.err
    assert "GET https://" in shown, "the requests are shown"
    token = "eyJhbGciOiJIUzI1NiIs.eyJhdWQiOiJodHRwczovL.c2lnbmF0dXJl"
    assert TOKEN.search(f"Authorization: {token}"), "the look-out can see one"


def test_a_lost_reader_of_stdout_is_no_traceback(inside: Inside) -> None:
    with subprocess.Popen(
        [COMMAND, "status", "-o", "json"],
        env=inside.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_piped_output_has_no_colours_and_no_cut_ids(inside: Inside) -> None:
    ran = inside.run("grant", "--yes")
    assert "\x1b" not in ran.out + ran.err
    assert inside.tenant.demo_subscription_id in ran.out
    assert not any(line != line.rstrip() for line in (ran.out + ran.err).splitlines())
