"""Lists of several pages, which end: a server may name one next page after the other, or the same ones again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from astro_peer.azure.answers import LARGEST_COST
from astro_peer.azure.transport import Transport
from astro_peer.errors import Failed

_MOST_PAGES = 1_000
_LARGEST_LIST = 2 * LARGEST_COST

Item = TypeVar("Item")


class Bounds:
    """Of one list, as its pages come. Both raise Failed."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._begun = transport.cost_so_far
        self._seen: set[str] = set()

    def require_new(self, following: object) -> None:
        """Before the next page is asked for: its link, or None."""
        if not following:
            return
        if str(following) in self._seen:
            raise _endless("A page was named as the next one for the second time.")
        self._seen.add(str(following))
        if len(self._seen) >= _MOST_PAGES:
            raise _endless(f"After {_MOST_PAGES} pages there was still a next one.")
        if self._transport.cost_so_far - self._begun > _LARGEST_LIST:
            raise _endless(f"There was more after {_LARGEST_LIST // 1_000_000} MB.")


def every(paged: Any, transport: Transport, item: type[Item]) -> list[Item]:
    """All items of one of the SDK's paged answers. TypeError where one is no such object."""
    bounds = Bounds(transport)
    found: list[Item] = []
    pages: Iterator[Iterable[Any]] = paged.by_page()
    for page in pages:
        for one in page:
            if not isinstance(one, item):
                raise TypeError(f"{type(one).__name__} in a list of {item.__name__}")
            found.append(one)
        bounds.require_new(getattr(pages, "continuation_token", None))
    return found


def _endless(why: str) -> Failed:
    return Failed(
        "Azure's list did not end.",
        meaning=why,
        next_step="Run the same command again later; check what stands between you and Azure, such as a proxy.",
    )
