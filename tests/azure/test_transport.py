"""Under every call: it ends, it goes where it may, and what proves who sends it is never shown."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseTimeoutError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from answers import response_to
from astro_peer import secrets_in_use
from astro_peer.azure import answers, transport
from astro_peer.azure.answers import TimeIsUp
from astro_peer.azure.policy_tokens import ACQUIRE_PATH, EVALUATIONS_HEADER
from astro_peer.azure.transport import Transport
from astro_peer.waiting import Deadline

HERE = "https://127.0.0.1:1"


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No answer comes; what was asked for is noted."""
    asked: list[str] = []
    ended = threading.Event()

    def send(_: Any, request: HttpRequest, **__: Any) -> None:
        asked.append(request.url)
        ended.wait(10)

    monkeypatch.setattr(RequestsTransport, "send", send)
    yield asked
    ended.set()


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        asked.append(str(request.url))
        return response_to(request, 200, {"token": "an-answered-token"}, {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return asked


def get(url: str = f"{HERE}/x", **headers: str) -> HttpRequest:
    return HttpRequest("GET", url, headers=headers)


def test_a_request_that_hangs_ends_with_the_deadline(hanging: list[str]) -> None:
    began = time.monotonic()
    with pytest.raises(TimeIsUp):
        Transport(deadline=Deadline(-3.95)).send(get())
    assert time.monotonic() - began < 2 and hanging == [f"{HERE}/x"]
    left_behind = [one for one in threading.enumerate() if one.name == "request"]
    assert left_behind and all(one.daemon for one in left_behind), "the process could not end"


def test_a_request_that_hangs_ends_by_its_own_limits(hanging: list[str]) -> None:
    began = time.monotonic()
    with pytest.raises(ServiceResponseTimeoutError):
        Transport().send(get(), connection_timeout=0.02, read_timeout=0.02)
    with pytest.raises(ServiceResponseTimeoutError):
        Transport(connect_seconds=0.02).send(get(), read_timeout=0.02)
    assert time.monotonic() - began < 2


def test_when_the_time_is_up_nothing_is_sent(hanging: list[str]) -> None:
    with pytest.raises(TimeIsUp):
        Transport(deadline=Deadline(-5)).send(get())
    assert hanging == []


def test_nobody_sleeps_past_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    sleeping = Transport(deadline=Deadline(10))
    sleeping.sleep(5)
    for duration in (11, 10):
        with pytest.raises(TimeIsUp):
            sleeping.sleep(duration)
    assert slept == [5]


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:2/x", "http://127.0.0.1:1/x", "https://evil.example/", r"https://evil\@127.0.0.1:1/"],
)
def test_a_transport_for_one_origin_speaks_to_no_other(answered: list[str], url: str) -> None:
    with pytest.raises(ServiceRequestError, match="Refused"):
        Transport(HERE).send(get(url))
    assert answered == []
    Transport(HERE).send(get("HTTPS://127.0.0.1:1/x?y"))
    assert answered == [f"{HERE}/x?y"]


@pytest.mark.parametrize(
    ("made", "path", "as_it_is"),
    [
        (lambda: Transport(HERE), "/oauth2/token", True),
        (lambda: Transport(signing_in=True), "/oauth2/token", True),
        (lambda: Transport(), "/oauth2/token", False),
        (lambda: Transport(), f"/subscriptions/1{ACQUIRE_PATH}?x=y", True),
        (lambda: Transport(), f"/subscriptions/1?x={ACQUIRE_PATH}", False),
    ],
)
def test_a_token_is_read_where_it_was_asked_for_alone(
    answered: list[str], made: Callable[[], Transport], path: str, as_it_is: bool
) -> None:
    secrets_in_use.remember(["an-answered-token"])
    found = made().send(get(HERE + path)).internal_response.json()
    assert found == {"token": "an-answered-token" if as_it_is else "[secret]"}


def test_what_proves_who_sends_a_request_is_a_secret(answered: list[str]) -> None:
    sending = Transport(HERE)
    given = [secrets.token_hex() for _ in range(9)]
    fields = ("client_secret", "client_assertion", "assertion", "refresh_token", "code", "password")
    sending.send(get(Authorization=f"Bearer {given[0]} {given[8]}"))
    sending.send(get(**{EVALUATIONS_HEADER: f"policy token {given[1]}"}))
    for name, secret in zip(fields, given[2:8], strict=True):
        form = {name: secret, "other": "no-secret-9f3"}
        sending.send(HttpRequest("POST", HERE, data=form))
    given[0] += f" {given.pop()}"
    assert {secrets_in_use.blotted(secret) for secret in given} == {"[secret]"}
    assert secrets_in_use.blotted("no-secret-9f3 Bearer policy") == "no-secret-9f3 Bearer policy"
    sending.send(HttpRequest("POST", HERE, json={"password": "no-secret-9f4"}))
    assert secrets_in_use.blotted("no-secret-9f4") == "no-secret-9f4"


def test_an_error_that_quotes_the_server_is_made_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets_in_use.remember(["quoted-secret"])

    def send(*_: Any, **__: Any) -> None:
        raise AzureError("said \x1b[2J quoted-secret")

    monkeypatch.setattr(RequestsTransport, "send", send)
    with pytest.raises(AzureError) as caught:
        Transport().send(get())
    assert str(caught.value) == caught.value.message == "said \\u001b[2J [secret]"


def test_what_answers_cost_is_summed_for_each_thread(answered: list[str]) -> None:
    sending = Transport()
    assert sending.cost_so_far == 0
    sending.send(get())
    once = sending.cost_so_far
    assert once > 100
    beside = threading.Thread(target=lambda: sending.send(get()))
    beside.start()
    beside.join()
    sending.send(get())
    assert sending.cost_so_far == 2 * once


def test_no_password_of_a_file_replaces_a_token(answered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.sessions, "get_netrc_auth", lambda *_: ("somebody", "else"))
    headers: list[Any] = []

    def send(_: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        headers.append(request.headers.get("Authorization"))
        assert request.headers["Accept-Encoding"] == "gzip"
        assert options["verify"] and options["timeout"] == (20, 90)
        return response_to(request, 200, {}, {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    Transport().send(get(Authorization="Bearer mine-of-5a"))
    assert headers == ["Bearer mine-of-5a"]


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_every_answer_is_read_in_the_bounded_way(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """Plain http is the endpoint of a managed identity alone."""

    def send(_: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return response_to(request, 200, "<html>", {})

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(answers.NotUnderstood):
        Transport().send(get(f"{scheme}://127.0.0.1:1/x"))


def test_nothing_is_sent_again_beneath_our_own_rules_for_that(answered: list[str]) -> None:
    sending = Transport()
    sending.send(get())
    assert {one.max_retries.total for one in sending.session.adapters.values()} == {0}


def test_time_is_up_also_while_an_answer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda _, request, **__: response_to(request, 200, {}, {})
    )
    heard: list[Deadline] = []
    monkeypatch.setattr(transport.answers, "read", lambda _, deadline, **__: heard.append(deadline))
    deadline = Deadline(60)
    Transport(deadline=deadline).send(get())
    assert heard == [deadline]
