"""`astro-peer check`, as a user runs it in tenants that are ready, that are not, and that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import chains
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.building import make_connection, make_network
from astro_peer.sandbox.tenant.tenant_states import TenantState
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


def connect_ten_networks(inside: Inside) -> None:
    hub = inside.tenant.resources[inside.tenant.demo_hub_id.lower()]
    group = next(one for one in inside.tenant.resource_groups.values() if one.name == "rg-workloads-prod")
    here = [one for one in inside.tenant.connections.values() if one.hub_id == hub.id]
    for number in range(10 - len(here)):
        network = make_network(group, f"vnet-{number}", f"10.{100 + number}.0.0/16")
        inside.tenant.add(network)
        inside.tenant.add(make_connection(hub, f"conn-{number}", network.id))


@pytest.mark.parametrize("granted", [False, True])
def test_it_asks_little_and_side_by_side(granted: bool) -> None:
    """A hub with ten connections, in a virtual WAN of three hubs; Astro's API counts as well."""
    with serving(faults=[f"latency:{chains.ANSWER_MILLISECONDS}"]) as sandbox:
        inside = Inside(sandbox)
        connect_ten_networks(inside)
        if granted:
            inside.run("grant", "--yes")
        already = len(inside.requests())
        ran = inside.run("check", "-o", "json")
        assert ran.code == 0
        (room,) = [one for one in ran.document["findings"] if one["id"] == "connections"]
        assert ": 10 of" in room["says"]
        counted = chains.count(inside.requests()[already:])
    assert counted.requests <= 30
    assert counted.chain <= 5


# Not ready


@pytest.fixture
def inside_locked() -> Iterator[Inside]:
    with serving(faults=["lock:cannotdelete"]) as sandbox:
        yield Inside(sandbox)


@pytest.fixture
def wrong() -> Iterator[Inside]:
    with serving(state=TenantState.EVERYTHING_WRONG) as sandbox:
        yield Inside(sandbox)


def test_everything_that_is_wrong_is_listed_in_one_run(wrong: Inside) -> None:
    ran = wrong.run(
        *("check", "--cluster-id", demo.CLUSTER, "--peering-name", "astro-peering", "-o", "json"),
        *("--firewall-ip", "10.10.0.99"),
    )
    document = ran.document
    assert document["outcome"] == "failed"
    assert set(findings(document, "fail")) == {
        "rights-role",
        "principal-disabled",
        "role-shared",
        "lock-blocks-peering",
        "hub-not-ready",
        "virtual-wan",
        "address-space",
    }
    assert set(findings(document, "warning")) == {
        "principal-holds",
        "role-assignments-left",
        "lock-blocks-revoke",
        "connection-name",
        "firewall-differs",
        "astro-clusters",
    }
    assert set(findings(document, "unknown")) == {"address-space-unread"}
    assert ran.code == 5, "that of the first that fails"
    for one in document["findings"]:
        if one["level"] in ("fail", "warning"):
            assert one["says"] and one["fact"] and one["way_out"] and one["who"], one["id"]
    table = {one["part"]: one["verdict"] for one in document["rights"]}
    assert table["role"] == "you cannot"
    assert table["principal"] == "nothing to do"


def test_the_text_says_the_same_and_what_to_hand_over(wrong: Inside) -> None:
    ran = wrong.run("check")
    assert ran.code == 5
    assert f"astro-peer grant --only role --subscription {demo.PROD}" in ran.out
    assert "az lock delete --ids" in ran.out
    assert "Not ready: " in ran.out
    assert wrong.writes() == []


def test_a_grant_stops_for_what_concerns_it_alone(wrong: Inside) -> None:
    before = wrong.state()
    ran = wrong.run("grant", "--yes", "-o", "json")
    assert ran.code == 7
    assert "az ad sp update" in ran.document["error"]["next"], "the principal is disabled"
    assert wrong.state() == before


def test_a_grant_shows_only_what_is_not_in_order(inside_locked: Inside) -> None:
    ran = inside_locked.run("grant", "--yes", "-o", "json")
    assert ran.code == 0
    (shown,) = ran.document["findings"]
    assert (shown["id"], shown["level"], shown["blocks"]) == ("lock-blocks-revoke", "warning", "revoke")
    assert "az lock delete --ids" in ran.err


@pytest.mark.parametrize(
    ("fault", "unknown"),
    [
        ("no-resource-graph", {"address-space-unread"}),
        ("astro-api:401", set()),
        ("astro-api:down", set()),
    ],
)
def test_what_cannot_be_read_is_not_known_and_never_in_order(fault: str, unknown: set[str]) -> None:
    with serving(faults=[fault]) as sandbox:
        inside = Inside(sandbox)
        ran = inside.run("check", "--cluster-id", demo.CLUSTER, "-o", "json", "--timeout", "20")
        assert unknown <= set(findings(ran.document, "unknown"))
        if fault.startswith("astro"):
            assert "astro-cluster" in findings(ran.document, "fail")
        else:
            assert ran.code == 0
            assert inside.run("check", "--strict", "--timeout", "20").code == 7


@pytest.mark.parametrize(
    ("fault", "finding", "level"),
    [
        ("subscription-state:disabled", "subscription-disabled", "fail"),
        ("subscription-state:warned", "subscription-past-due", "warning"),
        ("unregistered:Microsoft.Network", "provider-registered", "fail"),
        ("deny-assignment", "deny-assignments", "warning"),
        ("lock:readonly", "locked", "fail"),
        ("lock:cannotdelete", "lock-blocks-revoke", "warning"),
    ],
)
def test_what_azure_would_refuse_is_said_before(fault: str, finding: str, level: str) -> None:
    with serving(faults=[fault]) as sandbox:
        ran = Inside(sandbox).run("check", "-o", "json")
    assert finding in findings(ran.document, level)
    assert (ran.code == 0) is (level == "warning")


@pytest.mark.parametrize(
    ("persona", "verdicts"),
    [
        ("owner", {"principal": "probably", "role": "you can", "assignment": "you can", "revoke": "you can"}),
        (
            "uaa",
            {"principal": "probably not", "role": "you can", "assignment": "you can", "revoke": "you can"},
        ),
        ("user", {"principal": "probably not", "role": "you can"}),
        ("app-admin", {"principal": "you can", "role": "you can", "assignment": "you can"}),
        ("custom-admin", {"principal": "probably not"}),
        ("rbac-admin", {"role": "you cannot", "assignment": "you can", "revoke": "you can"}),
        ("contributor", {"role": "you cannot", "assignment": "you cannot", "revoke": "you cannot"}),
        ("reader", {"role": "you cannot", "assignment": "you cannot", "revoke": "you cannot"}),
    ],
)
def test_what_each_caller_can_do(inside: Inside, persona: str, verdicts: dict[str, str]) -> None:
    ran = inside.run("check", "-o", "json", persona=persona)
    found = {one["part"]: one["verdict"] for one in ran.document["rights"]}
    assert verdicts.items() <= found.items()
    for one in ran.document["rights"]:
        assert (one["verdict"] != "you cannot") or one["hand_over"][:1] == ["astro-peer"]


def test_a_role_that_others_use_is_in_order_once_it_was_decided(wrong: Inside) -> None:
    decided = wrong.run("check", "--update-shared-role", "-o", "json").document
    assert "role-shared" not in findings(decided, "fail")
    (role,) = [one for one in decided["rights"] if one["part"] == "role"]
    assert "--update-shared-role" in role["hand_over"]


def test_a_hub_that_is_not_there_leaves_the_rest_to_be_checked(inside: Inside) -> None:
    ran = inside.run(
        *(
            "check",
            "--subscription",
            demo.PROD,
            "--resource-group",
            "rg-connectivity-prod",
            "--hub",
            "vhub-typo",
        ),
        *("-o", "json"),
    )
    assert ran.code == 6
    assert "hub" in findings(ran.document, "fail")
    assert "locks" in findings(ran.document, "pass")


def test_a_range_of_astros_that_is_taken(inside: Inside) -> None:
    ran = inside.run("check", "--astro-range", "10.10.0.0/16", "--astro-range", "fd00::/64", "-o", "json")
    assert ran.code == 7
    assert "address-space" in findings(ran.document, "fail")
    wrong = inside.run("check", "--astro-range", "10.10.0.1/16")
    assert wrong.code == 2
    assert "172.20.0.0/19" in wrong.err
