"""What is there is read in more ways than one: nothing is concluded from one list, nor from one 404."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from astro_peer.errors import Failed, NotPermitted, TimedOut
from astro_peer.model import assignment
from astro_peer.model.change import Action
from astro_peer.model.objects import Permission, RoleAssignment, ServicePrincipal
from astro_peer.model.observed import Observed
from astro_peer.model.plan import Plan
from astro_peer.model.surroundings import Asked, Lock, SignIn
from astro_peer.model.wanted import Part, Wanted
from astro_peer.steps import observe
from conftest import PassingClock
from made_up import (
    ASTRONOMER,
    GRANT,
    GROUP,
    MANAGEMENT_GROUP,
    OTHER,
    REVOKE,
    ROLE,
    SCOPE,
    SOMEBODY,
    SUBSCRIPTION,
    held,
)
from small_tenant import SmallTenant

pytestmark = pytest.mark.usefixtures("passing_clock")

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = assignment.names(REVOKE, ASTRONOMER.object_id)
OURS = held(name=NAMES[0])
UNREAD = NotPermitted("You may not read it.")
NEW_ROLE = replace(ROLE, updated_on=NOW)
UNKNOWN = replace(held(SOMEBODY, name=assignment.names(GRANT, SOMEBODY)[0]), created_on=NOW)
GIVEN = replace(REVOKE, principal_id=ASTRONOMER.object_id)


def observed(tenant: SmallTenant, wanted: Wanted = REVOKE) -> Observed:
    return observe.observe(tenant, wanted)  # type: ignore[arg-type]


def planned(tenant: SmallTenant, wanted: Wanted = REVOKE) -> Plan:
    return observe.for_revoke(tenant, wanted, Asked())  # type: ignore[arg-type]


def removed(plan: Plan) -> list[str]:
    return [str(one.thing.azure_id) for one in plan.changes if one.action is Action.DELETE]


# What others do not show


@pytest.mark.parametrize("name", NAMES)
def test_our_assignment_is_found_by_its_name_where_no_list_shows_it(name: str) -> None:
    ours = held(name=name)
    tenant = SmallTenant(ASTRONOMER, ROLE, ours)
    tenant.always |= {"listed": [], "everybodys": []}
    assert observed(tenant).assignments == (ours,)
    assert removed(planned(tenant)) == [ours.id]


def test_what_is_listed_is_observed_once_and_what_is_anothers_is_not_his() -> None:
    shouted = replace(OURS, id=OURS.id.upper())
    tenant = SmallTenant(ASTRONOMER, ROLE, OURS)
    tenant.always["listed"] = [shouted, held(SOMEBODY)]
    assert observed(tenant).assignments == (shouted,)
    anothers = replace(OURS, principal_id=SOMEBODY)
    tenant = SmallTenant(ASTRONOMER, ROLE, anothers)
    tenant.always["everybodys"] = []
    assert observed(tenant).assignments == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_role_that_no_list_shows_is_found_by_our_assignment(name: str) -> None:
    theirs = replace(ROLE, guid="theirs")
    tenant = SmallTenant(ASTRONOMER, theirs, held(name=name, role="theirs"))
    tenant.always |= {"named": [], "anywhere": []}
    seen = observed(tenant)
    assert (seen.role, seen.role_listed_here) == (theirs, False)
    assert len(removed(planned(tenant))) == 1


@pytest.mark.parametrize(
    "found", [replace(ROLE, guid="x", is_custom=False), replace(ROLE, guid="x", role_name="Owner")]
)
def test_another_role_under_our_assignments_name_is_not_taken_for_it(found: object) -> None:
    tenant = SmallTenant(ASTRONOMER, found, held(name=NAMES[0], role="x"))  # type: ignore[arg-type]
    tenant.always |= {"named": [], "anywhere": []}
    assert observed(tenant).role is None
    by_another_name = SmallTenant(ASTRONOMER, replace(ROLE, guid="x"), held(name="theirs", role="x"))
    by_another_name.always |= {"named": [], "anywhere": []}
    assert observed(by_another_name).role is None


def test_ours_is_found_by_its_name_also_where_its_holder_is_not_known() -> None:
    tenant = SmallTenant(ROLE, OURS)
    tenant.always["everybodys"] = []
    seen = observed(tenant)
    assert seen.of_role == (OURS,) and seen.not_shown == {ASTRONOMER.object_id}
    tenant.always["everybodys"] = [replace(OURS, id=OURS.id.upper())]
    assert len(observed(tenant).of_role) == 1


# Whose they are


def test_who_takes_rights_away_need_not_read_microsoft_graph() -> None:
    tenant = SmallTenant(ROLE, OURS)
    tenant.always |= {"find": UNREAD, "principal": UNREAD}
    seen = observed(tenant)
    assert (seen.principal, seen.unchecked, seen.of_role) == (None, UNREAD, (OURS,))
    with pytest.raises(NotPermitted):
        observed(tenant, GRANT)
    tenant.always["find"] = Failed("Graph is down.")
    with pytest.raises(Failed):
        observed(tenant)


@pytest.mark.parametrize("wanted", [GIVEN, replace(GIVEN, granted=True)])
def test_an_object_id_that_is_given_is_looked_up_and_goes_unchecked_where_it_cannot_be(
    wanted: Wanted,
) -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE, OURS)
    assert observed(tenant, wanted).principal == ASTRONOMER
    tenant.always["principal"] = UNREAD
    seen = observed(tenant, wanted)
    assert (seen.principal, seen.unchecked, seen.assignments) == (None, UNREAD, (OURS,))


def test_a_principal_that_graph_shows_by_its_object_id_alone_is_astronomers() -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE, OURS)
    tenant.always["find"] = None
    seen = observed(tenant)
    assert (seen.principal, seen.assignments) == (ASTRONOMER, (OURS,))
    anothers = replace(ASTRONOMER, application_id=SOMEBODY)
    tenant = SmallTenant(anothers, ROLE, OURS)
    assert observed(tenant).principal is None and removed(planned(tenant)) == []


def test_only_what_entra_lists_as_deleted_is_left_behind() -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE, held(SOMEBODY))
    assert removed(planned(tenant)) == [] and tenant.reads["principal"] == 0
    tenant.deleted_principals = frozenset([SOMEBODY])
    assert removed(planned(tenant)) == [held(SOMEBODY).id]
    tenant.always["deleted"] = UNREAD
    assert removed(planned(tenant)) == []


def test_whom_graph_does_not_show_yet_is_asked_for_again_for_half_a_minute(
    passing_clock: PassingClock,
) -> None:
    living = ServicePrincipal(SOMEBODY, GRANT.application_id)
    tenant = SmallTenant(living, ROLE, UNKNOWN)
    tenant.new.add(NOW)
    tenant.always["find"] = None
    tenant.shows["principal"] += [None, None]
    assert observed(tenant, GRANT).principal == living
    never = SmallTenant(ROLE, UNKNOWN)
    never.new.add(NOW)
    began = passing_clock.slept
    seen = observed(never, GRANT)
    assert seen.not_shown == {SOMEBODY}
    assert passing_clock.slept - began == pytest.approx(30, abs=2)
    assert observed(SmallTenant(ROLE, UNKNOWN), GRANT).not_shown == {SOMEBODY}
    assert passing_clock.slept - began == pytest.approx(30, abs=2)


# Before anything is called revoked


@pytest.mark.parametrize("tenant", [SmallTenant(ASTRONOMER, NEW_ROLE), SmallTenant(NEW_ROLE)])
def test_nothing_to_revoke_while_the_role_is_new_is_not_revoked(
    passing_clock: PassingClock, tenant: SmallTenant
) -> None:
    tenant.new.add(NOW)
    began = passing_clock.slept
    with pytest.raises(TimedOut, match="proves nothing yet") as caught:
        planned(tenant)
    assert "do not take it as revoked" in str(caught.value.next_step)
    assert passing_clock.slept - began == pytest.approx(30, abs=2)


def test_an_assignment_that_is_listed_late_is_revoked() -> None:
    late = held(name="by-hand")
    tenant = SmallTenant(ASTRONOMER, NEW_ROLE, late)
    tenant.new.add(NOW)
    tenant.shows["listed"] += [[], []]
    tenant.shows["everybodys"] += [[], []]
    assert removed(planned(tenant)) == [late.id]


@pytest.mark.parametrize(
    "tenant", [SmallTenant(ASTRONOMER, NEW_ROLE), SmallTenant(ASTRONOMER), SmallTenant()]
)
def test_nothing_to_revoke_is_believed_of_an_old_role_and_of_none(
    passing_clock: PassingClock, tenant: SmallTenant
) -> None:
    assert removed(planned(tenant)) == [] and passing_clock.slept == 0


def test_what_a_person_has_to_tell_is_not_waited_for(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(NEW_ROLE, OURS)
    tenant.new.add(NOW)
    tenant.always["find"] = UNREAD
    made = planned(tenant)
    assert assignment.may_be_astronomers(made.wanted, made.observed) == (ASTRONOMER.object_id,)
    built_in = SmallTenant(ASTRONOMER, replace(NEW_ROLE, is_custom=False))
    built_in.new.add(NOW)
    assert planned(built_in).stopped_by
    assert passing_clock.slept == 0


# The rest of a plan


def test_a_role_that_is_listed_here_is_assignable_here_whatever_its_scopes() -> None:
    tenant = SmallTenant(ASTRONOMER)
    tenant.always["named"] = [replace(ROLE, assignable_scopes=(MANAGEMENT_GROUP,))]
    assert observed(tenant).role_listed_here
    assert not observed(SmallTenant(ASTRONOMER)).role_listed_here


def test_locks_and_what_the_caller_is_in_the_directory_are_looked_at() -> None:
    tenant = SmallTenant()
    tenant.session = signed_in(is_application=False)
    tenant.always["directory_roles"] = UNREAD
    made = observe.for_plan(tenant, GRANT, Asked())  # type: ignore[arg-type]
    assert made.around.directory_roles is UNREAD and not made.stopped_by
    tenant.always["locks"] = (Lock("l", "ReadOnly", SCOPE),)
    stopped = observe.for_plan(tenant, GRANT, Asked()).stopped_by  # type: ignore[arg-type]
    assert stopped and stopped.id == "locked"
    there = SmallTenant(ASTRONOMER)
    there.session = signed_in(is_application=False)
    observe.for_plan(there, GRANT, Asked())  # type: ignore[arg-type]
    assert there.reads["directory_roles"] == 0, "nobody makes a principal that is there"


def signed_in(*, is_application: bool) -> SimpleNamespace:
    caller = SignIn("me", "me", "", "cli", "Azure", "https://graph.example", is_application, None)
    return SimpleNamespace(sign_in=caller)


def test_the_plan_for_the_principal_alone_needs_no_subscription() -> None:
    tenant = SmallTenant()
    made = observe.for_plan(tenant, replace(GRANT, only=Part.PRINCIPAL, place=None), Asked())  # type: ignore[arg-type]
    assert [one.key for one in made.changes] == ["principal"]
    assert not any(name.startswith("permissions") for name in tenant.reads)


def test_the_principal_alone_asks_nobody_but_microsoft_graph() -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE, OURS)
    alone = replace(GRANT, only=Part.PRINCIPAL, place=None)
    assert observed(tenant, alone) == Observed(principal=ASTRONOMER)
    assert set(tenant.reads) == {"find"}


def test_the_hubs_in_reach_are_listed_for_a_grant_alone() -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE)
    tenant.always["hubs"] = ["a hub"]
    assert observed(tenant, GRANT).reach == ("a hub",)
    assert observed(tenant, REVOKE).reach == ()


def test_groups_that_cannot_be_read_are_not_taken_for_none() -> None:
    through: RoleAssignment = held(SOMEBODY, scope=GROUP, kind="Group")
    tenant = SmallTenant(ASTRONOMER, ROLE)
    tenant.shows["through_groups"] += [(through,), UNREAD]
    assert observed(tenant).through_groups == (through,)
    assert observed(tenant).through_groups is UNREAD


def test_the_callers_rights_are_read_wherever_the_plan_writes() -> None:
    tenant = SmallTenant(ASTRONOMER, replace(ROLE, guid="theirs", assignable_scopes=(OTHER,)))
    none_there = f"permissions {OTHER.rpartition('/')[2]}"
    tenant.always[none_there] = UNREAD
    wanted = replace(GRANT, update_shared_role=True)
    made = observe.for_plan(tenant, wanted, Asked())  # type: ignore[arg-type]
    assert made.observed.permissions == {SCOPE: tenant.permissions_here, OTHER: ()}
    assert made.stopped_by and made.stopped_by.id == "rights-in-other-scopes"
    assert tenant.reads[f"permissions {SUBSCRIPTION.id}"] == 1
    reader = SmallTenant(ASTRONOMER, ROLE)
    reader.permissions_here = (Permission(("*/read",)),)
    stopped = observe.for_plan(reader, GRANT, Asked()).stopped_by  # type: ignore[arg-type]
    assert stopped and stopped.id == "rights-assignment"


def test_of_a_tenant_that_nobody_looked_at_nothing_is_known() -> None:
    seen = observe.offline()
    assert seen == Observed(looked_up=False, today=seen.today)
