"""Requests that are sent again: azure-core's retry policy, which says when it waits. Retry-After is honoured."""

from __future__ import annotations

from typing import Any

from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse

from astro_peer.waiting import WaitObserver

LONGEST_RETRY_AFTER_SECONDS = 120


class ShownRetryPolicy(RetryPolicy[HttpRequest, HttpResponse]):
    """azure-core's retry policy, which says when it waits and never waits longer than it says."""

    def __init__(self, observer: WaitObserver, timeout_seconds: float) -> None:
        super().__init__(
            retry_total=6, retry_connect=4, retry_read=4, retry_status=6, timeout=int(timeout_seconds)
        )
        self._observer = observer

    def _sleep_for_retry(
        self,
        response: PipelineResponse[HttpRequest, HttpResponse],
        transport: HttpTransport[HttpRequest, HttpResponse],
    ) -> bool:
        asked = self.get_retry_after(response)
        if not asked:
            return False
        seconds = min(asked, LONGEST_RETRY_AFTER_SECONDS)
        self._observer.waiting("Azure, which is busy and asked to be called again later", seconds)
        transport.sleep(seconds)
        return True

    def _sleep_backoff(
        self, settings: dict[str, Any], transport: HttpTransport[HttpRequest, HttpResponse]
    ) -> None:
        seconds = self.get_backoff_time(settings)
        if seconds > 0:
            self._observer.waiting("Azure, which did not answer properly and is asked again", seconds)
            transport.sleep(seconds)
