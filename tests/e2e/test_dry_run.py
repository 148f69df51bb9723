"""The dry run: a script on stdout, and a tenant that nobody touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import DEV, PROD, Inside
from e2e.test_roles_that_exist import DOCUMENTED, STALE, arrange_role

TENANT = "11111111-2222-3333-4444-555555555555"


def shellcheck(script: str) -> None:
    checked = subprocess.run(
        [str(Path(sys.executable).with_name("shellcheck")), "-"],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("grant",),
        ("grant", "--only", "principal"),
        ("grant", "--only", "role"),
        ("grant", "--description", "CHG-4711 by O'Brien", "--role-name", "Astro Peering (Contoso)"),
        ("grant", "--principal-object-id", TENANT),
        ("revoke",),
        ("revoke", "--delete-role"),
        ("revoke", "--principal-object-id", TENANT),
    ],
)
@pytest.mark.parametrize("granted", [False, True])
def test_a_dry_run_only_reads_and_its_script_passes_shellcheck(
    inside: Inside, arguments: tuple[str, ...], granted: bool
) -> None:
    if granted:
        inside.run("grant", "--yes")
    if "--principal-object-id" in arguments:  # which is for those who may not read Microsoft Graph
        inside.tenant.directory_readers.clear()
        inside.tenant.directory_writers.clear()
    before, written = inside.state(), len(inside.writes())
    ran = inside.run(*arguments, "--dry-run")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("#!/usr/bin/env bash\n")
    assert inside.state() == before
    assert len(inside.writes()) == written
    shellcheck(ran.out)
    as_json = inside.run(*arguments, "--dry-run", "-o", "json").document
    assert as_json["script"] == ran.out


def test_the_script_of_a_description_passes_shellcheck(inside: Inside) -> None:
    assert inside.run("grant", "--yes", "--description", "O'Brien's").code == 0
    ran = inside.run("grant", "--dry-run", "--until", "14d")
    assert ran.code == 0, ran.err
    assert "az role assignment update" in ran.out and "[astro-peer until 20" in ran.out
    assert "# It is to be revoked after 20" in ran.out
    shellcheck(ran.out)
    offline = ("--offline", "--tenant", inside.tenant.id, "--subscription", PROD)
    shellcheck(inside.run("grant", "--dry-run", *offline, "--until", "14d").out)


def test_the_script_of_a_role_update_passes_shellcheck(inside: Inside) -> None:
    arrange_role(inside, STALE, (f"/subscriptions/{DEV}",))
    ran = inside.run("grant", "--dry-run", "--update-shared-role")
    assert ran.code == 0, ran.err
    assert "az role definition update" in ran.out
    shellcheck(ran.out)


def test_only_assignment_needs_the_rest(inside: Inside) -> None:
    assert inside.run("grant", "--dry-run", "--only", "assignment").code == 6
    inside.run("grant", "--yes")
    ran = inside.run("grant", "--dry-run", "--only", "assignment")
    assert ran.code == 0
    assert "az ad sp create --id $application" in ran.out, "only as advice"
    assert "role definition create" not in ran.out
    shellcheck(ran.out)


def test_a_script_says_what_is_there_today(inside: Inside) -> None:
    assert "# Today: there is none, so it would be created." in inside.run("grant", "--dry-run").out
    inside.run("grant", "--yes")
    (role,) = inside.ours()["roles"]
    assert f"# Today: it exists, GUID {role['name']}." in inside.run("grant", "--dry-run").out


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_offline_needs_no_connection(inside: Inside, command: str) -> None:
    ran = inside.run(command, "--dry-run", "--offline", "--tenant", TENANT, "--subscription", PROD)
    assert ran.code == 0, ran.err
    assert f"subscription={PROD}" in ran.out
    assert inside.requests() == []
    shellcheck(ran.out)


def test_offline_says_what_is_missing(inside: Inside) -> None:
    ran = inside.run("grant", "--dry-run", "--offline", "--subscription", PROD)
    assert ran.code == 2
    assert "--tenant" in ran.err
    assert inside.run("grant", "--offline").code == 2


def test_a_dry_run_decides_no_conflict(inside: Inside) -> None:
    arrange_role(inside, (*DOCUMENTED, "*/delete"))
    ran = inside.run("grant", "--dry-run")
    assert ran.code == 7
    assert ran.out == ""


def test_a_reader_may_review(inside: Inside) -> None:
    """A reviewer need not be able to carry it out."""
    assert inside.run("grant", "--dry-run", persona="reader").code == 0
