"""The documented procedure from nothing to nothing, through the installed command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import PROD, ROLE, Inside

GRANT = ("grant", "--yes", "--cluster-id", "clm8qv74h000008mlf08scq7k", "--peering-name", "astro-to-prod")


@dataclass(frozen=True)
class Case:
    """A procedure as a user goes through it."""

    grant: tuple[str, ...] = GRANT
    place: tuple[str, ...] = ()
    subscription: tuple[str, ...] = ()
    connect: tuple[str, ...] = ()
    makes: str = "connections"


HUB = Case()
NETWORK = Case(
    ("grant", "--yes", "--cluster-id", "clm8qv74h000008mlf08scq7k"),
    ("--resource-group", "rg-applications-prod", "--vnet", "vnet-airflow", "--subscription", PROD),
    ("--procedure", "vnet", "--subscription", PROD),
    ("--vnet", "vnet-airflow"),
    "peerings",
)


@pytest.mark.parametrize(
    ("case", "form"), [(HUB, "text"), (HUB, "json"), (NETWORK, "json")], ids=["text", "json", "vnet"]
)
def test_astronomer_can_connect_after_a_grant_and_not_before_or_after_a_revoke(
    inside: Inside, case: Case, form: str
) -> None:
    """Once as a child of the fork server, as most tests run it; and once all of it started fresh."""
    run = partial(inside.run, fresh=form == "text")
    before = inside.state()
    refused = run("sandbox", "connect", *case.connect)
    assert refused.code == 5
    assert "has no service principal in this tenant" in refused.err

    first = run(*case.grant, *case.place, "-o", form)
    assert first.code == 0, first.err
    assert run("sandbox", "connect", *case.connect).code == 0

    granted = inside.state()
    second = run(*case.grant, *case.place, "-o", form)
    assert second.code == 0
    assert inside.state() == granted
    assert run("status", *case.place, "-o", form).code == 0

    revoked = run("revoke", "--yes", *case.subscription, "-o", form)
    assert revoked.code == 0
    assert run("sandbox", "connect", *case.connect).code == 5
    assert run("status", *case.subscription, "-o", form).code == 10
    if form == "json":
        assert set(first.actions.values()) == {"create"}
        assert set(second.actions.values()) == {"keep"}
        assert revoked.actions == {"role assignment": "delete"}

    after = inside.state()
    made = {"service_principals": 1, "role_definitions": 1, "role_assignments": 0, case.makes: 1}
    for part, count in made.items():
        kept = [one for one in after[part] if one in before[part]]
        assert json.dumps(kept) == json.dumps(before[part]), f"{part} that are not ours changed"
        assert len(after[part]) == len(before[part]) + count


def test_grant_makes_exactly_the_documented_objects(inside: Inside) -> None:
    assert inside.run(*GRANT).code == 0
    ours = inside.ours()
    (principal,), (role,), (assignment,) = ours["principals"], ours["roles"], ours["assignments"]
    assert role["permissions"][0]["actions"] == [
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Resources/subscriptions/read",
        "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
        "Microsoft.Network/virtualHubs/read",
        "Microsoft.Network/virtualWans/virtualHubs/read",
        "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
    ]
    assert role["assignableScopes"] == [f"/subscriptions/{PROD}"]
    assert assignment["scope"] == f"/subscriptions/{PROD}"
    assert assignment["roleDefinitionId"].endswith(role["name"])
    held = next(one for one in inside.tenant.role_assignments.values() if one.principal_id == principal["id"])
    assert held.principal_type == "ServicePrincipal"


def test_grant_hands_over_every_field_support_asks_for(inside: Inside) -> None:
    request = inside.run(*GRANT, "-o", "json").document["request"]
    assert request == {
        "subject": "Azure: connect Astro cluster clm8qv74h000008mlf08scq7k to the virtual hub vhub-prod-weu",
        "cluster_id": "clm8qv74h000008mlf08scq7k",
        "tenant_id": demo.TENANT,
        "subscription_id": PROD,
        "resource_group": "rg-connectivity-prod",
        "hub": "vhub-prod-weu",
        "peering_name": "astro-to-prod",
        "firewall_ip": "10.10.0.132",
        "until": None,
        "url": "https://cloud.astronomer.io/open-support-request",
    }


def test_names_are_the_same_on_every_machine(inside: Inside) -> None:
    inside.run(*GRANT)
    first = inside.ours()
    inside.run("revoke", "--yes", "--delete-role")
    inside.run(*GRANT)
    again = inside.ours()
    assert [role["name"] for role in again["roles"]] == [role["name"] for role in first["roles"]]
    assert [one["name"] for one in again["assignments"]] == [one["name"] for one in first["assignments"]]


def test_grant_sandbox_needs_nothing_but_the_command(inside: Inside) -> None:
    """A newcomer has no environment at all, least of all this sandbox's."""
    ran = inside.run(
        *GRANT,
        "--sandbox",
        "-o",
        "json",
        env={"ASTRO_PEER_HUB": "another-hub"},
        fresh=True,
    )
    assert ran.code == 0, ran.err
    assert ran.document["verified"] is True
    assert inside.requests() == []


def test_description_is_kept_in_the_assignment(inside: Inside) -> None:
    inside.run(*GRANT, "--description", 'CHG-4711: Ünïcode, "quotes" and $(dollars)')
    (held,) = [one for one in inside.tenant.role_assignments.values() if one.description]
    assert held.description == 'CHG-4711: Ünïcode, "quotes" and $(dollars)'


def test_role_prints_the_documented_file(inside: Inside) -> None:
    ran = inside.run("role", "--subscription", PROD)
    assert ran.code == 0
    assert json.loads(ran.out, object_pairs_hook=list) == [
        ("Name", ROLE),
        ("IsCustom", True),
        ("Description", "Can create VNET peering with Astro."),
        (
            "Actions",
            [
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/subscriptions/read",
                "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
                "Microsoft.Network/virtualHubs/read",
                "Microsoft.Network/virtualWans/virtualHubs/read",
                "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
            ],
        ),
        ("NotActions", []),
        ("AssignableScopes", [f"/subscriptions/{PROD}"]),
    ]
    assert inside.requests() == [], "a role file for a given subscription needs no connection"


def test_status_follows_the_procedure(inside: Inside) -> None:
    assert inside.run("status", "-o", "json").document["outcome"] == "not granted"
    inside.run(*GRANT)
    granted = inside.run("status", "-o", "json").document
    assert granted["outcome"] == "granted"
    assert [one["ours"] for one in granted["assignments"]] == [True]
    assert [one["name"] for one in granted["connections"]] == ["conn-shared-services", "conn-analytics"]
    inside.run("sandbox", "connect", "--name", "astro-to-prod")
    assert "astro-to-prod" in {
        one["name"] for one in inside.run("status", "-o", "json").document["connections"]
    }
