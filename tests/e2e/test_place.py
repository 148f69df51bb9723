"""Which hub is meant: what is given is checked, what is not given is found."""

from __future__ import annotations

import pytest

from conftest import DEV, PROD, Inside

NOBODY = "00000000-0000-0000-0000-000000000000"
NO_HUB_ID = {"ASTRO_PEER_HUB_ID": ""}


def test_several_hubs_are_listed_with_the_option_to_choose_by(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", env=NO_HUB_ID)
    assert ran.code == 2
    for hub in ("vhub-prod-weu", "vhub-prod-neu", "vhub-prod-swc", "vhub-dev-weu"):
        assert f"virtualHubs/{hub}" in ran.err
    assert "--hub-id /subscriptions/" in ran.err
    assert "rs-workloads-prod" not in ran.err, "a Route Server is no Virtual WAN hub"
    assert inside.writes() == []


@pytest.mark.parametrize(
    "given",
    [
        ("--hub", "vhub-dev-weu"),
        ("--subscription", DEV),
        ("-g", "RG-Connectivity-DEV"),
        ("-s", DEV, "-g", "rg-connectivity-dev", "--hub", "VHUB-dev-weu"),
    ],
)
def test_the_only_hub_that_fits_is_taken(inside: Inside, given: tuple[str, ...]) -> None:
    ran = inside.run("status", "-o", "json", *given)
    assert ran.code == 10, ran.err
    assert ran.document["target"]["hub"].lower() == "vhub-dev-weu"
    assert ran.document["target"]["subscription_id"] == DEV


def test_any_part_on_the_command_line_overrules_the_whole_environment(inside: Inside) -> None:
    elsewhere = {"ASTRO_PEER_RESOURCE_GROUP": "rg-elsewhere", "ASTRO_PEER_SUBSCRIPTION": PROD}
    ran = inside.run("status", "-o", "json", "--hub", "vhub-dev-weu", env=elsewhere)
    assert ran.document["target"]["subscription_id"] == DEV


def test_hub_id_and_a_part_of_it_contradict(inside: Inside) -> None:
    ran = inside.run("status", "--hub-id", inside.tenant.demo_hub_id, "--hub", "vhub-dev-weu")
    assert ran.code == 2
    assert "--hub-id says subscription, resource group and hub already" in ran.err


@pytest.mark.parametrize(
    ("given", "code", "names"),
    [
        (("-s", NOBODY, "-g", "rg", "--hub", "h"), "SubscriptionNotFound", [PROD, DEV]),
        (
            ("-s", PROD, "-g", "rg-connectivity-prd", "--hub", "h"),
            "ResourceGroupNotFound",
            ["rg-connectivity-prod"],
        ),
        (("-s", PROD, "-g", "rg-connectivity-prod", "--hub", "h"), "ResourceNotFound", ["vhub-prod-weu"]),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(
    inside: Inside, given: tuple[str, ...], code: str, names: list[str]
) -> None:
    ran = inside.run("grant", "--yes", *given)
    assert ran.code == 6, ran.err
    assert code in ran.err
    for name in names:
        assert name in ran.err
    assert inside.writes() == []


def test_a_name_that_fits_no_hub_is_answered_with_the_hubs(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--hub", "vhub-prod-wue")
    assert ran.code == 6
    assert "virtualHubs/vhub-prod-weu" in ran.err


def test_a_route_server_is_not_a_hub(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "-s", PROD, "-g", "rg-workloads-prod", "--hub", "rs-workloads-prod")
    assert ran.code == 6
    assert "Route Server" in ran.err


def test_firewall_address_is_the_given_one_or_the_hubs_or_none(inside: Inside) -> None:
    given = inside.run("grant", "--yes", "-o", "json", "--firewall-ip", "10.9.8.7").document
    assert given["target"]["firewall_ip"] == given["request"]["firewall_ip"] == "10.9.8.7"
    without = inside.run("grant", "--yes", "-o", "json", "--hub", "vhub-prod-neu").document
    assert without["request"]["firewall_ip"] is None


def test_a_hub_that_is_not_ready_is_warned_about(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--hub", "vhub-prod-swc")
    assert ran.code == 0
    assert "routing Provisioning" in ran.err
    assert "Warning: the hub is not ready yet" in ran.err
