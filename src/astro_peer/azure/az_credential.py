"""Tokens of whoever is signed in to the az client.

It is asked here, and not through azure-identity, which takes longer to load than everything else that az needs: it
would be started a fifth of a second later.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from astro_peer.azure import az_client
from astro_peer.azure.answers import NotUnderstood, TimeIsUp
from astro_peer.azure.cloud import Cloud
from astro_peer.errors import Failed, SignInNeeded
from astro_peer.model.way_out import astro_peer, az, way_out
from astro_peer.waiting import Deadline

_NOT_SIGNED_IN = ("az login", "az account set")
"""What az advises who has not signed in at all."""


_LONGEST = 2_000
"""Characters of what az says."""
_TOKEN = re.compile(r"""accessToken["' :=]+[^"',\s]+|\beyJ[\w-]{5,}[\w.-]*""")
"""As az prints one, and as one looks: az's words are shown when it fails."""


class NotSignedIn(ClientAuthenticationError):
    """There is no az, or nobody is signed in to it: another way may be tried."""


class TookTooLong(ClientAuthenticationError):
    """It was ended."""


class AzCredential:
    """Access tokens of whoever is signed in to az, for one tenant or, without, for that of az's subscription."""

    def __init__(self, tenant_id: str | None, deadline: Deadline, ahead: az_client.Asked) -> None:
        """`ahead` is what az was asked already."""
        self._tenant_id = tenant_id
        self._deadline = deadline
        self._ahead = ahead

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> AccessToken:
        """For one scope. Raises ClientAuthenticationError with az's words; NotUnderstood, or what comes of reading it,
        for an answer that holds no token.

        The shape of the answer: https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
        """
        (scope,) = scopes
        if claims:  # az takes them at a sign-in alone
            raise NotSignedIn("Azure asks for more than the sign-in through the az client proves.")
        seconds = min(az_client.TIMEOUT_SECONDS, self._deadline.left_to_finish())
        if not seconds:
            raise TimeIsUp
        resource = az_client.resource_of(scope)
        try:
            run = self._ahead.take(resource, self._tenant_id) or az_client.begin(
                *az_client.get_access_token(resource, self._tenant_id)
            )
            ran = az_client.ended(run, seconds)
        except subprocess.TimeoutExpired:
            raise TookTooLong("The az client did not answer in time.") from None
        except (OSError, ValueError) as error:
            raise NotSignedIn(f"The az client could not be run ({type(error).__name__}).") from None
        if ran.returncode:
            raise _refused(ran.stderr)
        answer = json.loads(ran.stdout)
        return AccessToken(answer["accessToken"], _end(answer))


def _end(answer: dict[str, Any]) -> int:
    """In seconds since 1970. Before az 2.54 it was said in local time alone."""
    if "expires_on" in answer:
        return int(answer["expires_on"])
    return int(datetime.fromisoformat(answer["expiresOn"]).timestamp())


def _refused(said: str) -> ClientAuthenticationError:
    if "AADSTS" not in said and any(advice in said for advice in _NOT_SIGNED_IN):
        return NotSignedIn("Nobody is signed in to az.")
    return ClientAuthenticationError(
        _TOKEN.sub("***", said).strip()[:_LONGEST] or "The az client failed, and said nothing."
    )


def credential(
    cloud: Cloud,
    tenant_id: str | None,
    deadline: Deadline,
    ahead: az_client.Asked,
    is_in_cloud: Callable[[], bool],
) -> AzCredential:
    """Raises SignInNeeded without az, or where az is in another cloud: its tokens are never sent elsewhere."""
    if not az_client.path():
        raise SignInNeeded(
            "The az client was not found on PATH.",
            next_step=way_out(
                "Install the Azure CLI and run ", az("login"), ", or choose another way with --auth."
            ),
        )
    if not is_in_cloud():
        raise SignInNeeded(
            "az is signed in to another cloud.",
            meaning=f"Its active cloud's resource manager is not {cloud.resource_manager}:"
            " its tokens are not asked for here.",
            next_step=way_out(
                "Use a sign-in of the simulated tenant (", astro_peer("sandbox", "run"), " sets one up)."
            ),
        )
    return AzCredential(tenant_id, deadline, ahead)


def not_understood(error: NotUnderstood) -> Failed:
    return Failed(
        az_client.SIGNING_IN_FAILED,
        meaning=f"What the az client printed is not understood ({error.message}).",
        next_step=way_out("Look at what ", az("account", "get-access-token"), " prints; it should be JSON."),
    )
