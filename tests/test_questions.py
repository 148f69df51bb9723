"""Nothing is agreed to but by a yes, of somebody who is there, to the plan as it is then."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest

from astro_peer import procedure
from astro_peer.commands import questions
from astro_peer.errors import Cancelled, Conflict, Interrupted, NotPermitted, UsageError
from astro_peer.model.objects import NextHop, Permission, VirtualHub
from astro_peer.model.observed import Observed
from astro_peer.model.plan import Plan, decide
from astro_peer.model.request import SupportRequest
from astro_peer.output import Output
from conftest import PassingClock
from made_up import ASTRONOMER, FACTS, GRANT, REVOKE, ROLE, SOMEBODY, SUBSCRIPTION, held, observed

FIRST = decide(GRANT, Observed())
HALF = decide(GRANT, observed())
DONE = decide(GRANT, observed(held()))
BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "*/delete")),))
STOPPED = decide(GRANT, observed(role=BROADER))
NOTHING = decide(REVOKE, Observed())


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


Typing = Callable[..., Output]


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """An output whose questions are answered by these lines, or asked of nobody."""

    def answered(*lines: str, there: bool = True) -> Output:
        text = "".join(f"{line}\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", Keyboard(text) if there else io.StringIO(text))
        return Output()

    return answered


def consent(output: Output, plan: Plan, *again: Plan, yes: bool = False) -> tuple[Plan, list[Plan]]:
    """The plan that was agreed to, and those that were shown anew."""
    made, shown = iter(again), list[Plan]()
    agreed = questions.require_consent(output, plan, lambda: next(made), shown.append, yes=yes)
    return agreed, shown


@pytest.mark.parametrize("answer", ["y", "yes", "Y", " YES "])
def test_a_yes_to_a_plan_that_stays_so_is_consent(
    typing: Typing, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    fresh = decide(GRANT, Observed())
    agreed, shown = consent(typing(answer), FIRST, fresh)
    assert agreed is fresh and shown == []
    asked = "3 to create, 0 to change, 0 to delete in prod (11111111…). Continue? [y/N]"
    assert asked in capsys.readouterr().err
    consent(typing(answer), HALF, HALF)
    assert "1 to create, 0 to change, 0 to delete" in capsys.readouterr().err


@pytest.mark.parametrize("lines", [("n",), ("no",), ("",), (), ("yess", "n"), ("j", "ye", "")])
def test_anything_but_a_yes_is_none(
    typing: Typing, capsys: pytest.CaptureFixture[str], lines: tuple[str, ...]
) -> None:
    with pytest.raises(Cancelled):
        consent(typing(*lines), FIRST, FIRST)
    assert ("please answer" in capsys.readouterr().err) is (len(lines) > 1)


def test_what_is_no_answer_is_asked_again(typing: Typing) -> None:
    assert consent(typing("maybe", "y"), FIRST, FIRST) == (FIRST, [])


def test_where_nobody_is_there_nobody_has_agreed(typing: Typing) -> None:
    with pytest.raises(UsageError, match="nobody to ask"):
        consent(typing("y", there=False), FIRST, FIRST)


def test_ctrl_c_at_a_question_is_no_consent(typing: Typing, monkeypatch: pytest.MonkeyPatch) -> None:
    output = typing("y")

    def interrupted() -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    with pytest.raises(Interrupted):
        consent(output, FIRST, FIRST)


def test_what_changed_meanwhile_is_shown_and_asked_again(
    typing: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    output = typing("y", "y")
    assert consent(output, FIRST, HALF, HALF) == (HALF, [HALF])
    assert output.result.plan is HALF
    assert "changed while the question was open" in capsys.readouterr().err
    with pytest.raises(Cancelled):
        consent(typing("y", "n"), FIRST, HALF, HALF)


def test_what_stands_in_the_way_by_now_stops_it_after_a_yes(typing: Typing) -> None:
    with pytest.raises(Conflict, match="allows more"):
        consent(typing("y"), FIRST, STOPPED)


def test_what_somebody_else_has_done_meanwhile_is_not_asked_again(
    typing: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert consent(typing("y"), HALF, DONE) == (DONE, [DONE])
    assert "Nothing to change" in capsys.readouterr().err


@pytest.mark.parametrize("plan", [FIRST, DONE, NOTHING])
def test_with_yes_nobody_is_asked(typing: Typing, capsys: pytest.CaptureFixture[str], plan: Plan) -> None:
    assert consent(typing(there=False), plan, yes=True) == (plan, [])
    shown = capsys.readouterr()
    assert ("Nothing to change" in shown.err) is (plan is DONE)
    assert "[y/N]" not in shown.err


def test_what_writes_nothing_needs_no_consent(typing: Typing) -> None:
    assert consent(typing(there=False), DONE) == (DONE, [])


def test_a_question_is_no_work_that_the_deadline_counts(
    typing: Typing, passing_clock: PassingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = typing()
    before = output.prompter.deadline = type(output.prompter.deadline)(10)

    def slowly() -> str:
        passing_clock.sleep(1000)
        return "y"

    monkeypatch.setattr("builtins.input", slowly)
    consent(output, FIRST, FIRST)
    assert before.left() == pytest.approx(10, abs=0.5)


# Who is trusted


def test_the_application_is_shown_and_gets_the_role_after_a_yes_alone(
    typing: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    named = replace(ASTRONOMER, display_name="Astro Cloud", home_tenant_id="of-astronomer")
    for lines, yes in ((("y",), False), ((), True)):
        questions.trust(typing(*lines), yes=yes)(named)
        shown = capsys.readouterr()
        assert "Astro Cloud" in shown.out + shown.err
        assert ("Assign the role to this application? [y/N]" in shown.err) is not yes
    for lines in (("n",), ()):
        with pytest.raises(Cancelled):
            questions.trust(typing(*lines), yes=False)(named)


REFUSED = NotPermitted("Graph does not answer.", meaning="You may not read it.")
CANDIDATES = (SOMEBODY, ASTRONOMER.object_id)


def test_whose_the_principal_is_is_chosen_by_a_person_and_never_guessed(
    typing: Typing, capsys: pytest.CaptureFixture[str]
) -> None:
    def choose(output: Output, *, yes: bool) -> str:
        return questions.choose_principal(output, CANDIDATES, REFUSED, yes=yes)

    assert choose(typing("3", "x", "2"), yes=False) == ASTRONOMER.object_id
    listed = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["1", SOMEBODY] in listed and ["2", ASTRONOMER.object_id] in listed
    with pytest.raises(Cancelled):
        choose(typing("0", "-1", ""), yes=False)
    for output, yes in ((typing("1"), True), (typing("1", there=False), False)):
        with pytest.raises(NotPermitted, match="Graph does not answer") as caught:
            choose(output, yes=yes)
        assert all(f"--principal-object-id {one}" in caught.value.meaning for one in CANDIDATES)
    with pytest.raises(NotPermitted):
        questions.choose_principal(typing("1"), CANDIDATES[:1], REFUSED, yes=True)


HUBS = [
    (
        VirtualHub(
            f"/hubs/{name}", name, "rg", SUBSCRIPTION.id, "weu", "Succeeded", "Provisioned", None, "/wan"
        ),
        SUBSCRIPTION,
    )
    for name in ("first", "second")
]
HOPS = (NextHop("/a", "Azure Firewall", "a", "10.0.0.1"), NextHop("/b", "Azure Firewall", "b", "10.0.0.2"))


def test_a_list_is_offered_where_somebody_sees_it_and_the_answer_is_taken(
    typing: Typing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for there in (True, False):
        nobody_sees = typing("2", there=there)
        assert questions.choose_resource(nobody_sees, procedure.load()) is None
        assert questions.choose_next_hop(nobody_sees) is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    by_hub = questions.choose_resource(typing("2"), procedure.load())
    assert by_hub and by_hub(HUBS) is HUBS[1][0]
    assert "--hub-id /hubs/second" in capsys.readouterr().err
    by_hop = questions.choose_next_hop(typing("1"))
    assert by_hop and by_hop(HOPS) is HOPS[0]
    assert "--firewall-ip 10.0.0.1" in capsys.readouterr().err


def test_only_what_was_not_given_is_asked_for(typing: Typing) -> None:
    request = SupportRequest(None, SUBSCRIPTION.tenant_id, SUBSCRIPTION.id, "rg", "hub", "astro", None, "url")
    cluster = "clu0123456789abcdef012345"
    asked = questions.ask_missing(typing("no ID", cluster, "mine"), request, peering_name_given=False)
    assert asked == replace(request, cluster_id=cluster, peering_name="mine")
    assert questions.ask_missing(typing("another"), asked, peering_name_given=True) is asked
    blank = questions.ask_missing(typing("", ""), request, peering_name_given=False)
    assert blank == request
    assert questions.ask_missing(typing(cluster, there=False), request, peering_name_given=False) is request
