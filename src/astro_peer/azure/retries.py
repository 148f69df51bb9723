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

from astro_peer.errors import AstroPeerError, TimedOut

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
        self._watcher.waiting("Azure, which is busy and asked to be called again later", seconds)
        transport.sleep(seconds)
        return True

    def _sleep_backoff(
        self, settings: dict[str, Any], transport: HttpTransport[HttpRequest, HttpResponse]
    ) -> None:
        seconds = self.get_backoff_time(settings)
        if seconds > 0:
            self._watcher.waiting("Azure, which did not answer properly and is asked again", seconds)
            transport.sleep(seconds)


Read = TypeVar("Read")


class Patience:
    """How long may still be waited for one thing, with growing pauses."""

    def __init__(self, what_for: str, timeout_seconds: float, watcher: Watcher) -> None:
        self._what_for = what_for
        self._timeout_seconds = timeout_seconds
        self._watcher = watcher
        self._ends = time.monotonic() + timeout_seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def wait(self) -> None:
        """Raises TimedOut when the time is up; what was written before stays written."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"Gave up waiting for {self._what_for}.",
                meaning=f"Azure did not show it within {self._timeout_seconds:g} seconds. It may still appear.",
                next_step="Run the same command again in a few minutes: it goes on where this one stopped.",
            )
        self._watcher.waiting(self._what_for, left)
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)


def until(read: Callable[[], Read], agrees: Callable[[Read], bool], patience: Patience) -> Read:
    """Read until the answer agrees, and return it. Raises TimedOut."""
    while not agrees(found := read()):
        patience.wait()
    return found


def insisting(call: Callable[[], Read], passing: frozenset[str], patience: Patience) -> Read:
    """Call until it succeeds, as long as it fails only with error codes that are known to pass.

    Any other error is raised at once, and one of these when the time is up: it says what Azure answered last.
    """
    while True:
        try:
            return call()
        except AstroPeerError as error:
            if error.code not in passing:
                raise
            try:
                patience.wait()
            except TimedOut as too_long:
                too_long.answer = error.answer
                raise too_long from error
