"""Astronomer peers a virtual network: what the documented role is enough for, and what each of its actions is for."""

from collections.abc import Callable
from typing import Any

import pytest

from astro_peer.sandbox.astronomer import Outcome, Result
from astro_peer.sandbox.astronomer_peering import peer, peer_by_name
from astro_peer.sandbox.tenant import activity_log, demo, demo_networks
from astro_peer.sandbox.tenant.building import make_network
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import Lock, ResourceGroup
from conftest import Inside

from .client import ASSIGNMENT_GUID, AUTHORIZATION, PROD, Client, error_of

GROUP = ResourceGroup(demo.PROD, demo_networks.GROUP, "westeurope")
NETWORKS = f"{GROUP.id}/providers/Microsoft.Network/virtualNetworks"
AIRFLOW = f"{NETWORKS}/{demo_networks.AIRFLOW}"
PEERING = f"{AIRFLOW}/virtualNetworkPeerings/astro"
ACTIONS = {
    "Microsoft.Resources/subscriptions/resourceGroups/read": GROUP.id,
    "Microsoft.Resources/subscriptions/read": PROD,
    "Microsoft.Network/virtualNetworks/read": AIRFLOW,
    "Microsoft.Network/virtualNetworks/write": AIRFLOW,
    "Microsoft.Network/virtualNetworks/peer/action": AIRFLOW,
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write": PEERING,
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read": PEERING,
}
"""Those of the documented role, and where Azure asks for each of them."""


@pytest.fixture
def trusted(owner: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Astronomer's client takes its trust from the environment, as any client inside a sandbox."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(owner.sandbox.ca_certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return owner


def grant(owner: Client, actions: tuple[str, ...] = tuple(ACTIONS)) -> str:
    principal = owner.create_principal()
    assert owner.put_role(name="Astro VNET Peering Contributor", actions=actions).status_code == 201
    assert owner.assign(principal).status_code == 201
    return principal


def peered(owner: Client, network: str = AIRFLOW, name: str = "astro") -> Outcome:
    return peer(owner.sandbox.url, owner.sandbox.secret, network, name)


def shown(owner: Client, path: str = PEERING) -> Any:
    return owner.arm("GET", path).json()["properties"]


def test_the_documented_role_is_enough_and_nothing_is_possible_before_or_after_it(trusted: Client) -> None:
    before = peered(trusted)
    assert before.result is Result.REFUSED and "AADSTS7000229" in before.message
    grant(trusted)
    made = peered(trusted)
    assert (made.result, made.message) == (Result.MADE, f"{PEERING} Connected")
    side = shown(trusted)
    assert (side["peeringState"], side["peeringSyncLevel"]) == ("Connected", "FullyInSync")
    assert side["remoteVirtualNetwork"]["id"] == demo.ASTRO_NETWORK
    assert side["remoteAddressSpace"] == {"addressPrefixes": [demo.DEFAULT_RANGE]}
    (home,) = trusted.sandbox.tenant.others.values()
    assert [(p.remote_id, str(p.state)) for p in home.peerings.values()] == [(AIRFLOW, "Connected")]
    assert peered(trusted).result is Result.MADE, "the same again"
    trusted.arm("DELETE", f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}")
    after = peered(trusted, f"{NETWORKS}/{demo_networks.PLATFORM}")
    assert after.result is Result.REFUSED and after.message.startswith("403 AuthorizationFailed")
    assert shown(trusted)["peeringState"] == "Connected", "the link stays"


@pytest.mark.parametrize("missing", ACTIONS)
def test_each_action_of_the_role_is_needed(trusted: Client, missing: str) -> None:
    grant(trusted, tuple(a for a in ACTIONS if a != missing))
    outcome = peered(trusted)
    assert outcome.result is Result.REFUSED and outcome.says.startswith("Refused: Astronomer may not")
    assert f"'{missing}'" in outcome.message and f"'{ACTIONS[missing]}'" in outcome.message
    linked = missing.endswith("/peer/action")
    assert outcome.message.startswith(
        "403 LinkedAuthorizationFailed" if linked else "403 AuthorizationFailed"
    )
    states = [
        p["properties"]["peeringState"] for p in trusted.everything(f"{AIRFLOW}/virtualNetworkPeerings")
    ]
    half_way = {"virtualNetworks/peer/action": ["Initiated"], "virtualNetworkPeerings/read": ["Connected"]}
    assert states == next((s for end, s in half_way.items() if missing.endswith(f"/{end}")), [])


def test_the_role_changes_any_network_of_the_subscription_and_none_elsewhere(
    trusted: Client, signed_in: Callable[..., Client]
) -> None:
    grant(trusted)
    astronomer = signed_in(trusted.sandbox, demo.ASTRONOMER_APP_ID)
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.99.0.0/16"]}}}
    written = astronomer.arm("PUT", f"{NETWORKS}/vnet-made-by-astronomer", body)
    assert written.status_code == 201 and written.json()["properties"]["provisioningState"] == "Updating"
    elsewhere = f"/subscriptions/{demo.DEV}/resourceGroups/rg-connectivity-dev/providers/Microsoft.Network"
    assert peered(trusted, f"{elsewhere}/virtualNetworks/vnet-experiments").result is Result.REFUSED
    assert astronomer.arm("DELETE", PEERING).status_code == 403


def test_a_network_is_found_by_its_name(trusted: Client) -> None:
    url, secret = trusted.sandbox.url, trusted.sandbox.secret
    grant(trusted)
    assert peer_by_name(url, secret, demo.PROD, "VNET-airflow", "astro").result is Result.MADE
    none = peer_by_name(url, secret, demo.PROD, "vnet-none", "astro")
    assert none.result is Result.FAILED and "no virtual network named vnet-none" in none.message
    trusted.sandbox.tenant.limits.items_per_page = 2
    others = ResourceGroup(demo.PROD, "rg-workloads-prod", "westeurope")
    trusted.sandbox.tenant.add(make_network(others, demo_networks.AIRFLOW, "10.98.0.0/16"))
    two = peer_by_name(url, secret, demo.PROD, demo_networks.AIRFLOW, "astro")
    assert two.result is Result.FAILED and "2 virtual networks" in two.message
    assert peered(trusted, f"{NETWORKS}/none").message.startswith("404 ResourceNotFound")


def test_a_customers_side_that_was_deleted_is_made_again(trusted: Client) -> None:
    grant(trusted)
    assert peered(trusted).result is Result.MADE
    assert trusted.arm("DELETE", PEERING).status_code == 202
    (home,) = trusted.sandbox.tenant.others.values()
    assert [str(p.state) for p in home.peerings.values()] == ["Disconnected"]
    assert peered(trusted).result is Result.MADE
    home.peerings.clear()
    assert peered(trusted).result is Result.MADE


def test_what_stands_in_the_way_of_the_network_refuses_astronomer(trusted: Client) -> None:
    tenant = trusted.sandbox.tenant
    grant(trusted)
    tenant.add(taken := make_network(GROUP, "vnet-taken", "172.20.4.0/22"))
    outcome = peered(trusted, taken.id)
    assert outcome.result is Result.REFUSED and "VnetAddressSpacesOverlap" in outcome.message
    assert "does not go with" in outcome.says
    body = {"properties": {"remoteVirtualNetwork": {"id": taken.id}}}
    assert trusted.arm("PUT", f"{AIRFLOW}/virtualNetworkPeerings/legacy", body).status_code == 201
    outcome = peered(trusted)
    assert outcome.result is Result.REFUSED
    assert "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet" in outcome.message and taken.id in outcome.message
    tenant.limits.peerings_per_network = 1
    assert "VirtualNetworkPeeringCountLimitReached" in peered(trusted).message
    tenant.add(Lock(AIRFLOW, "freeze", "ReadOnly"))
    assert "ScopeLocked" in peered(trusted).message


def test_a_token_of_astronomers_opens_nothing_of_the_customers(
    trusted: Client, as_persona: Callable[[Persona], Client], signed_in: Callable[..., Client]
) -> None:
    """And none of the customer's opens what is Astronomer's, an auxiliary one included."""
    grant(trusted)
    astronomer = signed_in(trusted.sandbox, demo.ASTRONOMER_APP_ID)
    signed = astronomer.sign_in(f"{trusted.sandbox.url}/.default", tenant=demo.ASTRONOMER_TENANT)
    home = signed.json()["access_token"]
    assert astronomer.arm("GET", demo.ASTRO_NETWORK, token=home).status_code == 200
    for refused in (
        astronomer.arm("GET", PROD, token=home),
        trusted.arm("GET", demo.ASTRO_NETWORK),
    ):
        assert error_of(refused) == (401, "InvalidAuthenticationTokenTenant")
    forged = f"{home.rpartition('.')[0]}.{'A' * 43}"
    assert astronomer.arm("GET", demo.ASTRO_NETWORK, token=forged).status_code == 401
    url = f"{trusted.sandbox.url}{PEERING}?api-version=2024-05-01"
    body = {"properties": {"remoteVirtualNetwork": {"id": demo.ASTRO_NETWORK}}}
    mine = {"Authorization": f"Bearer {trusted.token(trusted.sandbox.url)}"}
    for auxiliary, status, code in (
        (forged, 401, "InvalidAuthenticationToken"),
        (trusted.token(trusted.sandbox.url), 403, "LinkedAuthorizationFailed"),
    ):
        headers = mine | {"x-ms-authorization-auxiliary": f"Bearer {auxiliary}"}
        answer = trusted.session.put(url, json=body, headers=headers)
        assert error_of(answer) == (status, code)


def test_the_command_takes_a_network_instead_of_the_hub(
    inside: Inside, signed_in: Callable[..., Client]
) -> None:
    refused = inside.run("sandbox", "connect", "--vnet", demo_networks.AIRFLOW)
    assert refused.code == 5 and refused.out == "" and "AADSTS7000229" in refused.err
    grant(signed_in(inside.sandbox, Persona.OWNER))
    made = inside.run("sandbox", "connect", "--vnet", demo_networks.AIRFLOW, "--name", "astro")
    assert (made.code, made.out) == (0, f"{PEERING} Connected\n")
    by_id = inside.run("sandbox", "connect", "--vnet-id", f"{NETWORKS}/{demo_networks.PLATFORM}")
    assert by_id.code == 0 and by_id.out.endswith("/virtualNetworkPeerings/astro-peering Connected\n")
    (peering,) = [p for p in inside.state()["peerings"] if p["name"] == "astro"]
    assert peering == {
        "name": "astro",
        "id": PEERING,
        "provisioningState": "Succeeded",
        "peeringState": "Connected",
        "remoteVirtualNetwork": demo.ASTRO_NETWORK,
    }
    for wrong, text in (
        (("--vnet-id", "vnet-airflow"), "'vnet-airflow' is not the ID of a virtual network."),
        (("--vnet", "a", "--vnet-id", AIRFLOW), "one of --hub-id, --vnet and --vnet-id"),
        (("--hub-id", inside.tenant.demo_hub_id, "--vnet", "a"), "one of --hub-id, --vnet and --vnet-id"),
    ):
        ran = inside.run("sandbox", "connect", *wrong)
        assert ran.code == 2 and text in " ".join(ran.err.split())


def test_the_activity_log_has_what_astronomer_wrote(trusted: Client) -> None:
    grant(trusted)
    peered(trusted)
    trusted.sandbox.clock.advance(1)
    done = [
        (event.write.action, event.write.resource_id)
        for event in activity_log.shown(trusted.sandbox.tenant, demo.PROD)
        if event.status == "Succeeded" and event.write.caller.app_id == demo.ASTRONOMER_APP_ID
    ]
    assert done == [
        ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", PEERING),
        ("Microsoft.Network/virtualNetworks/write", AIRFLOW),
    ]
