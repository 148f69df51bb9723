"""The grant for a virtual network, by the documentation's commands and by the script, both run by the real az."""

from __future__ import annotations

from conftest import PROD
from e2e.test_access_that_stays import make_roles_old
from e2e.test_vnets import NETWORK, NETWORK_ID, ROLE, THEIRS, held
from random_plans import restore, shape, snapshot

from .tenant import APPLICATION, SCOPE, InsideWithAz

CONNECT = ("sandbox", "connect", "--vnet-id", NETWORK_ID)


def test_astro_peer_follows_the_documented_commands_for_a_network(inside: InsideWithAz) -> None:
    role_file = inside.folder / "astro-vnet-peering-creator-role.json"
    role_file.write_text(inside.run("role", "--procedure", "vnet", "--subscription", PROD).out)
    assign = ("--assignee", APPLICATION, "--role", ROLE, "--scope", SCOPE)
    for command in (
        ("ad", "sp", "create", "--id", APPLICATION),
        ("role", "definition", "create", "--role-definition", role_file.name),
        ("role", "assignment", "create", *assign),
    ):
        ran = inside.az(*command)
        assert ran.code == 0, ran.err
    again = inside.run("grant", "--yes", *NETWORK, "-o", "json")
    assert again.code == 0 and set(again.actions.values()) == {"keep"}, again.err
    assert inside.run("status", *NETWORK).code == 0
    assert inside.run(*CONNECT).code == 0
    assert inside.az("role", "assignment", "delete", *assign).code == 0
    assert inside.run("status", *THEIRS).code == 10


def test_the_scripts_leave_what_the_commands_leave_beside_the_hubs_grant(inside: InsideWithAz) -> None:
    assert inside.run("grant", "--yes").code == 0
    new = snapshot(inside.tenant)
    script = inside.script("grant", *NETWORK)
    assert inside.run("grant", "--yes", *NETWORK).code == 0
    by_command = shape(inside.tenant)
    restore(inside.tenant, new)
    for _ in range(2):
        ran = inside.bash(script)
        assert ran.code == 0, ran.err
        assert shape(inside.tenant) == by_command
    make_roles_old(inside)
    revoking = inside.script("revoke", "--delete-role", *THEIRS)
    ran = inside.bash(revoking)
    assert ran.code == 0, ran.err
    assert set(held(inside)) == {"Astro VHub Peering Contributor"}


def test_a_peering_is_deleted_as_check_says(inside: InsideWithAz) -> None:
    network = NETWORK_ID.rpartition("/")[0] + "/vnet-data-science"
    (peering,) = [one for one in inside.state()["peerings"] if one["id"].startswith(f"{network}/")]
    assert inside.az("resource", "delete", "--ids", peering["id"]).code == 0
    assert peering["id"] not in [one["id"] for one in inside.state()["peerings"]]
