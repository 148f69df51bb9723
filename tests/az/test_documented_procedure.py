"""The documentation's own commands, unchanged, and what astro-peer says after each of them."""

from __future__ import annotations

from conftest import PROD, ROLE
from e2e.test_access_that_stays import make_roles_old

from .tenant import APPLICATION, SCOPE, InsideWithAz


def test_astro_peer_follows_the_documented_commands_and_has_nothing_to_add(inside: InsideWithAz) -> None:
    role_file = inside.folder / "astro-vhub-peering-creator-role.json"
    role_file.write_text(inside.run("role", "--subscription", PROD).out)
    assert inside.run("status").code == 10
    for command in (
        ("ad", "sp", "create", "--id", APPLICATION),
        ("role", "definition", "create", "--role-definition", role_file.name),
    ):
        ran = inside.az(*command)
        assert ran.code == 0, ran.err
        assert inside.run("status").code == 10
    assign = ("--assignee", APPLICATION, "--role", ROLE, "--scope", SCOPE)
    assert inside.az("role", "assignment", "create", *assign).code == 0
    assert inside.run("status").code == 0
    (role,) = inside.ours()["roles"]
    (assignment,) = inside.ours()["assignments"]
    assert assignment["scope"] == SCOPE
    assert assignment["roleDefinitionId"].endswith(role["name"])

    listed = inside.az("role", "assignment", "list", "--assignee", APPLICATION, "--all", "-o", "table")
    _, _, line = listed.out.splitlines()
    assert line.split() == [APPLICATION, *ROLE.split(), SCOPE]

    granted = inside.state()
    inside.forget_requests()
    again = inside.run("grant", "--yes", "-o", "json")
    assert again.code == 0, again.err
    assert set(again.actions.values()) == {"keep"}
    assert (inside.state(), inside.writes()) == (granted, [])
    assert inside.run("sandbox", "connect").code == 0

    assert inside.az("role", "assignment", "delete", *assign).code == 0
    assert inside.ours()["assignments"] == []
    assert inside.run("status").code == 10
    assert inside.run("sandbox", "connect", "--name", "after").code == 5


def test_what_astro_peer_granted_the_documented_command_revokes(inside: InsideWithAz) -> None:
    assert inside.run("grant", "--yes").code == 0
    ran = inside.az(
        "role", "assignment", "delete", "--assignee", APPLICATION, "--role", ROLE, "--scope", SCOPE
    )
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []
    assert inside.run("status").code == 10
    make_roles_old(inside)  # while they are new, a list that shows nothing proves nothing
    again = inside.run("revoke", "--yes", "-o", "json")
    assert (again.code, again.document["changes"]) == (0, [])
