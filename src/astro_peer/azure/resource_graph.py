"""Azure Resource Graph: one question about all that the caller may read. It lags behind Azure by seconds to minutes.

https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from astro_peer.azure import api_versions
from astro_peer.azure.pages import Bounds
from astro_peer.azure.pipeline import Rest
from astro_peer.azure.transport import Transport

_PATH = "/providers/Microsoft.ResourceGraph/resources"
_ROWS_OF_A_PAGE = 1_000


def rows(
    rest: Rest, transport: Transport, query: str, subscriptions: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """The query's rows, over the subscriptions or over all that the caller can see.

    Raises HttpResponseError, TypeError or LookupError for an answer of another shape.
    """
    bounds = Bounds(transport)
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": _ROWS_OF_A_PAGE}
    body = {"query": query, **({"subscriptions": list(subscriptions)} if subscriptions else {})}
    while True:
        answer = rest.post(_PATH, body | {"options": options}, {"api-version": api_versions.RESOURCE_GRAPH})
        found = answer.get("data")
        if not isinstance(found, list | None):
            raise TypeError(f"{type(found).__name__} instead of rows")
        for row in found or ():
            if not isinstance(row, dict):
                raise TypeError(f"{type(row).__name__} instead of a row")
            yield row
        following = answer.get("$skipToken")
        if not following:
            return
        bounds.require_new(following)
        options = options | {"$skipToken": following}


def literals(values: Sequence[str]) -> str:
    """As strings of Kusto's language, to stand in an `in~ (...)`."""
    return ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)
