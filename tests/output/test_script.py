"""The script quotes everything: no name, from a user or from Azure, can become a command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from astro_peer import procedure
from astro_peer.model.objects import (
    Permission,
    RoleAssignment,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
)
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place, Where
from astro_peer.model.plan import decide
from astro_peer.model.wanted import Part, Wanted
from astro_peer.output.export.az import script
from astro_peer.output.export.az.role_lines import state_lines
from astro_peer.output.shell import command_line

if sys.platform == "win32":
    pytest.skip("the script is for bash", allow_module_level=True)

GUID = "11111111-2222-3333-4444-555555555555"
# Azure lets no NUL into a name, and a process can be given none.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
HOSTILE = 'x\'; touch pwned; "$(touch pwned)"`touch pwned`\nROLE\ntouch pwned\r\n#'

DOCUMENTED = procedure.load().actions
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
"ad sp create") cat "$ANSWERS/principal" ;;
"role definition create") echo '["role","GUID"]' ;;
"role definition show") cat "$ANSWERS/role" ;;
esac
""".replace("GUID", GUID)


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stub")
    az = folder / "az"
    az.write_text(STUB)
    az.chmod(0o755)
    application = procedure.load().application_id
    (folder / "principal").write_text(
        f'["principal","{GUID}"]\n["appId","{application}"]\n["Enabled",true]\n'
        '["DisabledByMicrosoft","NotDisabled"]\n'
    )
    says = [["entry", "begins"], *(["action", action] for action in DOCUMENTED)]
    (folder / "role").write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in says))
    return folder


def run(script: str, stub: Path, *, succeeds: bool = True) -> list[list[str]]:
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
        "ANSWERS": str(stub),
        "previous": "",
    }
    ran = subprocess.run(
        ["bash", "-s"], input=script.encode(), env=environment, cwd=work, capture_output=True, timeout=60
    )
    assert ran.returncode == 0 or not succeeds, ran.stderr.decode()
    assert list(work.iterdir()) == [], "nothing but az was run"
    words = calls.read_bytes().decode().split("\0")[:-1]
    found: list[list[str]] = [[]]
    for word in words:
        if word == "END":
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def wanted(text: str, *, granted: bool = True, delete_role: bool = False) -> Wanted:
    return Wanted(
        procedure=procedure.load(),
        tenant_id=GUID,
        place=Place(GUID, Subscription(GUID, text, GUID, "Enabled"), Where(GUID, text, text)),
        granted=granted,
        role_name=text,
        description=text,
        update_shared_role=True,
        delete_role=delete_role,
    )


def observed(text: str, role: RoleDefinition) -> Observed:
    """Everything that Azure could name, named so."""
    scope = f"/subscriptions/{GUID}"
    ours = RoleAssignment(text, text, scope, GUID, GUID, "ServicePrincipal", text)
    left = RoleAssignment(text + "2", text, scope, GUID, text, "ServicePrincipal", text)
    return Observed(
        principal=ServicePrincipal(GUID, procedure.load().application_id, text, text, text),
        role=role,
        role_listed_here=True,
        assignments=(ours,),
        of_role=(ours, left),
        deleted=frozenset([text]),
    )


OFFLINE = Observed(looked_up=False)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXT.filter(bool))
@example(text=HOSTILE)
@example(text="$IFS")
@example(text="-n")
@example(text="@/etc/passwd")
@example(text="JSON")
def test_every_text_reaches_az_as_it_is_or_not_at_all(stub: Path, text: str) -> None:
    calls = run(script(decide(wanted(text), OFFLINE)), stub)
    assert calls[0][:2] == ["account", "show"]
    (assign,) = [call for call in calls if call[:3] == ["role", "assignment", "create"]]
    (description,) = [word for word in assign if word.startswith("--description=")]
    if text.startswith("@"):  # which az would take for the name of a file: so it comes in one
        assert description.startswith("--description=@/dev/fd/")
    else:
        assert description == f"--description={text}"
    assert assign[assign.index("--role") + 1] == GUID
    assert not [call for call in calls if call[:3] == ["role", "definition", "list"] and "--name" in call]
    assert (stub / "role.json").read_text() == procedure.role_file(GUID, text)
    run(script(decide(wanted(text, granted=False, delete_role=True), OFFLINE)), stub)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXT.filter(bool))
@example(text=HOSTILE)
def test_names_from_azure_are_never_commands(stub: Path, text: str) -> None:
    for actions in ((text, *DOCUMENTED), DOCUMENTED, DOCUMENTED[:5]):
        entry = Permission(actions, (text,), (text,) if text in actions else (), (text,))
        role = RoleDefinition(GUID, text, True, text, (entry,), (text, f"/subscriptions/{GUID}"))
        for one in (wanted(text), wanted(text, granted=False, delete_role=True)):
            written = script(decide(one, observed(text, role)))
            checked = subprocess.run(["bash", "-n"], input=written.encode(), capture_output=True, timeout=60)
            assert checked.returncode == 0, checked.stderr.decode()
            run(written, stub, succeeds=False)


@pytest.mark.parametrize("text", [HOSTILE, "AFTER $(touch pwned) BEFORE", "LINE SEEN_FROM ROLE_FILE UNUSED"])
def test_what_was_reviewed_stands_in_the_script_as_it_was(text: str, tmp_path: Path) -> None:
    """What is filled in is not searched for what is to be filled in."""
    role = RoleDefinition(GUID, "name", True, text, (Permission(DOCUMENTED[:5]),), (f"/{text}",))
    plan = decide(replace(wanted("name"), only=Part.ROLE), observed("name", role))
    (change,) = plan.changes
    assert isinstance(change.after, RoleDefinition)
    compared = re.search(r"^before=.*(?=^state=)", script(plan), re.MULTILINE | re.DOTALL)
    assert compared
    for name, reviewed in (("before", role), ("after", change.after)):
        read = subprocess.run(
            ["bash", "-c", f'{compared[0]}printf %s "${name}"'],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert read.stdout.decode() == state_lines(reviewed)
    assert list(tmp_path.iterdir()) == [], "nothing was run"


@given(words=st.lists(TEXT, max_size=4))
@example(words=["[?roleDefinitionName=='ROLE']", "it's", "a\"b'c", "!", "$x'"])
def test_a_command_line_is_read_back_as_its_words(words: list[str]) -> None:
    read = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' -- {command_line(words)}"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert read.stdout.decode().split("\0")[1:-1] == words
