"""Faults: how a sandbox is put into one of Azure's bad moods, always in the same way for the same fault.

A fault either arranges the tenant before the first request (a lock, a denied action), or bends the answers to
requests as they come. Nothing else in the sandbox knows about faults.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from werkzeug.wrappers import Request

from astro_peer.sandbox.tenant import Tenant
from astro_peer.sandbox.wire import Answer


class UnknownFault(ValueError):
    """The text after --fault means nothing; str() says what it could be."""


class ConnectionCut(Exception):
    """The server is to close this connection without an answer."""


class Fault:
    """The base of all faults; `text` is what the user wrote."""

    def __init__(self, text: str) -> None:
        self.text = text

    def arrange(self, tenant: Tenant) -> None:
        """Called once, before the first request."""

    def before(self, request: Request) -> Answer | None:
        """Called outside the tenant's lock. An answer keeps the request from being processed at all."""
        return None

    def after(self, request: Request) -> None:
        """Called when the request has been processed, and before its answer is sent."""


class _Latency(Fault):
    def __init__(self, text: str, milliseconds: int) -> None:
        super().__init__(text)
        self._seconds = milliseconds / 1000

    def before(self, request: Request) -> Answer | None:
        time.sleep(self._seconds)
        return None


@dataclass(frozen=True)
class _Kind:
    usage: str
    make: Callable[[str, str], Fault]
    """From the whole text and its argument ("" without one). A ValueError means a wrong argument."""


def _whole(argument: str) -> int:
    number = int(argument)
    if number < 0:
        raise ValueError("negative")
    return number


_KINDS = {
    "latency": _Kind("latency:MILLISECONDS", lambda text, arg: _Latency(text, _whole(arg))),
}


def known() -> list[str]:
    """How each fault is written."""
    return [kind.usage for kind in _KINDS.values()]


def parse(texts: Sequence[str]) -> list[Fault]:
    """Raises UnknownFault for a name that is not known or an argument that does not fit."""
    return [_parse(text) for text in texts]


def _parse(text: str) -> Fault:
    name, _, argument = text.partition(":")
    kind = _KINDS.get(name)
    if kind is None:
        raise UnknownFault(f"There is no fault '{name}'. Known faults: {', '.join(known())}.")
    try:
        return kind.make(text, argument)
    except ValueError:
        raise UnknownFault(f"The fault '{text}' is not complete: it is written {kind.usage}.") from None
