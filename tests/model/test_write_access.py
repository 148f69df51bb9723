"""Whether Astronomer's principal can write to hubs: what `status` and `revoke` end with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import ExitCode
from astro_peer.model import access, write_access
from astro_peer.model.access import Holding, Holdings
from astro_peer.model.objects import Permission
from astro_peer.model.observed import Observed
from astro_peer.model.outcome import Outcome
from astro_peer.model.way_out import Command
from astro_peer.model.write_access import WriteAccess
from made_up import (
    ASTRONOMER,
    FACTS,
    GRANT,
    NOBODY_ASKED,
    OTHER,
    REVOKE,
    ROLE,
    SCOPE,
    SOMEBODY,
    held,
    observed,
    role,
)

ME = ASTRONOMER.object_id
EVERYTHING = role(Permission(("*",)))


def other(name: str = "owner", principal: str = ME, *, known: bool = False) -> Holding:
    one = held(principal, name=name, role="owner")
    wanted = replace(GRANT, known=(one.id,)) if known else GRANT
    return access.holding(wanted, one, EVERYTHING, ME, ())


OURS = access.holding(GRANT, held(), ROLE, ME, (held(),))
READS = access.holding(GRANT, held(name="reads", role="reader"), role(Permission(("*/read",))), ME, ())
GRANTED = observed(held())
PERHAPS = observed(held(SOMEBODY), principal=None, not_shown=frozenset({SOMEBODY}))


def status(seen: Observed, *listed: Holding, **more: object) -> WriteAccess:
    return write_access.decide(GRANT, seen, Holdings(listed, **more))  # type: ignore[arg-type]


def revoke(*listed: Holding, seen: Observed = GRANTED, **more: object) -> WriteAccess:
    return write_access.decide(REVOKE, seen, Holdings(listed, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "can_write", "code", "says"),
    [
        (
            status(GRANTED, OURS, READS),
            True,
            0,
            "through Astro VHub Peering Contributor on the subscription, and through nothing else.",
        ),
        (status(observed(), READS), False, 10, "Not granted: Astronomer cannot write to hubs here."),
        (status(Observed()), False, 10, "Not granted: Astronomer cannot write to hubs here."),
        (status(GRANTED, OURS, other()), True, 11, "and not only through the grant"),
        (status(observed(), other()), True, 11, "although nothing is granted as documented"),
        (status(observed(), groups_unread=NOBODY_ASKED), None, 11, "It is not known"),
        (status(GRANTED, OURS, groups_unread=NOBODY_ASKED), True, 11, "otherwise is not known"),
        (status(PERHAPS), None, 11, "It is not known"),
        (status(observed(), other(known=True)), False, 10, "through anything but what --known names"),
        (status(GRANTED, OURS, other(known=True)), True, 0, "through nothing else but what --known names"),
    ],
)
def test_what_status_ends_with(found: WriteAccess, can_write: bool | None, code: int, says: str) -> None:
    assert (found.can_write, found.exit_code) == (can_write, code)
    assert says in found.says


def test_a_grant_that_drifted_is_not_as_documented_even_where_it_cannot_write() -> None:
    lacking = role(Permission((FACTS.actions[0],)))
    ours = access.holding(GRANT, held(), lacking, ME, (held(),))
    found = status(observed(held(), role=replace(ROLE, permissions=lacking.permissions)), ours)
    assert (found.can_write, found.outcome) == (False, Outcome.DRIFTED)
    assert found.says == "Granted, but not as documented:" and found.lines


def test_an_orphan_gives_nobody_anything_and_is_said() -> None:
    found = status(observed(held(SOMEBODY), deleted=frozenset({SOMEBODY})))
    assert found.exit_code is ExitCode.NOT_GRANTED
    assert "left behind" in found.lines[0]


def test_the_role_of_an_older_page_is_named() -> None:
    five = replace(ROLE, permissions=(Permission(FACTS.actions[:5]),))
    ours = access.holding(GRANT, held(), five, ME, (held(),))
    assert (
        "It is the role that the documentation had in 2024, with 5 actions."
        in status(observed(held(), role=five), ours).lines
    )


@pytest.mark.parametrize(
    ("found", "complete", "code"),
    [
        (revoke(), True, 0),
        (revoke(READS), True, 0),
        (revoke(READS, other()), False, 11),
        (revoke(other(known=True)), False, 0),
        (revoke(groups_unread=NOBODY_ASKED), False, 0),
        (revoke(seen=PERHAPS), False, 0),
        (revoke(seen=observed(principal=None, unchecked=NOBODY_ASKED)), False, 0),
    ],
)
def test_what_a_revoke_ends_with(found: WriteAccess, complete: bool, code: int) -> None:
    outcome, exit_code = found.after_revoke
    assert (found.complete, exit_code) == (complete, code)
    assert outcome is (Outcome.ACCESS_REMAINS if code else Outcome.DONE)


def test_a_revoke_by_an_object_id_that_was_given_is_complete_unchecked() -> None:
    unchecked = observed(principal=None, unchecked=NOBODY_ASKED)
    given = replace(REVOKE, principal_id=ME)
    assert write_access.decide(given, unchecked, Holdings()).complete


def test_each_other_way_comes_with_the_command_that_ends_it() -> None:
    through_group = other("groups", SOMEBODY)
    first, second = status(GRANTED, OURS, other(), through_group).findings
    assert (
        Command(("az", "role", "assignment", "delete", "--ids", other().assignment.id)) in first.way_out.parts
    )
    assert str(other()) in first.says and "--known" in first.fact
    assert f"the group {SOMEBODY}" in str(second.way_out.parts[0])


def test_what_could_not_be_read_is_a_finding() -> None:
    (found,) = revoke(groups_unread=NOBODY_ASKED).findings
    assert found.level == "unknown" and NOBODY_ASKED.code in found.says


def test_a_known_id_that_matches_nothing_is_said() -> None:
    elsewhere = f"{OTHER}/providers/Microsoft.Authorization/roleAssignments/one"
    wanted = replace(GRANT, known=(elsewhere, held().id, other().assignment.id.upper()))
    found = write_access.decide(wanted, GRANTED, Holdings((OURS, replace(other(), known=True))))
    assert found.matching_nothing == (elsewhere, held().id), "the grant itself counts all the same"
    assert [one.id for one in found.remarks] == ["known-matches-nothing"] * 2
    assert SCOPE in found.remarks[1].says
