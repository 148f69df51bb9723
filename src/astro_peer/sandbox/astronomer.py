"""Astronomer's side, played by a real client: it signs in, makes a hub connection and polls it.

It knows nothing but what Astronomer would: the hub, a name, and its own credentials.
"""

import time
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import quote
from uuid import UUID, uuid5

import requests

from astro_peer.sandbox import client

_TIMEOUT = 30
_POLL_EVERY = 0.1
_GIVE_UP_AFTER = 120
_API_VERSION = "2024-05-01"
_REFUSED = (401, 403, 409)
"""Statuses by which Azure's rules refuse; anything else unexpected is a failure."""
_REFUSED_CODES = ("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", "VirtualHubConnectionCountLimitReached")
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


def connect(sandbox_url: str, secret: str, hub_id: str, name: str) -> Outcome:
    """Makes the connection `name` on the hub, from Astronomer's own virtual network.

    The secret is the run's, and opens the page with Astronomer's credentials.

    TLS trust comes from REQUESTS_CA_BUNDLE, as set inside a sandbox.
    """
    try:
        with client.session() as session:
            return _connect(session, sandbox_url.rstrip("/"), secret, hub_id, name)
    except requests.JSONDecodeError:
        return Outcome(Result.FAILED, _NO_SANDBOX.format(sandbox_url))
    except requests.RequestException as error:
        return Outcome(
            Result.FAILED, f"The sandbox at {sandbox_url} could not be reached: {type(error).__name__}."
        )
    except (AttributeError, LookupError, TypeError, ValueError):
        return Outcome(Result.FAILED, _NO_SANDBOX.format(sandbox_url))


def _connect(session: requests.Session, url: str, secret: str, hub_id: str, name: str) -> Outcome:
    answer = session.get(f"{url}/sandbox/astronomer", headers={"x-sandbox-secret": secret}, timeout=_TIMEOUT)
    if not answer.ok:
        return Outcome(Result.FAILED, f"The sandbox at {url} is not the one of ASTRO_PEER_SANDBOX_SECRET.")
    credentials = answer.json()
    answer = session.post(
        f"{url}/{credentials['tenant_id']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            "scope": f"{url}/.default",
        },
        timeout=_TIMEOUT,
    )
    if not answer.ok:
        return _refused(answer)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    path = f"{hub_id.strip('/')}/hubVirtualNetworkConnections/{quote(name, safe='')}"
    connection = f"{url}/{path}?api-version={_API_VERSION}"
    network = _remote_network(credentials["home_tenant_id"])
    answer = session.put(
        connection,
        json={"properties": {"remoteVirtualNetwork": {"id": network}, "enableInternetSecurity": True}},
        timeout=_TIMEOUT,
    )
    deadline = time.monotonic() + _GIVE_UP_AFTER
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
        time.sleep(_POLL_EVERY)
        answer = session.get(connection, timeout=_TIMEOUT)
    return _refused(answer) if not answer.ok else Outcome(Result.FAILED, f"{name} is still not connected.")


def _remote_network(home_tenant_id: str) -> str:
    subscription = uuid5(UUID(home_tenant_id), "astro cluster")
    return (
        f"/subscriptions/{subscription}/resourceGroups/rg-astro-cluster/providers/Microsoft.Network/"
        "virtualNetworks/vnet-astro-cluster"
    )


def _refused(answer: requests.Response) -> Outcome:
    """Azure Resource Manager and the sign-in service write errors differently."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    error = body.get("error")
    if isinstance(error, dict):
        code, message = error.get("code", ""), error.get("message", "")
        says = "Refused: Astronomer may not connect to this hub."
        if code in _REFUSED_CODES:
            says = "Refused: Astronomer's network does not go with what is connected to this hub."
    else:
        code, message = error or "", body.get("error_description", "")
        says = next((_SIGN_IN[c] for c in body.get("error_codes", []) if c in _SIGN_IN), _NO_SIGN_IN)
    told = f"{answer.status_code} {code}: {message}"
    if answer.status_code in _REFUSED or code in _REFUSED_CODES:
        return Outcome(Result.REFUSED, told, says)
    return Outcome(Result.FAILED, told)
