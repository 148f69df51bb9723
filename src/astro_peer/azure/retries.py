"""Every decision about waiting and trying again, in one place.

Two things wait: a request that Azure asks to repeat (azure-core's retry policy, Retry-After honoured), and a
read that must first agree with a write (replication in Azure Resource Manager and Graph takes seconds).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse

from astro_peer.errors import TimedOut

DEFAULT_TIMEOUT_SECONDS = 600
LONGEST_RETRY_AFTER_SECONDS = 120
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


class Watcher(Protocol):
    """Is told of every wait, so that a person is never left looking at a silent terminal."""

    def waiting(self, what_for: str, at_most_seconds: float) -> None: ...


class ShownRetryPolicy(RetryPolicy[HttpRequest, HttpResponse]):
    """azure-core's retry policy, which says when it waits and never waits longer than it says."""

    def __init__(self, watcher: Watcher, timeout_seconds: float) -> None:
        super().__init__(
            retry_total=6, retry_connect=4, retry_read=4, retry_status=6, timeout=int(timeout_seconds)
        )
        self._watcher = watcher

    def _sleep_for_retry(
        self,
        response: PipelineResponse[HttpRequest, HttpResponse],
        transport: HttpTransport[HttpRequest, HttpResponse],
    ) -> bool:
        asked = self.get_retry_after(response)
        if not asked:
            return False
        seconds = min(asked, LONGEST_RETRY_AFTER_SECONDS)
        self._watcher.waiting("Azure is busy and asked to be called again later", seconds)
        transport.sleep(seconds)
        return True

    def _sleep_backoff(
        self, settings: dict[str, Any], transport: HttpTransport[HttpRequest, HttpResponse]
    ) -> None:
        seconds = self.get_backoff_time(settings)
        if seconds > 0:
            self._watcher.waiting("Azure did not answer properly and is asked again", seconds)
            transport.sleep(seconds)


Read = TypeVar("Read")


def until(
    read: Callable[[], Read],
    agrees: Callable[[Read], bool],
    *,
    what_for: str,
    timeout_seconds: float,
    watcher: Watcher,
) -> Read:
    """Read until the answer agrees, with growing pauses; returns the first that does.

    Raises TimedOut after `timeout_seconds`; what was written before stays written.
    """
    ends = time.monotonic() + timeout_seconds
    pause = _FIRST_PAUSE_SECONDS
    while not agrees(found := read()):
        left = ends - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"Gave up waiting: {what_for}.",
                meaning=f"Azure did not show it within {timeout_seconds:g} seconds. It may still appear.",
                next_step="Run the same command again in a few minutes: it goes on where this one stopped.",
            )
        watcher.waiting(what_for, left)
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
    return found
