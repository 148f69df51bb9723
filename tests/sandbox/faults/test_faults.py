import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from astro_peer.sandbox.faults.catalogue import UnknownFault, known, parse
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona

from ..client import (
    ACTIONS,
    ASSIGNMENT_GUID,
    AUTHORIZATION,
    DEV,
    OTHER_GUID,
    PROD,
    ROLE_GUID,
    ROLE_NAME,
    Client,
    error_of,
)

WithFault = Callable[..., Client]
ROLE = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
ROLES = f"{PROD}/{AUTHORIZATION}/roleDefinitions"
ASSIGNMENT = f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}"


@pytest.fixture
def with_fault(start: Callable[..., Sandbox], signed_in: Callable[..., Client]) -> WithFault:
    return lambda *faults: signed_in(start(*faults), Persona.OWNER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "storm",
        "latency",
        "latency:soon",
        "latency:-1",
        "throttle:1",
        "policy:x",
        "slow-lists:0",
        "lock:maybe",
        "lock:readonly:x",
        "limit:hubs",
        "deny:everything",
    ],
)
def test_a_fault_that_does_not_exist_is_explained(text: str) -> None:
    with pytest.raises(UnknownFault) as error:
        parse([text])
    assert any(usage in str(error.value) for usage in known())


def test_latency_makes_every_answer_wait_outside_the_lock(with_fault: WithFault) -> None:
    client = with_fault("latency:30")
    client.arm("GET", PROD)
    for entry in client.sandbox.state()["requests"]:
        assert entry["end_ms"] - entry["start_ms"] >= 30
        assert entry["fault"] == "latency:30"


def test_every_second_request_is_throttled_and_told_how_long_to_wait(with_fault: WithFault) -> None:
    client = with_fault("throttle:2")
    answers = [client.arm("GET", PROD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 429]
    assert answers[1].headers["Retry-After"] == "1"
    assert [e["fault"] for e in client.sandbox.state()["requests"] if "oauth2" not in e["url"]] == [
        None,
        "throttle:2",
    ] * 2


def test_every_third_request_meets_another_server_error(with_fault: WithFault) -> None:
    client = with_fault("server-error:3")
    answers = [client.graph("GET", "servicePrincipals").status_code for _ in range(12)]
    assert [status for status in answers if status != 200] == [502, 503, 504, 500]
    assert answers[2] == 502


def test_a_seed_says_where_the_counting_begins() -> None:
    with serving(faults=["throttle:3"], seed=2) as sandbox:
        client = Client.of(sandbox, Persona.OWNER)
        assert [client.arm("GET", PROD).status_code for _ in range(4)] == [429, 200, 200, 429]
        client.session.close()


def test_with_a_fast_clock_every_request_takes_time(with_fault: WithFault) -> None:
    client = with_fault("fast-clock:60")
    before = client.sandbox.clock.now()
    client.arm("GET", PROD)
    assert (client.sandbox.clock.now() - before).total_seconds() >= 60


@pytest.mark.parametrize(("fault", "processed"), [("drop-at:2", True), ("refuse-at:2", False)])
def test_a_connection_is_cut_before_or_after_the_request_is_processed(
    with_fault: WithFault, fault: str, processed: bool
) -> None:
    client = with_fault(fault)
    assert client.arm("GET", PROD).status_code == 200
    with pytest.raises(requests.ConnectionError):
        client.put_role()
    assert (client.arm("GET", ROLE).status_code == 200) is processed
    cut = next(e for e in client.sandbox.state()["requests"] if e["fault"])
    assert (cut["fault"], cut["status"]) == (fault, None)


def test_slow_lists_hide_what_was_just_written_but_reads_show_it(with_fault: WithFault) -> None:
    client = with_fault("slow-lists:60")

    def listed() -> list[Any]:
        return client.everything(ROLES, filter=f"roleName eq '{ROLE_NAME}'")

    client.grant()
    for _ in range(2):
        assert listed() == []
        assert client.arm("GET", ROLE).status_code == 200
        client.sandbox.clock.advance(60)
        assert len(listed()) == 1
        client.put_role(actions=ACTIONS[:5])  # an update hides it again
    assert ASSIGNMENT_GUID in [
        a["name"] for a in client.everything(f"{PROD}/{AUTHORIZATION}/roleAssignments")
    ]


def test_slow_reads_show_nothing_or_what_was_there_before(with_fault: WithFault) -> None:
    client = with_fault("slow-reads:60")
    principal = client.create_principal()
    client.put_role()
    client.assign(principal)
    assert {client.arm("GET", ROLE).status_code for _ in range(16)} == {200, 404}
    assert {client.arm("GET", ASSIGNMENT).status_code for _ in range(16)} == {200, 404}
    client.sandbox.clock.advance(60)
    client.put_role(PROD, DEV)

    def scopes() -> tuple[str, ...]:
        return tuple(client.arm("GET", ROLE).json()["properties"]["assignableScopes"])

    assert {scopes() for _ in range(16)} == {(PROD,), (PROD, DEV)}
    client.sandbox.clock.advance(60)
    assert {scopes() for _ in range(16)} == {(PROD, DEV)}


def test_which_reads_are_slow_follows_no_rhythm_but_the_seed() -> None:
    def pattern(seed: int) -> str:
        with serving(faults=["slow-reads:600"], seed=seed) as sandbox:
            client = Client.of(sandbox, Persona.OWNER)
            client.put_role()
            seen = "".join("01"[client.arm("GET", ROLE).status_code == 200] for _ in range(16))
            client.session.close()
            return seen

    patterns = [pattern(seed) for seed in range(4)]
    assert len(set(patterns)) == 4
    assert pattern(0) == patterns[0]
    for seen in patterns:
        assert seen not in ("01" * 8, "10" * 8)
    assert any("11" in seen.lstrip("1") and "0" in seen[seen.index("11") :] for seen in patterns), (
        "agreeing reads may be followed by one that disagrees"
    )


def test_a_new_principal_is_not_known_at_once(with_fault: WithFault) -> None:
    client = with_fault("principal-lag:60")
    principal = client.create_principal()
    client.put_role()
    assert error_of(client.assign(principal)) == (400, "PrincipalNotFound")
    assert error_of(client.assign(principal, principalType="ServicePrincipal")) == (400, "PrincipalNotFound")
    client.sandbox.clock.advance(60)
    assert client.assign(principal).status_code == 201


def test_a_new_role_cannot_be_assigned_at_once(with_fault: WithFault) -> None:
    client = with_fault("role-lag:60")
    principal = client.create_principal()
    client.put_role()
    assert error_of(client.assign(principal)) == (400, "RoleDefinitionDoesNotExist")
    client.sandbox.clock.advance(60)
    assert client.assign(principal).status_code == 201


def test_graph_does_not_show_a_new_principal_at_once(with_fault: WithFault) -> None:
    client = with_fault("graph-lag:60")
    principal = client.create_principal()
    assert error_of(client.graph("GET", f"servicePrincipals/{principal}")) == (
        404,
        "Request_ResourceNotFound",
    )
    client.sandbox.clock.advance(60)
    assert client.graph("GET", f"servicePrincipals/{principal}").status_code == 200


def test_without_its_type_a_principal_that_graph_does_not_show_yet_is_not_found(
    with_fault: WithFault,
) -> None:
    client = with_fault("graph-lag:60")
    principal = client.create_principal()
    client.put_role()
    assert error_of(client.assign(principal)) == (400, "PrincipalNotFound")
    assert client.assign(principal, principalType="ServicePrincipal").status_code == 201
    client.sandbox.clock.advance(60)
    assert client.assign(principal).status_code == 201


def test_an_action_can_be_denied_to_everybody(with_fault: WithFault) -> None:
    client = with_fault("deny:Microsoft.Authorization/roleDefinitions/write")
    assert error_of(client.put_role()) == (403, "AuthorizationFailed")
    assert client.assign(client.object_id, role=demo.READER).status_code == 201


def test_the_directory_can_be_closed(with_fault: WithFault) -> None:
    client = with_fault("no-graph")
    for answer in (
        client.graph("GET", "servicePrincipals"),
        client.graph("POST", "servicePrincipals", {"appId": demo.ASTRONOMER_APP_ID}),
    ):
        assert error_of(answer) == (403, "Authorization_RequestDenied")
    assert client.put_role().status_code == 201


@pytest.mark.parametrize(
    ("fault", "at", "written", "deleted"),
    [
        ("lock:readonly", PROD, 409, 204),
        ("lock:cannotdelete", PROD, 201, 409),
        (f"lock:readonly:{DEV}", PROD, 201, 200),
        (f"lock:readonly:{DEV}", DEV, 409, 204),
    ],
)
def test_a_subscription_can_be_locked(
    with_fault: WithFault, fault: str, at: str, written: int, deleted: int
) -> None:
    client = with_fault(fault)
    answer = client.assign(client.object_id, role=demo.NETWORK_CONTRIBUTOR, at=at)
    assert answer.status_code == written
    gone = client.arm("DELETE", f"{at}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}")
    assert gone.status_code == deleted


def test_a_policy_forbids_to_write(with_fault: WithFault) -> None:
    client = with_fault("policy")
    assert error_of(client.put_role()) == (403, "RequestDisallowedByPolicy")
    assert "policyAssignment" in client.put_role().json()["error"]["message"]


def test_mfa_is_asked_for_when_writing(with_fault: WithFault) -> None:
    client = with_fault("mfa")
    assert client.arm("GET", PROD).status_code == 200
    refused = client.put_role()
    assert error_of(refused) == (403, "RequestDisallowedByPolicy")
    assert 'error="insufficient_claims", claims="' in refused.headers["WWW-Authenticate"]


def test_continuous_access_is_answered_by_a_token_with_claims(with_fault: WithFault) -> None:
    client = with_fault("cae")
    refused = client.arm("GET", PROD)
    assert refused.status_code == 401
    assert "insufficient_claims" in refused.headers["WWW-Authenticate"]
    token_url = f"{client.sandbox.url}/{demo.TENANT}/oauth2/v2.0/token"
    client.session.post(token_url, data={"grant_type": "client_credentials", "claims": '{"access_token":{}}'})
    assert client.arm("GET", PROD).status_code == 200


@pytest.mark.parametrize(
    ("fault", "code"),
    [("wrong-tenant", "InvalidAuthenticationTokenTenant"), ("expired-token", "ExpiredAuthenticationToken")],
)
def test_a_token_can_be_the_wrong_one(with_fault: WithFault, fault: str, code: str) -> None:
    client = with_fault(fault)
    assert error_of(client.arm("GET", "/subscriptions")) == (401, code)
    assert client.graph("GET", "servicePrincipals").status_code == 200


def test_limits_can_be_reached(with_fault: WithFault) -> None:
    client = with_fault("limit:roles", "limit:assignments")
    assert error_of(client.put_role()) == (400, "RoleDefinitionLimitExceeded")
    assert error_of(client.assign(client.object_id, role=demo.READER)) == (400, "RoleAssignmentLimitExceeded")
    assert client.assign(client.object_id, role=demo.READER, name=OTHER_GUID, at=DEV).status_code == 201


def test_a_disabled_subscription_is_read_only(with_fault: WithFault) -> None:
    client = with_fault("disabled-subscription")
    assert client.arm("GET", PROD).json()["state"] == "Disabled"
    assert error_of(client.put_role()) == (409, "ReadOnlyDisabledSubscription")
    assert error_of(client.put_role(PROD, DEV, at=DEV)) == (409, "ReadOnlyDisabledSubscription")
    assert client.put_role(DEV, at=DEV).status_code == 201


def test_a_connection_is_accepted_and_then_fails_and_the_log_says_why(with_fault: WithFault) -> None:
    client = with_fault("connection-fails")
    path = f"{client.sandbox.tenant.demo_hub_id}/hubVirtualNetworkConnections/one"
    body = {"properties": {"remoteVirtualNetwork": {"id": demo.ASTRO_NETWORK}}}
    accepted = client.arm("PUT", path, body)
    assert (accepted.status_code, accepted.json()["properties"]["provisioningState"]) == (201, "Updating")
    client.sandbox.clock.advance(60)
    assert client.arm("GET", path).json()["properties"]["provisioningState"] == "Failed"
    operation = accepted.headers["azure-asyncoperation"].removeprefix(client.sandbox.url).partition("?")[0]
    polled = client.arm("GET", operation).json()
    assert (polled["status"], polled["error"]["details"][0]["code"]) == ("Failed", "InternalServerError")
    log = f"{PROD}/providers/Microsoft.Insights/eventtypes/management/values"
    since = f"eventTimestamp ge '{client.sandbox.clock.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}'"
    (failed,) = [one for one in client.everything(log, filter=since) if one["status"]["value"] == "Failed"]
    assert json.loads(failed["properties"]["statusMessage"])["error"]["code"] == "ResourceOperationFailure"
