from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_peer.sandbox.http.resource_graph import evaluate
from astro_peer.sandbox.tenant.refusals import Refusal

from ..client import ASSIGNMENT_GUID, AUTHORIZATION, OTHER_GUID, PROD, ROLE_GUID, Client

HUB = f"{PROD}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "x", "*", "/", "Microsoft.Network/*", PROD])
)
_WORDS = """
    properties roleName description permissions actions assignableScopes roleDefinitionId principalId
    principalType level notes remoteVirtualNetwork routingConfiguration id query appId accountEnabled ids
"""
KEYS = st.sampled_from(_WORDS.split())
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6)
)
IN_PROPERTIES = st.dictionaries(KEYS, JSON, max_size=8).map(lambda properties: {"properties": properties})
WRITES = [
    f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}",
    f"{PROD}/{AUTHORIZATION}/roleAssignments/{ASSIGNMENT_GUID}",
    f"{PROD}/resourceGroups/rg-workloads-prod/{AUTHORIZATION}/locks/l",
    f"{HUB}/hubVirtualNetworkConnections/c",
]
many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("path", WRITES)
@many
@given(body=JSON | IN_PROPERTIES)
def test_any_json_gets_an_answer(owner: Client, path: str, body: Any) -> None:
    assert owner.arm("PUT", path, body).status_code < 500


@pytest.mark.parametrize("path", ["servicePrincipals", "directoryObjects/getByIds"])
@many
@given(body=JSON)
def test_any_json_gets_an_answer_from_graph(owner: Client, path: str, body: Any) -> None:
    assert owner.graph("POST", path, body).status_code < 500


@many
@given(text=st.text(max_size=30))
def test_any_filter_gets_an_answer(owner: Client, text: str) -> None:
    assert owner.arm("GET", f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=text).status_code in (200, 400)
    assert owner.graph("GET", "servicePrincipals", filter=text).status_code in (200, 400)


@many
@given(st.text(alphabet="authorizationresources |where=~'\"()project,.", max_size=60))
def test_any_query_is_answered_or_refused(text: str) -> None:
    rows = [{"id": OTHER_GUID, "properties": {"roleName": "x"}}]
    try:
        evaluate(f"authorizationresources | {text}", rows)
    except Refusal as refusal:
        assert refusal.code == "InvalidQuery"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b'"x"'])
def test_a_body_that_is_no_json_object_is_refused(owner: Client, body: bytes) -> None:
    for service, path in (("", f"{WRITES[0]}?api-version=2022-04-01"), ("/graph/v1.0", "/servicePrincipals")):
        audience = f"{owner.sandbox.url}{'/graph' if service else ''}"
        answer = owner.session.request(
            "POST" if service else "PUT",
            f"{owner.sandbox.url}{service}{path}",
            data=body,
            headers={"Authorization": f"Bearer {owner.token(audience)}"},
        )
        assert answer.status_code == 400


def test_a_sandbox_survives_many_connections_at_once(owner: Client, signed_in: Callable[..., Client]) -> None:
    for _ in range(20):
        client = signed_in(owner.sandbox, owner.app_id)
        assert client.sign_in(f"{owner.sandbox.url}/.default").status_code == 200
