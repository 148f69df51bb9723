"""Astronomer's side of peering a virtual network, played by a real client with the rights of the documented role.

It does what Azure asks for to make both sides of a peering, and looks before it writes, so that each of the role's
actions is one that it needs:

| action | what it needs it for |
|---|---|
| `Microsoft.Resources/subscriptions/read` | sees that the subscription can be written to |
| `Microsoft.Resources/subscriptions/resourceGroups/read` | finds the resource group it was told |
| `virtualNetworks/read` | reads the network, or finds it by its name |
| `virtualNetworks/write` | writes the network back as it was; no rule of Azure's asks for this before a peering |
| `virtualNetworkPeerings/write` | makes the customer's side |
| `virtualNetworks/peer/action` | makes its own side: asked for at the customer's network, with an auxiliary token |
| `virtualNetworkPeerings/read` | waits until the customer's side is connected |
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import requests

from astro_peer.sandbox.astronomer import (
    API_VERSION,
    GIVE_UP_AFTER,
    POLL_EVERY,
    TIMEOUT,
    Astronomer,
    Outcome,
    Refused,
    Result,
    act,
    own_network,
)

_GROUPS_VERSION = "2021-04-01"
_TARGET = "this virtual network"


def peer(sandbox_url: str, secret: str, network_id: str, name: str) -> Outcome:
    """Peers the network with Astronomer's own: `name` is the peering's on the customer's side."""
    return act(
        sandbox_url,
        secret,
        lambda astronomer: _peer(_Signed.as_astronomer(astronomer), network_id, name),
        _TARGET,
    )


def peer_by_name(sandbox_url: str, secret: str, subscription_id: str, network: str, name: str) -> Outcome:
    """The same for the one network of this name in the subscription."""

    def find_and_peer(astronomer: Astronomer) -> Outcome:
        signed = _Signed.as_astronomer(astronomer)
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.Network/virtualNetworks"
        ids = [n["id"] for n in signed.list(path) if n["name"].lower() == network.lower()]
        if len(ids) != 1:
            found = "no virtual network" if not ids else f"{len(ids)} virtual networks"
            return Outcome(
                Result.FAILED, f"There is {found} named {network} in the subscription {subscription_id}."
            )
        return _peer(signed, ids[0], name)

    return act(sandbox_url, secret, find_and_peer, _TARGET)


@dataclass(frozen=True)
class _Signed:
    """Astronomer, signed in at the customer's and at home: a request that concerns both carries both tokens."""

    session: requests.Session
    url: str
    own_network: str
    at_customers: Mapping[str, str]
    at_home: Mapping[str, str]

    @classmethod
    def as_astronomer(cls, astronomer: Astronomer) -> "_Signed":
        there, home = (
            f"Bearer {astronomer.token(t)}" for t in (astronomer.tenant_id, astronomer.home_tenant_id)
        )
        auxiliary = "x-ms-authorization-auxiliary"
        return cls(
            astronomer.session,
            astronomer.url,
            own_network(astronomer.home_tenant_id),
            {"Authorization": there, auxiliary: home},
            {"Authorization": home, auxiliary: there},
        )

    def request(self, method: str, path: str, body: Any = None, *, version: str = API_VERSION) -> Any:
        """The answer's JSON. Raises Refused."""
        mine = path.lower().startswith(self.own_network.lower())
        url = path if path.startswith(self.url) else f"{self.url}{quote(path)}?api-version={version}"
        headers = self.at_home if mine else self.at_customers
        answer = self.session.request(method, url, json=body, headers=headers, timeout=TIMEOUT)
        if not answer.ok:
            raise Refused(answer)
        return answer.json() if answer.content else {}

    def list(self, path: str) -> list[Any]:
        found, answer = [], self.request("GET", path)
        found += answer["value"]
        while "nextLink" in answer:
            answer = self.request("GET", answer["nextLink"])
            found += answer["value"]
        return found


def _peer(signed: _Signed, network_id: str, name: str) -> Outcome:
    network_id = "/" + network_id.strip("/")
    subscription, group = network_id.split("/")[2], network_id.split("/")[4]
    signed.request("GET", f"/subscriptions/{subscription}", version=_GROUPS_VERSION)
    signed.request("GET", f"/subscriptions/{subscription}/resourcegroups/{group}", version=_GROUPS_VERSION)
    network = signed.request("GET", network_id)
    written = {key: network[key] for key in ("location", "tags", "properties") if key in network}
    signed.request("PUT", network_id, written)
    own = f"{signed.own_network}/virtualNetworkPeerings/customer-{uuid5(NAMESPACE_URL, network_id.lower())}"
    _clear(signed, own)
    customers = f"{network_id}/virtualNetworkPeerings/{name}"
    signed.request("PUT", customers, _side(signed.own_network))
    signed.request("PUT", own, _side(network_id))
    deadline = time.monotonic() + GIVE_UP_AFTER
    while time.monotonic() < deadline:
        peering = signed.request("GET", customers)
        state, done = (peering["properties"][key] for key in ("peeringState", "provisioningState"))
        if (state, done) == ("Connected", "Succeeded"):
            said = "Astronomer has peered its network with the virtual network."
            return Outcome(Result.MADE, f"{peering['id']} {state}", said)
        time.sleep(POLL_EVERY)
    return Outcome(Result.FAILED, f"{name} is still not connected.")


def _side(remote: str) -> dict[str, Any]:
    return {
        "properties": {
            "remoteVirtualNetwork": {"id": remote},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
        }
    }


def _clear(signed: _Signed, own: str) -> None:
    """A side that lost its other one stands in the way of a new one."""
    try:
        state = signed.request("GET", own)["properties"]["peeringState"]
    except Refused as refused:
        if refused.answer.status_code != requests.codes.not_found:
            raise
        return
    if state == "Disconnected":
        signed.request("DELETE", own)
