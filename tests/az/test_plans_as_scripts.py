"""The plan is the truth: what it says will be there is what its script leaves when the real az runs it.

That the command leaves the same is proved over many more tenants: tests/e2e/test_plans_are_kept.py.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given

from astro_peer.model.change import Reason
from e2e.test_plans_are_kept import plan_of
from random_plans import EVERY_REASON, TENANTS, RandomTenant, arrange, promised, restore, shape, snapshot
from sampling import examples

from .tenant import InsideWithAz


def run(inside: InsideWithAz, wanted: RandomTenant, *, twice: bool) -> Counter[Reason]:
    """The reasons that occurred."""
    arguments = arrange(inside, wanted)
    plan = plan_of(inside, wanted, arguments[-1] if "--role-name" in arguments else None)
    before = shape(inside.tenant)
    if plan.cannot_be_made:
        assert inside.run(*arguments, "--dry-run").code == plan.cannot_be_made.exit_code
        return Counter()
    expected = promised(inside.tenant, plan)
    script = inside.script(*arguments)
    assert shape(inside.tenant) == before
    for _ in range(2 if twice else 1):
        ran = inside.bash(script)
        assert ran.code == 0, ran.err
        assert shape(inside.tenant) == expected, script
    return Counter(change.reason for change in plan.changes)


def test_every_reason_occurs_and_each_script_keeps_its_plan(
    inside: InsideWithAz, record_property: Any
) -> None:
    seen: Counter[Reason] = Counter()
    new = snapshot(inside.tenant)
    for wanted in EVERY_REASON:
        restore(inside.tenant, new)
        seen += run(inside, wanted, twice=False)
    for reason in Reason:
        record_property("reason", f"{seen[reason]:4} {reason.name}")
    assert set(Reason) - set(seen) == {Reason.NOT_LOOKED_UP}, "which only an offline plan has"


@examples(
    40,
    sampled=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(wanted=TENANTS)
@pytest.mark.usefixtures("inside")
def test_what_a_plan_says_is_what_its_script_leaves(inside: InsideWithAz, wanted: RandomTenant) -> None:
    new = snapshot(inside.tenant)
    try:
        run(inside, wanted, twice=True)
    finally:
        restore(inside.tenant, new)
