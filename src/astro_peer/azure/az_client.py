"""The az client that is on PATH: which cloud it is in, and its tokens.

It is asked here, and not through azure-identity: az takes longer than all else before the first answer, and nothing
that it does not need is loaded before it is started. azure-identity would be a fifth of a second and 12 MB.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from configparser import RawConfigParser
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from astro_peer import urls
from astro_peer.azure.answers import NotUnderstood, TimeIsUp
from astro_peer.azure.cloud import Cloud
from astro_peer.errors import Failed, SignInNeeded, TimedOut
from astro_peer.model.way_out import astro_peer, az, way_out
from astro_peer.waiting import Deadline

SIGNING_IN_FAILED = "Signing in to Azure failed."
_TIMEOUT_SECONDS = 60
_NOT_SIGNED_IN = ("az login", "az account set")
"""What az advises who has not signed in at all."""


_TOKEN = re.compile(r"""accessToken["' :=]+[^"',\s]+""")


class NotSignedIn(ClientAuthenticationError):
    """There is no az, or nobody is signed in to it: another way may be tried."""


class TookTooLong(ClientAuthenticationError):
    """It was ended."""


class AzCredential:
    """Access tokens of whoever is signed in to az, for one tenant or, without, for that of az's subscription."""

    def __init__(self, tenant_id: str | None, deadline: Deadline) -> None:
        self._tenant = ("--tenant", tenant_id) if tenant_id else ()
        self._deadline = deadline

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> AccessToken:
        """For one scope. Raises ClientAuthenticationError with az's words; NotUnderstood, or what comes of reading it,
        for an answer that holds no token.

        The shape of the answer: https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
        """
        (scope,) = scopes
        if claims:  # az takes them at a sign-in alone
            raise NotSignedIn("Azure asks for more than the sign-in of az has proven.")
        seconds = min(_TIMEOUT_SECONDS, self._deadline.left_to_finish())
        if not seconds:
            raise TimeIsUp
        resource = ("--resource", scope.removesuffix("/.default"))
        ask = ("account", "get-access-token", *resource, *self._tenant, "--output", "json")
        try:
            ran = _run(*ask, seconds=seconds)
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
        _TOKEN.sub("***", said).strip() or "The az client failed, and said nothing."
    )


def credential(
    cloud: Cloud, tenant_id: str | None, deadline: Deadline, is_in_cloud: Callable[[], bool]
) -> AzCredential:
    """Raises SignInNeeded without az, or where az is in another cloud: its tokens are never sent elsewhere."""
    if not path():
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
    return AzCredential(tenant_id, deadline)


def is_in(cloud: Cloud, deadline: Deadline) -> bool:
    """Whether az's active cloud is this one. Raises TimedOut."""
    return (
        cloud.is_azure
        or urls.origin((_remembered() or _said(deadline)).rstrip("/")) == cloud.resource_manager
    )


def _remembered() -> str:
    """The resource manager of az's active cloud, from the files that `az cloud register` and `set` write: to ask az for
    it takes as long as to ask it for a token. "" where they do not say; az's own clouds are not in them.
    """
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    settings, registered = RawConfigParser(), RawConfigParser()
    with suppress(configparser.Error, OSError, UnicodeError):
        settings.read(folder / "config", encoding="utf-8")
        registered.read(folder / "clouds.config", encoding="utf-8")
        name = os.environ.get("AZURE_CLOUD_NAME") or settings.get("cloud", "name")
        return registered.get(name, "endpoint_resource_manager")
    return ""


def _said(deadline: Deadline) -> str:
    """The same, as az says it; "" where it fails."""
    ask = ("cloud", "show", "--query", "endpoints.resourceManager", "--output", "tsv")
    seconds = min(_TIMEOUT_SECONDS, deadline.left_to_finish())
    try:
        ran = _run(*ask, seconds=seconds) if seconds else None
    except subprocess.TimeoutExpired:
        ran = None
    except (OSError, ValueError):
        return ""
    if ran is None:
        raise took_too_long()
    return "" if ran.returncode else ran.stdout.strip()


def took_too_long() -> TimedOut:
    return TimedOut(
        SIGNING_IN_FAILED,
        meaning="The az client did not answer in time.",
        next_step=way_out("Run ", az("account", "get-access-token"), " to see what it waits for."),
    )


def not_understood(error: NotUnderstood) -> Failed:
    return Failed(
        SIGNING_IN_FAILED,
        meaning=f"What the az client printed is not understood ({error.message}).",
        next_step=way_out("Look at what ", az("account", "get-access-token"), " prints; it should be JSON."),
    )


def path() -> str | None:
    """Where az is. On Windows it is a script beside one for other shells."""
    return (shutil.which("az.cmd") if os.name == "nt" else None) or shutil.which("az")


def _run(*arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Raises OSError, ValueError and subprocess.TimeoutExpired."""
    return subprocess.run(
        [path() or "az", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=os.environ.get("SYSTEMROOT", "/"),  # az is a Python too: it must not import from where we are
        env=os.environ | {"AZURE_CORE_NO_COLOR": "true"},
    )
