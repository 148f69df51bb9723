"""Locks, subscriptions, providers, deny assignments and limits: what is told of them is what they do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import ASSIGNMENT_GUID, AUTHORIZATION, OTHER_GUID, PROD, ROLE_GUID, Client, error_of

AsPersona = Callable[[Persona], Client]
WithFault = Callable[..., Client]
GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
CONNECTION = f"{HUB}/hubVirtualNetworkConnections/conn-analytics"
NETWORK = f"{PROD}/providers/Microsoft.Network"


@pytest.fixture
def with_fault(start: Callable[..., Sandbox], signed_in: Callable[..., Client]) -> WithFault:
    return lambda *faults: signed_in(start(*faults), Persona.OWNER)


def lock(client: Client, scope: str, level: str, name: str = "keep") -> None:
    path = f"{scope}/{AUTHORIZATION}/locks/{name}"
    body = {"properties": {"level": level, "notes": "Ask the network team."}}
    assert client.arm("PUT", path, body, api_version="2020-05-01").status_code == 201
    assert client.arm("PUT", path, body, api_version="2020-05-01").status_code == 200


def connect(client: Client, hub: str = HUB, name: str = "c") -> tuple[int, str | None]:
    network = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    body = {"properties": {"remoteVirtualNetwork": {"id": network}}}
    answer = client.arm("PUT", f"{hub}/hubVirtualNetworkConnections/{name}", body)
    return answer.status_code, answer.json().get("error", {}).get("code")


def test_a_subscription_lists_its_locks_and_those_beneath_it(owner: Client) -> None:
    for scope, name in ((PROD, "s"), (GROUP, "g"), (HUB, "h")):
        lock(owner, scope, "CanNotDelete", name)

    def listed(scope: str, **query: str) -> list[str]:
        return [
            k["name"]
            for k in owner.everything(f"{scope}/{AUTHORIZATION}/locks", api_version="2020-05-01", **query)
        ]

    assert listed(PROD) == listed(HUB) == ["s", "g", "h"]
    assert listed(PROD, filter="atScope()") == ["s"]
    (first, *_) = owner.everything(f"{PROD}/{AUTHORIZATION}/locks", api_version="2020-05-01")
    assert first["properties"] == {"level": "CanNotDelete", "notes": "Ask the network team."}
    none = f"{PROD}/resourceGroups/none/{AUTHORIZATION}/locks/x"
    assert error_of(owner.arm("PUT", none, {"properties": {"level": "ReadOnly"}})) == (
        404,
        "ResourceGroupNotFound",
    )


def test_a_lock_against_deleting_lets_write(owner: Client) -> None:
    owner.grant()
    lock(owner, PROD, "CanNotDelete")
    assert owner.put_role().status_code == 201 and connect(owner) == (201, None)
    for path in (
        f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}",
        f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}",
        CONNECTION,
    ):
        assert error_of(owner.arm("DELETE", path)) == (409, "ScopeLocked")


def test_a_read_only_lock_on_the_group_of_the_hub_stops_connections_and_nothing_above(owner: Client) -> None:
    lock(owner, GROUP, "ReadOnly")
    assert connect(owner) == (409, "ScopeLocked")
    assert error_of(owner.arm("DELETE", CONNECTION)) == (409, "ScopeLocked")
    owner.grant()
    assert owner.arm("DELETE", f"{GROUP}/{AUTHORIZATION}/locks/keep").status_code == 200
    assert connect(owner) == (201, None)


@pytest.mark.parametrize("state", ["Warned", "PastDue", "Disabled"])
def test_a_subscription_tells_its_state_and_a_disabled_one_is_read_only(
    with_fault: WithFault, state: str
) -> None:
    client = with_fault(f"subscription-state:{state.lower()}")
    body = client.arm("GET", PROD, api_version="2022-12-01").json()
    assert (body["state"], body["tenantId"]) == (state, demo.TENANT)
    expected = (409, "ReadOnlyDisabledSubscription") if state == "Disabled" else (201, None)
    assert connect(client) == expected


def test_an_unregistered_provider_takes_no_connection_until_it_is_registered(with_fault: WithFault) -> None:
    client = with_fault("unregistered:Microsoft.Network")

    def state() -> object:
        return client.arm("GET", NETWORK, api_version="2022-09-01").json()["registrationState"]

    assert state() == "NotRegistered"
    assert connect(client) == (409, "MissingSubscriptionRegistration")
    assert client.arm("GET", HUB).status_code == 200
    assert client.arm("POST", f"{NETWORK}/register", api_version="2022-09-01").status_code == 200
    assert state() == "Registered" and connect(client) == (201, None)


def test_who_may_only_read_registers_nothing_and_what_is_in_use_stays(
    owner: Client, as_persona: AsPersona
) -> None:
    reader = as_persona(Persona.READER)
    assert error_of(reader.arm("POST", f"{NETWORK}/register")) == (403, "AuthorizationFailed")
    assert error_of(owner.arm("POST", f"{NETWORK}/unregister")) == (
        409,
        "CannotUnregisterProviderWithResources",
    )
    assert error_of(owner.arm("POST", f"{PROD}/providers/Microsoft.Nothing/register")) == (
        404,
        "InvalidResourceNamespace",
    )


def test_a_deny_assignment_is_listed_as_it_acts(with_fault: WithFault, owner: Client) -> None:
    path = f"{PROD}/{AUTHORIZATION}/denyAssignments"
    assert owner.everything(path) == []
    client = with_fault("deny-assignment")
    for query in ({}, {"filter": "atScope()"}):
        (deny,) = client.everything(path, **query)
        assert deny["properties"]["scope"] == "/" and deny["properties"]["isSystemProtected"] is True
        assert deny["properties"]["principals"] == [
            {"id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "type": "SystemDefined"}
        ]
    assert "Microsoft.Authorization/roleAssignments/write" in deny["properties"]["permissions"][0]["actions"]
    refused = client.put_role()
    assert error_of(refused) == (403, "DenyAssignmentAuthorizationFailed")
    assert deny["name"].replace("-", "") in refused.json()["error"]["message"]
    assert client.arm("GET", f"{path}/{deny['name']}").json() == deny
    assert error_of(client.arm("GET", f"{path}/{OTHER_GUID}")) == (404, "DenyAssignmentNotFound")


def test_a_deny_assignment_on_one_group_spares_the_others_and_whom_it_excludes(
    owner: Client, as_persona: AsPersona
) -> None:
    from astro_peer.sandbox.tenant.deny_assignments import against_access_changes

    tenant, uaa = owner.sandbox.tenant, as_persona(Persona.UAA)
    principal = owner.create_principal()
    owner.put_role()
    tenant.add(replace(against_access_changes(tenant, GROUP, "stack"), excluded=(uaa.object_id,)))
    refused = owner.assign(principal, at=GROUP)
    assert error_of(refused) == (403, "DenyAssignmentAuthorizationFailed")
    assert f"at scope '{GROUP}'" in refused.json()["error"]["message"]
    assert uaa.assign(principal, at=GROUP).status_code == 201
    assert owner.assign(principal, name=OTHER_GUID).status_code == 201
    assert owner.everything(f"{PROD}/{AUTHORIZATION}/denyAssignments", filter="atScope()") == []
    assert len(owner.everything(f"{PROD}/{AUTHORIZATION}/denyAssignments")) == 1


def test_the_usage_of_role_assignments_counts_down_to_the_refusal(
    with_fault: WithFault, owner: Client
) -> None:
    path = f"{PROD}/{AUTHORIZATION}/roleAssignmentsUsageMetrics"

    def usage(client: Client) -> dict[str, int]:
        return dict(client.arm("GET", path, api_version="2019-08-01-preview").json())

    before = usage(owner)
    assert before["roleAssignmentsLimit"] == 4000 and before["subscriptionId"] == demo.PROD
    assert before["roleAssignmentsCurrentCount"] + before["roleAssignmentsRemainingCount"] == 4000
    owner.grant()
    assert usage(owner)["roleAssignmentsCurrentCount"] == before["roleAssignmentsCurrentCount"] + 1
    full = with_fault("limit:assignments")
    assert usage(full)["roleAssignmentsRemainingCount"] == 0
    principal = full.create_principal()
    full.put_role()
    assert error_of(full.assign(principal)) == (400, "RoleAssignmentLimitExceeded")


def test_who_holds_no_role_is_told_nothing(as_persona: AsPersona) -> None:
    client = as_persona(Persona.ENTRA_ADMIN)
    for kind in ("locks", "denyAssignments", "roleAssignmentsUsageMetrics"):
        assert error_of(client.arm("GET", f"{PROD}/{AUTHORIZATION}/{kind}")) == (403, "AuthorizationFailed")
    assert error_of(client.arm("GET", NETWORK)) == (403, "AuthorizationFailed")
