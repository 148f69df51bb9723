"""Answers of the wrong shape are sentences, wherever they are noticed: in the SDK, in a conversion, or at the edge.

Every part of `azure/` that answers questions is an `Asking`, whose public methods are held to this. What they return
has the types that it declares: nothing behind them meets a list where a name should be.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache, wraps
from typing import Any, Union, get_args, get_origin, get_type_hints

from azure.core.exceptions import AzureError

from astro_peer import names
from astro_peer.errors import AstroPeerError, Failed

_WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Asking:
    """Its public methods raise nothing but AstroPeerError."""

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
        except (AstroPeerError, AzureError):
            raise
        except _WRONG_SHAPE as error:
            raise Failed(
                "Azure's answer has another shape than Azure's answers have.",
                meaning=f"Asked for {method.__name__.replace('_', ' ')}, it holds something else"
                f" ({type(error).__name__}).",
                next_step="Check what stands between you and Azure, such as a proxy. If there is nothing, please report"
                " this with the output of --debug.",
            ) from error
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


def guid(value: object) -> str:
    """In lower case. Raises TypeError or ValueError for anything else."""
    return names.guid(text(value))


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
