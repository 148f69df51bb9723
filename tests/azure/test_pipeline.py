"""The pipeline under every call: no registration behind one's back, no redirect, no other host."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from answers import SUBSCRIPTION, Answering, answering_in, azure_with
from astro_peer.azure import Azure, cloud
from astro_peer.errors import Conflict, UsageError


@pytest.fixture
def azure() -> Azure:
    return azure_with(5)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering_in(monkeypatch)


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
