"""What others do while a command looks again and again: before its nth look at a hub's connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request

from astro_peer.sandbox.faults.fault import ConnectionCut, Fault, Service
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.refusals import Refusal
from conftest import Inside
from sandbox.client import Client

CONNECTIONS = "hubVirtualNetworkConnections"
OWN_NETWORK = (
    f"/subscriptions/{demo.PROD}/resourceGroups/rg-workloads-prod/providers/Microsoft.Network"
    "/virtualNetworks/vnet-recovery"
)


class Meanwhile(Fault):
    """`happens`: what, by the number of the look, from 1. A Refusal or a ConnectionCut is what Azure answers with."""

    def __init__(self, inside: Inside, happens: dict[int, Callable[[], Any]], path: str = "") -> None:
        """`path`: of what is looked at, in place of the demo hub's connections."""
        super().__init__("meanwhile")
        self.looks = 0
        self._happens = happens
        self._path = (path or f"{inside.tenant.demo_hub_id}/{CONNECTIONS}").lower()
        inside.sandbox._app._faults = [*inside.sandbox._app._faults, self]

    def before(self, request: Request, service: Service) -> bool:
        path = request.path.lower()
        if request.method == "GET" and path == self._path:
            self.looks += 1
            if self.looks in self._happens:
                self._happens[self.looks]()
        return False


def cut() -> None:
    raise ConnectionCut


def refuse(status: int, code: str) -> Callable[[], None]:
    def refusing() -> None:
        raise Refusal(status, code, "No.")

    return refusing


def connects(
    inside: Inside,
    name: str = "astro-peering",
    *,
    network: str = demo.ASTRO_NETWORK,
    by: str = demo.ASTRONOMER_APP_ID,
    hub_id: str = "",
    in_seconds: float = 0,
) -> Callable[[], None]:
    """Astronomer does, or an application of another ID; `in_seconds`: how much of the tenant's time passes then."""

    def connect() -> None:
        client = Client(inside.sandbox, by)
        path = f"{hub_id or inside.tenant.demo_hub_id}/{CONNECTIONS}/{name}"
        body = {"properties": {"remoteVirtualNetwork": {"id": network}}}
        client.arm("PUT", path, body, api_version="2024-05-01")
        client.session.close()
        inside.sandbox.clock.advance(in_seconds)

    return connect


def passes(inside: Inside, seconds: float) -> Callable[[], None]:
    return lambda: inside.sandbox.clock.advance(seconds)
