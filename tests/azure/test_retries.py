"""Asking again: how often, how long, and what is said when it did not help."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from answers import SUBSCRIPTION, Answering, answering_in, azure_with
from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.waiting import Deadline

THROTTLED = {"error": {"code": "TooManyRequests", "message": "The request is being throttled."}}
BROKEN = {"error": {"code": "InternalServerError", "message": "Encountered internal server error."}}
CORRELATION = {"x-ms-correlation-request-id": "00000000-0000-0000-0000-00000000c0de"}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleeping takes no time here, but the clock goes on."""
    slept: list[float] = []
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + sum(slept))
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering_in(monkeypatch)


def refused(call: Callable[[], Any]) -> AstroPeerError:
    with pytest.raises(AstroPeerError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("timeout_seconds", [1, 10, 600])
@pytest.mark.parametrize(("status", "body"), [(500, BROKEN), (503, BROKEN), (429, THROTTLED)])
@pytest.mark.parametrize("through_the_sdk", [True, False], ids=["sdk", "rest"])
def test_what_does_not_pass_is_told_with_azures_own_words(
    answering: Answering,
    slept: list[float],
    status: int,
    body: dict[str, Any],
    timeout_seconds: float,
    through_the_sdk: bool,
) -> None:
    sent = answering(status, body, CORRELATION)
    azure = azure_with(timeout_seconds)
    error = refused(
        lambda: (
            azure.subscriptions.get(SUBSCRIPTION)
            if through_the_sdk
            else azure.subscriptions.permissions(SUBSCRIPTION)
        )
    )
    assert error.exit_code is ExitCode.FAILED
    assert error.answer is not None
    assert error.answer.code == body["error"]["code"]
    assert error.answer.message == body["error"]["message"]
    assert error.answer.correlation_id == CORRELATION["x-ms-correlation-request-id"]
    assert f"astro-peer waited and asked {len(sent)} times" in error.meaning
    assert len(sent) > 1
    assert sum(slept) < timeout_seconds


@pytest.mark.parametrize("header", ["300", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_retry_after_beyond_the_timeout_is_answered_at_once(
    answering: Answering, slept: list[float], header: str
) -> None:
    sent = answering(429, THROTTLED, CORRELATION | {"Retry-After": header})
    error = refused(lambda: azure_with(60).subscriptions.get(SUBSCRIPTION))
    assert len(sent) == 1
    assert slept == []
    assert error.code == "TooManyRequests"
    assert "--timeout does not allow for that" in error.meaning


def test_a_retry_after_within_the_timeout_is_waited_for(answering: Answering, slept: list[float]) -> None:
    sent = answering(429, THROTTLED, {"Retry-After": "150"})
    error = refused(lambda: azure_with(400).subscriptions.get(SUBSCRIPTION))
    assert slept == [150, 150]
    assert len(sent) == 3
    assert "asked 3 times in 300 seconds; Azure wants to be asked again in 150 seconds" in error.meaning


@pytest.mark.parametrize("header", ["soon", "-5", "", "1e999", "nan"])
def test_a_retry_after_that_means_nothing_is_none(
    answering: Answering, slept: list[float], header: str
) -> None:
    answering(429, THROTTLED, {"Retry-After": header})
    assert refused(lambda: azure_with(20).subscriptions.get(SUBSCRIPTION)).code == "TooManyRequests"
    assert sum(slept) < 20


def test_a_server_that_says_nothing_is_a_matter_of_time(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    def send(_: Any, request: Any, *, timeout: tuple[float, float], **__: Any) -> requests.Response:
        slept.append(timeout[1])
        raise requests.exceptions.ReadTimeout("Read timed out.")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    error = refused(lambda: azure_with(30).subscriptions.get(SUBSCRIPTION))
    assert error.exit_code is ExitCode.TIMED_OUT
    assert "--timeout" in str(error.next_step)
    assert sum(slept) <= 36


def test_pages_without_an_end_end_with_the_time(answering: Answering, slept: list[float]) -> None:
    page: dict[str, Any] = {"value": []}

    def each() -> None:
        slept.append(1)
        page["nextLink"] = f"https://management.azure.com/subscriptions/{SUBSCRIPTION}/page/{len(slept)}"

    sent = answering(200, page, {}, each=each)
    error = refused(lambda: azure_with(10).subscriptions.permissions(SUBSCRIPTION))
    assert error.exit_code is ExitCode.TIMED_OUT
    assert len(sent) <= 16


def test_a_healthy_azure_is_let_finish_whatever_the_timeout() -> None:
    deadline = Deadline(0)
    assert deadline.left() == 0
    assert 0 < deadline.left_to_finish() <= 5


def test_an_open_question_is_no_work(slept: list[float]) -> None:
    deadline = Deadline(10)
    with deadline.paused():
        time.sleep(3600)
    assert 9 < deadline.left() <= 10
