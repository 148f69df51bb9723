"""An assignment is what was asked for, read back by its ID; one that is removed is read until it is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import Conflict, TimedOut
from astro_peer.model.objects import RoleAssignment
from astro_peer.steps import assignment, principal
from conftest import PassingClock
from made_up import ASTRONOMER, FACTS, GROUP, SCOPE, SOMEBODY, held
from small_tenant import PATIENCE_SECONDS, SmallTenant, refusal

WANTED = replace(held(), id="", name="")
FIRST = held(name="first")


def create(tenant: SmallTenant, *names: str, principal_known: bool = True) -> RoleAssignment:
    return assignment.create(tenant, WANTED, names or ("first", "second"), principal_known=principal_known)  # type: ignore[arg-type]


def test_it_is_made_under_the_first_name_and_shown_by_its_id(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    assert create(tenant) == FIRST
    assert list(tenant.held.values()) == [FIRST]
    assert passing_clock.slept == 0


@pytest.mark.parametrize(
    "answered",
    [replace(FIRST, role_guid="owner"), replace(FIRST, principal_id=SOMEBODY)],
)
def test_an_answer_of_another_assignment_is_no_success(answered: RoleAssignment) -> None:
    tenant = SmallTenant()
    tenant.shows["assigned"].append(answered)
    with pytest.raises(Conflict, match="does not say what was written"):
        create(tenant)


@pytest.mark.parametrize("code", ["PrincipalNotFound", "RoleDefinitionDoesNotExist"])
def test_what_is_new_is_waited_for_and_not_without_end(passing_clock: PassingClock, code: str) -> None:
    tenant = SmallTenant()
    tenant.refuses["assign"] += [refusal(code)] * 4
    assert create(tenant, "first") == create(SmallTenant()) == FIRST
    tenant = SmallTenant()
    tenant.refuses["assign"] += [refusal(code)] * 1000
    with pytest.raises(TimedOut) as caught:
        create(tenant)
    assert caught.value.code == code
    assert not tenant.held and passing_clock.slept < 2 * PATIENCE_SECONDS


def test_a_new_role_is_waited_for_also_where_the_principal_may_be_wrong(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    tenant.refuses["assign"].append(refusal("RoleDefinitionDoesNotExist"))
    assert create(tenant, principal_known=False) == FIRST
    tenant.refuses["assign"].append(refusal("PrincipalNotFound"))
    with pytest.raises(Conflict) as caught:
        create(tenant, principal_known=False)
    assert caught.value.code == "PrincipalNotFound"
    assert passing_clock.slept < 1


def test_a_refusal_of_the_last_name_is_told() -> None:
    tenant = SmallTenant()
    taken = refusal("RoleAssignmentUpdateNotPermitted")
    tenant.refuses["assign"] += [taken, taken]
    with pytest.raises(Conflict):
        create(tenant)
    assert not tenant.held


def test_one_that_exists_under_another_name_is_found_once_it_is_listed(passing_clock: PassingClock) -> None:
    theirs = held(name="theirs")
    others = (
        held(name="another-role", role="owner"),
        held(name="beneath", scope=GROUP),
        replace(held(name="another-principal"), principal_id=SOMEBODY),
    )
    tenant = SmallTenant(*others, theirs)
    tenant.shows["listed"] += [[], list(others)]
    assert create(tenant) == theirs
    assert set(tenant.held.values()) == {*others, theirs}
    tenant.always["listed"] = list(others)
    with pytest.raises(TimedOut, match="list the role assignment that exists"):
        create(tenant)


def test_the_scope_of_one_that_exists_is_compared_without_case() -> None:
    shouted = replace(held(name="theirs"), scope=SCOPE.upper())
    tenant = SmallTenant(held(name="theirs"))
    tenant.shows["listed"].append([shouted])
    assert create(tenant).name == "theirs"


def test_a_removal_ends_when_the_assignment_is_gone(passing_clock: PassingClock) -> None:
    theirs = held(name="theirs")
    tenant = SmallTenant(FIRST, theirs)
    tenant.shows["assignment"] += [FIRST, FIRST]
    assignment.remove(tenant, FIRST.id)  # type: ignore[arg-type]
    assert list(tenant.held.values()) == [theirs] and tenant.reads["assignment"] == 3


def test_a_removal_that_azure_does_not_show_is_none(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(FIRST)
    tenant.always["assignment"] = FIRST
    with pytest.raises(TimedOut, match="let go of the role assignment"):
        assignment.remove(tenant, FIRST.id)  # type: ignore[arg-type]
    assert passing_clock.slept == pytest.approx(PATIENCE_SECONDS, abs=2)


# The service principal


def test_a_principal_is_made_or_found_where_somebody_was_quicker(passing_clock: PassingClock) -> None:
    tenant = SmallTenant()
    assert principal.create(tenant, FACTS.application_id) == ASTRONOMER  # type: ignore[arg-type]
    tenant.shows["find"] += [None, None]
    assert principal.create(tenant, FACTS.application_id) == ASTRONOMER  # type: ignore[arg-type]
    assert tenant.principals == [ASTRONOMER]


def test_another_applications_principal_is_not_taken_for_it(passing_clock: PassingClock) -> None:
    tenant = SmallTenant(replace(ASTRONOMER, application_id=SOMEBODY))
    with pytest.raises(TimedOut, match="Microsoft Graph to show"):
        principal.create(tenant, FACTS.application_id)  # type: ignore[arg-type]
    assert passing_clock.slept == pytest.approx(PATIENCE_SECONDS, abs=2)
