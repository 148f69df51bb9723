"""Names in the place of IDs: found among what the caller can see, never guessed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from astro_peer.model.similar import did_you_mean
from astro_peer.sandbox.tenant import demo
from conftest import Inside

NO_PLACE = {"ASTRO_PEER_HUB_ID": ""}
DOMAIN = "contoso.onmicrosoft.com"


def arms(inside: Inside) -> int:
    return len(inside.requests())


@pytest.mark.parametrize(
    "command", [("status",), ("revoke", "--yes"), ("audit",), ("check",), ("grant", "--dry-run")]
)
def test_a_subscription_by_its_name_is_the_one_by_its_id(inside: Inside, command: tuple[str, ...]) -> None:
    named = inside.run(*command, "--subscription", "Connectivity-Dev", "-o", "json")
    by_name = arms(inside)
    given = inside.run(*command, "--subscription", demo.DEV, "-o", "json")
    assert named.code == given.code, named.err
    assert named.document.get("target") == given.document.get("target")
    assert by_name - (arms(inside) - by_name) in (0, 1), "a name takes a request more, which others may share"


def test_the_request_and_the_lists_take_names_too(inside: Inside) -> None:
    dev = ("--subscription", "connectivity-dev")
    assert inside.run("request", *dev, "-o", "json").document["request"]["subscription_id"] == demo.DEV
    assert demo.DEV in inside.run("role", *dev).out
    (line,) = inside.run("hubs", *dev, "-o", "tsv").out.splitlines()
    assert line.split("\t")[1:6] == [
        *("vhub-dev-weu", "rg-connectivity-dev", demo.DEV, "connectivity-dev", "westeurope"),
    ]
    hub_id = line.split("\t")[0]
    assert inside.run("status", "--hub-id", hub_id).code == 10
    assert hub_id not in inside.run("hubs", *dev).out
    assert hub_id in inside.run("hubs", *dev, "--ids").out


def test_an_unknown_name_is_no_other_but_what_was_meant_is_asked(inside: Inside) -> None:
    ran = inside.run("status", "--subscription", "conectivity-dev")
    assert ran.code == 6
    assert "Did you mean connectivity-dev?" in ran.err
    assert f"--subscription {demo.DEV}   (connectivity-dev)" in ran.err
    hub = inside.run("grant", "--yes", "--hub", "vhub-prod-weo", env=NO_PLACE)
    assert hub.code == 6 and "Did you mean vhub-prod-weu?" in hub.err
    there = inside.run(
        *("grant", "--yes", "--subscription", "connectivity-prod", "--hub", "vhub-prod-weo"),
        *("--resource-group", "rg-connectivity-prod"),
    )
    assert there.code == 6 and "Did you mean vhub-prod-weu?" in there.err
    assert re.search(r"^ +--hub-id /subscriptions/\S+/vhub-prod-weu$", there.err, re.MULTILINE), "to copy"
    assert did_you_mean("zzz", ["vhub-prod-weu"]) == did_you_mean(None, []) == ""


def test_a_name_that_several_have_chooses_none(inside: Inside) -> None:
    for one in inside.tenant.subscriptions.values():
        inside.tenant.subscriptions[one.id] = replace(one, name="twin")
    ran = inside.run("grant", "--yes", "--subscription", "twin")
    assert ran.code == 2 and 'named "twin": which one' in ran.err
    for identifier in (demo.PROD, demo.DEV):
        assert f"--subscription {identifier}" in ran.err
    assert inside.writes() == []


def test_a_tenant_by_its_domain_is_signed_in_to(inside: Inside) -> None:
    domain = inside.tenant.domain
    assert inside.run("hubs", "--tenant", domain.upper()).code == 0
    unknown = inside.run("hubs", "--tenant", "nobody.example.com")
    assert unknown.code == 6 and "no tenant with the domain nobody.example.com" in unknown.err
    before = arms(inside)
    assert inside.run("hubs", "--tenant", inside.tenant.id).code == 0
    assert not any(domain in one["url"] for one in inside.requests()[before:])


def test_offline_nothing_has_a_name(inside: Inside) -> None:
    for place in (
        ("--tenant", DOMAIN, "--subscription", demo.PROD),
        ("--tenant", inside.tenant.id, "-s", "prod"),
    ):
        ran = inside.run("grant", "--dry-run", "--offline", *place)
        assert ran.code == 2 and "cannot be looked up" in ran.err and ran.out == ""
    assert inside.requests() == []


@pytest.mark.parametrize(
    ("line", "expected", "never"),
    [
        ("grant --auth ", "device-code", "pyproject.toml"),
        ("grant --only ", "assignment", "pyproject.toml"),
        ("hubs -o ", "tsv", "pyproject.toml"),
        ("sandbox run --as ", "entra-admin", "pyproject.toml"),
        ("sandbox run --fault thr", "throttle:", "latency:"),
        ("sandbox serve --tenant-state ", "everything-wrong", "pyproject.toml"),
        ("grant --subsc", "--subscription", "--hub"),
    ],
)
def test_values_are_completed(inside: Inside, line: str, expected: str, never: str) -> None:
    words = f"astro-peer {line}"
    asked = {
        "_ASTRO_PEER_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    offered = inside.run(env=asked).out.split()
    assert expected in offered and never not in offered
