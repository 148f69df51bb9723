"""The role is written without losing what others wrote, and what was written is what Azure shows afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import Conflict, Failed, NotPermitted, TimedOut
from astro_peer.model import plan
from astro_peer.model.change import Change
from astro_peer.model.objects import Permission, RoleDefinition, Subscription
from astro_peer.model.wanted import Wanted
from astro_peer.steps import role
from conftest import PassingClock
from made_up import FACTS, GRANT, OTHER, REVOKE, ROLE, SCOPE, THIRD, observed
from small_tenant import PATIENCE_SECONDS, SmallTenant, refusal

pytestmark = pytest.mark.usefixtures("passing_clock")

SHARING = replace(GRANT, update_shared_role=True)
DELETING = replace(REVOKE, delete_role=True)
BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "*/delete")),))
LACKING = replace(ROLE, permissions=(Permission(FACTS.actions[1:]),))
ELSEWHERE = replace(ROLE, guid="theirs", assignable_scopes=(OTHER,))
SHARED = replace(ROLE, assignable_scopes=(OTHER, SCOPE))
NAME_TAKEN = "RoleDefinitionWithSameNameExists"
STILL_SEEN = ("RoleDefinitionHasAssignments", "RoleScopeBeingRemovedContainsAssignments")


def planned(wanted: Wanted, found: RoleDefinition | None) -> Change:
    made = plan.decide(wanted, observed(role=found))
    return next(one for one in made.changes if one.key == "role")


def carried_out(
    tenant: SmallTenant, wanted: Wanted, found: RoleDefinition | None = None
) -> RoleDefinition | None:
    return role.carry_out(tenant, planned(wanted, found), wanted)  # type: ignore[arg-type]


def find(tenant: SmallTenant, **how: bool) -> tuple[RoleDefinition | None, bool]:
    found = role.find(tenant, GRANT, **how)  # type: ignore[arg-type]
    return found.role, found.listed_here


# Looking for it


def test_the_role_of_the_name_here_comes_before_ours_by_its_guid() -> None:
    theirs = replace(ROLE, guid="theirs")
    tenant = SmallTenant(ROLE)
    tenant.shows["named"].append([theirs])
    assert find(tenant) == (theirs, True)
    tenant.shows["named"].append([])
    assert find(tenant) == (ROLE, False)


def test_a_role_that_is_assignable_elsewhere_only_is_found_as_it_is_now() -> None:
    widened = replace(BROADER, guid="theirs", assignable_scopes=(OTHER,))
    tenant = SmallTenant(widened)
    tenant.shows["anywhere"].append([ELSEWHERE])
    assert find(tenant) == (widened, False)
    for unread in (NotPermitted("You may not read there."), None):
        tenant.shows["anywhere"].append([ELSEWHERE])
        tenant.shows["role"] += [None, unread]
        assert find(tenant) == (ELSEWHERE, False)


def test_subscriptions_are_asked_where_resource_graph_cannot_be_or_may_lag() -> None:
    tenant = SmallTenant(ELSEWHERE)
    tenant.subscriptions_seen = [
        Subscription(scope.rpartition("/")[2], "", "", "") for scope in (THIRD, SCOPE, OTHER)
    ]
    tenant.unreadable.add(THIRD)
    tenant.shows["anywhere"] += [[], [], Failed("Resource Graph does not answer.")]
    assert find(tenant) == (None, False)
    assert find(tenant, everywhere=True) == (ELSEWHERE, False)
    assert find(tenant) == (ELSEWHERE, False)
    tenant.shows["anywhere"].append([])
    tenant.shows["visible"].append(Failed("Nobody knows."))
    assert find(tenant, everywhere=True) == (None, False)


def test_no_more_than_a_hundred_subscriptions_are_asked() -> None:
    tenant = SmallTenant()
    tenant.subscriptions_seen = [Subscription(str(number), "", "", "") for number in range(500)]
    assert find(tenant, everywhere=True) == (None, False)
    assert tenant.reads["named"] == 101


def test_what_is_read_by_its_guid_is_proof_where_no_list_shows_anything_else() -> None:
    tenant = SmallTenant(ROLE)

    def read_by_id() -> bool:
        return role.find(tenant, GRANT).read_by_id  # type: ignore[arg-type]

    assert read_by_id()
    tenant.shows["named"] += [[], [BROADER]]
    assert read_by_id()
    assert not read_by_id()
    tenant.shows["role"].append(None)
    assert not read_by_id()


# Making and changing it


def test_a_new_role_is_proved_by_one_read(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    assert carried_out(tenant, GRANT) == ROLE
    assert tenant.roles == {ROLE.guid: ROLE}
    assert (tenant.written_from, passing_clock.slept) == ([SCOPE], 0)


def test_a_new_role_is_waited_for_and_not_without_end(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    tenant.before["write_role"].append(lambda: tenant.shows["role"].extend([None, None]))
    assert carried_out(tenant, GRANT) == ROLE
    tenant = SmallTenant()
    tenant.always |= {"role": None, "named": [], "anywhere": []}
    began = passing_clock.slept
    with pytest.raises(TimedOut, match="as written"):
        carried_out(tenant, GRANT)
    assert passing_clock.slept - began == pytest.approx(PATIENCE_SECONDS, abs=2)


def test_a_role_that_lacks_actions_gets_them_and_keeps_what_is_others() -> None:
    theirs = replace(LACKING, guid="theirs", description="Ours.", assignable_scopes=(OTHER, SCOPE))
    tenant = SmallTenant(theirs)
    expected = replace(theirs, permissions=ROLE.permissions)
    assert carried_out(tenant, SHARING, theirs) == expected
    assert tenant.roles == {"theirs": expected} and tenant.written_from == [SCOPE]


def test_a_role_of_another_subscription_becomes_assignable_here_too() -> None:
    tenant = SmallTenant(ELSEWHERE)
    assert carried_out(tenant, SHARING, ELSEWHERE) == replace(ELSEWHERE, assignable_scopes=(OTHER, SCOPE))
    assert list(tenant.roles) == ["theirs"]


def test_what_was_written_between_the_plan_and_the_write_is_not_lost() -> None:
    meanwhile = replace(LACKING, description="Theirs.", assignable_scopes=(SCOPE, THIRD))
    tenant = SmallTenant(meanwhile)
    carried_out(tenant, SHARING, LACKING)
    assert tenant.roles[ROLE.guid] == replace(meanwhile, permissions=ROLE.permissions)


def test_what_somebody_has_done_meanwhile_is_not_written_again() -> None:
    tenant = SmallTenant(ROLE)
    assert carried_out(tenant, GRANT, LACKING) == ROLE
    assert carried_out(tenant, GRANT) == ROLE
    assert not tenant.written_from


@pytest.mark.parametrize("found", [None, LACKING])
def test_a_role_that_became_broader_before_the_write_is_not_written(found: RoleDefinition | None) -> None:
    tenant = SmallTenant(BROADER)
    with pytest.raises(Conflict, match="allows more than the documented one"):
        carried_out(tenant, GRANT, found)
    assert tenant.roles[ROLE.guid] == BROADER and not tenant.written_from


def test_a_read_that_misses_the_role_once_does_not_make_another() -> None:
    theirs = replace(LACKING, assignable_scopes=(SCOPE, THIRD))
    tenant = SmallTenant(theirs)
    tenant.shows["role"].append(None)
    carried_out(tenant, SHARING, LACKING)
    assert tenant.roles[ROLE.guid].assignable_scopes == (SCOPE, THIRD)


def test_a_role_is_read_where_the_caller_may_read_it() -> None:
    theirs = replace(ELSEWHERE, assignable_scopes=(THIRD, OTHER), permissions=LACKING.permissions)
    tenant = SmallTenant(theirs)
    tenant.unreadable.add(THIRD)
    tenant.always["anywhere"] = []
    carried_out(tenant, SHARING, theirs)
    assert tenant.roles["theirs"] == replace(
        theirs, permissions=ROLE.permissions, assignable_scopes=(THIRD, OTHER, SCOPE)
    )


# Reads of a changed role stay mixed


def after_writing(tenant: SmallTenant, *shown: RoleDefinition | None) -> None:
    tenant.before["write_role"].append(lambda: tenant.shows["role"].extend(shown))


def test_a_changed_role_is_proved_by_three_reads_in_a_row() -> None:
    tenant = SmallTenant(LACKING)
    after_writing(tenant, ROLE, ROLE, LACKING, ROLE, LACKING)
    assert carried_out(tenant, GRANT, LACKING) == ROLE
    assert tenant.reads["role"] == 1 + 5 + 3
    assert len(tenant.written_from) == 1


def test_a_changed_role_that_is_shown_as_it_was_is_an_error_in_the_end(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(LACKING)
    tenant.always["role"] = LACKING
    with pytest.raises(TimedOut, match="as written"):
        carried_out(tenant, GRANT, LACKING)
    assert passing_clock.slept == pytest.approx(PATIENCE_SECONDS, abs=2)
    assert len(tenant.written_from) == 1


def test_a_write_that_somebody_wrote_over_is_merged_and_written_again() -> None:
    tenant = SmallTenant(LACKING)
    over = replace(LACKING, description="Theirs.", assignable_scopes=(SCOPE, THIRD))
    tenant.after_first_write = lambda: tenant.roles.update({ROLE.guid: over})
    assert carried_out(tenant, GRANT, LACKING) == replace(over, permissions=ROLE.permissions)
    assert len(tenant.written_from) == 2
    assert tenant.reads["role"] == 1 + 3 + 1 + 3
    tenant = SmallTenant(LACKING)
    tenant.after_first_write = lambda: tenant.roles.update({ROLE.guid: BROADER})
    with pytest.raises(Conflict, match="allows more"):
        carried_out(tenant, GRANT, LACKING)
    assert tenant.roles == {ROLE.guid: BROADER}


def test_two_reads_of_anothers_write_is_not_written_over() -> None:
    tenant = SmallTenant(LACKING)
    over = replace(LACKING, assignable_scopes=(THIRD,))
    others = (over, over, LACKING, over, over)
    shown = (*others, ROLE, over, over, ROLE, over, ROLE, ROLE, *others)
    after_writing(tenant, *shown)
    assert carried_out(tenant, GRANT, LACKING) == ROLE
    assert tenant.reads["role"] == 1 + len(shown) + 3
    assert len(tenant.written_from) == 1


def test_a_role_that_was_taken_out_of_its_scopes_meanwhile_is_found_again() -> None:
    tenant = SmallTenant(LACKING)
    moved = replace(LACKING, assignable_scopes=(OTHER,))
    tenant.subscriptions_seen = [Subscription(OTHER.rpartition("/")[2], "", "", "")]
    tenant.always["anywhere"] = []
    tenant.after_first_write = lambda: tenant.roles.update({ROLE.guid: moved})
    assert carried_out(tenant, GRANT, LACKING)
    assert tenant.roles[ROLE.guid] == replace(moved, permissions=ROLE.permissions)


# What Azure refuses


def test_a_name_that_somebody_took_meanwhile_is_merged_with() -> None:
    tenant = SmallTenant()
    theirs = replace(ELSEWHERE, assignable_scopes=(SCOPE,), permissions=LACKING.permissions)

    def take() -> None:
        tenant.roles["theirs"] = theirs

    tenant.before["write_role"].append(take)
    tenant.refuses["write_role"].append(refusal(NAME_TAKEN))
    carried_out(tenant, GRANT)
    assert tenant.roles == {"theirs": replace(theirs, permissions=ROLE.permissions)}


@pytest.mark.parametrize("wanted", [GRANT, SHARING])
def test_a_role_that_no_list_showed_is_changed_only_where_a_shared_one_may_be(wanted: Wanted) -> None:
    """Resource Graph lags, so it was planned to make the role; the subscription itself shows one that is shared."""
    tenant = SmallTenant(ELSEWHERE)
    tenant.subscriptions_seen = [Subscription(OTHER.rpartition("/")[2], "", "", "")]
    tenant.always["anywhere"] = []
    if wanted is GRANT:
        with pytest.raises(Conflict, match="other scopes use it too"):
            carried_out(tenant, wanted)
        assert tenant.roles == {"theirs": ELSEWHERE} and not tenant.written_from
    else:
        carried_out(tenant, wanted)
        assert tenant.roles == {"theirs": replace(ELSEWHERE, assignable_scopes=(OTHER, SCOPE))}


def test_a_built_in_role_of_the_name_is_not_written() -> None:
    built_in = replace(LACKING, is_custom=False)
    tenant = SmallTenant(built_in)
    with pytest.raises(Conflict, match="built-in"):
        carried_out(tenant, GRANT)
    assert tenant.roles == {ROLE.guid: built_in} and not tenant.written_from


def test_a_name_that_is_taken_by_a_role_nobody_shows_is_told_at_once(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    tenant.refuses["write_role"].append(refusal(NAME_TAKEN))
    with pytest.raises(Conflict) as caught:
        carried_out(tenant, GRANT)
    assert caught.value.code == NAME_TAKEN and passing_clock.slept == 0 and not tenant.roles


def test_a_name_that_stays_taken_is_not_insisted_on_without_end(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(LACKING)
    tenant.refuses["write_role"] += [refusal(NAME_TAKEN)] * 1000
    with pytest.raises(TimedOut):
        carried_out(tenant, GRANT, LACKING)
    assert passing_clock.slept == pytest.approx(PATIENCE_SECONDS, abs=2)


@pytest.mark.parametrize("code", ["Anything", "RoleDefinitionHasAssignments"])
def test_other_refusals_of_a_write_are_told_at_once(passing_clock: PassingClock, code: str) -> None:
    tenant = SmallTenant(LACKING)
    tenant.refuses["write_role"].append(refusal(code))
    with pytest.raises(Conflict) as caught:
        carried_out(tenant, GRANT, LACKING)
    assert caught.value.code == code and passing_clock.slept == 0


# Taking this subscription out of it, and deleting it


def test_a_shared_role_loses_this_subscription_alone() -> None:
    tenant = SmallTenant(SHARED)
    carried_out(tenant, DELETING, SHARED)
    assert tenant.roles == {ROLE.guid: replace(SHARED, assignable_scopes=(OTHER,))}


def test_a_scope_that_was_added_meanwhile_stays() -> None:
    tenant = SmallTenant(replace(SHARED, assignable_scopes=(OTHER, SCOPE, THIRD)))
    carried_out(tenant, DELETING, SHARED)
    assert tenant.roles[ROLE.guid].assignable_scopes == (OTHER, THIRD)


def test_a_role_is_not_left_without_any_scope() -> None:
    tenant = SmallTenant(ROLE)
    with pytest.raises(Conflict, match="without any scope"):
        carried_out(tenant, DELETING, SHARED)
    assert tenant.roles == {ROLE.guid: ROLE} and not tenant.written_from


def test_a_scope_that_others_took_away_is_not_given_back_where_lists_lag() -> None:
    """The role is read by its GUID where it was, and so found where it is now."""
    tenant = SmallTenant(replace(SHARED, guid="theirs", assignable_scopes=(SCOPE,)))
    tenant.always |= {"named": [], "anywhere": []}
    with pytest.raises(Conflict, match="without any scope"):
        carried_out(tenant, DELETING, replace(SHARED, guid="theirs"))
    assert tenant.roles["theirs"].assignable_scopes == (SCOPE,) and not tenant.written_from


def test_a_read_that_still_shows_the_subscription_does_not_prove_that_it_was_taken_out() -> None:
    tenant = SmallTenant(SHARED)
    after_writing(tenant, *[SHARED] * 4)
    assert carried_out(tenant, DELETING, SHARED) == replace(SHARED, assignable_scopes=(OTHER,))


def test_a_role_that_became_broader_can_still_be_taken_out_of_here() -> None:
    broader = replace(BROADER, assignable_scopes=(OTHER, SCOPE))
    tenant = SmallTenant(broader)
    carried_out(tenant, DELETING, SHARED)
    assert tenant.roles[ROLE.guid] == replace(broader, assignable_scopes=(OTHER,))


@pytest.mark.parametrize("code", STILL_SEEN)
@pytest.mark.parametrize("found", [SHARED, ROLE])
def test_an_assignment_that_azure_still_sees_is_waited_for_a_minute(
    passing_clock: PassingClock, found: RoleDefinition, code: str
) -> None:
    kind = "write_role" if found is SHARED else "delete_role"
    tenant = SmallTenant(found)
    tenant.refuses[kind] += [refusal(code)] * 4
    carried_out(tenant, DELETING, found)
    assert [one.assignable_scopes for one in tenant.roles.values()] == ([(OTHER,)] if found is SHARED else [])
    tenant = SmallTenant(found)
    tenant.refuses[kind] += [refusal(code)] * 1000
    began = passing_clock.slept
    with pytest.raises(TimedOut) as caught:
        carried_out(tenant, DELETING, found)
    assert caught.value.code == code and tenant.roles == {ROLE.guid: found}
    assert passing_clock.slept - began == pytest.approx(60, abs=2)


def test_a_role_is_deleted_and_read_until_it_is_gone(passing_clock: PassingClock) -> None:
    theirs = replace(ELSEWHERE, role_name="Another", assignable_scopes=(SCOPE,))
    tenant = SmallTenant(ROLE, theirs)
    tenant.before["delete_role"].append(lambda: tenant.shows["role"].extend([ROLE, ROLE]))
    assert carried_out(tenant, DELETING, ROLE) is None
    assert tenant.roles == {"theirs": theirs}
    assert tenant.written_from == [SCOPE] and passing_clock.slept > 0
    tenant = SmallTenant(ROLE)
    tenant.always["role"] = ROLE
    began = passing_clock.slept
    with pytest.raises(TimedOut, match="as deleted"):
        carried_out(tenant, DELETING, ROLE)
    assert passing_clock.slept - began == pytest.approx(PATIENCE_SECONDS, abs=2)


def test_a_role_that_is_gone_already_is_not_deleted() -> None:
    tenant = SmallTenant()
    assert carried_out(tenant, DELETING, ROLE) is None
    assert not tenant.written_from


def test_other_refusals_of_a_deletion_are_told_at_once(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(ROLE)
    tenant.refuses["delete_role"].append(refusal("Anything"))
    with pytest.raises(Conflict):
        carried_out(tenant, DELETING, ROLE)
    assert tenant.roles and passing_clock.slept == 0


# Before it is assigned


def still_not_broader(tenant: SmallTenant, guid: str = ROLE.guid) -> None:
    role.require_still_not_broader(tenant, GRANT, guid)  # type: ignore[arg-type]


def test_the_role_is_waited_for_and_judged_before_it_is_assigned(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(ROLE)
    tenant.shows["role"] += [None, None]
    still_not_broader(tenant)
    tenant = SmallTenant(BROADER)
    tenant.shows["role"].append(None)
    with pytest.raises(Conflict, match="allows more"):
        still_not_broader(tenant)
    began = passing_clock.slept
    with pytest.raises(TimedOut, match="show the role"):
        still_not_broader(tenant, "another")
    assert passing_clock.slept - began == pytest.approx(PATIENCE_SECONDS, abs=2)
