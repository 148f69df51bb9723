"""Astronomer's side, played by a real client: it signs in, makes a hub connection and polls it.

It knows nothing but what Astronomer would: the hub, a name, and its own credentials.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from urllib.parse import quote
from uuid import UUID, uuid5

import requests

from astro_peer.sandbox import client

TIMEOUT = 30
POLL_EVERY = 0.1
GIVE_UP_AFTER = 120
API_VERSION = "2024-05-01"
_REFUSED = (401, 403, 409)
"""Statuses by which Azure's rules refuse; anything else unexpected is a failure."""
_REFUSED_CODES = (
    "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
    "VnetAddressSpacesOverlap",
    "VirtualHubConnectionCountLimitReached",
    "VirtualNetworkPeeringCountLimitReached",
)
"""Refusals for the sake of the network, which come with the status of a wrong request."""

_NO_SIGN_IN = "Refused: Microsoft Entra does not let Astronomer sign in here."
_NO_SANDBOX = "What answers at {} is not a sandbox."
_SIGN_IN = {
    7000229: "Refused: Astronomer cannot sign in, as its application has no service principal in this tenant.",
    7000112: "Refused: Astronomer cannot sign in, as its service principal in this tenant is disabled.",
}
"""By Microsoft Entra's error code."""


class Result(IntEnum):
    """Exit codes of `astro-peer sandbox connect`."""

    MADE = 0
    FAILED = 1
    REFUSED = 5


@dataclass(frozen=True)
class Outcome:
    result: Result
    message: str
    """A connection's ID and state, or status, code and message of what Azure answered."""
    says: str = ""
    """What that means, in a sentence; none for a failure that is no answer to the question."""


class Refused(Exception):
    """What Azure answered instead of doing as it was asked."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(f"{answer.status_code}")
        self.answer = answer


@dataclass(frozen=True)
class Astronomer:
    """Astronomer's application, inside a sandbox."""

    session: requests.Session
    url: str
    """The sandbox's."""
    tenant_id: str
    """The customer's tenant."""
    home_tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)

    def token(self, tenant_id: str) -> str:
        answer = self.session.post(
            f"{self.url}/{tenant_id}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": f"{self.url}/.default",
            },
            timeout=TIMEOUT,
        )
        if not answer.ok:
            raise Refused(answer)
        return str(answer.json()["access_token"])


def connect(sandbox_url: str, secret: str, hub_id: str, name: str) -> Outcome:
    """Makes the connection `name` on the hub, from Astronomer's own virtual network.

    The secret is the run's, and opens the page with Astronomer's credentials.

    TLS trust comes from REQUESTS_CA_BUNDLE, as set inside a sandbox.
    """
    return act(sandbox_url, secret, lambda astronomer: _connect(astronomer, hub_id, name), "this hub")


def act(sandbox_url: str, secret: str, what: Callable[[Astronomer], Outcome], target: str) -> Outcome:
    """What comes of it, whatever goes wrong on the way. `target` is what a refusal is about."""
    try:
        with client.session() as session:
            return _act(session, sandbox_url.rstrip("/"), secret, what)
    except Refused as refused:
        return _refused(refused.answer, target)
    except requests.JSONDecodeError:
        return Outcome(Result.FAILED, _NO_SANDBOX.format(sandbox_url))
    except requests.RequestException as error:
        return Outcome(
            Result.FAILED, f"The sandbox at {sandbox_url} could not be reached: {type(error).__name__}."
        )
    except (AttributeError, LookupError, TypeError, ValueError):
        return Outcome(Result.FAILED, _NO_SANDBOX.format(sandbox_url))


def _act(session: requests.Session, url: str, secret: str, what: Callable[[Astronomer], Outcome]) -> Outcome:
    answer = session.get(f"{url}/sandbox/astronomer", headers={"x-sandbox-secret": secret}, timeout=TIMEOUT)
    if not answer.ok:
        return Outcome(Result.FAILED, f"The sandbox at {url} is not the one of ASTRO_PEER_SANDBOX_SECRET.")
    told = answer.json()
    return what(
        Astronomer(
            session, url, told["tenant_id"], told["home_tenant_id"], told["client_id"], told["client_secret"]
        )
    )


def _connect(astronomer: Astronomer, hub_id: str, name: str) -> Outcome:
    session = astronomer.session
    session.headers["Authorization"] = f"Bearer {astronomer.token(astronomer.tenant_id)}"
    path = f"{hub_id.strip('/')}/hubVirtualNetworkConnections/{quote(name, safe='')}"
    connection = f"{astronomer.url}/{path}?api-version={API_VERSION}"
    answer = session.put(
        connection,
        json={
            "properties": {
                "remoteVirtualNetwork": {"id": own_network(astronomer.home_tenant_id)},
                "enableInternetSecurity": True,
            }
        },
        timeout=TIMEOUT,
    )
    deadline = time.monotonic() + GIVE_UP_AFTER
    while answer.ok and time.monotonic() < deadline:
        state = answer.json()["properties"]["provisioningState"]
        if state == "Succeeded":
            return Outcome(
                Result.MADE, f"{answer.json()['id']} {state}", "Astronomer has connected to the hub."
            )
        if state == "Failed":
            return Outcome(
                Result.FAILED,
                f"{answer.json()['id']} {state}",
                "Azure has accepted Astronomer's connection, and failed to make it.",
            )
        time.sleep(POLL_EVERY)
        answer = session.get(connection, timeout=TIMEOUT)
    if not answer.ok:
        raise Refused(answer)
    return Outcome(Result.FAILED, f"{name} is still not connected.")


def own_network(home_tenant_id: str) -> str:
    """The ID of the Astro cluster's virtual network, in Astronomer's own tenant."""
    subscription = uuid5(UUID(home_tenant_id), "astro cluster")
    return (
        f"/subscriptions/{subscription}/resourceGroups/rg-astro-cluster/providers/Microsoft.Network/"
        "virtualNetworks/vnet-astro-cluster"
    )


def _refused(answer: requests.Response, target: str) -> Outcome:
    """Azure Resource Manager and the sign-in service write errors differently."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    error = body.get("error")
    if isinstance(error, dict):
        code, message = error.get("code", ""), error.get("message", "")
        says = f"Refused: Astronomer may not connect to {target}."
        if code in _REFUSED_CODES:
            says = (
                f"Refused: Astronomer's network does not go with {target}, or with what is connected to it."
            )
    else:
        code, message = error or "", body.get("error_description", "")
        says = next((_SIGN_IN[c] for c in body.get("error_codes", []) if c in _SIGN_IN), _NO_SIGN_IN)
    told = f"{answer.status_code} {code}: {message}"
    if answer.status_code in _REFUSED or code in _REFUSED_CODES:
        return Outcome(Result.REFUSED, told, says)
    return Outcome(Result.FAILED, told)
