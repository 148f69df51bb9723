"""What `check` says is to be done, done by the real az."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.tenant_states import TenantState
from conftest import PROD, Ran

from .conftest import gather
from .tenant import InsideWithAz, SignedIn, add_principal


@pytest.fixture
def wrong(path: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[InsideWithAz]:
    with serving(state=TenantState.EVERYTHING_WRONG) as sandbox:
        inside = InsideWithAz(SignedIn(sandbox, tmp_path_factory.mktemp("signed-in"), path), tmp_path)
        yield inside
    gather(inside)


def follow(inside: InsideWithAz, finding: str) -> Ran:
    """The command in a finding's way out, by az."""
    document = inside.run("check", "-o", "json").document
    (found,) = [one for one in document["findings"] if one["id"] == finding]
    (words,) = [part["command"] for part in found["way_out"] if "command" in part]
    assert words[0] == "az"
    return inside.bash(shlex.join(words) + "\n")


def test_a_tenant_where_everything_is_wrong_is_repaired_by_what_check_says(wrong: InsideWithAz) -> None:
    assert wrong.run("check").code == 5
    itself = wrong.az("ad", "sp", "show", "--id", wrong.environment()["AZURE_CLIENT_ID"]).out
    asked_for = wrong.az(  # what an Owner does, who was asked for the role
        *("role", "assignment", "create", "--assignee-object-id", json.loads(itself)["id"]),
        *("--assignee-principal-type", "ServicePrincipal", "--role", "User Access Administrator"),
        *("--scope", f"/subscriptions/{PROD}"),
    )
    assert asked_for.code == 0, asked_for.err
    for finding in (
        "lock-blocks-peering",
        "lock-blocks-revoke",
        "principal-disabled",
        "principal-holds",
        "virtual-wan",
        "hub-not-ready",
    ):
        ran = follow(wrong, finding)
        assert ran.code == 0, (finding, ran.err)
    assert wrong.run("grant", "--yes", "--update-shared-role").code == 0
    ran = wrong.run("check", "-o", "json")
    assert ran.code == 0, ran.err
    assert wrong.run("revoke", "--yes").code == 0


def test_a_provider_is_registered_and_a_principal_restored(inside: InsideWithAz) -> None:
    inside.tenant.unregistered_providers.add((PROD, "microsoft.network"))
    assert follow(inside, "provider-registered").code == 0
    principal = add_principal(inside)
    assert inside.az("ad", "sp", "delete", "--id", principal).code == 0
    ran = follow(inside, "principal-deleted")
    assert ran.code == 0, ran.err
    assert [one["id"] for one in inside.ours()["principals"]] == [principal]
    assert inside.tenant.principal_of(demo.ASTRONOMER_APP_ID) is not None
