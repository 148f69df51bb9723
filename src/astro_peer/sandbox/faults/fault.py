"""What a fault is: something that arranges the tenant, or bends the answers to requests as they come."""

from enum import Enum, auto

from werkzeug.wrappers import Request

from astro_peer.sandbox.tenant.state import Tenant


class ConnectionCut(Exception):
    """The server is to close this connection without an answer."""


class Service(Enum):
    SIGN_IN = auto()
    GRAPH = auto()
    ARM = auto()


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

    def after(self, request: Request, service: Service) -> None:
        """Called when the request has been processed. A ConnectionCut keeps its answer from being sent."""
