"""The pipeline under every call: no registration behind one's back, no redirect, no other host."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from answers import SUBSCRIPTION, Answering, OneToken, Silent, answering_in, azure_with, response_to
from astro_peer.azure import Azure, cloud
from astro_peer.azure.answers import NotUnderstood
from astro_peer.azure.pipeline import Rest
from astro_peer.azure.session import CachedCredential, Session
from astro_peer.errors import Conflict, Failed, UsageError
from astro_peer.waiting import Deadline
from conftest import PassingClock


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


def test_what_is_not_azure_gets_no_token_and_nobody_else_is_asked(azure: Azure, answering: Answering) -> None:
    sent = answering(200, {}, {})
    astro = Rest(
        "https://api.example", azure.policies_without_sign_in("https://api.example"), azure.transport
    )
    astro.get("/v1")
    for elsewhere in ("https://management.azure.com/", "http://api.example/", "https://api.example:444/"):
        with pytest.raises(ServiceRequestError, match="Refused"):
            astro.get(elsewhere)
    assert sent == ["GET https://api.example/v1 None"]


def test_a_token_goes_with_a_request_to_its_own_host(azure: Azure, answering: Answering) -> None:
    sent = answering(200, {}, {})
    azure.rest.get("HTTPS://Management.Azure.com:443/x", {"a": "b"})
    assert sent == ["GET https://management.azure.com/x?a=b Bearer the-token"]
    for elsewhere in (
        "http://management.azure.com/x",
        "https://management.azure.com.evil.example/x",
        "https://management.azure.com:444/x",
        "https://graph.microsoft.com/x",
    ):
        with pytest.raises(ServiceRequestError, match="Refused"):
            azure.rest.get(elsewhere)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "good"), [(199, False), (200, True), (299, True), (300, False), (404, False)]
)
def test_an_answer_is_a_success_or_an_error(
    azure: Azure, answering: Answering, status: int, good: bool
) -> None:
    answering(status, {"a": 1}, {})
    if good:
        assert azure.rest.get("/x") == {"a": 1}
    else:
        with pytest.raises(HttpResponseError) as caught:
            azure.rest.get("/x")
        assert caught.value.status_code == status


def test_an_answer_that_is_no_object_is_none(azure: Azure, answering: Answering) -> None:
    answering(200, ["a"], {})
    with pytest.raises(NotUnderstood, match="a list where an object belongs"):
        azure.rest.get("/x")
    answering(200, "<html>", {})
    with pytest.raises(NotUnderstood, match="not the JSON"):
        azure.rest.get("/x")


def test_a_token_is_asked_for_the_audience_of_the_host_that_gets_it(answering: Answering) -> None:
    asked: list[tuple[str, ...]] = []

    class Noting(OneToken):
        def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            asked.append(scopes)
            return super().get_token(*scopes, **options)

    session = Session(cloud.PUBLIC, CachedCredential(Noting()), azure_with(5).session.account)
    azure = Azure(session, Silent(), 5, Deadline(5))
    answering(200, {}, {})
    azure.rest.get("/x")
    azure.graph.deleted("a67e6057-7138-4f78-bbaf-fd9db7b8aab0")
    assert asked == [("https://management.azure.com/.default",), ("https://graph.microsoft.com/.default",)]


def test_all_pages_are_read_and_one_that_comes_again_ends_it(azure: Azure, answering: Answering) -> None:
    for name in ("nextLink", "@odata.nextLink"):
        following = "https://management.azure.com/next"
        sent = answering(200, {"value": [{"id": 1}], name: following}, {})
        found: list[Any] = []
        with pytest.raises(Failed, match="did not end"):
            for one in azure.rest.pages("/first", {"a": "b"}, {"x-own": "y"}):
                found.append(one)
        assert len(found) == 2
        assert [line.split()[1] for line in sent] == ["https://management.azure.com/first?a=b", following]
    answering(200, {"value": None}, {})
    assert list(azure.rest.pages("/first")) == []


def test_headers_go_with_every_page(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    pages = iter([{"value": [], "nextLink": "/second"}, {"value": [1]}])

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        heard.append(f"{request.method} {request.headers.get('ConsistencyLevel')}")
        return response_to(request, 200, next(pages), {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    assert list(azure.rest.pages("/first", headers={"ConsistencyLevel": "eventual"})) == [1]
    assert heard == ["GET eventual", "GET eventual"]


def test_a_query_that_is_posted_may_be_asked_again(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, passing_clock: PassingClock
) -> None:
    heard: list[Any] = []

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        heard.append((request.method, request.url, json.loads(request.body or "null")))
        return response_to(request, 502 if len(heard) < 3 else 200, {"data": []}, {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    assert azure.rest.post("/query", {"query": "x"}, {"a": "b"}) == {"data": []}
    assert heard == [("POST", "https://management.azure.com/query?a=b", {"query": "x"})] * 3
    astro = Rest(
        "https://api.example", azure.policies_without_sign_in("https://api.example"), azure.transport
    )
    heard.clear()
    assert "data" in astro.get("/v1")
    assert len(heard) == 3


def test_the_time_is_azures_own(azure: Azure, answering: Answering) -> None:
    """A machine whose clock is wrong takes nothing for older, or younger, than it is."""
    now = datetime.now(UTC)
    assert azure.younger_than(60, now), "by the machine's, as long as Azure has said nothing"
    for date, hours in (
        (format_datetime(now + timedelta(hours=5), usegmt=True), 5),
        ("no date", 5),
        ("Fri, 31 Dec 9999 23:59:59 -0100", 5),
        ("Fri, 01 Jan 9999 00:00:00 GMT", 5),
        ("Fri, 01 Jan 1904 00:00:00 GMT", 5),
        (format_datetime(now - timedelta(hours=2), usegmt=True), -2),
    ):
        answering(200, {}, {"Date": date})
        azure.rest.get("/x")
        told = now + timedelta(hours=hours)
        assert azure.younger_than(60, told) and not azure.younger_than(60, told - timedelta(seconds=90))
    answering(200, {}, {})
    azure.rest.get("/x")
    assert azure.younger_than(60, now - timedelta(hours=2))


def test_each_answer_is_a_line_without_the_token(
    azure: Azure, answering: Answering, caplog: pytest.LogCaptureFixture
) -> None:
    answering(200, {}, {})
    with caplog.at_level(logging.INFO, "astro_peer.requests"):
        azure.rest.get("/x")
    assert "GET https://management.azure.com/x 200" in caplog.messages
    assert not any("the-token" in one for one in caplog.messages)
