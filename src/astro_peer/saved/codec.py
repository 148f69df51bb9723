"""Dataclasses to JSON values and back, by their type hints alone.

Strict: a field that is missing, unknown or of another type is refused, and no value makes anything but the data that is
declared. Where several classes may stand, the JSON says which, among just those.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from astro_peer import errors, procedure
from astro_peer.errors import AstroPeerError, AzureAnswer
from astro_peer.model.way_out import WayOut
from astro_peer.plain import one_line
from astro_peer.procedure import Procedure

TYPE = "type"
_SEVERAL_LINES = frozenset({"description", "condition", "summary", "meaning", "message", "parts"})
"""Texts that may have several lines: those that Azure keeps so, and our own."""


class Unreadable(ValueError):
    """Why a JSON value is not what is declared, and where in the document."""


@dataclass(frozen=True)
class _Error:
    """An error of ours as it travels: its class is one of those of `errors`, by name."""

    kind: str
    summary: str
    meaning: str
    next_step: WayOut
    answer: AzureAnswer | None


def encode(value: Any, declared: Any) -> Any:
    """As JSON has it. `declared`: the type hint of where the value stands."""
    if isinstance(value, AstroPeerError):
        kind = next(one for one in type(value).__mro__ if one.__module__ == errors.__name__)
        travels = _Error(kind.__name__, value.summary, value.meaning, value.next_step, value.answer)
        return _tagged(travels, AstroPeerError, declared)
    if isinstance(value, Procedure):
        return value.key
    if is_dataclass(value) and not isinstance(value, type):
        return _tagged(value, type(value), declared)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        _, of = get_args(declared)
        return {name: encode(one, of) for name, one in value.items()}
    if isinstance(value, tuple | frozenset):
        of, *_ = get_args(_which(declared, tuple, frozenset))
        encoded = [encode(one, of) for one in value]
        return sorted(encoded) if isinstance(value, frozenset) else encoded
    return value


def _tagged(value: Any, stands_for: type, declared: Any) -> dict[str, Any]:
    shape: Any = type(value)
    hints = _hints(shape)
    members = {name: encode(getattr(value, name), hint) for name, hint in hints.items()}
    return members if len(_classes(declared)) == 1 else {TYPE: stands_for.__name__} | members


def decode(value: Any, declared: Any, where: str) -> Any:
    """Raises Unreadable for whatever is not exactly what is declared. `where` it stands, for the message."""
    if get_origin(declared) in (Union, types.UnionType):
        return _one_of(value, get_args(declared), declared, where)
    if declared is Procedure:
        return _procedure(value, where)
    if declared is AstroPeerError or is_dataclass(declared):
        return _members(value, declared, where)
    if isinstance(declared, type) and issubclass(declared, Enum):
        return _parsed(declared, value, where)
    if declared in (datetime, date):
        return _parsed(_moment if declared is datetime else date.fromisoformat, value, where)
    origin, of = get_origin(declared), get_args(declared)
    if origin in (tuple, frozenset):
        entries = _expect(value, list, where)
        decoded = [decode(one, of[0], f"{where}[{number}]") for number, one in enumerate(entries)]
        return origin(decoded)
    if origin is not None and issubclass(origin, Mapping):
        members = _expect(value, dict, where)
        return {_text(name, where): decode(one, of[1], f"{where}.{name}") for name, one in members.items()}
    if declared is str:
        return _text(_expect(value, str, where), where)
    return _expect(value, declared, where)


def _one_of(value: Any, options: tuple[Any, ...], declared: Any, where: str) -> Any:
    if value is None and types.NoneType in options:
        return None
    if Procedure in options:
        return _procedure(value, where)
    if isinstance(value, dict) and _classes(declared):
        return _members(value, declared, where)
    for one in options:
        plain_kind = get_origin(one) or one
        kinds = {tuple: list, frozenset: list, date: str, datetime: str}
        expected = kinds.get(plain_kind, plain_kind)
        if isinstance(expected, type) and type(value) is (str if issubclass(expected, Enum) else expected):
            return decode(value, one, where)
    raise _wrong(value, "something else", where)


def _members(value: Any, declared: Any, where: str) -> Any:
    """A dataclass, or an error of ours."""
    members = dict(_expect(value, dict, where))
    classes = _classes(declared)
    if len(classes) == 1:
        (kind,) = classes.values()
    else:
        named = members.pop(TYPE, None)
        if not isinstance(named, str) or named not in classes:
            raise Unreadable(f"{where}: expected {TYPE!r} to be one of {', '.join(sorted(classes))}")
        kind = classes[named]
    shape = _Error if kind is AstroPeerError else kind
    hints = _hints(shape)
    _require(members, hints, where)
    made = shape(**{name: decode(members[name], hint, f"{where}.{name}") for name, hint in hints.items()})
    return _error(made, where) if isinstance(made, _Error) else made


def _require(members: Mapping[str, Any], hints: Iterable[str], where: str) -> None:
    known = set(hints)
    if unknown := sorted(set(members) - known):
        raise Unreadable(f"{where}: no field {unknown[0][:60]!a} was expected")
    if missing := sorted(known - set(members)):
        raise Unreadable(f"{where}: the field {missing[0]!r} is missing")


def _error(travelled: _Error, where: str) -> AstroPeerError:
    kind = getattr(errors, travelled.kind, None)
    if not (isinstance(kind, type) and issubclass(kind, AstroPeerError)):
        raise Unreadable(f"{where}.kind: no error is called {travelled.kind[:60]!a}")
    return kind(
        travelled.summary, meaning=travelled.meaning, next_step=travelled.next_step, answer=travelled.answer
    )


def _classes(declared: Any) -> dict[str, type]:
    """The dataclasses, and errors, that may stand there, by their names."""
    options = get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)
    found: dict[str, type] = {}
    for one in options:
        if one is AstroPeerError:
            found[one.__name__] = one
        elif is_dataclass(one) and isinstance(one, type) and one is not Procedure:
            for kind in (one, *_beneath(one)):
                found[kind.__name__] = kind
    return found


def _beneath(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _beneath(one)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _which(declared: Any, *origins: type) -> Any:
    options = get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)
    return next(one for one in options if get_origin(one) in origins)


def _procedure(value: Any, where: str) -> Procedure:
    """Which one; what it asks for is never taken from a file."""
    if value not in procedure.known():
        raise Unreadable(f"{where}: expected the name of a documented procedure")
    return procedure.load(value)


def _text(value: str, where: str) -> str:
    """One line of visible characters, as whatever comes from Azure is made; so that no rendering has to expect else."""
    name = where.rpartition(".")[2].partition("[")[0]
    if name not in _SEVERAL_LINES and one_line(value) != value:
        raise Unreadable(f"{where}: expected one line of visible characters")
    return value


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _parsed(parse: Callable[[str], Any], value: Any, where: str) -> Any:
    try:
        return parse(_expect(value, str, where))
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise _wrong(value, "another value", where) from None


def _expect(value: Any, kind: Any, where: str) -> Any:
    if type(value) is not kind:
        raise _wrong(value, getattr(kind, "__name__", str(kind)), where)
    return value


def _wrong(value: Any, expected: str, where: str) -> Unreadable:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number"}
    said = names.get(type(value), "null" if value is None else type(value).__name__)
    wanted = {
        "dict": "an object",
        "list": "a list",
        "str": "a text",
        "bool": "true or false",
        "int": "a number",
    }
    return Unreadable(f"{where}: expected {wanted.get(expected, expected)}, not {said}")
