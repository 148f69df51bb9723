"""Requests that are sent again: azure-core's rules for which, and our own for how long.

Retry-After is honoured, and nobody sleeps past the end of the user's patience: Azure's last answer is raised then.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.exceptions import ARMErrorFormat

from astro_peer.azure.answers import NotUnderstood, TimeIsUp
from astro_peer.azure.transport import ANSWER_TIMEOUT_SECONDS, CONNECT_TIMEOUT_SECONDS
from astro_peer.waiting import Deadline, WaitObserver


class StillRefused(HttpResponseError):
    """Azure's last answer, when asking again did not help or there is no time left to do so."""

    def __init__(
        self, response: HttpResponse, times: int, waited_seconds: float, wants_seconds: float | None
    ) -> None:
        super().__init__(response=response, error_format=ARMErrorFormat)
        self.times = times
        """How often it was asked."""
        self.waited_seconds = waited_seconds
        self.wants_seconds = wants_seconds
        """What Azure asks to wait, where that is longer than there is time."""


class BoundedRetryPolicy(RetryPolicy[HttpRequest, HttpResponse]):
    """Says when it waits. Nothing is asked again after `timeout_seconds`, nor after the deadline."""

    def __init__(self, observer: WaitObserver, timeout_seconds: float, deadline: Deadline) -> None:
        super().__init__(retry_total=6, retry_connect=4, retry_read=4, retry_status=6)
        self._observer = observer
        self._timeout_seconds = timeout_seconds
        self._deadline = deadline

    def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, HttpResponse]:
        """Raises StillRefused for an answer that asking again did not better, TimeIsUp where there was none."""
        patience = Deadline(self._timeout_seconds)
        settings = self.configure_retries(request.context.options)
        transport: HttpTransport[HttpRequest, HttpResponse] = request.context.transport  # type: ignore[assignment]
        began = time.monotonic()
        refused: HttpResponse | None = None
        times = 0
        while True:
            times += 1
            left = min(patience.left_to_finish(), self._deadline.left_to_finish())
            if not left:
                raise TimeIsUp
            request.context.options["connection_timeout"] = min(CONNECT_TIMEOUT_SECONDS, left)
            request.context.options["read_timeout"] = min(ANSWER_TIMEOUT_SECONDS, left)
            asked: float | None = None
            failed: AzureError | None = None
            try:
                response = self.next.send(request)
            except (ClientAuthenticationError, NotUnderstood):
                raise  # without a token there will be no answer; what is not Azure's does not become Azure's
            except AzureError as error:
                failed = error
                if not min(patience.left(), self._deadline.left()):
                    if refused is not None:
                        raise StillRefused(refused, times - 1, time.monotonic() - began, None) from error
                    raise TimeIsUp from error
                if not self._is_method_retryable(settings, request.http_request) or not self.increment(
                    settings,
                    response=request,
                    error=error,
                ):
                    raise
            else:
                if not self.is_retry(settings, response):
                    if (
                        refused is None
                        or response.http_response.status_code not in self._retry_on_status_codes
                    ):
                        return response
                    raise StillRefused(response.http_response, times, time.monotonic() - began, None)
                refused = response.http_response
                asked = _retry_after(self, response)
                if not self.increment(settings, response=response):
                    raise StillRefused(refused, times, time.monotonic() - began, None)
            pause = asked or self.get_backoff_time(settings)
            if pause and pause >= min(patience.left(), self._deadline.left()):
                if refused is None:
                    raise failed or TimeIsUp
                raise StillRefused(refused, times, time.monotonic() - began, asked) from failed
            self._wait(transport, pause, asked=bool(asked))

    def _wait(
        self, transport: HttpTransport[HttpRequest, HttpResponse], pause: float, *, asked: bool
    ) -> None:
        if pause <= 0:
            return
        self._observer.waiting(
            "Azure, which is busy and asked to be called again later"
            if asked
            else "Azure, which did not answer properly and is asked again",
            pause,
        )
        transport.sleep(pause)


def _retry_after(
    policy: RetryPolicy[Any, Any], response: PipelineResponse[HttpRequest, HttpResponse]
) -> float | None:
    """In seconds. A header that means nothing is none."""
    with suppress(ValueError, TypeError, OverflowError):
        seconds = policy.get_retry_after(response)
        return seconds if seconds is not None and math.isfinite(seconds) else None
    return None
