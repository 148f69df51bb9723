"""What a fault is: something that arranges the tenant, or bends requests and answers as they come."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from werkzeug.wrappers import Request

from astro_peer.sandbox.tenant.state import Tenant


class ConnectionCut(Exception):
    """The server is to close this connection without an answer."""


class Service(Enum):
    SIGN_IN = auto()
    GRAPH = auto()
    ARM = auto()
    ASTRO = auto()
    """Astro's own API, which is not Azure's."""


class Fault:
    """The base of all faults; `text` is what the user wrote."""

    def __init__(self, text: str) -> None:
        self.text = text

    def arrange(self, tenant: Tenant) -> None:
        """Called once, before the first request."""

    def before(self, request: Request, service: Service) -> bool:
        """Called outside the tenant's lock; True when it changed something.

        A Refusal or a ConnectionCut keeps the request from being processed at all.
        """
        return False

    def rewrite(self, service: Service, body: Any) -> Any:
        """The JSON body that is sent in place of this one."""
        return body

    def after(self, request: Request, service: Service) -> None:
        """Called when the request has been processed. A ConnectionCut keeps its answer from being sent."""


Maker = Callable[[str, str, int], Fault]
"""From the whole text, its argument ("" without one) and the seed. A ValueError: a wrong argument."""


def number(argument: str) -> int:
    value = int(argument)
    if value < 0:
        raise ValueError("negative")
    return value
