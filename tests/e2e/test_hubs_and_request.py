"""The hubs one can see, and what support is to be told."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

import chains
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import RoleAssignment
from conftest import DEV, PROD, Inside


def test_hubs_of_all_subscriptions(inside: Inside) -> None:
    document = inside.run("hubs", "-o", "json").document
    found = {hub["name"]: hub for hub in document["hubs"]}
    assert set(found) == {"vhub-prod-weu", "vhub-prod-neu", "vhub-prod-swc", "vhub-dev-weu"}
    assert found["vhub-prod-weu"] == {
        "id": inside.tenant.demo_hub_id,
        "name": "vhub-prod-weu",
        "resource_group": "rg-connectivity-prod",
        "subscription_id": PROD,
        "subscription": "connectivity-prod",
        "location": "westeurope",
        "provisioning_state": "Succeeded",
        "routing_state": "Provisioned",
        "firewall_ip": "10.10.0.132",
        "connections": 2,
    }
    assert found["vhub-prod-swc"]["routing_state"] == "Provisioning"
    assert document["unread"] == []
    assert inside.writes() == []


def test_hubs_as_text_and_of_one_subscription(inside: Inside) -> None:
    ran = inside.run("hubs", "--subscription", DEV)
    assert ran.code == 0
    assert "vhub-dev-weu" in ran.out
    assert "vhub-prod-weu" not in ran.out


def test_one_unreadable_subscription_is_named_and_not_fatal(inside: Inside) -> None:
    """A caller with a role that shows the subscription, but no hub in it."""
    principal = next(
        one
        for one in inside.tenant.service_principals.values()
        if one.app_id == demo.persona_app_id(demo.Persona.READER)
    )
    dev = next(
        one
        for one in inside.tenant.role_assignments.values()
        if one.principal_id == principal.id and DEV in one.scope
    )
    del inside.tenant.role_assignments[dev.id.lower()]
    blind = next(one for one in inside.tenant.role_definitions.values() if one.name == "Contoso WAN Reader")
    inside.tenant.add(
        RoleAssignment(
            dev.name,
            f"/subscriptions/{DEV}/resourceGroups/rg-connectivity-dev",
            blind.guid,
            principal.id,
            "ServicePrincipal",
            dev.created,
            dev.updated,
        )
    )
    ran = inside.run("hubs", "-o", "json", persona="reader")
    assert ran.code == 0, ran.err
    assert {hub["subscription_id"] for hub in ran.document["hubs"]} == {PROD}
    assert [(one["id"], one["code"]) for one in ran.document["unread"]] == [(DEV, "AuthorizationFailed")]
    assert "connectivity-dev" in ran.err


@pytest.fixture
def company() -> Iterator[Inside]:
    """Of a thousand subscriptions."""
    with serving(subscriptions=1_000) as sandbox:
        yield Inside(sandbox)


def test_a_thousand_subscriptions_are_asked_about_in_few_requests(company: Inside) -> None:
    document = company.run("hubs", "-o", "json").document
    found = {hub["name"]: hub for hub in document["hubs"]}
    assert len(found) == 4 + 100
    assert found["vhub-prod-weu"]["firewall_ip"] == "10.10.0.132"
    assert {hub["connections"] for hub in document["hubs"]} == {None}
    assert document["as_of"].endswith("+00:00")
    assert chains.count(company.requests()).requests <= 12
    ran = company.run("hubs")
    assert "As Azure Resource Graph had it at " in ran.err and "hubs --connections" in ran.err


def test_their_connections_are_counted_where_that_is_asked_for(company: Inside) -> None:
    found = {hub["name"]: hub for hub in company.run("hubs", "--connections", "-o", "json").document["hubs"]}
    assert (found["vhub-prod-weu"]["connections"], found["vhub-010"]["connections"]) == (2, 1)
    assert chains.count(company.requests()).requests <= 12 + len(found)


def test_without_resource_graph_they_are_asked_one_by_one() -> None:
    with serving(faults=["no-resource-graph"], subscriptions=60) as sandbox:
        inside = Inside(sandbox)
        document = inside.run("hubs", "-o", "json").document
        assert (len(document["hubs"]), document["as_of"], document["unread"]) == (4 + 6, None, [])


def test_a_hub_of_many_is_found_and_read_as_it_is_now() -> None:
    with serving(subscriptions=60) as sandbox:
        inside = Inside(sandbox)
        ran = inside.run("grant", "--yes", "--hub", "vhub-030", env={"ASTRO_PEER_HUB_ID": ""})
        assert ran.code == 0, ran.err
        assert any("/virtualhubs/vhub-030?" in one["url"].lower() for one in inside.requests())


def test_request_has_every_field_ready_to_paste(inside: Inside) -> None:
    ran = inside.run(
        "request", "--cluster-id", "clm8qv74h000008mlf08scq7k", "--peering-name", "astro-to-prod"
    )
    assert ran.code == 0
    for text in (
        "https://cloud.astronomer.io/open-support-request",
        "clm8qv74h000008mlf08scq7k",
        demo.TENANT,
        PROD,
        "rg-connectivity-prod",
        "vhub-prod-weu",
        "astro-to-prod",
        "10.10.0.132",
    ):
        assert text in ran.out
    assert inside.writes() == []


def test_what_is_missing_is_a_visible_blank_and_a_warning(inside: Inside) -> None:
    ran = inside.run("request")
    assert ran.code == 0
    assert "____" in ran.out
    assert "--cluster-id" in ran.err
    assert "astro-to-vhub-prod-weu" in ran.out, "the peering name has a default"
    assert inside.run("request", "-o", "json").document["request"]["cluster_id"] is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal, which Windows has not")
def test_at_a_terminal_hub_and_cluster_are_asked_for(inside: Inside) -> None:
    from e2e.test_asking import at_terminal, code_of

    child = at_terminal(inside, "request", environment={"ASTRO_PEER_HUB_ID": ""})
    child.expect("Which virtual hub")
    child.send("\x1b[B\r")  # one down, Enter
    child.expect(r"The same without asking: --hub-id \S+/vhub-prod-neu")
    child.expect("Astro Cluster ID")
    child.sendline("not an id")
    child.expect("expected the cluster ID as the Astro UI shows it")
    child.expect("Astro Cluster ID")
    child.sendline("clm8qv74h000008mlf08scq7k")
    child.expect("Name of the peering")
    child.sendline("")
    child.expect("astro-to-vhub-prod-neu")
    assert code_of(child) == 0
