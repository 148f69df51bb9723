"""What a script finds may have changed since it was reviewed: then it stops before it does harm."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import DEV, PROD, Inside
from e2e.test_roles_that_exist import DOCUMENTED, STALE, arrange_role

from .tenant import (
    APPLICATION,
    SCOPE,
    InsideWithAz,
    add_assignment,
    add_principal,
    change_role,
)

OTHER_TENANT = "11111111-2222-3333-4444-555555555555"
DEV_SCOPE = f"/subscriptions/{DEV}"


def stops(inside: InsideWithAz, script: str, saying: str, env: dict[str, str] | None = None) -> None:
    """Running the script fails, for that reason, and changes nothing."""
    before = inside.state()
    inside.forget_requests()
    ran = inside.bash(script, env)
    assert ran.code != 0
    assert saying in ran.err
    assert inside.state() == before
    assert inside.writes() == []


def arrange(inside: Inside, actions: tuple[str, ...] | None, *scopes: str) -> str:
    """The principal, and the role with these actions; returns the role's GUID."""
    add_principal(inside)
    return arrange_role(inside, *([actions] if actions else []), scopes=scopes or (SCOPE,))


@pytest.mark.parametrize(
    "arguments",
    [("grant",), ("grant", "--only", "role"), ("revoke", "--delete-role")],
    ids=" ".join,
)
def test_another_current_subscription_stops_a_script(
    inside: InsideWithAz, arguments: tuple[str, ...]
) -> None:
    add_assignment(inside, arrange_role(inside), add_principal(inside))
    script = inside.script(*arguments)
    assert inside.az("account", "set", "--subscription", DEV).code == 0
    stops(inside, script, f"az login --tenant {demo.TENANT} && az account set --subscription {PROD}")


@pytest.mark.parametrize(
    "arguments",
    [("grant",), ("grant", "--only", "principal"), ("revoke", "--delete-role")],
    ids=" ".join,
)
def test_another_tenant_stops_a_script(inside: InsideWithAz, arguments: tuple[str, ...]) -> None:
    place = ("--offline", "--tenant", OTHER_TENANT, "--subscription", PROD)
    stops(inside, inside.script(*arguments, *place), f"az login --tenant {OTHER_TENANT}")


def test_nobody_signed_in_stops_a_script(inside: InsideWithAz) -> None:
    empty = inside.folder / "empty"
    empty.mkdir()
    stops(inside, inside.script("grant"), "az login", env={"AZURE_CONFIG_DIR": str(empty)})


@pytest.mark.parametrize("at_review", ["documented", "stale", "only assignment"])
def test_a_role_that_became_broader_is_not_assigned(inside: InsideWithAz, at_review: str) -> None:
    role = arrange(inside, STALE if at_review == "stale" else None)
    only = ("--only", "assignment") if at_review == "only assignment" else ()
    script = inside.script("grant", *only)
    change_role(inside, role, actions=("Microsoft.Network/virtualHubs/delete",))
    stops(inside, script, "microsoft.network/virtualhubs/delete")


def test_a_role_that_was_made_broader_meanwhile_by_somebody_else_is_not_assigned(
    inside: InsideWithAz,
) -> None:
    """There was none when the script was written."""
    add_principal(inside)
    script = inside.script("grant")
    arrange_role(inside, ("*",))
    stops(inside, script, "is not as documented, so it is not assigned")


def test_a_role_that_lost_an_action_is_not_assigned(inside: InsideWithAz) -> None:
    add_principal(inside)
    script = inside.script("grant")
    arrange_role(inside, STALE)
    stops(inside, script, "is not as documented, so it is not assigned")


def test_a_role_in_use_by_more_scopes_than_were_reviewed_is_not_changed(inside: InsideWithAz) -> None:
    role = arrange(inside, STALE, SCOPE, DEV_SCOPE)
    script = inside.script("grant", "--update-shared-role")
    change_role(inside, role, scopes=(demo.ROOT_MANAGEMENT_GROUP,))
    stops(inside, script, demo.ROOT_MANAGEMENT_GROUP)


def test_a_role_in_use_by_others_is_not_changed_by_a_script_that_knew_of_none(inside: InsideWithAz) -> None:
    role = arrange(inside, STALE)
    script = inside.script("grant")
    change_role(inside, role, scopes=(DEV_SCOPE,))
    stops(inside, script, DEV_SCOPE)


def test_a_role_that_is_gone_is_not_made_again_by_an_update(inside: InsideWithAz) -> None:
    role = arrange(inside, STALE)
    script = inside.script("grant")
    del inside.tenant.role_definitions[role]
    stops(inside, script, "is gone")


@pytest.mark.parametrize("said", ["a colleague's", "chg-4711"], ids=["another text", "another case"])
def test_a_description_that_is_not_as_it_was_reviewed_is_not_changed(inside: InsideWithAz, said: str) -> None:
    assert inside.run("grant", "--yes", "--description", "CHG-4711").code == 0
    script = inside.script("grant", "--until", "14d")
    (made,) = inside.ours()["assignments"]
    key, held = next((k, a) for k, a in inside.tenant.role_assignments.items() if a.name == made["name"])
    inside.tenant.role_assignments[key] = replace(held, description=said)
    stops(inside, script, f"Its description says: {said}")


@pytest.mark.parametrize("only", [(), ("--only", "principal")], ids=" ".join)
def test_a_disabled_principal_is_given_nothing(inside: InsideWithAz, only: tuple[str, ...]) -> None:
    add_principal(inside)
    script = inside.script("grant", *only)
    assert inside.az("ad", "sp", "update", "--id", APPLICATION, "--set", "accountEnabled=false").code == 0
    stops(inside, script, "is disabled")


def test_a_principal_that_was_made_again_is_not_the_one_reviewed(inside: InsideWithAz) -> None:
    arrange(inside, None)
    script = inside.script("grant")
    assert inside.az("ad", "sp", "delete", "--id", APPLICATION).code == 0
    assert inside.az("ad", "sp", "create", "--id", APPLICATION).code == 0
    stops(inside, script, "it was made again since")


def test_only_assignment_needs_the_principal(inside: InsideWithAz) -> None:
    arrange(inside, None)
    script = inside.script("grant", "--only", "assignment")
    assert inside.az("ad", "sp", "delete", "--id", APPLICATION).code == 0
    stops(inside, script, f"az ad sp create --id {APPLICATION}")


def test_only_assignment_needs_the_role(inside: InsideWithAz) -> None:
    role = arrange(inside, None)
    script = inside.script("grant", "--only", "assignment")
    del inside.tenant.role_definitions[role]
    stops(inside, script, "does not exist here yet")


TAPE = """#!/usr/bin/env bash
# Records what az answers, call by call; or plays it back without az, and fails at one call.
call=$(($(cat "$TAPE/calls") + 1))
echo "$call" > "$TAPE/calls"
if [ -z "$FAILS_AT" ]; then
  PATH="$REAL_PATH" az "$@" > "$TAPE/$call" || exit
elif [ "$call" = "$FAILS_AT" ]; then
  exit 1
fi
cat "$TAPE/$call"
"""


def play(inside: InsideWithAz, script: str, fails_at: str = "") -> tuple[int, int]:
    """The script's exit code, and how often it called az."""
    tape = inside.folder / "tape"
    tape.mkdir(exist_ok=True)
    (tape / "az").write_text(TAPE)
    (tape / "az").chmod(0o755)
    calls = tape / "calls"
    calls.write_text("0")
    path = inside.environment()["PATH"]
    env = {"TAPE": str(tape), "REAL_PATH": path, "PATH": f"{tape}{os.pathsep}{path}", "FAILS_AT": fails_at}
    return inside.bash(script, env).code, int(calls.read_text())


@pytest.mark.parametrize(
    ("actions", "scopes", "arguments"),
    [
        ((), (), ("grant",)),
        (DOCUMENTED, (SCOPE,), ("grant",)),
        (STALE, (DEV_SCOPE,), ("grant", "--update-shared-role")),
        (DOCUMENTED, (SCOPE,), ("revoke", "--delete-role")),
        (DOCUMENTED, (SCOPE, DEV_SCOPE), ("revoke", "--delete-role")),
    ],
    ids=["grant", "grant an existing role", "grant an updated role", "revoke", "revoke a shared role"],
)
def test_a_script_stops_at_any_command_of_az_that_fails(
    inside: InsideWithAz, actions: tuple[str, ...], scopes: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    """Wherever it stands: in a pipeline, in a function, in a condition."""
    if actions:
        role = arrange_role(inside, actions, scopes)
        if SCOPE in scopes and "revoke" in arguments:
            add_assignment(inside, role, add_principal(inside))
    script = inside.script(*arguments)
    code, calls = play(inside, script)
    assert code == 0
    assert calls > 5
    for number in range(1, calls + 1):
        code, made = play(inside, script, fails_at=str(number))
        assert (code != 0, made) == (True, number)


def test_a_revoke_of_nothing_stops_when_there_is_something_by_then(inside: InsideWithAz) -> None:
    """Reviewed before the grant: it must not look as if it had taken away what it did not know of."""
    script = inside.script("revoke", "--delete-role")
    assert inside.bash(script).code == 0
    add_assignment(inside, arrange(inside, None), str(inside.ours()["principals"][0]["id"]))
    stops(inside, script, "which is not in this script")


def test_a_second_assignment_made_since_is_not_passed_over(inside: InsideWithAz) -> None:
    role = arrange(inside, None)
    holder = str(inside.ours()["principals"][0]["id"])
    reviewed = add_assignment(inside, role, holder)
    script = inside.script("revoke")
    since = add_assignment(inside, role, holder, f"{SCOPE}/resourceGroups/rg-connectivity-prod")
    ran = inside.bash(script)
    assert ran.code == 1
    assert since.id in ran.err
    assert reviewed.id.lower() not in inside.tenant.role_assignments


def test_a_role_whose_guid_is_in_another_case_is_found(inside: InsideWithAz) -> None:
    """Azure compares GUIDs without case."""
    role = arrange(inside, None)
    held = add_assignment(inside, role, str(inside.ours()["principals"][0]["id"]))
    definition = inside.tenant.role_definitions.pop(role)
    inside.tenant.role_definitions[role] = replace(definition, guid=role.upper())
    script = inside.script("revoke")
    ran = inside.bash(script)
    assert ran.code == 0, ran.err
    assert held.id.lower() not in inside.tenant.role_assignments


def test_a_role_whose_name_begins_with_an_at_sign_sends_no_file(inside: InsideWithAz) -> None:
    """Somebody renamed the role under our GUID: az would take the name for that of a file, and send it."""
    secret = inside.folder / "secret"
    secret.write_text("do not tell")
    assert inside.run("grant", "--yes").code == 0
    (ours,) = inside.ours()["roles"]
    role = inside.tenant.role_definitions[ours["name"]]
    inside.tenant.add(replace(role, name=f"@{secret}"))
    for arguments in (("grant",), ("revoke", "--delete-role")):
        inside.bash(inside.script(*arguments))
    assert not [one for one in inside.requests() if "do not tell" in one["url"]]
    assert all("do not tell" not in one.name for one in inside.tenant.role_definitions.values())


def test_an_empty_list_is_no_yes_to_a_deletion(inside: InsideWithAz, tmp_path: Path) -> None:
    """az exits with 0 and prints nothing: the role stays."""
    role = arrange(inside, None)
    script = inside.script("revoke", "--delete-role")
    folder = tmp_path / "empty"
    folder.mkdir()
    az = folder / "az"
    az.write_text(
        '#!/usr/bin/env bash\ncase "$*" in "role assignment list"*) exit 0 ;; esac\nPATH="$REAL" exec az "$@"\n'
    )
    az.chmod(0o755)
    real = inside.environment()["PATH"]
    ran = inside.bash(script, {"PATH": f"{folder}{os.pathsep}{real}", "REAL": real})
    assert ran.code != 0
    assert role in inside.tenant.role_definitions
