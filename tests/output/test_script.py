"""The script quotes everything: no name, from a user or from Azure, can become a command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from astro_peer.output.script import grant_script, revoke_script
from astro_peer.plan import Found, Goal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from astro_peer import procedure
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal, Subscription
from astro_peer.steps.collect import Target
from astro_peer.steps.role import FoundRole

if sys.platform == "win32":
    pytest.skip("the script is for bash", allow_module_level=True)

GUID = "11111111-2222-3333-4444-555555555555"
# Azure lets no NUL into a name, and a process can be given none.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
HOSTILE = 'x\'; touch pwned; "$(touch pwned)"`touch pwned`\nROLE\ntouch pwned\r\n#'

STUB = """#!/usr/bin/env bash
# Stands in for az: notes every call, an argument a line, and answers as a tenant without Astronomer's objects.
printf '%s\\0' "$@" >> "$CALLS"
printf 'END\\0' >> "$CALLS"
for argument in "$@"; do
  case "$previous" in --role-definition) cp "$argument" "$ROLE_COPY" ;; esac
  previous="$argument"
done
case "$1 $2 $3" in
"account show --query") echo "$ACCOUNT" ;;
"ad sp create") echo object-id ;;
"role definition create") echo role-guid ;;
esac
"""


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stub")
    az = folder / "az"
    az.write_text(STUB)
    az.chmod(0o755)
    return folder


def run(script: str, stub: Path) -> list[list[str]]:
    """The calls of az that the script makes, each a list of arguments."""
    calls, work = stub / "calls", stub / "work"
    calls.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    environment = {
        "PATH": f"{stub}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(calls),
        "ROLE_COPY": str(stub / "role.json"),
        "ACCOUNT": f"{GUID} {GUID}",
        "previous": "",
    }
    ran = subprocess.run(
        ["bash", "-s"], input=script.encode(), env=environment, cwd=work, capture_output=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert list(work.iterdir()) == [], "nothing but az was run"
    words = calls.read_bytes().decode().split("\0")[:-1]
    found: list[list[str]] = [[]]
    for word in words:
        if word == "END":
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def goal(text: str, *, delete_role: bool = False) -> Goal:
    return Goal(
        procedure=procedure.load(),
        tenant_id=GUID,
        place=Target(
            tenant_id=GUID,
            subscription=Subscription(GUID, text, GUID, "Enabled"),
            resource_group=text,
            hub_name=text,
        ),
        role_name=text,
        description=text,
        delete_role=delete_role,
    )


def found(text: str) -> Found:
    """Everything that Azure could name in the comments, named so."""
    role = RoleDefinition(GUID, text, True, text, (), (text, f"/subscriptions/{GUID}"))
    assignment = RoleAssignment(text, text, text, GUID, GUID, text)
    principal = ServicePrincipal(GUID, GUID, text, text, text, True, None)
    return Found(principal, GUID, FoundRole(role, assignable=True), (assignment,), (assignment,))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXT.filter(bool))
@example(text=HOSTILE)
@example(text="$IFS")
@example(text="-n")
def test_every_text_reaches_az_as_it_is_or_not_at_all(stub: Path, text: str) -> None:
    calls = run(grant_script(goal(text), found=None), stub)
    assert calls[0][:2] == ["account", "show"]
    (assign,) = [call for call in calls if call[:3] == ["role", "assignment", "create"]]
    assert assign[assign.index("--description") + 1] == text
    assert assign[assign.index("--role") + 1] == "role-guid"
    (look_up,) = [call for call in calls if call[:3] == ["role", "definition", "list"]]
    assert look_up[look_up.index("--name") + 1] == text
    assert (stub / "role.json").read_text() == procedure.role_file(GUID, text)
    run(revoke_script(goal(text, delete_role=True), found=None), stub)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXT.filter(bool))
@example(text=HOSTILE)
def test_names_from_azure_stay_in_the_comments(stub: Path, text: str) -> None:
    run(revoke_script(goal(text, delete_role=True), found(text)), stub)
    documented = found(text)
    checked = subprocess.run(
        ["bash", "-n"],
        input=grant_script(
            Goal(procedure.load(), GUID, goal(text).place, update_shared_role=True), documented
        ).encode(),
        capture_output=True,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stderr.decode()
