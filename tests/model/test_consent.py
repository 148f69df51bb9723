"""The question carries how much becomes of it, where and as whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.model.consent import question
from astro_peer.model.objects import Permission
from astro_peer.model.observed import Observed
from astro_peer.model.plan import Plan, decide
from astro_peer.model.wanted import Part
from made_up import GRANT, REVOKE, held, observed, role

DRIFTED = role(Permission(("Microsoft.Network/virtualHubs/read",)))
PRINCIPAL_ALONE = replace(GRANT, place=None, only=Part.PRINCIPAL)


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        (
            decide(GRANT, Observed()),
            "3 to create, 0 to change, 0 to delete in prod (11111111…), as jo. Continue?",
        ),
        (
            decide(GRANT, observed(role=DRIFTED)),
            "1 to create, 1 to change, 0 to delete in prod (11111111…), as jo. Continue?",
        ),
        (
            decide(REVOKE, observed(held())),
            "0 to create, 0 to change, 1 to delete in prod (11111111…), as jo. Continue?",
        ),
        (
            decide(PRINCIPAL_ALONE, Observed()),
            "1 to create, 0 to change, 0 to delete in tenant 22222222…, as jo. Continue?",
        ),
    ],
)
def test_the_question_counts_what_is_written_and_says_where_and_as_whom(plan: Plan, asked: str) -> None:
    assert question(plan, "jo") == asked
    assert question(plan, None) == asked.replace(", as jo", "")
