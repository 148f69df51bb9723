"""A plan in a file: saved by one, shown to anybody, carried out by another, exactly or not at all."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from astro_peer import procedure
from astro_peer.model.plan import decide
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.output.prompter import Prompter
from astro_peer.sandbox.tenant import demo, demo_networks
from astro_peer.sandbox.tenant.state import Permission, RoleAssignment, RoleDefinition
from astro_peer.saved import file as files
from conftest import DEV, PROD, ROLE, Inside

DOCUMENTED = procedure.load().actions
HUB = f"/subscriptions/{PROD}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
NOWHERE = {"ASTRO_PEER_CLOUD": "https://127.0.0.1:9/metadata/endpoints", "AZURE_CLIENT_ID": ""}
"""Whoever asks anything of Azure, or signs in, fails."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def saved(inside: Inside, file: Path, *arguments: str, persona: str | None = None) -> Path:
    ran = inside.run_here(*(arguments or ("grant", "--hub-id", HUB)), "--plan", str(file), persona=persona)
    assert ran.code == 0, ran.err
    return file


def copied(file: Path, name: str = "copy.json") -> Path:
    """As it was saved: with no note of what came of it."""
    copy = file.with_name(name)
    copy.write_bytes(file.read_bytes())
    return copy


def test_one_plans_another_applies_once(inside: Inside, file: Path) -> None:
    planned = inside.run(
        *("grant", "--hub-id", HUB, "--until", "14d", "--cluster-id", "clm8qv74h000008mlf08scq7k"),
        *("--description", "CHG-4711", "--plan", str(file), "-o", "json"),
        persona="reader",
    )
    assert planned.code == 0, planned.err
    document = planned.document
    assert (document["outcome"], inside.writes()) == ("planned", [])
    assert "sandbox-reader could not carry it out" in planned.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = copied(file)

    before = len(inside.requests())
    shown = inside.run("show", str(file), "-o", "json", env=NOWHERE)
    text = inside.run("show", str(file), env=NOWHERE)
    script = inside.run("show", str(file), "--export", "az", env=NOWHERE)
    assert (shown.code, text.code, script.code, len(inside.requests())) == (0, 0, 0, before)
    same = ("account", "target", "changes", "grants", "reach", "rights", "findings", "undo", "planned_on")
    assert {name: shown.document[name] for name in same} == {name: document[name] for name in same}
    for words in ("vhub-prod-neu", "by sandbox-reader", "CHG-4711", "until "):
        assert words in text.out
    assert "az role assignment create" in script.out

    applied = inside.run("apply", str(file), "--yes", "-o", "json")
    assert applied.code == 0, applied.err
    assert applied.document["verified"] is True
    assert applied.document["request"]["cluster_id"] == "clm8qv74h000008mlf08scq7k"
    assert applied.document["saved_plan"]["carried_out"]["done"] == ["assignment", "principal", "role"]
    (assignment,) = [one for one in inside.tenant.role_assignments.values() if one.description]
    (role,) = inside.ours()["roles"]
    assert assignment.description == f"CHG-4711 [astro-peer until {document['until']}]"
    assert tuple(role["permissions"][0]["actions"]) == DOCUMENTED

    state = inside.ours()
    for one in (file, again):
        second = inside.run("apply", str(one), "--yes")
        assert second.code == 0, second.err
        assert "Nothing to change." in second.err
    assert inside.ours() == state
    assert inside.run("show", str(file), env=NOWHERE).out.count("It was carried out on") == 1

    assert inside.run("revoke", "--yes").code == 0
    state = inside.ours()
    for one, by in ((file, "By the note in the file"), (again, "By the activity log")):
        undone = inside.run("apply", str(one), "--yes")
        assert undone.code == 7, undone.err
        assert by in undone.err
        assert "undone since" in undone.err
    assert inside.ours() == state


def test_a_revoke_is_saved_and_applied_once(inside: Inside, file: Path) -> None:
    inside.run_here("grant", "--yes", "--hub-id", HUB)
    inside.sandbox.clock.advance(3600)
    saved(inside, file, "revoke", "--subscription", PROD, "--delete-role", persona="reader")
    assert len(inside.ours()["assignments"]) == 1
    assert "Astronomer loses the right" in inside.run_here("show", str(file), env=NOWHERE).out
    refused = inside.run_here("apply", str(file), "--yes", persona="rbac-admin")
    assert refused.code == 5, "it may not delete the role, whatever the planner may"
    assert inside.run_here("apply", str(file), "--yes").code == 0
    assert (inside.ours()["assignments"], inside.ours()["roles"]) == ([], [])
    assert inside.run_here("apply", str(file), "--yes").code == 0, "nothing is left to do"
    inside.run_here("grant", "--yes", "--hub-id", HUB)
    state = inside.ours()
    assert inside.run_here("apply", str(file), "--yes").code == 7
    assert inside.ours() == state


def test_what_others_have_done_of_it_meanwhile_is_kept(inside: Inside, file: Path) -> None:
    """Split duties: the plan is of the whole, and each does a part."""
    saved(inside, file)
    assert inside.run_here("grant", "--yes", "--only", "principal", persona="entra-admin").code == 0
    assert (
        inside.run_here("grant", "--yes", "--only", "role", "--subscription", PROD, persona="uaa").code == 0
    )
    applied = inside.run_here("apply", str(file), "--yes", "-o", "json", persona="rbac-admin")
    assert applied.code == 0, applied.err
    assert applied.document["saved_plan"]["carried_out"]["done"] == ["assignment"]
    assert len(inside.ours()["assignments"]) == 1


@pytest.mark.parametrize("part", ["principal", "role"])
def test_a_part_alone_is_saved_and_applied(inside: Inside, file: Path, part: str) -> None:
    saved(inside, file, "grant", "--only", part, *(() if part == "principal" else ("--subscription", PROD)))
    assert inside.run_here("show", str(file), env=NOWHERE).code == 0
    assert inside.run_here("apply", str(file), "--yes").code == 0
    assert {kind for kind, found in inside.ours().items() if found} == {f"{part}s"}


def test_a_plan_for_a_virtual_network_stays_one(inside: Inside, file: Path) -> None:
    network = ("--subscription", PROD, "--vnet", demo_networks.AIRFLOW)
    saved(inside, file, "grant", *network)
    assert demo_networks.AIRFLOW in inside.run_here("show", str(file), env=NOWHERE).out
    ran = inside.run_here("apply", str(file), "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    documented = procedure.load("vnet")
    (role,) = [one for one in inside.tenant.role_definitions.values() if one.name == documented.role_name]
    assert tuple(role.permissions[0].actions) == documented.actions
    assert [one["action"] for one in ran.document["grants"]["actions"]] == list(documented.actions)
    assert inside.ours()["roles"] == []


# Azure has moved


def add_hub(inside: Inside) -> None:
    hub = inside.tenant.resources[HUB.lower()]
    new = replace(hub, id=f"{hub.id}-2")
    inside.tenant.resources[new.id.lower()] = new


def change_publisher(inside: Inside) -> None:
    inside.tenant.applications[demo.ASTRONOMER_APP_ID] = replace(
        inside.tenant.applications[demo.ASTRONOMER_APP_ID], publisher="Somebody else"
    )


def describe_otherwise(inside: Inside) -> None:
    (one,) = [one for one in inside.tenant.role_assignments.values() if one.description == "CHG-1"]
    inside.tenant.role_assignments[one.id.lower()] = replace(one, description="CHG-2")


def widen_role(inside: Inside) -> None:
    (role,) = [one for one in inside.tenant.role_definitions.values() if one.name == ROLE]
    wider = (Permission((*DOCUMENTED, "Microsoft.Network/virtualHubs/delete")),)
    inside.tenant.role_definitions[role.guid] = replace(role, permissions=wider)


def share_role(inside: Inside) -> None:
    (role,) = [one for one in inside.tenant.role_definitions.values() if one.name == ROLE]
    scopes = (*role.assignable_scopes, f"/subscriptions/{DEV}")
    inside.tenant.role_definitions[role.guid] = replace(
        role, permissions=(Permission(DOCUMENTED[:3]),), assignable_scopes=scopes
    )


@pytest.mark.parametrize(
    ("move", "says"),
    [
        (add_hub, "it would also reach /subscriptions/"),
        (change_publisher, "publisher of the application: planned with Astronomer, Inc., now Somebody else"),
        (describe_otherwise, "description: planned with CHG-1, now CHG-2"),
        (widen_role, "allows more than the documented one"),
        (share_role, "other scopes use it too"),
    ],
)
def test_nothing_is_written_where_azure_has_moved(
    inside: Inside, file: Path, move: Callable[[Inside], None], says: str
) -> None:
    inside.run_here("grant", "--yes", "--hub-id", HUB, "--description", "CHG-1")
    ran = inside.run_here("grant", "--hub-id", HUB, "--description", "CHG-3", "--plan", str(file))
    assert ran.code == 0, ran.err
    move(inside)
    state, writes = inside.state(), inside.writes()
    ran = inside.run_here("apply", str(file), "--yes")
    assert ran.code == 7, ran.err
    assert says in ran.err
    assert (inside.state(), inside.writes()) == (state, writes)


def test_what_moves_while_the_question_is_open_is_refused(
    inside: Inside, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `grant` would ask again: this was reviewed as it is."""
    saved(inside, file)

    def answer(self: Prompter, question: str) -> None:
        add_hub(inside)

    monkeypatch.setattr(Prompter, "somebody_there", True)
    monkeypatch.setattr(Prompter, "confirm", answer)
    ran = inside.run_here("apply", str(file))
    assert (ran.code, inside.writes()) == (7, []), ran.err
    assert "it would also reach" in ran.err


def test_it_is_for_its_own_tenant_and_cloud(inside: Inside, file: Path) -> None:
    plan = files.read(saved(inside, file))
    forge(file, plan, cloud="Azure public cloud")
    assert inside.run_here("apply", str(file), "--yes").code == 7
    files.write(file, plan)
    saved_place = plan.plan.wanted.place
    assert saved_place
    elsewhere = replace(plan.plan.wanted, tenant_id=str(uuid4()))
    forge(file, plan, plan=decide(elsewhere, plan.plan.observed, plan.plan.around))
    ran = inside.run_here("apply", str(file), "--yes")
    assert (ran.code, inside.writes()) == (4, [])
    assert "az login" in ran.err or "AZURE_TENANT_ID" in ran.err


# A file is data, and no authority


def forge(file: Path, honest: SavedPlan, **other: Any) -> None:
    """A file that holds together, as somebody would make it who knows how."""
    files.write(file, replace(honest, **other))


def test_no_forged_file_gives_more_than_documented(inside: Inside, file: Path) -> None:
    """However well it is forged: Azure is read anew, and the rules are those of the program."""
    inside.run_here("grant", "--yes", "--only", "principal")
    assert inside.run_here("grant", "--hub-id", HUB, "--plan", str(file)).code == 0
    honest = files.read(file)
    now = inside.sandbox.clock.now()
    broad = RoleDefinition(
        str(uuid4()), "Broad", (Permission(("*",)),), (f"/subscriptions/{PROD}",), True, "", now, now
    )
    inside.tenant.add(broad)
    inside.tenant.add(
        RoleAssignment(
            str(uuid4()), f"/subscriptions/{PROD}", broad.guid, demo.TENANT, "ServicePrincipal", now, now
        )
    )
    stranger = next(
        one for one in inside.tenant.service_principals.values() if one.app_id != demo.ASTRONOMER_APP_ID
    )
    wanted, observed, around = honest.plan.wanted, honest.plan.observed, honest.plan.around
    assert wanted.place
    assert observed.principal
    dev = replace(wanted.place, subscription=replace(wanted.place.subscription, id=DEV))
    state = inside.state()
    for forged, seen in (
        (replace(wanted, role_name="Broad"), observed),
        (replace(wanted, role_name="Owner"), observed),
        (replace(wanted, principal_id=stranger.id), replace(observed, principal=None)),
        (wanted, replace(observed, principal=replace(observed.principal, object_id=stranger.id))),
        (replace(wanted, place=dev), observed),
        (replace(wanted, granted=False, delete_role=True), observed),
        (replace(wanted, update_shared_role=True), replace(observed, reach=())),
    ):
        forge(file, honest, plan=decide(forged, seen, around))
        ran = inside.run_here("apply", str(file), "--yes")
        assert ran.code in (0, 2, 6, 7), ran.err
        assert inside.state() == state, (ran.code, ran.err)
    files.write(file, honest)
    assert inside.run_here("apply", str(file), "--yes").code == 0


def test_who_gets_the_rights_is_not_said_by_a_file_alone(inside: Inside, file: Path) -> None:
    """Where Microsoft Graph does not answer whoever applies, they name the principal as well."""
    inside.run_here("grant", "--yes", "--only", "principal")
    assert inside.run_here("grant", "--hub-id", HUB, "--plan", str(file)).code == 0
    (principal,) = inside.ours()["principals"]
    honest = files.read(file)
    wanted = replace(honest.plan.wanted, principal_id=principal["id"])
    forge(file, honest, plan=decide(wanted, honest.plan.observed, honest.plan.around))
    inside.tenant.directory_readers.clear()
    inside.tenant.directory_writers.clear()
    refused = inside.run_here("apply", str(file), "--yes")
    assert refused.code == 5, refused.err
    assert "--principal-object-id" in refused.err
    stranger = next(one for one in inside.tenant.service_principals.values() if one.id != principal["id"])
    other = inside.run_here("apply", str(file), "--yes", "--principal-object-id", stranger.id)
    assert other.code == 7, other.err
    assert inside.ours()["assignments"] == []
    given = inside.run_here("apply", str(file), "--yes", "--principal-object-id", principal["id"])
    assert given.code == 0, given.err
    assert len(inside.ours()["assignments"]) == 1


# The command line, and the file


def test_a_plan_is_written_over_a_plan_alone(inside: Inside, file: Path) -> None:
    other = file.with_name("notes.json")
    other.write_text('{"mine": true}')
    for arguments in (
        ("--plan", str(other)),
        ("--plan", str(file.parent)),
        ("--plan", str(file.parent / "none" / "plan.json")),
        ("--plan", str(file), "--dry-run"),
        ("--plan", str(file), "--sandbox"),
    ):
        for command in ("grant", "revoke"):
            if command == "grant" or "--sandbox" not in arguments:
                ran = inside.run_here(command, *arguments, "-o", "json")
                assert (ran.code, ran.document["error"]["code"]) == (2, "Usage")
    assert (other.read_text(), inside.requests(), file.exists()) == ('{"mine": true}', [], False)
    first = saved(inside, file).read_text()
    assert saved(inside, file, "grant", "--until", "3d").read_text() != first


def test_an_old_plan_says_so_and_one_of_the_future_is_refused(inside: Inside, file: Path) -> None:
    plan = files.read(saved(inside, file))
    inside.sandbox.clock.advance(9 * 24 * 3600 + 3600)
    old = inside.run_here("apply", str(file), "--yes")
    assert old.code == 0
    assert "It is 9 days old" in old.err
    forge(file, plan, on=plan.on.replace(year=plan.on.year + 1))
    inside.run_here("revoke", "--yes")
    assert inside.run_here("apply", str(file), "--yes").code == 7


def test_what_is_no_plan_or_another_format_is_told_apart(inside: Inside, file: Path) -> None:
    missing = inside.run_here("show", str(file), "-o", "json")
    assert missing.code == 6
    file.write_text("{}")
    assert inside.run_here("apply", str(file)).code == 2
    document = json.loads(saved(inside, file.with_name("good.json")).read_text())
    file.write_text(json.dumps(document | {"astro_peer_saved_plan": 2}))
    newer = inside.run_here("apply", str(file), "--yes", "-o", "json")
    assert (newer.code, newer.document["error"]["code"]) == (7, "Conflict")
    assert "another format" in newer.err
    document["review"]["changes"].pop()
    file.write_text(json.dumps(document))
    edited = inside.run_here("apply", str(file), "--yes")
    assert edited.code == 7
    assert "review.changes does not follow" in edited.err
    assert inside.writes() == []
