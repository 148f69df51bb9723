"""The sibling procedure: a virtual network is peered, and its grant stands beside that of the hubs."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import astro_peer
from astro_peer.procedure import load
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import Permission, RoleDefinition
from astro_peer.sandbox.tenant.tenant_states import TenantState
from conftest import PROD, Inside, Ran
from e2e.test_ours_and_theirs import arrange_assignment
from meanwhile import Meanwhile, passes

SCOPE = f"/subscriptions/{PROD}"
NETWORK_ID = (
    f"{SCOPE}/resourceGroups/rg-applications-prod/providers/Microsoft.Network/virtualNetworks/vnet-airflow"
)
NETWORK = ("--vnet-id", NETWORK_ID)
THEIRS = ("--procedure", "vnet", "--subscription", PROD)
ROLE = "Astro VNET Peering Contributor"
ACTIONS = [
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/write",
    "Microsoft.Network/virtualNetworks/peer/action",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
]
WARNING = "may change any virtual network"


def held(inside: Inside) -> dict[str, str]:
    """What is assigned to Astronomer's principals, by the roles' names."""
    roles = inside.tenant.role_definitions
    ids = {one["id"] for one in inside.ours()["principals"]}
    return {
        roles[one.role].name: one.scope
        for one in inside.tenant.role_assignments.values()
        if one.principal_id in ids
    }


def finding(ran: Ran, id: str) -> dict[str, Any]:
    (found,) = [one for one in ran.document["findings"] if one["id"] == id]
    return dict(found)


def test_the_role_file_is_the_documented_one(inside: Inside) -> None:
    documented = files("astro_peer.procedure").joinpath("astro-vnet-peering-creator-role.json").read_text()
    ran = inside.run("role", *THEIRS)
    assert ran.out == documented.replace("{customer-subscription-id}", PROD)
    assert list(json.loads(ran.out).items()) == [
        ("Name", ROLE),
        ("IsCustom", True),
        ("Description", "Can create VNET peering with Astro."),
        ("Actions", ACTIONS),
        ("NotActions", []),
        ("AssignableScopes", [SCOPE]),
    ]
    assert inside.requests() == []


def test_what_is_given_and_how_far_it_reaches_is_said_everywhere(inside: Inside) -> None:
    planned = inside.run("grant", *NETWORK, "--dry-run", "-o", "json", persona="reader")
    document = planned.document
    assert WARNING in planned.err and "DNS servers" in planned.err
    assert WARNING in " ".join(document["script"].replace("\n# ", " ").split())
    assert (
        WARNING in document["reach_in_words"] and "address spaces, DNS servers" in document["reach_in_words"]
    )
    reached = {one["name"]: one["address_prefixes"] for one in document["reach"]}
    assert reached["vnet-analytics"] == ["10.12.0.0/16", "172.16.0.0/20"] and len(reached) == 6
    assert (document["procedure"], document["target"]["virtual_network"]) == ("vnet", "vnet-airflow")
    assert document["target"]["virtual_network_id"] == NETWORK_ID and "hub" not in document["target"]
    assert inside.writes() == []

    granted = inside.run("grant", *NETWORK, "--yes", "--cluster-id", "clm8", "-o", "json").document
    (role,) = [one for one in inside.state()["role_definitions"] if one["roleName"] == ROLE]
    assert role["permissions"][0]["actions"] == ACTIONS and role["assignableScopes"] == [SCOPE]
    assert held(inside) == {ROLE: SCOPE} and granted["verified"] is True
    asked = granted["request"]
    assert WARNING in asked.pop("warning")
    assert asked == {
        "subject": "Azure: connect Astro cluster clm8 to the virtual network vnet-airflow",
        "cluster_id": "clm8",
        "tenant_id": demo.TENANT,
        "subscription_id": PROD,
        "resource_group": "rg-applications-prod",
        "virtual_network": "vnet-airflow",
        "url": "https://cloud.astronomer.io/open-support-request",
        "until": None,
    }


def test_both_grants_stand_side_by_side(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    hub_role = next(iter(held(inside)))
    assert inside.run("grant", "--yes", *NETWORK).code == 0
    assert held(inside) == {hub_role: SCOPE, ROLE: SCOPE}

    of_hubs, of_networks = inside.run("status", "-o", "json"), inside.run("status", *NETWORK, "-o", "json")
    assert (of_hubs.code, of_networks.code) == (0, 0)
    for ran, other in ((of_hubs, "vnet"), (of_networks, "vhub")):
        named = finding(ran, "another-grant")
        assert other in named["way_out"][1]["command"] and named["says"] in ran.err.replace("\n", " ")
    for ran, field in ((of_hubs, "writes_hubs"), (of_networks, "writes_virtual_networks")):
        told = {one["procedure"]: (one["ours"], one[field]) for one in ran.document["assignments"]}
        assert told == {
            ran.document["procedure"]: (True, True),
            {"vhub": "vnet", "vnet": "vhub"}[ran.document["procedure"]]: (False, False),
        }
    assert inside.run("check", "-o", "json").document["outcome"] == "done"

    assert inside.run("revoke", "--yes", "--delete-role").code == 0
    assert held(inside) == {ROLE: SCOPE}
    assert inside.run("status").code == 10
    assert inside.run("status", *THEIRS).code == 0
    assert inside.run("sandbox", "connect").code == 5
    assert inside.run("sandbox", "connect", "--vnet-id", NETWORK_ID).code == 0
    assert inside.run("revoke", "--yes", "--delete-role", *THEIRS).code == 0
    assert held(inside) == {}
    assert ROLE not in {one["roleName"] for one in inside.state()["role_definitions"]}


@pytest.mark.parametrize(
    ("command", "place", "name"),
    [
        (("grant", "--yes"), (), ROLE.upper()),
        (("revoke", "--yes"), (), ROLE),
        (("revoke", "--dry-run"), THEIRS, "astro vhub peering contributor"),
        (("status",), (), ROLE),
    ],
    ids=["grant", "revoke", "dry run", "status"],
)
def test_no_name_makes_one_procedure_take_the_others_role(
    inside: Inside, command: tuple[str, ...], place: tuple[str, ...], name: str
) -> None:
    for resource in ((), NETWORK):
        assert inside.run_here("grant", "--yes", *resource).code == 0
    before = held(inside)
    ran = inside.run_here(*command, *place, "--role-name", name)
    assert ran.code == 2 and "so it was left alone" in ran.err.replace("\n", " "), ran.err
    assert held(inside) == before


def test_a_role_of_another_name_with_the_other_procedures_actions_is_left_alone(inside: Inside) -> None:
    assert inside.run("grant", "--yes", "--role-name", "For Astro").code == 0
    ran = inside.run("revoke", "--yes", *THEIRS, "--role-name", "For Astro")
    assert ran.code == 2 and "documented for VHub peering" in ran.err.replace("\n", " ")
    assert held(inside) == {"For Astro": SCOPE}


def test_leftovers_of_older_pages_are_named(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "principal")
    now = inside.sandbox.clock.now()

    def role(name: str, actions: tuple[str, ...], *, custom: bool) -> str:
        known = next((one for one in inside.tenant.role_definitions.values() if one.name == name), None)
        made = known or RoleDefinition(
            str(uuid4()), name, (Permission(actions),), (SCOPE,) if custom else ("/",), custom=custom,
            description="", created=now, updated=now,
        )  # fmt: skip
        inside.tenant.add(made)
        return made.guid

    eight = (*ACTIONS, "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read")
    arrange_assignment(
        inside, NETWORK_ID, role("Network Contributor", ("Microsoft.Network/*",), custom=False)
    )
    arrange_assignment(inside, SCOPE, role(ROLE, eight, custom=True))
    arrange_assignment(inside, SCOPE, role("Their VHub role", load().actions[:5], custom=True))
    inside.sandbox.clock.advance(3600)

    networks = inside.run("status", *THEIRS, "-o", "json")
    assert networks.code == 11
    earlier = {one["role"]: one["earlier"] for one in networks.document["assignments"]}
    assert earlier == {
        "Network Contributor": "what the documentation of VNet peering had before 2024",
        ROLE: "the role that the documentation had in mid-2024, with 8 actions",
        "Their VHub role": "the role that the documentation had in 2024, with 5 actions",
    }
    assert "Network Contributor" in finding(networks, "writes-otherwise")["says"]
    assert "5 actions" in finding(networks, "left-over")["says"]
    assert "hubVirtualNetworkConnections/read, which is not documented" in networks.document["drift"][0]
    hubs = inside.run("status", "-o", "json")
    assert hubs.code == 11 and "Their VHub role" in finding(hubs, "writes-otherwise")["says"]
    left = [one["says"] for one in hubs.document["findings"] if one["id"] == "left-over"]
    assert len(left) == 2, "a role on one network reaches no hub"


@pytest.mark.parametrize(
    ("options", "variables", "says"),
    [
        (("--hub", "a-hub", "--vnet", "a-network"), {}, "at the same time"),
        (("--hub", "a-hub", "--procedure", "vnet"), {}, "at the same time"),
        ((*NETWORK, "--resource-group", "rg"), {}, "--vnet-id says"),
        ((), {"ASTRO_PEER_VNET_ID": NETWORK_ID}, "(from the environment)"),
        (("--procedure", "vpn"), {}, "expected vhub or vnet"),
        (("--vnet", "a"), {}, "expected 2 to 64"),
        (("--vnet-id", "/subscriptions/x"), {}, "a virtual network's resource ID"),
        ((*NETWORK, "--peering-name", "one"), {}, "does not belong to a virtual network"),
        ((*NETWORK, "--firewall-ip", "10.0.0.4"), {}, "does not belong to a virtual network"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(
    inside: Inside, options: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    ran = inside.run_here("grant", *options, env=variables)
    assert ran.code == 2 and says in ran.err.replace("\n", " "), ran.err
    assert inside.requests() == []


def test_a_network_on_the_command_line_outdoes_the_environment(inside: Inside) -> None:
    """The sandbox exports its hub; a network is found by its name alone, and one that is misspelt is not."""
    variables = {"ASTRO_PEER_PEERING_NAME": "for-a-hub"}
    ran = inside.run_here(
        "request", "--vnet", "VNET-AIRFLOW", "--subscription", PROD, "-o", "json", env=variables
    )
    assert ran.document["request"]["virtual_network"] == "vnet-airflow"
    missing = inside.run_here("grant", "--vnet", "vnet-airflo", "--subscription", PROD, "--dry-run")
    assert missing.code == 6 and "vnet-airflow" in missing.err and "--vnet-id" in missing.err
    several = inside.run_here("grant", *THEIRS, "--dry-run")
    assert several.code == 2 and "6 virtual networks fit" in several.err


def test_networks_are_listed_with_what_a_peering_needs_to_know(inside: Inside) -> None:
    ran = inside.run("vnets", "-o", "json", persona="reader")
    listed = {one["name"]: one for one in ran.document["virtual_networks"]}
    assert listed["vnet-airflow"]["peerings"] == 0 and listed["vnet-analytics"]["peerings"] == 1
    assert listed["vnet-analytics"]["address_prefixes"] == ["10.12.0.0/16", "172.16.0.0/20"]
    lines = [line.split("\t") for line in inside.run("vnets", "-o", "tsv").out.splitlines()]
    assert {line[1] for line in lines} == set(listed) and {len(line) for line in lines} == {9}
    assert inside.writes() == []


def test_many_subscriptions_are_asked_about_at_once() -> None:
    with serving(subscriptions=30) as sandbox:
        inside = Inside(sandbox)
        found = inside.run_here("vnets", "-o", "json")
        assert found.document["as_of"] and len(inside.requests()) < 8
        names = {one["name"] for one in found.document["virtual_networks"]}
        assert {"vnet-airflow", "vnet-sandbox"} <= names


def test_a_check_of_a_network_finds_what_stands_in_the_way() -> None:
    with serving(state=TenantState.EVERYTHING_WRONG) as sandbox:
        inside = Inside(sandbox)
        ran = inside.run_here("check", *NETWORK, "--cluster-id", "clm8qv74h000008mlf08scq7k", "-o", "json")
        found = {one["id"]: one["level"] for one in ran.document["findings"]}
        assert found["virtual-network"] == "pass"
        assert found["lock-blocks-peering"] == "fail"
        assert found["address-space"] in ("fail", "warning")
        assert not {"virtual-wan", "connections", "firewall", "routing", "hub"} & set(found)
        crowded = NETWORK_ID.replace("vnet-airflow", "vnet-crowded")
        full = inside.run_here("check", "--vnet-id", crowded, "-o", "json")
        assert finding(full, "peerings")["level"] == "fail"
        assert finding(full, "peerings-disconnected")["level"] == "warning"
        assert inside.writes() == []


def test_a_ready_network_passes_and_its_gateway_is_told(inside: Inside) -> None:
    ran = inside.run_here("check", *NETWORK, "--strict", "-o", "json")
    assert ran.code == 0, ran.err
    platform = NETWORK_ID.replace("vnet-airflow", "vnet-data-science")
    told = finding(inside.run_here("check", "--vnet-id", platform, "-o", "json"), "gateways")
    assert "uses the gateway of vnet-platform" in told["says"]
    missing = inside.run_here("check", "--vnet-id", NETWORK_ID + "-x", "-o", "json")
    assert missing.code == 6 and finding(missing, "virtual-network")["level"] == "fail"


def test_a_peering_is_waited_for_and_audited_and_stays_after_the_revoke(inside: Inside) -> None:
    def peer() -> None:
        assert inside.run("sandbox", "connect", "--vnet-id", NETWORK_ID).code == 0

    Meanwhile(inside, {3: peer, 5: passes(inside, 60)}, f"{NETWORK_ID}/virtualNetworkPeerings")
    ran = inside.run_here("grant", "--yes", "--watch", *NETWORK, "-o", "json")
    watched = ran.document["watch"]
    assert (ran.code, watched["verdict"], watched["virtual_network_id"]) == (0, "connected", NETWORK_ID)
    assert "status --vnet-id" in " ".join(watched["go_on"])
    (connected,) = inside.run("status", *NETWORK, "-o", "json").document["connections"]
    assert (connected["peering_state"], connected["provisioning_state"]) == ("Connected", "Succeeded")

    audited = inside.run("audit", *THEIRS, "-o", "json")
    told = {one["what"]: one["stands_out"] for one in audited.document["audit"]["writes"]}
    assert told == {
        "wrote virtual network": "it is no peering: it may have changed the virtual network itself",
        "made a peering": None,
    }
    assert audited.code == 11
    peered = inside.run_here("check", *NETWORK, "-o", "json")
    assert peered.code == 0 and finding(peered, "address-space-peered")["level"] == "warning"
    revoked = inside.run("revoke", "--yes", *NETWORK)
    assert revoked.code == 0, revoked.err
    assert "The peering astro-peering to a network of another tenant" in revoked.err.replace("\n", " ")


def test_a_third_procedure_costs_two_files(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made up: its own role, its own words, and a kind of resource of which nothing else here knows."""
    shipped = files("astro_peer.procedure")
    facts = shipped.joinpath("vnet.toml").read_text()
    for old, new in (
        ("astro-vnet-peering-creator-role.json", "role.json"),
        ("Microsoft.Network/virtualNetworks", "Microsoft.Network/azureFirewalls"),
        ('"virtual network", "virtual networks"', '"firewall", "firewalls"'),
        ('json_name = "virtual_network"', 'json_name = "firewall"'),
        ("virtual_network = ", "firewall = "),
        ('"VNet peering"', '"firewall peering"'),
    ):
        assert old in facts
        facts = facts.replace(old, new)
    role = shipped.joinpath("astro-vnet-peering-creator-role.json").read_text()
    role = role.replace("virtualNetworks", "azureFirewalls").replace("VNET", "Firewall")
    (tmp_path / "firewall.toml").write_text(facts)
    (tmp_path / "role.json").write_text(role)
    third = load("firewall", tmp_path)
    for name, value in inside.environment().items():
        monkeypatch.setenv(name, value)
    azure = astro_peer.connect()
    where = astro_peer.where(subscription=PROD, procedure=third)

    plan = astro_peer.plan_grant(azure, where)
    assert [one.name for one in plan.observed.reach] == ["afw-prod-weu"]
    result = astro_peer.verify(azure, plan, astro_peer.apply(azure, plan))
    assert result.verified and held(inside) == {"Astro Firewall Peering Contributor": SCOPE}
    found, _ = astro_peer.status(azure, where)
    assert found.exit_code == 0 and "can write to firewalls here" in found.access.says
    assert inside.run("status").code == inside.run("status", *THEIRS).code == 10
    taken = astro_peer.plan_revoke(azure, where)
    assert astro_peer.verify(azure, taken, astro_peer.apply(azure, taken)).access.complete  # type: ignore[union-attr]
    assert held(inside) == {}


def test_a_saved_plan_of_a_network_is_applied_as_it_is(inside: Inside, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert inside.run_here("grant", *NETWORK, "--plan", str(file)).code == 0
    shown = inside.run_here("show", str(file), "--markdown")
    assert shown.code == 0 and WARNING in shown.out
    forged = tmp_path / "forged.json"
    forged.write_text(file.read_text().replace('"procedure": "vnet"', '"procedure": "vhub"', 1))
    assert inside.run_here("apply", str(forged), "--yes").code == 7
    half = json.loads(file.read_text())
    half["decided_from"]["wanted"]["procedure"] = "vhub"
    forged.write_text(json.dumps(half))
    mixed = inside.run_here("apply", str(forged), "--yes")
    assert mixed.code == 7 and "another procedure" in mixed.err.replace("\n", " ")
    assert held(inside) == {}
    assert inside.run_here("apply", str(file), "--yes").code == 0
    assert held(inside) == {ROLE: SCOPE}
