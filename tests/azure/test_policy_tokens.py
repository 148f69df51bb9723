"""Policy tokens: fetched once for a write that is refused for the lack of one, and never shown."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests

from answers import SUBSCRIPTION, OneToken, Silent, response_to
from astro_peer.azure import Azure
from astro_peer.azure.auth import Auth
from astro_peer.azure.cloud import PUBLIC
from astro_peer.azure.session import CachedCredential, Session
from astro_peer.errors import NotPermitted
from astro_peer.model.account import Account
from astro_peer.model.objects import RoleAssignment

TOKEN = "PoP the-policy-token"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
WANTED = RoleAssignment(
    id="",
    name="",
    scope=SCOPE,
    role_guid=SUBSCRIPTION,
    principal_id=SUBSCRIPTION,
    principal_type="ServicePrincipal",
)


def refusal(details: Any) -> dict[str, Any]:
    plain = {"type": "PolicyViolation", "info": {"policyAssignmentName": "another"}}
    info = {"evaluationDetails": details}
    return {
        "error": {
            "code": "RequestDisallowedByPolicy",
            "message": "Disallowed by policy.",
            "additionalInfo": [plain, {"type": "PolicyViolation", "info": info}],
        }
    }


MISSING = refusal({"missingPolicyTokenDetails": {"shouldDeny": True}})


class Policy:
    """Azure with a policy that wants a token; every request is kept."""

    def __init__(self, refused: Any = MISSING, given: Any = None, *, accepts: bool = True) -> None:
        self.refused, self.accepts = refused, accepts
        self.given = {"result": "Succeeded", "token": TOKEN} if given is None else given
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        self.sent.append(request.copy())
        if "acquirePolicyToken" in str(request.url):
            return response_to(request, 200, self.given, {})
        if self.accepts and request.headers.get("x-ms-policy-external-evaluations") == TOKEN:
            body = {
                "id": f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}",
                "name": SUBSCRIPTION,
                "properties": {
                    "scope": SCOPE,
                    "principalId": SUBSCRIPTION,
                    "roleDefinitionId": f"/x/{SUBSCRIPTION}",
                },
            }
            return response_to(request, 201, body, {})
        return response_to(request, 403, self.refused, {})

    @property
    def methods(self) -> list[str | None]:
        return [one.method for one in self.sent]


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Any:
    def meet(policy: Policy, change_reference: str | None = None) -> Azure:
        monkeypatch.setattr(
            requests.adapters.HTTPAdapter, "send", lambda _, request, **__: policy.send(request)
        )
        account = Account("somebody", None, SUBSCRIPTION, Auth.CLI)
        session = Session(PUBLIC, CachedCredential(OneToken()), account)
        return Azure(session, Silent(), 5, change_reference=change_reference)

    return meet


@pytest.mark.parametrize("reference", [None, "CHG-4711"])
def test_the_write_is_sent_again_with_a_token_for_it(
    meeting: Any, caplog: pytest.LogCaptureFixture, reference: str | None
) -> None:
    policy = Policy()
    with caplog.at_level(logging.DEBUG):
        made = meeting(policy, reference).authorization.assign(WANTED, SUBSCRIPTION)
    assert made is not None
    assert policy.methods == ["PUT", "POST", "PUT"]
    first, acquire, second = policy.sent
    assert str(acquire.url).startswith(
        f"https://management.azure.com{SCOPE}/providers/Microsoft.Authorization/acquirePolicyToken?api-version="
    )
    assert acquire.headers["x-ms-force-sync"] == "true"
    assert acquire.headers["Authorization"] == "Bearer the-token"
    asked = json.loads(acquire.body or "")
    assert asked["operation"] == {
        "uri": first.url,
        "httpMethod": "PUT",
        "content": json.loads(first.body or ""),
    }
    assert asked.get("changeReference") == reference
    assert second.body == first.body
    assert "the-policy-token" not in caplog.text
    assert "x-ms-policy-external-evaluations" in caplog.text


def test_every_write_gets_the_token_as_it_was_given(meeting: Any) -> None:
    """Whatever is known as a secret is blotted out of answers, but not of the one that gives it."""
    policy = Policy()
    azure = meeting(policy)
    for _ in range(2):
        assert azure.authorization.assign(WANTED, SUBSCRIPTION) is not None
    assert policy.methods == ["PUT", "POST", "PUT"] * 2


def test_a_policy_token_that_is_sent_back_is_blotted_out(meeting: Any) -> None:
    policy = Policy(accepts=False)
    policy.refused = MISSING | {"error": MISSING["error"] | {"message": f"Not with {TOKEN}."}}
    with pytest.raises(NotPermitted) as caught:
        meeting(policy).authorization.assign(WANTED, SUBSCRIPTION)
    assert "the-policy-token" not in str(caught.value.answer)
    assert "[secret]" in str(caught.value.answer)


def test_a_second_refusal_is_told(meeting: Any) -> None:
    policy = Policy(accepts=False)
    with pytest.raises(NotPermitted) as caught:
        meeting(policy).authorization.assign(WANTED, SUBSCRIPTION)
    assert caught.value.code == "RequestDisallowedByPolicy"
    assert policy.methods == ["PUT", "POST", "PUT"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        [],
        "",
        {"result": "Failed", "token": TOKEN},
        {"result": "Succeeded"},
        {"result": "Succeeded", "token": "a\nb"},
    ],
)
def test_without_a_token_the_refusal_stands(meeting: Any, given: Any) -> None:
    policy = Policy(given=given)
    with pytest.raises(NotPermitted) as caught:
        meeting(policy).authorization.assign(WANTED, SUBSCRIPTION)
    assert caught.value.code == "RequestDisallowedByPolicy"
    assert policy.methods == ["PUT", "POST"]


@pytest.mark.parametrize(
    "refused",
    [
        refusal({"missingPolicyTokenDetails": {"shouldDeny": False}}),
        refusal({}),
        refusal(None),
        {"error": {"code": "RequestDisallowedByPolicy", "message": "Users must use MFA."}},
        {
            "error": {
                "code": "AuthorizationFailed",
                "message": "",
                "additionalInfo": MISSING["error"]["additionalInfo"],
            }
        },
        {"error": None},
        [],
        "<html>",
    ],
)
def test_other_refusals_ask_for_no_token(meeting: Any, refused: Any) -> None:
    policy = Policy(refused)
    with pytest.raises(NotPermitted):
        meeting(policy).authorization.assign(WANTED, SUBSCRIPTION)
    assert policy.methods == ["PUT"]
