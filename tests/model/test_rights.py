"""Which rights a caller lacks, found before the first write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import ExitCode
from astro_peer.model import rights
from astro_peer.model.change import Change, Reason
from astro_peer.model.checks import subscription
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import Permission
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place
from astro_peer.model.surroundings import SignIn, Surroundings
from astro_peer.model.wanted import Wanted
from made_up import GRANT, GROUP, MANAGEMENT_GROUP, OTHER, REVOKE, ROLE, SCOPE, SUBSCRIPTION, held, observed

ASSIGNING = Change("assignment", None, held(), Reason.NOT_ASSIGNED)
DEFINING = Change("role", None, ROLE, Reason.ROLE_ABSENT)
SHARED = replace(ROLE, assignable_scopes=(SCOPE, OTHER, "/subscriptions/third"))
SHARING = Change("role", ROLE, SHARED, Reason.ROLE_NOT_ASSIGNABLE_HERE)
REMOVING = Change("assignment x", held(), None, Reason.GIVES_THE_ROLE)
KEEPING = Change("role", ROLE, ROLE, Reason.ROLE_AS_DOCUMENTED)
AROUND = Surroundings(sign_in=SignIn("somebody", None, SUBSCRIPTION.tenant_id, "cli", "Azure", False, None))
ALL, NONE = (Permission(("*",)),), ()


def may(**by_scope: tuple[Permission, ...]) -> Observed:
    scopes = {"here": SCOPE, "there": OTHER, "group": GROUP}
    return observed(permissions={scopes[name].lower(): held for name, held in by_scope.items()})


def found(seen: Observed, *changes: Change, wanted: Wanted = GRANT) -> list[Finding]:
    """What does not pass; that of a grant's revoke apart, which is asked about whatever is planned."""
    table = rights.abilities(wanted, seen, changes, AROUND)
    kept = [one for one in table if not (wanted.granted and one.part == rights.REVOKE)]
    return [one for one in rights.findings(wanted, seen, tuple(kept)) if one.level is not Level.PASS]


def test_who_may_do_it_all_lacks_nothing() -> None:
    assert found(may(here=ALL), ASSIGNING, DEFINING) == []


@pytest.mark.parametrize(
    ("change", "action"),
    [
        (ASSIGNING, "roleAssignments/write"),
        (DEFINING, "roleDefinitions/write"),
        (replace(REMOVING, key="assignment"), "roleAssignments/delete"),
    ],
)
def test_a_right_that_is_lacking_stops_it_and_is_named(change: Change, action: str) -> None:
    for held_here in (NONE, (Permission(("*",), not_actions=(f"Microsoft.Authorization/{action}",)),)):
        (lacking,) = found(may(here=held_here), change)
        assert (lacking.id, lacking.blocks, lacking.exit_code) == (
            f"rights-{change.key}",
            Blocks.GRANT,
            ExitCode.NOT_PERMITTED,
        )
        assert lacking.stops and lacking.reviewable
        assert f"Microsoft.Authorization/{action} on {SCOPE}" in lacking.fact


def test_each_part_that_is_lacking_asks_for_the_least_role() -> None:
    (one,) = found(may(here=NONE), ASSIGNING)
    assert "Role Based Access Control Administrator (or User" in str(one.way_out)
    first, second = found(may(here=NONE), DEFINING, ASSIGNING)
    assert "Role Based" not in str(first.way_out)
    assert (first.id, second.id) == ("rights-role", "rights-assignment")


def test_a_revoke_is_stopped_as_a_revoke() -> None:
    (lacking,) = found(may(here=NONE), REMOVING, wanted=REVOKE)
    assert lacking.blocks is Blocks.REVOKE


def test_rights_beneath_the_subscription_are_rights_in_it() -> None:
    beneath = replace(REMOVING, before=held(scope=GROUP.upper()))
    (lacking,) = found(may(group=NONE), beneath, wanted=REVOKE)
    assert lacking.id == "rights-revoke"


def test_a_role_that_others_use_takes_rights_there_and_one_scope_is_named() -> None:
    seen = observed(permissions={OTHER: NONE, "/subscriptions/third": NONE, SCOPE: ALL})
    (elsewhere,) = found(seen, SHARING)
    assert (elsewhere.id, elsewhere.exit_code) == ("rights-in-other-scopes", ExitCode.CONFLICT)
    assert elsewhere.stops and elsewhere.reviewable and OTHER in elsewhere.says
    here_too = replace(seen, permissions={SCOPE: NONE})
    assert [one.id for one in found(here_too, SHARING)] == ["rights-role"]


def test_a_subscription_of_a_longer_name_is_another() -> None:
    longer = replace(ROLE, assignable_scopes=(f"{SCOPE}0",))
    change = Change("role", None, longer, Reason.ROLE_ABSENT)
    (elsewhere,) = found(observed(permissions={f"{SCOPE}0": NONE}), change)
    assert elsewhere.id == "rights-in-other-scopes"


def test_what_was_not_asked_for_is_azures_to_say() -> None:
    above = replace(ROLE, assignable_scopes=(MANAGEMENT_GROUP,))
    assert found(may(here=ALL), Change("role", None, above, Reason.ROLE_ABSENT)) == []
    assert found(replace(may(here=NONE), looked_up=False), ASSIGNING) == []


def test_who_writes_nothing_needs_no_right() -> None:
    assert found(may(here=NONE), KEEPING) == []
    assert rights.needed((KEEPING, ASSIGNING, ASSIGNING)) == ASSIGNING.rights


def test_in_a_disabled_subscription_nothing_can_be_written() -> None:
    place = Place(SUBSCRIPTION.tenant_id, replace(SUBSCRIPTION, state="Disabled"))
    for wanted, blocks in ((GRANT, Blocks.GRANT), (REVOKE, Blocks.REVOKE)):
        (disabled,) = subscription.enabled(replace(wanted, place=place))
        assert (disabled.id, disabled.blocks, disabled.reviewable) == ("subscription-disabled", blocks, True)
        assert disabled.stops
    for state in ("Enabled", "Warned", "PastDue"):
        place = Place(SUBSCRIPTION.tenant_id, replace(SUBSCRIPTION, state=state))
        assert not [one for one in subscription.enabled(replace(GRANT, place=place)) if one.stops]
