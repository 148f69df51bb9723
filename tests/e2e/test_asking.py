"""Consent: nothing is written before a yes, and the plan that was agreed to is the one that is carried out."""

from __future__ import annotations

import io
import re
import sys
from datetime import timedelta

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import COMMAND, Inside
from e2e.test_roles_that_exist import arrange_role

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal, which Windows has not", allow_module_level=True)
import pexpect


def at_terminal(inside: Inside, *arguments: str, environment: dict[str, str] | None = None) -> pexpect.spawn:
    """With an end for a grant, which is then not asked for."""
    return pexpect.spawn(
        COMMAND,
        list(arguments),
        env=inside.environment()
        | {"TERM": "xterm", "COLUMNS": "100", "ASTRO_PEER_UNTIL": "14d"}
        | (environment or {}),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 100),
    )


def question(*, create: int = 0, change: int = 0, delete: int = 0, asks: str = "Continue?") -> str:
    """The one that asks for consent, whichever lines it is broken into."""
    words = f"{create} to create, {change} to change, {delete} to delete in connectivity-prod (61b9ba59…),"
    return r"(?:\s|\x1b\[[0-9;]*m)+".join(map(re.escape, f"{words} as sandbox-owner. {asks} [y/N]".split()))


def code_of(child: pexpect.spawn) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def test_without_a_terminal_and_without_yes_nothing_is_written(inside: Inside) -> None:
    for command in ("grant", "revoke"):
        ran = inside.run(command, stdin="y\n")
        assert ran.code == (2 if command == "grant" else 0)
    assert "Run it at a terminal, or add --yes" in inside.run("grant").err
    assert inside.writes() == []


def test_no_is_cancelled(inside: Inside) -> None:
    child = at_terminal(inside, "grant")
    child.expect(question(create=3))
    child.sendline("")
    assert code_of(child) == 3
    assert inside.writes() == []


def test_ctrl_c_at_the_question_is_interrupted(inside: Inside) -> None:
    child = at_terminal(inside, "grant")
    child.expect(question(create=3))
    child.sendintr()
    assert code_of(child) == 130
    assert inside.writes() == []


def test_the_application_is_shown_before_it_is_trusted(inside: Inside) -> None:
    """Its name and publisher cannot be known before its principal exists, so there is a second question."""
    child = at_terminal(inside, "grant")
    child.expect(r"home tenant and\s+publisher are\s+shown before the role is assigned")
    child.expect(question(create=3))
    child.sendline("y")
    child.expect(r"Astronomer, Inc\. \(verified\)")
    child.expect(r"Assign the role to this application\?")
    assert inside.ours()["assignments"] == []
    child.sendline("n")
    child.expect("Done: .*create service principal.*create custom role")
    child.expect("Not done: .*create role assignment")
    child.expect(
        r"az role definition delete --name [0-9a-f-]{36} --scope /subscriptions/.*az ad sp delete --id "
    )
    assert code_of(child) == 3
    assert inside.ours()["assignments"] == []

    child = at_terminal(inside, "grant")
    child.expect(r"Astronomer, Inc\. \(verified\)")
    child.expect(question(create=1))
    child.sendline("yes")
    child.expect("Astro Cluster ID")
    child.sendline("clm8qv74h000008mlf08scq7k")
    child.expect("Name of the peering")
    child.sendline("")
    assert code_of(child) == 0
    assert len(inside.ours()["assignments"]) == 1


def test_what_changed_while_the_question_was_open_is_asked_again(inside: Inside) -> None:
    child = at_terminal(inside, "grant")
    child.expect(question(create=3))
    arrange_role(inside, ("Microsoft.Network/virtualHubs/read",))
    child.sendline("y")
    child.expect("Azure changed while the question was open")
    child.expect("update.*custom role")
    child.expect(question(create=2, change=1))
    child.sendline("n")
    assert code_of(child) == 3
    assert inside.writes() == []


def test_a_role_that_became_broader_is_not_assigned(inside: Inside) -> None:
    child = at_terminal(inside, "grant")
    child.expect(question(create=3))
    arrange_role(inside, ("*",))
    child.sendline("y")
    assert code_of(child) == 7
    assert inside.writes() == []


def test_revoke_asks_one_question(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    child = at_terminal(inside, "revoke")
    child.expect(question(delete=1, asks="Astronomer has not connected yet: revoke anyway?"))
    child.sendline("y")
    assert code_of(child) == 0
    assert inside.tenant.principal_of(demo.ASTRONOMER_APP_ID) is not None
    assert inside.ours()["assignments"] == []


def test_an_end_is_offered_where_a_grant_begins(inside: Inside) -> None:
    later = {days: str((inside.sandbox.clock.now() + timedelta(days=days)).date()) for days in (14, 30)}
    child = at_terminal(inside, "grant", environment={"ASTRO_PEER_UNTIL": ""})
    child.expect(f"Last day of the grant, such as 14d or {later[14]} .Enter for no end.:")
    child.sendline("tomorrow")
    child.expect("expected a day such as")
    child.sendline("2020-01-01")
    child.expect("or a later day")
    child.sendline("30d")
    child.expect(f"The same without asking: --until {later[30]}")
    child.expect(f"until {later[30]}")
    child.expect(question(create=3))
    child.sendline("y")
    child.expect(r"Assign the role to this application\?")
    child.sendline("y")
    child.expect("Astro Cluster ID")
    child.sendline("")
    child.expect("Name of the peering")
    child.sendline("")
    assert code_of(child) == 0
    (held,) = [one for one in inside.tenant.role_assignments.values() if one.description]
    assert held.description == f"[astro-peer until {later[30]}]"

    child = at_terminal(inside, "grant", "--description", "CHG-4711", environment={"ASTRO_PEER_UNTIL": ""})
    child.expect(question(change=1))
    assert "Last day of the grant" not in str(child.before), "it is granted already"
    child.sendline("n")
    assert code_of(child) == 3


def test_no_end_is_an_answer(inside: Inside) -> None:
    child = at_terminal(inside, "grant", environment={"ASTRO_PEER_UNTIL": ""})
    child.expect("Last day of the grant")
    child.sendline("")
    child.expect(question(create=3))
    assert "until 20" not in str(child.before)
    child.sendline("n")
    assert code_of(child) == 3


COLOR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
NO_HUB = {"ASTRO_PEER_HUB_ID": "", "AZURE_SUBSCRIPTION_ID": ""}


def shown(child: pexpect.spawn) -> str:
    child.expect(pexpect.EOF)
    return str(child.before)


@pytest.mark.parametrize(
    ("options", "environment"),
    [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"})],
    ids=str,
)
def test_without_colours_there_are_none_but_bold_stays(
    inside: Inside, options: list[str], environment: dict[str, str]
) -> None:
    assert COLOR.search(shown(at_terminal(inside, "check")))
    for command in (["check"], ["grant", "--only", "nothing"], ["hubs"]):
        told = shown(at_terminal(inside, *command, *options, environment=environment))
        assert "\x1b[1m" in told and not COLOR.search(told), command
    child = at_terminal(inside, "check", *options, environment=NO_HUB | environment)
    child.expect("Which virtual hub")
    child.expect("vhub-prod-neu")
    asked = str(child.before)
    child.send("\r")
    assert not COLOR.search(asked + shown(child))


def test_a_dumb_terminal_gets_no_escape_sequence_and_numbers_to_choose_from(inside: Inside) -> None:
    dumb = {"TERM": "dumb"}
    for command in (["check"], ["status"], ["grant", "--only", "nothing"], ["--help"]):
        assert "\x1b" not in shown(at_terminal(inside, *command, environment=dumb)), command
    child = at_terminal(inside, "grant", environment=NO_HUB | dumb)
    child.logfile_read = told = io.StringIO()
    child.expect(r"Which virtual hub\? \[1-[0-9]+\]")
    number = re.findall(r"([0-9]+)  vhub-prod-neu", str(child.before))
    child.sendline("0")
    child.expect("please answer with one of the numbers")
    child.sendline(number[0])
    child.expect("--hub-id .*vhub-prod-neu")
    child.expect(question(create=3))
    child.sendline("n")
    assert code_of(child) == 3
    assert "\x1b" not in told.getvalue()


def test_no_number_is_cancelled(inside: Inside) -> None:
    child = at_terminal(inside, "check", environment=NO_HUB | {"TERM": "dumb"})
    child.expect("Which virtual hub")
    child.sendline("")
    assert code_of(child) == 3
