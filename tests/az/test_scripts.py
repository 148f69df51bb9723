"""The dry run's scripts, carried out by bash and the real az, end where the command itself would have ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import DEV, PROD, ROLE, Inside
from e2e.test_access_that_stays import delete_principal, forget_principal, make_roles_old
from e2e.test_roles_that_exist import DOCUMENTED, STALE, arrange_role
from random_plans import restore, snapshot

from .tenant import (
    SCOPE,
    InsideWithAz,
    add_assignment,
    add_principal,
    our_roles,
    shape,
)

DEV_SCOPE = f"/subscriptions/{DEV}"
GROUP_SCOPE = f"{SCOPE}/resourceGroups/rg-connectivity-prod"
OTHER_NAME = "Astro Peering (Contoso)"
QUOTES = """CHG-4711 by O'Brien: "no $(touch pwned) `touch pwned`", 100 % \\ ä"""


def nothing(inside: Inside) -> None:
    """A tenant as it is before anything was granted."""


def principal(inside: Inside) -> None:
    add_principal(inside)


def principal_by_id(inside: Inside) -> tuple[str, str]:
    return "--principal-object-id", add_principal(inside)


def granted(inside: Inside) -> None:
    """By other means than astro-peer: under GUIDs that it would not have chosen."""
    add_assignment(inside, arrange_role(inside), add_principal(inside))


def granted_by_id(inside: Inside) -> tuple[str, str]:
    held_by = add_principal(inside)
    add_assignment(inside, arrange_role(inside), held_by)
    return "--principal-object-id", held_by


def granted_more_than_once(inside: Inside) -> None:
    """On the subscription, and beneath it in a spelling of somebody's own; other roles and scopes stay."""
    held_by, role = add_principal(inside), arrange_role(inside, scopes=(SCOPE, DEV_SCOPE))
    add_assignment(inside, role, held_by)
    add_assignment(inside, role, held_by, GROUP_SCOPE.replace("/subscriptions/", "/Subscriptions/").upper())
    add_assignment(inside, role, held_by, DEV_SCOPE)
    add_assignment(inside, demo.READER, held_by)


def granted_in_lower_case(inside: Inside) -> None:
    add_assignment(inside, arrange_role(inside, name=ROLE.lower()), add_principal(inside))


def granted_under_another_name(inside: Inside) -> None:
    add_assignment(inside, arrange_role(inside, name=OTHER_NAME), add_principal(inside))
    arrange_role(inside)


def role_and_principal(inside: Inside) -> None:
    add_principal(inside)
    arrange_role(inside)


def stale(inside: Inside) -> None:
    arrange_role(inside, STALE)


def stale_and_granted(inside: Inside) -> None:
    add_assignment(inside, arrange_role(inside, STALE), add_principal(inside))


def stale_and_shared(inside: Inside) -> None:
    arrange_role(inside, STALE, (SCOPE, DEV_SCOPE))


def elsewhere(inside: Inside) -> None:
    arrange_role(inside, scopes=(DEV_SCOPE,))


def shared(inside: Inside) -> None:
    add_assignment(inside, arrange_role(inside, scopes=(DEV_SCOPE, SCOPE)), add_principal(inside))


def held_by_somebody_else(inside: Inside) -> None:
    role = arrange_role(inside)
    add_assignment(inside, role, add_principal(inside))
    add_assignment(inside, role, next(iter(inside.tenant.groups)), kind="Group")


def principal_gone(inside: Inside) -> None:
    """Its assignment stays behind, as in Azure."""
    add_assignment(inside, arrange_role(inside), add_principal(inside))
    delete_principal(inside)


def principal_forgotten(inside: Inside) -> None:
    """As after thirty days, when Entra lists it no more: then nobody knows whose the assignment is."""
    add_assignment(inside, arrange_role(inside), add_principal(inside))
    forget_principal(inside)
    make_roles_old(inside)


def broader_and_granted(inside: Inside) -> None:
    add_assignment(inside, arrange_role(inside, (*DOCUMENTED, "*/delete")), add_principal(inside))


@dataclass(frozen=True)
class Case:
    arrange: Callable[[Inside], tuple[str, ...] | None]
    arguments: tuple[str, ...]
    writes: bool = True
    """Whether the command has something to do: a case in which neither does anything would prove little."""

    def __str__(self) -> str:
        words = " ".join(word for word in self.arguments if word != QUOTES)
        return f"{self.arrange.__name__}: {words}"


GRANTS = (
    Case(nothing, ()),
    Case(nothing, ("--role-name", OTHER_NAME, "--description", QUOTES)),
    Case(nothing, ("--only", "principal")),
    Case(nothing, ("--only", "role")),
    Case(principal, ("--only", "principal"), writes=False),
    Case(principal, ()),
    Case(principal_by_id, ("--description", "CHG-4711")),
    Case(granted, (), writes=False),
    Case(granted_in_lower_case, (), writes=False),
    Case(role_and_principal, ("--only", "assignment")),
    Case(stale, ("--only", "role")),
    Case(stale_and_granted, ()),
    Case(stale_and_shared, ("--update-shared-role",)),
    Case(elsewhere, ("--update-shared-role",)),
    Case(principal_gone, ()),
)
REVOKES = (
    Case(nothing, ("--delete-role",), writes=False),
    Case(granted, ("--delete-role",)),
    Case(granted_by_id, ("--delete-role",)),
    Case(granted_more_than_once, ()),
    Case(granted_in_lower_case, ()),
    Case(granted_under_another_name, ("--role-name", OTHER_NAME, "--delete-role")),
    Case(stale_and_granted, ("--delete-role",)),
    Case(shared, ("--delete-role",)),
    Case(held_by_somebody_else, ("--delete-role",)),
    Case(principal_gone, ("--delete-role",)),
    Case(principal_forgotten, ("--delete-role",), writes=False),
    Case(role_and_principal, ("--delete-role",)),
    Case(broader_and_granted, ("--delete-role",)),
)


def check(inside: InsideWithAz, command: str, case: Case) -> None:
    arguments = (*case.arguments, *(case.arrange(inside) or ()))
    before, arranged = shape(inside), snapshot(inside.tenant)
    script = inside.script(command, *arguments)
    assert shape(inside) == before

    ran = inside.run(command, *arguments, "--yes")
    assert ran.code == 0, ran.err
    wanted = shape(inside)
    assert (wanted != before) == case.writes

    restore(inside.tenant, arranged)
    temporary = inside.folder / "temporary"
    temporary.mkdir()
    for _ in ("once", "and again") if case.writes else ("once",):
        by_script = inside.bash(script, env={"TMPDIR": str(temporary)})
        assert by_script.code == 0, by_script.err
        assert shape(inside) == wanted
    assert list(temporary.iterdir()) == [], "its files are gone"
    assert not (inside.folder / "pwned").exists()


@pytest.mark.parametrize("case", GRANTS, ids=str)
def test_a_grant_by_script_is_a_grant(inside: InsideWithAz, case: Case) -> None:
    check(inside, "grant", case)


@pytest.mark.parametrize("case", REVOKES, ids=str)
def test_a_revoke_by_script_is_a_revoke(inside: InsideWithAz, case: Case) -> None:
    check(inside, "revoke", case)


def test_scripts_written_offline_grant_and_revoke(inside: InsideWithAz) -> None:
    before, arranged = shape(inside), snapshot(inside.tenant)
    offline = ("--offline", "--tenant", demo.TENANT, "--subscription", PROD)
    grant, revoke = inside.script("grant", *offline), inside.script("revoke", "--delete-role", *offline)
    assert inside.run("grant", "--yes").code == 0
    wanted = shape(inside)
    restore(inside.tenant, arranged)
    ran = inside.bash(grant)
    assert ran.code == 0, ran.err
    assert shape(inside) == wanted
    assert inside.run("status").code == 0
    ran = inside.bash(revoke)
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []
    assert {**shape(inside), "principals": before["principals"]} == before, "the principal is what stays"


def test_a_script_written_offline_gives_an_end_and_moves_none(inside: InsideWithAz) -> None:
    offline = ("--offline", "--tenant", demo.TENANT, "--subscription", PROD)
    first, second = (inside.script("grant", *offline, "--until", days) for days in ("14d", "30d"))
    assert inside.bash(first).code == 0
    wanted = shape(inside)
    end = (inside.sandbox.clock.now() + timedelta(days=14)).date()
    assert [one["until"] for one in inside.run("status", "-o", "json").document["assignments"]] == [str(end)]
    ran = inside.bash(second)
    assert ran.code == 0, ran.err
    assert "an end in it, stay as they are" in ran.out
    assert shape(inside) == wanted


def test_an_offline_revoke_finds_a_role_in_any_spelling(inside: InsideWithAz) -> None:
    granted_in_lower_case(inside)
    script = inside.script("revoke", "--offline", "--tenant", demo.TENANT, "--subscription", PROD)
    ran = inside.bash(script)
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []


def test_a_script_mends_a_role_that_az_made_stale(inside: InsideWithAz) -> None:
    assert inside.run("grant", "--yes").code == 0
    wanted = shape(inside)
    (made,) = json.loads(inside.az("role", "definition", "list", "--name", ROLE).out)
    made["permissions"][0]["actions"] = list(STALE)
    role_file = inside.folder / "role.json"
    role_file.write_text(json.dumps(made))
    assert inside.az("role", "definition", "update", "--role-definition", role_file.name).code == 0
    assert inside.run("status").code == 11
    ran = inside.bash(inside.script("grant"))
    assert ran.code == 0, ran.err
    assert shape(inside) == wanted
    assert inside.run("status").code == 0


def test_a_script_goes_on_where_azure_stopped_it(inside: InsideWithAz) -> None:
    """Right after its creation, Azure RBAC does not know the principal yet."""
    script = inside.script("grant")
    inside.tenant.lags = replace(inside.tenant.lags, new_principal=45)
    stopped = inside.bash(script)
    assert stopped.code != 0
    assert "PrincipalNotFound" in stopped.err
    assert inside.ours()["assignments"] == []
    inside.sandbox.clock.advance(60)
    ran = inside.bash(script)
    assert ran.code == 0, ran.err
    assert {part: len(held) for part, held in inside.ours().items()} == {
        "principals": 1,
        "roles": 1,
        "assignments": 1,
    }


def test_scripts_do_not_mind_a_default_resource_group(inside: InsideWithAz) -> None:
    """One that is set with `az config set defaults.group` is added by az to every command that takes one."""
    grant = inside.script("grant")
    assert inside.az("config", "set", "defaults.group=rg-connectivity-prod").code == 0
    ran = inside.bash(grant)
    assert ran.code == 0, ran.err
    (assignment,) = inside.ours()["assignments"]
    assert assignment["scope"] == SCOPE
    ran = inside.bash(inside.script("revoke", "--delete-role"))
    assert ran.code == 0, ran.err
    assert (inside.ours()["assignments"], our_roles(inside)) == ([], [])


def test_a_script_shows_whom_it_is_about(inside: InsideWithAz) -> None:
    ran = inside.bash(inside.script("grant", "--only", "principal"))
    assert ran.code == 0, ran.err
    assert {"Astronomer", "Astronomer,", demo.ASTRONOMER_TENANT} <= set(ran.out.split())
