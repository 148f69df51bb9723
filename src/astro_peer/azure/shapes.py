"""Answers of another shape than Azure's: a proxy's page, null, a list where an object belongs, an object without ID.

They become one sentence, wherever they are noticed: in the pipeline, in the SDK, in a conversion, or at the edge. Every
part of `azure/` that answers questions is an `Asking`, whose public methods are held to this. What they return has the
types that it declares: nothing behind them meets a list where a name should be.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache, wraps
from ipaddress import ip_network
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpResponse

from astro_peer import names
from astro_peer.azure.answers import NotUnderstood
from astro_peer.errors import Failed

WRONG_SHAPE = (
    NotUnderstood,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The last are what comes of reading an object that is not as Azure's are."""


class _Asked(threading.local):
    path = ""


_asked = _Asked()


def not_understood(summary: str, error: Exception) -> Failed:
    """One of WRONG_SHAPE in words, with the path of this thread's last request."""
    how = str(error.message) if isinstance(error, NotUnderstood) else type(error).__name__
    return Failed(
        summary,
        meaning=f"Azure answered in a form that is not understood, when asked for {_asked.path or 'this'} ({how}).",
        next_step="Check what stands between you and Azure, such as a proxy or the sign-in page of a network. If"
        " nothing does: please report it with the output of --debug.",
    )


class JsonPolicy(ContentDecodePolicy):
    """Reads the body, as SDKs expect it: an object, or nothing. A list's page without items has none, not null."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        _asked.path = urlsplit(request.http_request.url).path
        super().on_request(request)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        super().on_response(request, response)  # `answers` has seen to it that it can be read
        answer = response.http_response
        if answer.status_code >= 300 or not answer.text().strip():
            return
        read = response.context.get(self.CONTEXT_NAME)
        if not isinstance(read, dict):
            raise NotUnderstood("a list where an object belongs")
        if not isinstance(read.get("value"), list | None):
            raise NotUnderstood("something else where a list belongs")
        _fill_empty_page(read)
        if isinstance(answer, HttpResponse):
            _fill_empty_page(answer.json())


def _fill_empty_page(read: dict[str, Any]) -> None:
    if read.get("value") is None and (not read or "value" in read or "nextLink" in read):
        read["value"] = []


class Asking:
    """Its public methods return what they declare, or raise what `not_understood` makes."""

    def __init_subclass__(cls) -> None:
        for name, member in list(vars(cls).items()):
            if isinstance(member, types.FunctionType) and not name.startswith("_"):
                setattr(cls, name, _held(member))


def _held(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def held(*args: Any, **named: Any) -> Any:
        try:
            found = method(*args, **named)
            _require_declared(found)
        except WRONG_SHAPE as error:
            raise not_understood("An answer of Azure's could not be read.", error) from error
        return found

    return held


def _require_declared(value: Any) -> None:
    """Raises TypeError where an object of ours, or one in a collection, holds something that it cannot hold."""
    if isinstance(value, list | tuple | frozenset):
        for one in value:
            _require_declared(one)
    elif is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        for field in fields(value):
            held = getattr(value, field.name)
            if not _fits(held, hints[field.name]):
                raise TypeError(f"{type(value).__name__}.{field.name} is a {type(held).__name__}")
            _require_declared(held)


def text(value: object) -> str:
    """What every object of its kind has. Raises TypeError where it is missing, or no text."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value


def texts(value: object) -> tuple[str, ...]:
    """Raises TypeError for anything but a list of texts: a text would be one of letters."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return tuple(map(text, value))


def guid(value: object) -> str:
    """In lower case. Raises TypeError or ValueError for anything else."""
    return names.guid(text(value))


def prefix(value: object) -> str:
    """An address range in CIDR notation. Raises TypeError or ValueError for anything else."""
    return str(ip_network(text(value), strict=False))


def prefixes(value: object) -> tuple[str, ...]:
    """None of them where one cannot be read."""
    with suppress(TypeError, ValueError):
        return tuple(map(prefix, texts(value)))
    return ()


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if origin is tuple:
        element = get_args(hint)[0]
        return isinstance(value, tuple) and all(_fits(one, element) for one in value)
    if hint is datetime:  # one without a time zone cannot be compared
        return isinstance(value, datetime) and value.tzinfo is not None
    return isinstance(value, origin or hint)
