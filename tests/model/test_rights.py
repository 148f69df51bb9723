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
from astro_peer.model.surroundings import DenyAssignment, SignIn, Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import Command, Role
from made_up import (
    ASTRONOMER,
    GRANT,
    GROUP,
    MANAGEMENT_GROUP,
    OTHER,
    REVOKE,
    ROLE,
    SCOPE,
    SUBSCRIPTION,
    held,
    observed,
)

ASSIGNING = Change("assignment", None, held(), Reason.NOT_ASSIGNED)
DEFINING = Change("role", None, ROLE, Reason.ROLE_ABSENT)
SHARED = replace(ROLE, assignable_scopes=(SCOPE, OTHER, "/subscriptions/third"))
SHARING = Change("role", ROLE, SHARED, Reason.ROLE_NOT_ASSIGNABLE_HERE)
REMOVING = Change("assignment x", held(), None, Reason.GIVES_THE_ROLE)
KEEPING = Change("role", ROLE, ROLE, Reason.ROLE_AS_DOCUMENTED)
AROUND = Surroundings(
    sign_in=SignIn(
        "somebody", None, SUBSCRIPTION.tenant_id, "cli", "Azure", "https://graph.example", False, None
    )
)
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


# The table


def table(
    seen: Observed, *changes: Change, wanted: Wanted = GRANT, **around: object
) -> dict[str, rights.Verdict]:
    known = replace(AROUND, **around)  # type: ignore[arg-type]
    return {one.part: one.verdict for one in rights.abilities(wanted, seen, changes, known)}


ASSIGNS = (Permission(("Microsoft.Authorization/roleAssignments/*",)),)
DELETING = Change("role", ROLE, None, Reason.ROLE_UNUSED)
CREATING = Change("principal", None, ASTRONOMER, Reason.PRINCIPAL_ABSENT)


@pytest.mark.parametrize("changes", [(REMOVING, DELETING), (DELETING, REMOVING)])
def test_a_part_of_several_changes_is_judged_by_the_one_that_is_lacking_most(
    changes: tuple[Change, ...],
) -> None:
    wanted = replace(REVOKE, delete_role=True)
    (lacking,) = found(may(here=ASSIGNS), *changes, wanted=wanted)
    assert (lacking.id, lacking.blocks, lacking.stops) == ("rights-revoke", Blocks.REVOKE, True)
    assert "roleDefinitions/delete" in lacking.fact
    (command,) = (one for one in lacking.way_out.parts if isinstance(one, Command))
    assert "--delete-role" in command.words
    assert found(may(here=ALL), *changes, wanted=wanted) == []


def test_a_shared_role_that_may_not_be_changed_elsewhere_stops_the_whole_revoke() -> None:
    shrinking = Change("role", SHARED, replace(SHARED, assignable_scopes=(OTHER,)), Reason.ROLE_SHARED)
    seen = observed(permissions={SCOPE: ALL, OTHER: NONE})
    (elsewhere,) = found(seen, REMOVING, shrinking, wanted=replace(REVOKE, delete_role=True))
    assert (elsewhere.id, elsewhere.blocks) == ("rights-in-other-scopes", Blocks.REVOKE)
    (elsewhere,) = found(seen, shrinking)
    assert elsewhere.blocks is Blocks.GRANT


def test_what_needs_no_write_hides_nothing_that_does() -> None:
    kept = Change("role", ROLE, ROLE, Reason.ROLE_ASSIGNED)
    for changes in ((REMOVING, kept), (kept, REMOVING)):
        assert table(may(here=NONE), *changes, wanted=REVOKE) == {"revoke": rights.Verdict.CANNOT}
    assert table(may(here=ALL), KEEPING, wanted=replace(GRANT, only=Part.ROLE)) == {
        "role": rights.Verdict.NOT_NEEDED
    }


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        (GRANT, ["assignment", "revoke"]),
        (replace(GRANT, only=Part.ASSIGNMENT), ["assignment", "revoke"]),
        (replace(GRANT, only=Part.ROLE), ["assignment"]),
        (REVOKE, ["revoke"]),
    ],
)
def test_who_may_give_the_role_is_told_whether_they_may_take_it_away(
    wanted: Wanted, parts: list[str]
) -> None:
    assert list(table(may(here=ALL), ASSIGNING, wanted=wanted)) == parts


def test_that_a_grant_cannot_be_taken_back_is_a_warning_and_stops_nothing() -> None:
    seen = may(here=(Permission(("*",), not_actions=("Microsoft.Authorization/roleAssignments/delete",)),))
    (later,) = (
        one
        for one in rights.findings(GRANT, seen, rights.abilities(GRANT, seen, (ASSIGNING,), AROUND))
        if one.level is not Level.PASS
    )
    assert (later.id, later.level, later.stops) == ("rights-revoke", Level.WARNING, False)


def test_without_permissions_the_directory_is_still_judged_and_without_either_nothing() -> None:
    alone = replace(GRANT, only=Part.PRINCIPAL, place=None)
    assert table(observed(), CREATING, wanted=alone) == {"principal": rights.Verdict.UNKNOWN}
    assert table(observed(), CREATING, wanted=alone, sign_in=None) == {}
    assert table(may(here=ALL), ASSIGNING, sign_in=None)["assignment"] is rights.Verdict.PROBABLY


DENYING = DenyAssignment("stack", SCOPE, ALL, (rights.EVERYBODY,), ())


@pytest.mark.parametrize(
    ("denial", "verdict"),
    [
        (DENYING, rights.Verdict.PROBABLY_NOT),
        (replace(DENYING, scope=MANAGEMENT_GROUP), rights.Verdict.CAN),
        (replace(DENYING, scope=GROUP), rights.Verdict.CAN),
        (replace(DENYING, permissions=(Permission(("Microsoft.Compute/*",)),)), rights.Verdict.CAN),
        (replace(DENYING, principals=("me",), excluded=("me",)), rights.Verdict.CAN),
    ],
)
def test_a_deny_assignment_counts_where_it_reaches_what_is_done(
    denial: DenyAssignment, verdict: rights.Verdict
) -> None:
    me = replace(AROUND.sign_in, object_id="me")  # type: ignore[type-var]
    judged = table(may(here=ALL), ASSIGNING, sign_in=me, denials=(denial,), own_assignments=())
    assert judged["assignment"] is verdict


def test_what_is_handed_over_says_the_same_again() -> None:
    shared = replace(GRANT, update_shared_role=True, role_name="Mine")
    for wanted, said in ((shared, True), (replace(shared, update_shared_role=False), False)):
        (lacking,) = found(may(here=NONE), DEFINING, wanted=wanted)
        (command,) = (one for one in lacking.way_out.parts if isinstance(one, Command))
        assert ("--update-shared-role" in command.words) is said
        assert command.words[-3 if said else -2 :][:2] == ("--role-name", "Mine")
        assert lacking.who == "an Owner of the subscription"
        (role,) = (one for one in lacking.way_out.parts if isinstance(one, Role))
        assert (role.name, role.scope) == ("User Access Administrator (or Owner)", SCOPE)


def test_who_may_not_make_the_principal_hands_that_part_over() -> None:
    alone = replace(GRANT, only=Part.PRINCIPAL, place=None)
    table = rights.abilities(alone, observed(), (CREATING,), AROUND)
    (unknown,) = rights.findings(alone, observed(), table)
    (command,) = (one for one in unknown.way_out.parts if isinstance(one, Command))
    assert command.words == ("astro-peer", "grant", "--only", "principal", "--tenant", GRANT.tenant_id)
    assert unknown.who == "an Entra administrator"
    assert str(unknown.fact).startswith("Your roles") and unknown.fact.endswith("not read.")
