"""The pipeline under every call: no registration behind one's back, no redirect, no other host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError

from astro_peer.azure import Azure, cloud
from astro_peer.azure.auth import Auth
from astro_peer.azure.cloud import PUBLIC
from astro_peer.azure.session import Account, CachedCredential, Session
from astro_peer.errors import Conflict, UsageError

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


class OneToken:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("the-token", 4102444800)


class Silent:
    def waiting(self, what_for: str, at_most_seconds: float) -> None: ...


@pytest.fixture
def azure() -> Azure:
    account = Account("somebody", None, SUBSCRIPTION, Auth.CLI)
    return Azure(Session(PUBLIC, CachedCredential(OneToken()), account), Silent(), 5)


Answering = Callable[[int, dict[str, Any], dict[str, str]], list[str]]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Have every request answered in one way; the requests that were sent are collected."""

    def answer(status: int, body: dict[str, Any], headers: dict[str, str]) -> list[str]:
        sent: list[str] = []

        def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
            sent.append(f"{request.method} {request.url} {request.headers.get('Authorization')}")
            response = requests.Response()
            response.status_code = status
            response._content = json.dumps(body).encode()
            response._content_consumed = True  # type: ignore[attr-defined]
            response.headers.update({"Content-Type": "application/json", **headers})
            response.raw = urllib3.HTTPResponse()
            response.request = request
            return response

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
        return sent

    return answer


def test_no_resource_provider_is_registered(azure: Azure, answering: Answering) -> None:
    message = "The subscription is not registered to use namespace 'Microsoft.Network'."
    sent = answering(409, {"error": {"code": "MissingSubscriptionRegistration", "message": message}}, {})
    with pytest.raises(Conflict) as caught:
        azure.network.hubs(SUBSCRIPTION)
    assert caught.value.code == "MissingSubscriptionRegistration"
    assert [line.split()[0] for line in sent] == ["GET"]


def test_a_redirect_is_not_followed(azure: Azure, answering: Answering) -> None:
    sent = answering(302, {}, {"Location": "https://evil.example/"})
    with pytest.raises(Exception, match="could not"):
        azure.subscriptions.get(SUBSCRIPTION)
    assert len(sent) == 1


def test_a_next_link_to_another_host_gets_no_token(azure: Azure, answering: Answering) -> None:
    sent = answering(200, {"value": [], "nextLink": "https://evil.example/steal"}, {})
    with pytest.raises(Exception, match="could not"):
        azure.subscriptions.permissions(SUBSCRIPTION)
    with pytest.raises(ServiceRequestError, match=r"Refused to send .* to https://evil\.example"):
        azure.rest.get("https://evil.example/")
    assert not any("evil" in line for line in sent)


METADATA = {
    "name": "test",
    "resourceManager": "https://127.0.0.1:1/",
    "microsoftGraphResourceId": "https://127.0.0.1:1/graph/",
    "authentication": {"loginEndpoint": "https://127.0.0.1:1", "audiences": ["https://127.0.0.1:1/"]},
}


@pytest.mark.parametrize(
    "foreign",
    [
        {"resourceManager": "https://management.azure.com/"},
        {"resourceManager": "http://127.0.0.1:1/"},
        {"microsoftGraphResourceId": "https://graph.microsoft.com/"},
        {"authentication": {**METADATA["authentication"], "audiences": ["https://management.azure.com/"]}},  # type: ignore[dict-item]
        {"authentication": {**METADATA["authentication"], "loginEndpoint": "https://login.example"}},  # type: ignore[dict-item]
    ],
)
def test_a_cloud_from_a_metadata_url_keeps_to_its_own_host(
    monkeypatch: pytest.MonkeyPatch, foreign: dict[str, Any]
) -> None:
    monkeypatch.setattr(cloud, "_get", lambda *_: METADATA)
    assert cloud.read("https://127.0.0.1:1/metadata").resource_manager_scope == "https://127.0.0.1:1/.default"
    monkeypatch.setattr(cloud, "_get", lambda *_: METADATA | foreign)
    with pytest.raises(UsageError, match="not to be trusted"):
        cloud.read("https://127.0.0.1:1/metadata")
