"""Which cloud is spoken to is read from a metadata URL on this machine, and believed as far as its own host."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from azure.core.exceptions import ServiceRequestError

from answers import Answering, answering_in, response_to
from astro_peer.azure import cloud
from astro_peer.azure.answers import TimeIsUp
from astro_peer.azure.cloud import PUBLIC
from astro_peer.errors import Failed, UsageError
from astro_peer.waiting import Deadline

HERE = "https://127.0.0.1:1"
URL = f"{HERE}/metadata/endpoints"
METADATA: dict[str, Any] = {
    "name": "test",
    "resourceManager": f"{HERE}/",
    "microsoftGraphResourceId": f"{HERE}/graph/",
    "authentication": {
        "loginEndpoint": f"{HERE}/login",
        "audiences": [f"{HERE}/arm/", "https://evil.example"],
    },
    "astroApi": f"{HERE}/astro/",
}


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering_in(monkeypatch)


@pytest.mark.parametrize("listed", [False, True])
def test_a_cloud_is_read_without_any_token(answering: Answering, listed: bool) -> None:
    sent = answering(200, [METADATA] if listed else METADATA, {})
    assert cloud.read(URL) == cloud.Cloud(
        name="test",
        resource_manager=HERE,
        graph=f"{HERE}/graph",
        authority=f"{HERE}/login",
        resource_manager_scope=f"{HERE}/arm/.default",
        graph_scope=f"{HERE}/graph/.default",
        astro=f"{HERE}/astro",
    )
    assert sent == [f"GET {URL} None"]


def test_without_a_metadata_url_it_is_azure_and_nobody_is_asked(answering: Answering) -> None:
    sent = answering(500, {}, {})
    assert cloud.read(None) is PUBLIC and PUBLIC.is_azure
    assert sent == []


def test_what_calls_itself_azure_is_not_azure(answering: Answering) -> None:
    unnamed = {name: value for name, value in METADATA.items() if name not in ("name", "astroApi")}
    answering(200, unnamed, {})
    found = cloud.read(URL)
    assert (found.name, found.astro, found.is_azure) == ("simulated tenant", None, False)


@pytest.mark.parametrize(
    "field", ["resourceManager", "microsoftGraphResourceId", "astroApi", "loginEndpoint", "audiences"]
)
@pytest.mark.parametrize(
    "foreign",
    [
        "https://management.azure.com",
        "http://127.0.0.1:1",
        "https://127.0.0.1:2",
        r"https://evil\@127.0.0.1:1",
        "https://u@127.0.0.1:1",
        "no url",
    ],
)
def test_no_field_may_name_another_host(answering: Answering, field: str, foreign: str) -> None:
    signing_in = METADATA["authentication"]
    if field == "loginEndpoint":
        named = {"authentication": {**signing_in, field: foreign}}
    elif field == "audiences":
        named = {"authentication": {**signing_in, field: [foreign]}}
    else:
        named = {field: foreign}
    answering(200, METADATA | named, {})
    with pytest.raises(UsageError, match="not to be trusted"):
        cloud.read(URL)


@pytest.mark.parametrize(
    "url", ["https://example.com/m", "http://127.0.0.1:1/m", "https://127.0.0.1:1@evil.example/m", ""]
)
def test_a_metadata_url_elsewhere_is_refused_before_anybody_is_asked(answering: Answering, url: str) -> None:
    sent = answering(200, METADATA, {})
    with pytest.raises(UsageError, match="not valid"):
        cloud.read(url)
    assert sent == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, METADATA),
        (302, ""),
        (404, {}),
        (200, {}),
        (200, []),
        (200, ["x"]),
        (200, METADATA | {"authentication": None}),
        (200, METADATA | {"authentication": {"loginEndpoint": HERE, "audiences": []}}),
        (200, METADATA | {"resourceManager": 1}),
        (200, "<html>"),
    ],
)
def test_what_is_no_cloud_is_a_sentence(answering: Answering, status: int, body: Any) -> None:
    sent = answering(status, body, {"Location": "https://evil.example/"})
    with pytest.raises(Failed, match="metadata could not be read"):
        cloud.read(URL)
    assert sent == [f"GET {URL} None"]


def test_reading_it_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        asked.append(str(request.url))
        return response_to(request, 200, json.dumps(METADATA), {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(Failed) as caught:
        cloud.read(URL, Deadline(-10))
    assert isinstance(caught.value.__cause__, TimeIsUp) and asked == []


def test_nobody_is_asked_for_metadata_at_a_url_that_is_two_hosts(answering: Answering) -> None:
    sent = answering(200, METADATA, {})
    with pytest.raises(ServiceRequestError, match="Refused"):
        cloud._get(r"https://evil.example\@127.0.0.1:1/m", None)
    assert sent == []
