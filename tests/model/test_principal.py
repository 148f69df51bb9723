"""Whom the role goes to, and what stands against that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import ExitCode
from astro_peer.model import principal as rules
from astro_peer.model.change import Action, Reason
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import ServicePrincipal
from astro_peer.model.observed import Observed
from made_up import ASTRONOMER, FACTS, GRANT, NOBODY_ASKED, REVOKE, SOMEBODY, observed

GIVEN = replace(GRANT, principal_id=ASTRONOMER.object_id)
GIVEN_BACK = replace(REVOKE, principal_id=ASTRONOMER.object_id)
ANOTHERS = ServicePrincipal(SOMEBODY, "somebody's application")


def found(wanted: object, **seen: object) -> list[Finding]:
    return list(rules.findings(wanted, observed(**seen)))  # type: ignore[arg-type]


def test_the_principal_is_made_for_astronomers_application_or_kept() -> None:
    made, kept = rules.decide(GRANT, Observed()), rules.decide(GRANT, observed())
    assert made.after == ServicePrincipal("", FACTS.application_id)
    assert (made.key, made.action, made.reason) == ("principal", Action.CREATE, Reason.PRINCIPAL_ABSENT)
    assert (kept.before, kept.action, kept.reason) == (ASTRONOMER, Action.KEEP, Reason.PRINCIPAL_EXISTS)


@pytest.mark.parametrize(
    ("wanted", "blocks"), [(GIVEN, Blocks.GRANT), (GIVEN_BACK, Blocks.REVOKE)], ids=["grant", "revoke"]
)
def test_another_applications_principal_is_never_taken_for_astronomers(
    wanted: object, blocks: Blocks
) -> None:
    for unchecked in (None, NOBODY_ASKED):
        (anothers,) = found(wanted, principal=ANOTHERS, unchecked=unchecked)
        assert (anothers.id, anothers.blocks) == ("principal-is-anothers", blocks)
        assert anothers.stops and not anothers.reviewable
    shouting = replace(ASTRONOMER, application_id=FACTS.application_id.upper())
    assert found(wanted, principal=shouting) == []


def test_what_nobody_could_check_is_said_and_stops_nothing() -> None:
    for wanted in (GIVEN, GIVEN_BACK):
        (unchecked,) = found(wanted, principal=None, unchecked=NOBODY_ASKED)
        assert (unchecked.id, unchecked.level, unchecked.stops) == (
            "principal-unchecked",
            Level.UNKNOWN,
            False,
        )


def test_an_object_id_that_graph_does_not_know_gets_nothing_but_can_be_revoked() -> None:
    (missing,) = found(GIVEN, principal=None)
    assert (missing.id, missing.blocks, missing.exit_code) == (
        "principal-not-found",
        Blocks.GRANT,
        ExitCode.NOT_FOUND,
    )
    assert missing.stops
    assert found(GIVEN_BACK, principal=None) == []


def test_what_was_not_given_or_not_looked_up_is_not_judged() -> None:
    assert found(GRANT) == found(GRANT, principal=None) == found(GIVEN) == []
    assert found(GIVEN, principal=None, looked_up=False) == []


@pytest.mark.parametrize(
    ("disabled", "who"),
    [
        (replace(ASTRONOMER, account_enabled=False), "an Entra administrator"),
        (replace(ASTRONOMER, disabled_by_microsoft="Abuse"), "Astronomer support"),
        (replace(ASTRONOMER, disabled_by_microsoft="Abuse", account_enabled=False), "Astronomer support"),
    ],
)
def test_a_disabled_principal_gets_nothing(disabled: ServicePrincipal, who: str) -> None:
    (finding,) = found(GRANT, principal=disabled)
    assert (finding.id, finding.level, finding.blocks, finding.who) == (
        "principal-disabled",
        Level.FAIL,
        Blocks.GRANT,
        who,
    )
    assert not disabled.usable and ASTRONOMER.usable
