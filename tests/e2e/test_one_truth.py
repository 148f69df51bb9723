"""What is decided once is said the same by everything that shows it: the plan, the screen, the document."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import Fault, Service
from astro_peer.sandbox.tenant import demo, refusals, role_definitions
from astro_peer.sandbox.tenant.state import Group
from conftest import DEV, PROD, ROLE, Inside
from e2e.test_access_that_stays import delete_principal
from e2e.test_ours_and_theirs import arrange_assignment
from e2e.test_roles_that_exist import DOCUMENTED, arrange_role


class RefusedPut(Fault):
    """Every role assignment is refused."""

    def before(self, request: Request, service: Service) -> bool:
        if request.method == "PUT" and "/roleassignments/" in request.path.lower():
            raise refusals.too_many_assignments()
        return False


def test_what_was_done_is_known_by_change_and_not_by_name(inside: Inside) -> None:
    """An orphan on the subscription is removed, and the new assignment there is refused."""
    assert inside.run("grant", "--yes").code == 0
    delete_principal(inside)
    inside.sandbox._app._faults = [RefusedPut("refused")]
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 7, ran.err
    done = {(one["object"], one["action"]): one["done"] for one in ran.document["changes"]}
    assert done == {
        ("service principal", "create"): True,
        ("custom role", "keep"): False,
        ("role assignment", "delete"): True,
        ("role assignment", "create"): False,
    }
    assert len({one["key"] for one in ran.document["changes"]}) == 4
    assert "Done: create service principal" in ran.err
    assert "Not done: create role assignment" in ran.err


def test_the_document_says_what_the_screen_says_of_the_hub(inside: Inside) -> None:
    hub = next(one for one in inside.tenant.resources.values() if one.id.endswith("vhub-prod-swc"))
    for command in (("grant", "--dry-run"), ("status",)):
        ran = inside.run(*command, "--hub-id", hub.id, "-o", "json")
        (finding,) = [one for one in ran.document["findings"] if one["id"] == "hub-not-ready"]
        assert (finding["level"], finding["blocks"]) == ("warning", "peering")
        assert "routing Provisioning" in finding["says"]
        assert finding["says"] in inside.run(*command, "--hub-id", hub.id).err or command == ("status",)


def test_the_document_knows_whom_the_role_goes_to_and_how_far_it_reaches(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "-o", "json")
    (principal,) = inside.ours()["principals"]
    assert ran.document["principal"]["object_id"] == principal["id"]
    assert ran.document["principal"]["verified_publisher"]
    names = {one["name"] for one in ran.document["reach"]}
    assert names == {"vhub-prod-weu", "vhub-prod-neu", "vhub-prod-swc"}
    (assignment,) = ran.document["assignments"]
    assert assignment["since"] and assignment["by"] == ran.document["account"]["object_id"]


@pytest.mark.parametrize("scopes", [(PROD,), (PROD, DEV)], ids=["one scope", "shared"])
def test_a_role_found_in_the_whole_tenant_that_covers_the_subscription_is_kept(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, scopes: tuple[str, ...]
) -> None:
    """No list at the subscription shows it yet; its assignable scopes do."""
    listed = role_definitions.list_role_definitions
    monkeypatch.setattr(
        role_definitions,
        "list_role_definitions",
        lambda *given, **named: [one for one in listed(*given, **named) if not one.custom],
    )
    role = arrange_role(inside, scopes=tuple(f"/subscriptions/{one}" for one in scopes))
    ran = inside.run("grant", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.actions["custom role"] == "keep"
    assert not [write for write in inside.writes() if "roleDefinitions" in write]
    revoked = inside.run("revoke", "--yes", "--delete-role", "-o", "json")
    assert revoked.code == 0, revoked.err
    left = inside.tenant.role_definitions.get(role)
    assert (left.assignable_scopes if left else ()) == tuple(f"/subscriptions/{one}" for one in scopes[1:])


@pytest.mark.parametrize(
    "arguments",
    [
        ("grant", "-yo", "json", "--bogus"),
        ("grant", "-yojson", "--bogus"),
        ("grant", "-vyo", "json", "--bogus"),
        ("grant", "-o", "json", "--offline"),
        ("status", "--output=json", "--bogus"),
    ],
    ids=" ".join,
)
def test_a_usage_error_is_a_document_however_json_was_asked_for(
    inside: Inside, arguments: tuple[str, ...]
) -> None:
    ran = inside.run(*arguments)
    assert ran.code == 2
    assert ran.document["outcome"] == "failed"


@pytest.mark.parametrize(
    "arguments",
    [("grant", "-so", "json", "--bogus"), ("grant", "-go", "json", "--bogus"), ("grant", "--", "-o", "json")],
)
def test_what_only_looks_like_it_is_not_taken_for_it(inside: Inside, arguments: tuple[str, ...]) -> None:
    ran = inside.run(*arguments)
    assert ran.code == 2
    assert ran.out == ""


def test_grant_in_a_sandbox_of_its_own_does_not_read_the_command_line_twice() -> None:
    code = (
        "import sys; sys.argv = ['x', 'hubs', '--nonsense']\n"
        "from astro_peer.cli import app; from astro_peer.output import Output\n"
        "output = Output()\n"
        "app(['grant', '--sandbox', '-yo', 'json'], standalone_mode=False, obj=output); output.finish(0)"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verified"] is True


def test_a_broader_role_that_stays_is_not_said_to_be_removable(inside: Inside) -> None:
    arrange_role(inside, (*DOCUMENTED, "Microsoft.Network/virtualHubs/delete"))
    inside.run("grant", "--yes", "--only", "principal")
    arrange_assignment(inside, f"/subscriptions/{PROD}", str(inside.ours()["roles"][0]["name"]))
    ran = inside.run("revoke", "--yes", "--delete-role")
    assert ran.code == 0, ran.err
    assert "--delete-role removes it" not in ran.err
    assert f"The custom role {ROLE} (allows more than the documented role" in ran.err


def test_deleting_only_a_role_takes_no_right_from_anybody(inside: Inside) -> None:
    arrange_role(inside)
    ran = inside.run("revoke", "--yes", "--delete-role")
    assert ran.code == 0, ran.err
    assert "loses the right" not in ran.err
    assert inside.ours()["roles"] == []


def test_the_table_says_what_is_held_through_a_group(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    group = next(iter(inside.tenant.groups.values()))
    assert isinstance(group, Group)
    inside.tenant.add(replace(group, members=frozenset({principal["id"]})))
    held = arrange_assignment(inside, f"/subscriptions/{PROD}", demo.NETWORK_CONTRIBUTOR)
    inside.tenant.add(replace(held, principal_id=group.id, principal_type="Group"))
    ran = inside.run("status")
    row = next(
        line for line in ran.out.splitlines() if "Network Contributor" in line and "Astronomer" in line
    )
    assert "through a group" in row


def test_a_way_out_is_data_in_the_document(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--only", "assignment", "-o", "json")
    assert ran.code == 6
    commands = [part["command"] for part in ran.document["error"]["way_out"] if "command" in part]
    assert ["astro-peer", "grant", "--only", "principal"] in commands
    assert ran.document["error"]["next"].count("`") == 2 * len(commands)
