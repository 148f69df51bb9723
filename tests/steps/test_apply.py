"""A plan is carried out in its order, by what is true when each change is written, and no further than that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from astro_peer.errors import AstroPeerError, Cancelled, Conflict, Interrupted, NotPermitted, TimedOut
from astro_peer.model import assignment, plan
from astro_peer.model.change import Change
from astro_peer.model.objects import Permission, RoleAssignment, ServicePrincipal
from astro_peer.model.observed import Observed
from astro_peer.model.result import Applied
from astro_peer.model.wanted import Part, Wanted
from astro_peer.steps.apply import apply
from made_up import ASTRONOMER, FACTS, GRANT, REVOKE, ROLE, SOMEBODY, held, observed
from small_tenant import SmallTenant, refusal

pytestmark = pytest.mark.usefixtures("passing_clock")

BROADER = replace(ROLE, permissions=(Permission((*FACTS.actions, "*/delete")),))
EMPTY = Observed()
NAMES = assignment.names(GRANT, ASTRONOMER.object_id)
ALREADY = replace(GRANT, principal_id=ASTRONOMER.object_id)


def carried_out(
    tenant: SmallTenant,
    wanted: Wanted = GRANT,
    seen: Observed = EMPTY,
    *,
    progress: Callable[[Change, Applied], None] = lambda *_: None,
    trust: Callable[[ServicePrincipal], bool | None] = lambda _: None,
) -> Applied:
    return apply(tenant, plan.decide(wanted, seen), progress=progress, trust=trust)  # type: ignore[arg-type]


def held_by(tenant: SmallTenant) -> list[tuple[str, str, str]]:
    return [(one.principal_id, one.role_guid, one.scope) for one in tenant.held.values()]


OURS = (ASTRONOMER.object_id, ROLE.guid, GRANT.scope)


def test_a_first_grant_makes_what_was_planned_and_tells_of_each() -> None:
    tenant = SmallTenant()
    told: list[tuple[str, set[str], list[str]]] = []
    applied = carried_out(
        tenant, progress=lambda change, now: told.append((change.key, set(now.done), list(now.made)))
    )
    assert (tenant.principals, tenant.roles, held_by(tenant)) == ([ASTRONOMER], {ROLE.guid: ROLE}, [OURS])
    assert told == [
        ("principal", {"principal"}, ["principal"]),
        ("role", {"principal", "role"}, ["principal", "role"]),
        ("assignment", {"principal", "role", "assignment"}, ["principal", "role", "assignment"]),
    ]
    assert applied.made == {
        "principal": ASTRONOMER,
        "role": ROLE,
        "assignment": next(iter(tenant.held.values())),
    }
    (made,) = tenant.held.values()
    assert (made.name, made.principal_type) == (NAMES[0], "ServicePrincipal")


def test_what_is_kept_is_told_and_not_counted_as_written() -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE, held())
    for kind in ("create", "write_role", "assign"):
        tenant.refuses[kind].append(refusal("NothingIsToBeWritten"))
    told: list[str] = []
    applied = carried_out(tenant, seen=observed(held()), progress=lambda change, _: told.append(change.key))
    assert told == ["principal", "role", "assignment"]
    assert not applied.done
    assert applied.made == {"principal": ASTRONOMER, "role": ROLE, "assignment": held()}


def test_what_is_removed_is_done_and_there_no_longer() -> None:
    theirs = held(SOMEBODY, name="theirs")
    tenant = SmallTenant(ASTRONOMER, ROLE, held(), theirs)
    applied = carried_out(tenant, replace(REVOKE, delete_role=True), observed(held()))
    assert held_by(tenant) == [(SOMEBODY, ROLE.guid, GRANT.scope)]
    assert not tenant.roles
    assert applied.done == {f"assignment {held().id.lower()}", "role"} and not applied.made


@pytest.mark.parametrize(
    ("kind", "told"), [("create", []), ("write_role", ["principal"]), ("assign", ["principal", "role"])]
)
def test_an_error_leaves_what_comes_after_it_undone(kind: str, told: list[str]) -> None:
    tenant = SmallTenant()
    tenant.refuses[kind].append(refusal("AuthorizationFailed", NotPermitted))
    heard: list[str] = []
    with pytest.raises(NotPermitted):
        carried_out(tenant, progress=lambda change, _: heard.append(change.key))
    assert heard == told
    assert [len(tenant.principals), len(tenant.roles)] == ["principal" in told, "role" in told]
    assert not tenant.held


def test_ctrl_c_is_an_error_that_says_how_to_go_on() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    tenant = SmallTenant()
    tenant.before["write_role"].append(interrupt)
    with pytest.raises(Interrupted) as caught:
        carried_out(tenant)
    assert "goes on where this one stopped" in str(caught.value.next_step)
    assert not tenant.roles


# Who gets the role


def test_a_principal_that_was_not_known_before_is_shown_before_it_gets_the_role() -> None:
    tenant = SmallTenant()
    shown: list[tuple[ServicePrincipal, int]] = []
    carried_out(tenant, trust=lambda one: shown.append((one, len(tenant.held))))
    assert shown == [(ASTRONOMER, 0)]


def test_a_principal_that_was_shown_with_the_plan_is_not_shown_again() -> None:
    tenant = SmallTenant(ASTRONOMER)
    shown: list[ServicePrincipal] = []
    carried_out(tenant, seen=observed(role=None), trust=shown.append)
    assert (shown, held_by(tenant)) == ([], [OURS])


def test_a_no_to_the_application_assigns_nothing() -> None:
    def no(_: ServicePrincipal) -> None:
        raise Cancelled("No.")

    tenant = SmallTenant()
    with pytest.raises(Cancelled):
        carried_out(tenant, trust=no)
    assert tenant.roles and not tenant.held


@pytest.mark.parametrize(
    "disabled",
    [
        replace(ASTRONOMER, account_enabled=False),
        replace(ASTRONOMER, disabled_by_microsoft="DisabledDueToViolationOfServicesAgreement"),
    ],
)
def test_a_new_principal_that_is_disabled_gets_nothing(disabled: ServicePrincipal) -> None:
    tenant = SmallTenant()
    tenant.makes = disabled
    with pytest.raises(Conflict, match="is disabled"):
        carried_out(tenant)
    assert not tenant.held


def test_a_principal_that_a_user_names_gets_the_role_and_is_not_made() -> None:
    tenant = SmallTenant(ROLE)
    carried_out(tenant, ALREADY, observed(principal=None))
    assert (tenant.principals, held_by(tenant)) == ([], [OURS])


def test_a_new_principal_is_waited_for_and_one_that_a_user_names_is_not() -> None:
    tenant = SmallTenant()
    tenant.refuses["assign"] += [refusal("PrincipalNotFound")] * 3
    carried_out(tenant)
    assert held_by(tenant) == [OURS]
    tenant = SmallTenant(ROLE)
    tenant.refuses["assign"] += [refusal("PrincipalNotFound")]
    with pytest.raises(Conflict):
        carried_out(tenant, ALREADY, observed(principal=None))
    assert not tenant.held


# The role it gets


def test_a_role_that_was_widened_meanwhile_is_not_assigned() -> None:
    tenant = SmallTenant(ASTRONOMER, BROADER)
    with pytest.raises(Conflict, match="allows more than the documented one"):
        carried_out(tenant, seen=observed())
    assert not tenant.held


def test_a_role_that_was_widened_while_a_person_was_asked_is_not_assigned() -> None:
    tenant = SmallTenant()

    def ask(_: ServicePrincipal) -> bool:
        (role,) = tenant.roles.values()
        tenant.roles[role.guid] = replace(role, permissions=(Permission(actions=("*",)),))
        return True

    with pytest.raises(Conflict):
        carried_out(tenant, GRANT, trust=ask)
    assert held_by(tenant) == []


def test_a_role_that_is_not_shown_is_not_assigned() -> None:
    tenant = SmallTenant(ASTRONOMER)
    with pytest.raises(TimedOut, match="to show the role"):
        carried_out(tenant, replace(GRANT, only=Part.ASSIGNMENT), observed())
    assert not tenant.held


def test_the_role_of_our_name_that_exists_is_assigned_whatever_its_guid() -> None:
    theirs = replace(ROLE, guid="theirs")
    tenant = SmallTenant(ASTRONOMER, theirs)
    carried_out(tenant, seen=observed(role=theirs))
    assert held_by(tenant) == [(ASTRONOMER.object_id, "theirs", GRANT.scope)]


# Under which name


def test_the_name_of_an_assignment_that_is_removed_is_not_given_again_at_once() -> None:
    orphan = held(SOMEBODY, name=NAMES[0])
    tenant = SmallTenant(ROLE, orphan)
    carried_out(tenant, seen=observed(orphan, principal=None, deleted=frozenset({SOMEBODY})))
    assert [(one.principal_id, one.name) for one in tenant.held.values()] == [
        (ASTRONOMER.object_id, NAMES[1])
    ]


def test_a_name_that_azure_refuses_is_followed_by_the_other() -> None:
    for code in ("HashConflictOnDifferentRoleAssignmentIds", "RoleAssignmentUpdateNotPermitted"):
        tenant = SmallTenant(ASTRONOMER, ROLE)
        tenant.refuses["assign"].append(refusal(code))
        carried_out(tenant, seen=observed())
        assert [one.name for one in tenant.held.values()] == [NAMES[1]]


@pytest.mark.parametrize("refused", [refusal("Anything"), refusal("AuthorizationFailed", NotPermitted)])
def test_no_other_refusal_is_answered_by_another_name(refused: AstroPeerError) -> None:
    tenant = SmallTenant(ASTRONOMER, ROLE)
    tenant.refuses["assign"].append(refused)
    with pytest.raises(type(refused)) as caught:
        carried_out(tenant, seen=observed())
    assert caught.value is refused and not tenant.held


def test_each_removal_is_of_the_assignment_it_names() -> None:
    beneath = held(scope=f"{GRANT.scope}/resourceGroups/rg", name="beneath")
    broader: RoleAssignment = held(role="owner", name="of-another-role")
    tenant = SmallTenant(ASTRONOMER, ROLE, held(), beneath, broader)
    applied = carried_out(tenant, REVOKE, observed(held(), beneath, assignments=(broader,)))
    assert list(tenant.held.values()) == [broader]
    assert len(applied.done) == 2
