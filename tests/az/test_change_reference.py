"""A script for a change with a reference: the real az gets a policy token for each write, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from astro_peer.sandbox.faults.catalogue import parse
from e2e.test_roles_that_exist import STALE, arrange_role

from .tenant import InsideWithAz, our_roles

REFERENCE = "CHG-4711 'x' $(touch owned)"


@pytest.fixture
def guarded(inside: InsideWithAz) -> Iterator[InsideWithAz]:
    """An Azure Policy wants a policy token with every write."""
    app = inside.sandbox._app
    faults = app._faults
    app._faults = parse(["policy-token"])
    app._faults[0].arrange(inside.tenant)
    yield inside
    app._faults = faults


def operations(inside: InsideWithAz) -> list[str]:
    return [one.method for one in inside.tenant.policy_tokens.values()]


def test_the_writes_of_a_script_are_for_the_change(guarded: InsideWithAz) -> None:
    refused = guarded.bash(guarded.script("grant"))
    assert refused.code != 0
    assert "RequestDisallowedByPolicy" in refused.err
    assert our_roles(guarded) == []

    ran = guarded.bash(guarded.script("grant", "--change-reference", REFERENCE))
    assert ran.code == 0, ran.err
    assert operations(guarded) == ["PUT", "PUT"]
    assert [len(part) for part in guarded.ours().values()] == [1, 1, 1]
    assert not (guarded.folder / "owned").exists()

    ran = guarded.bash(guarded.script("revoke", "--delete-role", "--change-reference", REFERENCE))
    assert ran.code == 0, ran.err
    assert operations(guarded)[2:] == ["DELETE", "DELETE"]
    assert [len(part) for part in guarded.ours().values()] == [1, 0, 0]


def test_an_assignment_is_described_anew_for_the_change_too(guarded: InsideWithAz) -> None:
    assert guarded.bash(guarded.script("grant", "--change-reference", REFERENCE)).code == 0
    script = guarded.script("grant", "--until", "14d", "--change-reference", REFERENCE)
    for _ in range(2):
        ran = guarded.bash(script)
        assert ran.code == 0, ran.err
    assert operations(guarded) == ["PUT", "PUT", "PUT"]


def test_a_role_is_updated_for_the_change_too(guarded: InsideWithAz) -> None:
    arrange_role(guarded, STALE)
    ran = guarded.bash(guarded.script("grant", "--change-reference", REFERENCE))
    assert ran.code == 0, ran.err
    assert operations(guarded) == ["PUT", "PUT"]
