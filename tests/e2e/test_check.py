"""`astro-peer check`, as a user runs it in tenants that are ready, that are not, and that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

import chains
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from conftest import Inside

# Ready


def findings(document: dict[str, Any], level: str) -> dict[str, str]:
    return {one["id"]: one["says"] for one in document["findings"] if one["level"] == level}


def test_a_tenant_that_is_ready_passes_and_the_grant_after_it_too(inside: Inside) -> None:
    ran = inside.run("check", "--cluster-id", demo.CLUSTER, "-o", "json")
    assert ran.code == 0, ran.err
    assert findings(ran.document, "fail") == findings(ran.document, "warning") == {}
    assert findings(ran.document, "unknown") == {}
    assert inside.run("check", "--strict", "--cluster-id", demo.CLUSTER).code == 0
    assert inside.run("grant", "--yes").code == 0
    assert inside.run("check", "--strict", "--cluster-id", demo.CLUSTER).code == 0


def test_it_only_reads(inside: Inside) -> None:
    before = inside.state()
    inside.run("check")
    assert inside.writes() == []
    assert inside.state() == before


@pytest.mark.parametrize("granted", [False, True])
def test_it_asks_little_and_side_by_side(granted: bool) -> None:
    """A hub with ten connections."""
    with serving(faults=[f"latency:{chains.ANSWER_MILLISECONDS}"]) as sandbox:
        inside = Inside(sandbox)
        if granted:
            inside.run("grant", "--yes")
        already = len(inside.requests())
        assert inside.run("check").code == 0
        counted = chains.count(inside, already)
    assert counted.requests <= 30
    assert counted.chain <= 5
