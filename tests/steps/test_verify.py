"""A grant is verified by what Azure shows of its own assignment and of its role, and by nothing less."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from astro_peer.errors import Conflict, Failed, TimedOut
from astro_peer.model.change import Thing
from astro_peer.model.objects import Permission, RoleAssignment, RoleDefinition
from astro_peer.model.observed import Observed
from astro_peer.model.plan import decide
from astro_peer.model.result import Applied
from astro_peer.steps.verify import verify
from astro_peer.waiting import Patience, Silent
from made_up import ASTRONOMER, FACTS, GRANT, GROUP, ROLE, SCOPE, SOMEBODY, held, observed

OURS = held()
THEIRS = held(role="other", name="theirs")
BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "x/y/delete")),))
LACKING = replace(ROLE, permissions=(Permission(FACTS.actions[1:]),))


class Showing:
    """Azure as `verify` asks it: each read shows the next of these, and the last from then on."""

    def __init__(
        self,
        assignments: list[RoleAssignment | None] | None = None,
        roles: list[RoleDefinition | None] | None = None,
        listed: tuple[RoleAssignment, ...] = (OURS,),
    ) -> None:
        self._assignments, self._roles, self._listed = assignments or [OURS], roles or [ROLE], listed
        self.waited: list[str] = []
        self.authorization = self

    def assignment(self, resource_id: str) -> RoleAssignment | None:
        assert resource_id == OURS.id
        return self._assignments.pop(0) if len(self._assignments) > 1 else self._assignments[0]

    def role(self, scope: str, guid: str) -> RoleDefinition | None:
        assert scope == SCOPE
        if guid != ROLE.guid:
            return None
        return self._roles.pop(0) if len(self._roles) > 1 else self._roles[0]

    def assignments_of(self, scope: str, principal_id: str) -> list[RoleAssignment]:
        assert (scope, principal_id) == (SCOPE, ASTRONOMER.object_id)
        return list(self._listed)

    def start(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(call(*args))
        return done

    def patience(self, what_for: str, at_most_seconds: float | None = None) -> Patience:
        self.waited.append(what_for)
        return Patience(what_for, 0.05, Silent())

    def verified(
        self, seen: Observed | None = None, done: frozenset[str] = frozenset(), **made: Thing
    ) -> list[tuple[RoleAssignment, bool]]:
        plan = decide(GRANT, seen or observed())
        applied = Applied(done, made={"assignment": OURS, **made})
        holdings = verify(self, plan, applied)  # type: ignore[arg-type]
        return [(one.assignment, one.ours) for one in holdings]


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astro_peer.waiting._FIRST_PAUSE_SECONDS", 0.01)


def test_everything_the_principal_holds_is_told_and_what_the_list_does_not_show_yet_too() -> None:
    assert Showing().verified() == [(OURS, True)]
    assert Showing(listed=(THEIRS,)).verified() == [(THEIRS, False), (OURS, True)]
    shouted = replace(OURS, id=OURS.id.upper())
    assert Showing(listed=(shouted,)).verified() == [(shouted, True)]


def test_what_was_made_by_the_same_run_is_ours() -> None:
    nothing_yet = observed(principal=None, role=None)
    assert Showing().verified(nothing_yet, principal=ASTRONOMER) == [(OURS, True)]


@pytest.mark.parametrize(
    "shown",
    [
        None,
        replace(OURS, role_guid="other"),
        replace(OURS, principal_id=SOMEBODY),
        replace(OURS, scope=GROUP),
    ],
)
def test_another_assignment_than_ours_is_no_proof(shown: RoleAssignment | None) -> None:
    with pytest.raises(TimedOut, match="show the role assignment"):
        Showing([shown]).verified()
    assert Showing([shown, replace(OURS, scope=SCOPE.upper())]).verified() == [(OURS, True)]


def test_a_role_that_allows_more_by_now_is_an_error_at_once() -> None:
    showing = Showing(roles=[BROADER, ROLE])
    with pytest.raises(Conflict, match="allows more than documented") as caught:
        showing.verified()
    assert "x/y/delete" in str(caught.value.meaning)


@pytest.mark.parametrize("shown", [None, LACKING])
def test_a_role_that_shows_less_is_read_again_and_then_an_error(shown: RoleDefinition | None) -> None:
    assert Showing(roles=[shown, ROLE]).verified() == [(OURS, True)]
    with pytest.raises(Failed, match="does not read as documented"):
        Showing(roles=[shown]).verified()


def test_only_what_the_plan_read_by_its_ids_and_nobody_wrote_since_is_not_read_again() -> None:
    ids = frozenset({OURS.id.lower(), ROLE.guid})
    seen = observed(OURS, assignments=(OURS,), by_id=ids)
    changed = Showing([None], [BROADER])
    assert changed.verified(seen) == [(OURS, True)]
    with pytest.raises(TimedOut):
        changed.verified(seen, done=frozenset({"assignment"}))
    for one in ids:
        with pytest.raises(TimedOut):
            changed.verified(replace(seen, by_id=ids - {one}))
