from collections.abc import Callable
from typing import Any

import pytest

from astro_peer.sandbox.astronomer import Result, connect
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from .client import ACTIONS, ASSIGNMENT_GUID, AUTHORIZATION, PROD, Client, error_of

GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
REMOTE = {
    "properties": {"remoteVirtualNetwork": {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"}}
}


@pytest.fixture
def trusted(owner: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Astronomer's client takes its trust from the environment, as any client inside a sandbox."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(owner.sandbox.ca_certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return owner


def test_astronomer_connects_after_the_grant_and_not_before_or_after_it(trusted: Client) -> None:
    url, secret = trusted.sandbox.url, trusted.sandbox.secret
    before = connect(url, secret, HUB, "astro")
    assert before.result is Result.REFUSED and before.message.startswith("401 invalid_client: AADSTS7000229")
    assert before.says.endswith("has no service principal in this tenant.")
    trusted.grant()
    granted = connect(url, secret, HUB, "astro")
    assert granted.result is Result.MADE, granted.message
    assert granted.message.endswith("hubVirtualNetworkConnections/astro Succeeded")
    assert (
        trusted.arm("DELETE", f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}").status_code == 200
    )
    after = connect(url, secret, HUB, "astro-2")
    assert after.result is Result.REFUSED and after.message.startswith("403 AuthorizationFailed")
    assert (
        trusted.arm("GET", f"{HUB}/hubVirtualNetworkConnections/astro").status_code == 200
    )  # the link stays


def test_astronomers_credentials_are_for_those_inside_only(trusted: Client) -> None:
    trusted.grant()
    outcome = connect(trusted.sandbox.url, "guessed", HUB, "astro")
    assert outcome.result is Result.FAILED and "guessed" not in outcome.message


def test_the_stale_role_without_read_lets_astronomer_write_but_not_see_the_result(trusted: Client) -> None:
    trusted.grant()
    trusted.put_role(actions=ACTIONS[:5])
    outcome = connect(trusted.sandbox.url, trusted.sandbox.secret, HUB, "astro")
    assert outcome.result is Result.REFUSED and "hubVirtualNetworkConnections/read" in outcome.message


def test_the_role_reaches_every_hub_of_the_subscription_and_none_elsewhere(trusted: Client) -> None:
    trusted.grant()
    other = HUB.replace("weu", "neu")
    dev = f"/subscriptions/{demo.DEV}/resourceGroups/rg-connectivity-dev/providers/Microsoft.Network/virtualHubs"
    assert connect(trusted.sandbox.url, trusted.sandbox.secret, other, "astro").result is Result.MADE
    assert (
        connect(trusted.sandbox.url, trusted.sandbox.secret, f"{dev}/vhub-dev-weu", "astro").result
        is Result.REFUSED
    )


def test_a_hub_whose_routing_is_not_ready_and_a_route_server_take_no_connection(trusted: Client) -> None:
    trusted.grant()
    outcome = connect(trusted.sandbox.url, trusted.sandbox.secret, HUB.replace("weu", "swc"), "astro")
    assert outcome.result is Result.FAILED and "429 AnotherOperationInProgress" in outcome.message
    route_server = (
        f"{PROD}/resourceGroups/rg-workloads-prod/providers/Microsoft.Network/virtualHubs/rs-workloads-prod"
    )
    outcome = connect(trusted.sandbox.url, trusted.sandbox.secret, route_server, "astro")
    assert outcome.result is Result.FAILED and "404 ResourceNotFound" in outcome.message


def test_a_disabled_principal_is_refused_at_sign_in(trusted: Client) -> None:
    principal = trusted.grant()
    trusted.graph("PATCH", f"servicePrincipals/{principal}", {"accountEnabled": False})
    outcome = connect(trusted.sandbox.url, trusted.sandbox.secret, HUB, "astro")
    assert outcome.result is Result.REFUSED and "AADSTS7000112" in outcome.message
    assert outcome.says.endswith("its service principal in this tenant is disabled.")


def test_astronomer_overwrites_but_cannot_delete(owner: Client, signed_in: Callable[..., Client]) -> None:
    owner.grant()
    astronomer = signed_in(owner.sandbox, demo.ASTRONOMER_APP_ID)
    existing = f"{HUB}/hubVirtualNetworkConnections/conn-shared-services"
    assert astronomer.arm("PUT", existing, REMOTE).status_code == 200
    assert owner.arm("GET", existing).json()["properties"]["remoteVirtualNetwork"]["id"].endswith("/v")
    assert error_of(astronomer.arm("DELETE", existing)) == (403, "AuthorizationFailed")


def test_a_connection_becomes_ready_with_the_clock(owner: Client) -> None:
    url = f"{HUB}/hubVirtualNetworkConnections/mine"
    created = owner.arm("PUT", url, REMOTE)
    operation = created.headers["azure-asyncoperation"].removeprefix(owner.sandbox.url).partition("?")[0]
    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "Updating"
    assert owner.arm("GET", operation).json() == {"status": "InProgress"}
    owner.sandbox.clock.advance(1)
    assert owner.arm("GET", url).json()["properties"]["provisioningState"] == "Succeeded"
    assert owner.arm("GET", operation).json() == {"status": "Succeeded"}
    assert owner.arm("GET", url).json()["etag"] != created.json()["etag"]


def test_a_connection_is_deleted_once(owner: Client, as_persona: Callable[[Persona], Client]) -> None:
    url = f"{HUB}/hubVirtualNetworkConnections/conn-analytics"
    assert error_of(as_persona(Persona.READER).arm("DELETE", url)) == (403, "AuthorizationFailed")
    deleted = as_persona(Persona.CONTRIBUTOR).arm("DELETE", url)
    assert deleted.status_code == 202
    assert {"azure-asyncoperation", "location"} <= {name.lower() for name in deleted.headers}
    assert owner.arm("DELETE", url).status_code == 204
    assert error_of(owner.arm("GET", url)) == (404, "NotFound")


def test_a_connection_needs_a_remote_network(owner: Client) -> None:
    bodies: list[Any] = [{}, {"properties": {}}, {"properties": {"remoteVirtualNetwork": None}}]
    for body in bodies:
        answer = owner.arm("PUT", f"{HUB}/hubVirtualNetworkConnections/x", body)
        assert error_of(answer) == (400, "InvalidRequestContent")
