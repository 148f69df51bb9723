"""Waiting for Astronomer's connection: in this process, where no pause takes any time."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from conftest import DEV, PROD, Inside, Ran
from meanwhile import OWN_NETWORK, Meanwhile, connects, cut, passes, refuse

DEV_HUB = (
    f"/subscriptions/{DEV}/resourceGroups/rg-connectivity-dev/providers/Microsoft.Network"
    "/virtualHubs/vhub-dev-weu"
)
NOON_LATER = 3600.0


def watched(ran: Ran, code: int) -> dict[str, Any]:
    assert ran.code == code, ran.err
    found: dict[str, Any] = ran.document["watch"]
    return found


def told(found: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(one["name"], one["what"], one["astronomers"]) for one in found["connections"]]


@pytest.fixture
def granted(inside: Inside) -> Inside:
    assert inside.run_here("grant", "--yes").code == 0
    inside.sandbox.clock.advance(NOON_LATER)
    return inside


def status(inside: Inside, *arguments: str) -> Ran:
    return inside.run_here("status", "--watch", "-o", "json", *arguments)


def test_a_grant_waits_until_astronomer_has_connected(inside: Inside) -> None:
    happening = Meanwhile(inside, {4: connects(inside), 6: passes(inside, 60)})
    ran = inside.run_here("grant", "--yes", "--watch", "-o", "json")
    found = watched(ran, 0)
    assert told(found) == [("astro-peering", "made", True)]
    assert (found["verdict"], found["baseline"]) == ("connected", "grant")
    (made,) = found["connections"]
    assert (made["network"], made["by_astronomer"]) == ("another tenant", True)
    assert made["network_tenant_id"] == demo.ASTRONOMER_TENANT
    assert happening.looks == 6
    document = ran.document
    assert document["outcome"] == "connected" and all(one["done"] for one in document["changes"])
    assert {one["name"] for one in document["connections"]} == {"conn-shared-services", "conn-analytics"}
    assert all(one["etag"] for one in document["connections"])
    assert found["other_hubs_awaited"] == ["vhub-prod-neu", "vhub-prod-swc"]
    assert "other-hubs-wait" in {one["id"] for one in document["findings"]}
    assert "being provisioned (Updating)" in ran.err and len(inside.ours()["assignments"]) == 1


def test_what_was_made_since_the_grant_is_seen_at_once_and_by_the_log(granted: Inside) -> None:
    connects(granted, in_seconds=60)()
    before = len(granted.writes())
    ran = granted.run_here("status", "--watch")
    assert ran.code == 0, ran.err
    assert "Astronomer has connected to vhub-prod-weu: astro-peering." in ran.out
    assert "Astronomer has made the connection astro-peering, to a network of another tenant" in ran.err
    assert len(granted.writes()) == before


def test_without_a_connection_it_ends_with_the_time_and_leaves_all_as_it_is(granted: Inside) -> None:
    state = granted.state()
    happening = Meanwhile(granted, {})
    ran = status(granted, "--for", "40m")
    found = watched(ran, 8)
    assert (found["verdict"], found["connections"]) == ("waiting", [])
    assert found["elapsed_seconds"] == pytest.approx(2400, abs=30)
    assert 40 < happening.looks < 60, "every minute, and more often at first"
    assert granted.state() == state
    assert ran.document["error"]["code"] == "TimedOut" and "--watch" in ran.document["error"]["next"]
    assert ran.err.count("Still waiting") == 6


@pytest.mark.parametrize("late", [0, 1200])
def test_a_connection_that_fails_ends_it_with_azures_reason(late: int) -> None:
    with serving(faults=["connection-fails"] + ([f"log-delay:{late}"] if late else [])) as sandbox:
        inside = Inside(sandbox)
        Meanwhile(inside, {3: connects(inside), 4: passes(inside, 60)})
        ran = inside.run_here("grant", "--yes", "--watch", "-o", "json")
    assert watched(ran, 1)["verdict"] == "failed"
    error = ran.document["error"]
    if late:
        assert (error["code"], error["correlation_id"]) == ("Failed", None)
        assert "may be 20 minutes late" in error["meaning"]
    else:
        assert (error["code"], error["message"]) == ("InternalServerError", "An error occurred.")
        assert error["correlation_id"]
    assert "astro-peering to vhub-prod-weu has failed" in ran.err


def test_an_attempt_that_azure_refuses_ends_it_with_azures_reason(granted: Inside) -> None:
    granted.tenant.limits.connections_per_hub = 5  # of which two are for the other hubs, and two are taken
    connects(granted, "earlier", in_seconds=1800)()
    happening = Meanwhile(granted, {8: connects(granted)})
    ran = status(granted)
    found = watched(ran, 1)
    assert found["verdict"] == "refused" and happening.looks > 8, "not by what was refused before"
    assert [one["resource_id"].rpartition("/")[2] for one in found["refused"]] == ["earlier", "astro-peering"]
    error = ran.document["error"]
    assert error["code"] == "VirtualHubConnectionCountLimitReached" and error["correlation_id"]
    assert ran.err.count("Azure has refused Astronomer's attempt") == 2


def test_an_existing_connection_that_is_overwritten_is_named(granted: Inside) -> None:
    Meanwhile(granted, {3: connects(granted, "conn-analytics", in_seconds=60)})
    ran = status(granted)
    found = watched(ran, 0)
    assert told(found) == [("conn-analytics", "overwritten", True)]
    assert found["connections"][0]["network_before"].endswith("vnet-analytics")
    (finding,) = [one for one in ran.document["findings"] if one["id"] == "connection-overwritten"]
    assert "vnet-analytics" in finding["fact"]
    assert "has overwritten the existing connection conn-analytics" in ran.err


def test_what_others_connect_is_told_and_not_taken_for_it(granted: Inside) -> None:
    owner = demo.persona_app_id(Persona.OWNER)
    Meanwhile(granted, {3: connects(granted, "conn-recovery", network=OWN_NETWORK, by=owner)})
    found = watched(status(granted, "--for", "30m"), 8)
    assert told(found) == [("conn-recovery", "made", False)]
    assert found["connections"][0]["by_astronomer"] is False


def test_a_lost_network_and_a_token_that_is_no_longer_taken_end_nothing(granted: Inside) -> None:
    broken: dict[int, Any] = dict.fromkeys(range(3, 30), cut)
    broken |= {32: refuse(401, "ExpiredAuthenticationToken"), 34: connects(granted, in_seconds=60)}
    Meanwhile(granted, broken)
    ran = status(granted)
    assert watched(ran, 0)["verdict"] == "connected"
    assert ran.err.count("It is tried again") == 2 and ran.err.count("Azure answers again") == 2
    assert "ExpiredAuthenticationToken" in ran.err


def test_a_sign_in_that_cannot_be_renewed_ends_it_after_a_while(granted: Inside) -> None:
    Meanwhile(granted, dict.fromkeys(range(3, 999), refuse(401, "ExpiredAuthenticationToken")))
    ran = status(granted, "--for", "2d")
    assert ran.code == 4, ran.err
    assert ran.document["error"]["code"] == "ExpiredAuthenticationToken"
    assert ran.err.count("It is tried again for 15 min") == 1


def test_a_report_says_what_was_there(granted: Inside, tmp_path: Path) -> None:
    report = tmp_path / "granted.json"
    assert granted.run_here("grant", "--yes", "--report", str(report)).code == 0
    connects(granted, in_seconds=60)()
    arguments = ("--baseline", str(report))
    found = watched(status(granted, *arguments), 0)
    assert (told(found), found["baseline"]) == ([("astro-peering", "made", True)], "report")
    report.write_text(granted.run_here("status", "-o", "json").out)
    assert watched(status(granted, "--for", "1m", *arguments), 8)["connections"] == []


def test_what_cannot_be_watched_is_refused_before_anything_is_asked(granted: Inside, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("{}")
    for arguments, says in {
        ("status", "--for", "1h"): "--for goes with --watch",
        ("status", "--watch", "--all"): "--watch looks at one virtual hub",
        ("status", "--watch", "--for", "soon"): "expected a duration such as 30m",
        ("status", "--watch", "--baseline", str(tmp_path)): "cannot be the baseline",
        ("status", "--watch", "--baseline", str(report)): "no document of astro-peer",
        ("status", "--watch", "--subscription", PROD): "not known which virtual hub to watch",
        ("grant", "--watch", "--dry-run"): "--watch does not go with --dry-run",
        ("grant", "--watch", "--only", "role"): "--watch does not go with --only",
    }.items():
        ran = granted.run_here(*arguments)
        assert ran.code == 2 and says in ran.err.replace("\n", " "), ran.err


def test_there_is_nothing_to_wait_for_without_a_grant(inside: Inside) -> None:
    ran = status(inside)
    assert ran.code == 10 and "no connection to wait for" in ran.err


def test_ctrl_c_says_how_to_go_on(granted: Inside) -> None:
    with granted.start("status", "--watch", stderr=subprocess.PIPE) as running:
        assert running.stderr
        for line in running.stderr:
            if "What is new is told by" in line:
                break
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait() == 130
    assert "Interrupted while waiting for Astronomer" in rest
    assert re.search(r"To go on watching: `astro-peer status --hub-id \S+ --watch`", rest)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal, which Windows has not")
def test_at_a_terminal_the_revoke_is_offered_and_asks_for_itself(inside: Inside) -> None:
    from e2e.test_asking import at_terminal, code_of

    inside.run_here("grant", "--yes", "--hub-id", DEV_HUB)
    for answer, left in (("n", 1), ("y", 0)):
        child = at_terminal(inside, "status", "--watch", "--hub-id", DEV_HUB)
        if answer == "n":
            child.expect("of at most 4 h; next look in")
            connects(inside, hub_id=DEV_HUB, in_seconds=60)()
        child.expect("are the rights to be revoked now")
        child.sendline(answer)
        if answer == "y":
            child.expect("0 to create, 0 to change, 1 to delete")
            assert len(inside.ours()["assignments"]) == 1
            child.sendline("y")
        assert code_of(child) == 0
        assert len(inside.ours()["assignments"]) == left


def test_no_yes_consents_to_the_revoke(inside: Inside) -> None:
    Meanwhile(inside, {})
    hub = ("--hub-id", DEV_HUB)
    inside.run_here("grant", "--yes", *hub)
    connects(inside, hub_id=DEV_HUB, in_seconds=60)()
    ran = inside.run_here("status", "--watch", *hub)
    assert ran.code == 0 and f"astro-peer revoke --subscription {DEV}" in ran.err
    assert json.dumps(inside.ours()["assignments"]) != "[]"
