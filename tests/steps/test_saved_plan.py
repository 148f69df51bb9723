"""Whether a saved plan was carried out and undone: by its note, by the activity log, or not to be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, Conflict, NotPermitted
from astro_peer.model import assignment
from astro_peer.model.account import Account
from astro_peer.model.audit import Event
from astro_peer.model.plan import decide
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.steps.saved_plan import require_not_undone
from made_up import GRANT, SCOPE, SUBSCRIPTION, observed

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PLAN = decide(GRANT, observed())
SAVED = SavedPlan(
    PLAN, None, Account("ann", None, SUBSCRIPTION.tenant_id, "cli"), "cloud", NOW - timedelta(days=1), "0"
)


def write(name: str, *, hours: float = 1, status: str = "Succeeded", what: str = "write") -> Event:
    kind = "Microsoft.Authorization/roleAssignments"
    resource = f"{SCOPE}/providers/{kind}/{name}"
    moment = NOW - timedelta(hours=hours)
    return Event(moment, f"{kind}/{what}", resource, status, "", "bob", "", "", "", f"c-{name}-{hours}")


def azure(*events: Event, refused: AstroPeerError | None = None) -> Azure:
    def log(*_: Any) -> tuple[Event, ...]:
        if refused:
            raise refused
        return events

    return cast(Azure, SimpleNamespace(now=lambda: NOW, activity_log=SimpleNamespace(events=log)))


@pytest.mark.parametrize("name", assignment.names(GRANT, str(assignment.principal_id(GRANT, observed()))))
@pytest.mark.parametrize("what", ["write", "delete"])
def test_what_was_written_since_is_not_written_again(name: str, what: str) -> None:
    with pytest.raises(Conflict, match="undone since") as refused:
        require_not_undone(azure(write(name, what=what)), SAVED, PLAN)
    assert "bob" in refused.value.meaning


def test_what_failed_was_before_or_is_anothers_stands_in_the_way_of_nothing() -> None:
    ours = assignment.name(GRANT)
    events = (write(ours, status="Failed"), write(ours, hours=25), write("another"))
    assert require_not_undone(azure(*events), SAVED, PLAN) == ""


def test_a_log_that_cannot_be_read_is_said() -> None:
    assert "is not known" in require_not_undone(azure(refused=NotPermitted("No.")), SAVED, PLAN)


def test_the_note_counts_without_the_log_and_only_for_what_it_names() -> None:
    noted = SAVED.having_done(NOW, "bob", ["assignment"])
    with pytest.raises(Conflict, match="undone since"):
        require_not_undone(azure(refused=NotPermitted("No.")), noted, PLAN)
    half = SAVED.having_done(NOW, "bob", ["principal", "role"])
    assert require_not_undone(azure(), half, PLAN) == "", "it goes on where it stopped"
    assert half.having_done(NOW, "ann", ["assignment"]).carried_out == replace(
        noted.having_done(NOW, "ann", ["role", "principal"]).carried_out or pytest.fail()
    )


def test_a_plan_of_the_future_is_refused() -> None:
    with pytest.raises(Conflict, match="yet to come"):
        require_not_undone(azure(), replace(SAVED, on=NOW + timedelta(hours=1)), PLAN)
