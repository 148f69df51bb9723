"""What comes next is said after whatever went well, with what names the same place and objects again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from astro_peer.errors import Failed
from astro_peer.model import next_steps
from astro_peer.model.check import Check
from astro_peer.model.end import Until
from astro_peer.model.finding import Finding, Level
from astro_peer.model.observed import Observed
from astro_peer.model.plan import decide
from astro_peer.model.principal import KEY as PRINCIPAL
from astro_peer.model.result import Applied, Result
from astro_peer.model.role import KEY as ROLE_KEY
from astro_peer.model.wanted import Part
from made_up import ASTRONOMER, FACTS, GRANT, REVOKE, ROLE, SCOPE, SUBSCRIPTION, held, hub, observed

IN_SUBSCRIPTION = f"--subscription {SUBSCRIPTION.id}"
PLACE = replace(GRANT.target, resource=hub())
AT_HUB = replace(GRANT, place=PLACE)
OWN_ROLE = replace(AT_HUB, role_name="Ours")


def commands(result: Result) -> list[str]:
    return [" ".join(one.words) for step in next_steps.after(result) for one in step.commands]


def test_a_grant_is_followed_until_it_is_revoked_by_its_end() -> None:
    plan = decide(replace(OWN_ROLE, until=Until(day=date(2099, 1, 2))), Observed(today=date(2026, 1, 1)))
    result = Result(command="grant", plan=plan, place=PLACE)
    assert commands(result) == [
        f"astro-peer request --hub-id {hub().id}",
        f"astro-peer status --watch --hub-id {hub().id} --role-name Ours",
        f"astro-peer revoke {IN_SUBSCRIPTION} --role-name Ours",
    ]
    assert "by 2099-01-02 at the latest" in next_steps.after(result)[-1].says
    assert next_steps.after(replace(result, error=Failed("It failed."))) == ()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part.PRINCIPAL, f"astro-peer grant --principal-object-id {ASTRONOMER.object_id}"),
        (Part.ROLE, f"astro-peer grant --only assignment {IN_SUBSCRIPTION} --role-name Ours"),
        (Part.ASSIGNMENT, f"astro-peer request --hub-id {hub().id}"),
    ],
)
def test_after_a_part_comes_the_next_part(part: Part, expected: str) -> None:
    wanted = replace(OWN_ROLE, only=part, place=None if part is Part.PRINCIPAL else PLACE)
    assert commands(Result(plan=decide(wanted, observed())))[-1] == expected


def test_a_revoke_is_looked_at_and_a_script_is_run() -> None:
    plan = decide(REVOKE, observed(held()))
    result = Result(command="revoke", plan=plan, place=REVOKE.target)
    assert commands(result) == [f"astro-peer status {IN_SUBSCRIPTION}"]
    scripted = replace(result, script="az ...")
    assert commands(scripted) == ["bash revoke.sh"]
    assert "> revoke.sh" in next_steps.after(scripted)[0].says


def test_what_fails_a_check_is_not_granted() -> None:
    plan = decide(AT_HUB, observed())
    assert commands(Result(place=PLACE, check=Check(plan))) == [f"astro-peer grant --hub-id {hub().id}"]
    failing = replace(plan, findings=(Finding("hub-missing", Level.FAIL, "It is gone."),))
    assert commands(Result(place=PLACE, check=Check(failing))) == []


def test_what_was_created_can_be_taken_away_and_nothing_else() -> None:
    plan = decide(GRANT, Observed())
    made = Applied(frozenset({PRINCIPAL, ROLE_KEY}), {PRINCIPAL: ASTRONOMER, ROLE_KEY: ROLE})
    assert [" ".join(one.words) for one in next_steps.undo(plan, made)] == [
        f"az role definition delete --name {ROLE.guid} --scope {SCOPE}",
        f"az ad sp delete --id {ASTRONOMER.object_id}",
    ]
    assert next_steps.undo(decide(GRANT, observed()), made) == (), "it was there before"
    assert next_steps.undo(plan, Applied()) == ()
    assert FACTS.role_name not in str(next_steps.undo(plan, made)), "a name may be several roles'"
