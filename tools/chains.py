"""How many requests a command sends, and how many answers it waits for one after another, from the sandbox's log.

Counted is what speaks to Azure Resource Manager and Microsoft Graph: metadata and signing in apart. Pages of one list
count once. With an answer time far above what a machine needs between two requests, the longest row of requests of
which each began when the one before had ended is the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ANSWER_MILLISECONDS = 400
"""What the fault `latency` is given: requests that do not wait for one another overlap by most of it."""


@dataclass(frozen=True)
class Counted:
    requests: int
    chain: int

    def within(self, *, requests: int, chain: int) -> bool:
        return self.requests <= requests and self.chain <= chain


def count(logged: Iterable[Mapping[str, Any]]) -> Counted:
    """Of these requests, as `sandbox state` shows them."""
    asked = [one for one in logged if _counts(one)]
    return Counted(len(asked), _longest_row([(one["start_ms"], one["end_ms"]) for one in asked]))


def _counts(request: Mapping[str, Any]) -> bool:
    url = str(request["url"])
    pages_on = "skiptoken" in url.lower()
    return not pages_on and not any(
        part in url for part in ("/metadata/", "/oauth2/", "/.well-known/", "/sandbox/")
    )


def _longest_row(spans: list[tuple[float, float]]) -> int:
    """The most spans of which none overlaps another: always the one next that ends first."""
    row, free_at = 0, float("-inf")
    for start, end in sorted(spans, key=lambda span: span[1]):
        if start >= free_at:
            row, free_at = row + 1, end
    return row
