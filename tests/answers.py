"""Azure's answers made up, where the simulated tenant would never give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken

from astro_peer.azure import Azure
from astro_peer.azure.auth import Auth
from astro_peer.azure.cloud import PUBLIC
from astro_peer.azure.session import CachedCredential, Session
from astro_peer.model.account import Account
from astro_peer.waiting import Deadline

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


class OneToken:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("the-token", 4102444800)


class Silent:
    def waiting(self, what_for: str, at_most_seconds: float) -> None: ...


def azure_with(timeout_seconds: float) -> Azure:
    """A caller in Azure's public cloud, with so much patience in all."""
    account = Account("somebody", None, SUBSCRIPTION, Auth.CLI)
    session = Session(PUBLIC, CachedCredential(OneToken()), account)
    return Azure(session, Silent(), timeout_seconds, Deadline(timeout_seconds))


class Answering(Protocol):
    def __call__(
        self,
        status: int,
        body: Any,
        headers: dict[str, str],
        each: Callable[[], None] = ...,
    ) -> list[str]: ...


def response_to(
    request: requests.PreparedRequest, status: int, body: Any, headers: dict[str, str]
) -> requests.Response:
    """`body` is sent as it is when it is text, else as JSON."""
    response = requests.Response()
    response.status_code = status
    response._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    response._content_consumed = True  # type: ignore[attr-defined]
    response.headers.update({"Content-Type": "application/json", **headers})
    response.raw = urllib3.HTTPResponse()
    response.request = request
    return response


def answering_in(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Has every request answered in one way; the requests that were sent are collected."""

    def answer(
        status: int, body: Any, headers: dict[str, str], each: Callable[[], None] = lambda: None
    ) -> list[str]:
        sent: list[str] = []

        def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
            sent.append(f"{request.method} {request.url} {request.headers.get('Authorization')}")
            each()
            return response_to(request, status, body, headers)

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
        return sent

    return answer
