"""The plan is the truth: what it says will be there is what the command leaves, over random tenants.

That the printed script leaves the same is proved with the real az: tests/az/test_plans_as_scripts.py.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given

import astro_peer
from astro_peer import names
from astro_peer.model.change import Reason
from astro_peer.model.plan import Plan
from astro_peer.sandbox.run import serving
from conftest import Inside
from random_plans import EVERY_REASON, TENANTS, RandomTenant, arrange, promised, shape
from sampling import examples


def plan_of(inside: Inside, wanted: RandomTenant, name: str | None) -> Plan:
    """By the library, as any program would."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in inside.environment().items():
            patch.setenv(variable, value)
        azure = astro_peer.connect(timeout_seconds=60)
        only = wanted.command[2] if "--only" in wanted.command else None
        if only == "principal":
            return astro_peer.plan_principal(azure, wanted.facts)
        if wanted.command[0] == "revoke":
            return astro_peer.plan_revoke(
                azure,
                wanted.where(inside),
                role_name=name,
                delete_role="--delete-role" in wanted.command,
            )
        given = dict(pairwise(wanted.command))
        until = given.get("--until")
        return astro_peer.plan_grant(
            azure,
            wanted.where(inside),
            role_name=name,
            description=given.get("--description"),
            until=names.until(until) if until else None,
            enforce_until="--enforce-until" in wanted.command,
            only=astro_peer.Part(only) if only else None,
            update_shared_role="--update-shared-role" in wanted.command,
        )


def run(wanted: RandomTenant) -> Counter[Reason]:
    """The reasons that occurred."""
    with serving() as sandbox:
        inside = Inside(sandbox)
        arguments = arrange(inside, wanted)
        plan = plan_of(inside, wanted, arguments[-1] if "--role-name" in arguments else None)
        before = shape(inside.tenant)
        expected = before if plan.stopped_by else promised(inside.tenant, plan)
        ran = inside.run_here(*arguments, "--yes", "--timeout", "60", "-o", "json")
        if plan.stopped_by:
            assert ran.code == plan.stopped_by.exit_code, ran.err
            assert shape(inside.tenant) == before
            return Counter()
        assert ran.code == 0, ran.err
        assert shape(inside.tenant) == expected
        said = [(one["key"], one["action"], one["reason"]) for one in ran.document["changes"]]
        assert said == [(one.key, one.action.value, one.says) for one in plan.changes]
        assert {one["key"] for one in ran.document["changes"] if one["done"]} == {
            one.key for one in plan.changes if one.writes
        }
        again = inside.run_here(*arguments, "--yes", "--timeout", "1", "-o", "json")
        assert again.code in (0, 8)
        assert shape(inside.tenant) == expected, "a second run changes nothing"
        return Counter(change.reason for change in plan.changes)


def test_every_reason_occurs_and_each_plan_is_kept(record_property: Any) -> None:
    seen: Counter[Reason] = Counter()
    for wanted in EVERY_REASON:
        seen += run(wanted)
    for reason in Reason:
        record_property("reason", f"{seen[reason]:4} {reason.name}")
    assert set(Reason) - set(seen) == {Reason.NOT_LOOKED_UP}, "which only an offline plan has"


@examples(
    120,
    sampled=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(wanted=TENANTS)
@example(wanted=EVERY_REASON[0])
def test_what_a_plan_says_is_what_the_command_leaves(wanted: RandomTenant) -> None:
    run(wanted)
