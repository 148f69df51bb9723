"""From the first look to the last: what a careful team does, and what it files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from astro_peer.output.document import schema
from astro_peer.sandbox.tenant import demo
from conftest import PROD, Inside
from meanwhile import Meanwhile, connects, passes

HERE = ("--subscription", PROD)
CHANGE = ("--change-reference", "CHG-4711")


def test_a_grant_is_checked_given_watched_audited_and_taken_back_with_evidence(
    inside: Inside, tmp_path: Path
) -> None:
    hub = ("--hub-id", inside.tenant.demo_hub_id)

    def step(name: str, *command: str, code: int = 0) -> dict[str, Any]:
        path = tmp_path / f"{name}.json"
        ran = inside.run_here(*command, *CHANGE, "--report", str(path))
        assert ran.code == code, ran.err
        report = json.loads(path.read_text(encoding="ascii"))
        jsonschema.validate(report, schema())
        assert report["run"]["exit_code"] == code and report["run"]["change_reference"] == "CHG-4711"
        return dict(report)

    checked = step("check", "check", *hub)
    assert not [one for one in checked["findings"] if one["level"] == "fail"] and not inside.writes()

    granted = step("grant", "grant", "--yes", "--until", "14d", *hub)
    assert granted["verified"] and granted["until"] and granted["request"]["hub"] == "vhub-prod-weu"
    assert {one["name"] for one in granted["connections"]} == {"conn-shared-services", "conn-analytics"}
    inside.sandbox.clock.advance(3600)

    Meanwhile(inside, {3: connects(inside), 5: passes(inside, 60)})
    baseline = ("--baseline", str(tmp_path / "grant.json"))
    watched = step("watch", "status", "--watch", *hub, *baseline)
    assert watched["watch"]["baseline"] == "report" and watched["outcome"] == "connected"
    (made,) = watched["watch"]["connections"]
    assert (made["name"], made["network_tenant_id"]) == ("astro-peering", demo.ASTRONOMER_TENANT)

    audited = step("audit", "audit", *HERE)
    (write,) = audited["audit"]["writes"]
    assert write["resource_id"] == made["id"] and write["stands_out"] is None
    by_correlation = {one["correlation_id"]: one["what"] for one in audited["audit"]["granting"]}
    assert [
        by_correlation[answer["correlation_id"]]
        for change in granted["changes"]
        for answer in change["receipts"]
        if answer["correlation_id"]
    ] == ["wrote role definition", "wrote role assignment"]

    page = tmp_path / "revoke.html"
    ran = inside.run_here("revoke", "--yes", *HERE, *CHANGE, "--report", str(page))
    assert ran.code == 0, ran.err
    words = page.read_text(encoding="utf-8")
    assert "Revoked completely" in words and "astro-peering to a network of another tenant" in words
    assert not inside.ours()["assignments"]

    after = step("after", "status", *HERE, code=10)
    assert after["outcome"] == "not granted" and after["access"]["can_write"] is False
    assert inside.run("sandbox", "connect", "--name", "once-more").code == 5
    assert len(list(tmp_path.iterdir())) == 6
