"""Signing in: the ways there are, in which order they are tried, and what their failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import cache
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ClientAuthenticationError

from astro_peer import secrets_in_use
from astro_peer.azure import az_client, az_credential, credentials
from astro_peer.azure.answers import NotUnderstood, TimeIsUp, clean
from astro_peer.azure.auth import Auth, again, environment_names_an_identity
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.session import CachedCredential, Session, account_of
from astro_peer.azure.shapes import not_understood
from astro_peer.errors import AstroPeerError, AzureAnswer, SignInNeeded
from astro_peer.model.way_out import WayOut, az, way_out
from astro_peer.waiting import Deadline

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_LONGEST_MESSAGE = 1000
_FAILED = az_client.SIGNING_IN_FAILED


def sign_in(
    cloud: Cloud,
    auth: Auth,
    tenant_id: str | None,
    tell: Callable[[str], None],
    deadline: Deadline,
    ahead: az_client.Asked,
    *,
    somebody_there: bool,
) -> Session:
    """Sign in to Azure Resource Manager; the token for Microsoft Graph is fetched beside it, and may come later.

    `tell` shows the user what to do for a device code; `ahead` is what az was asked already; with `somebody_there` the
    browser is a way as well. The deadline holds where nobody is asked. Raises SignInNeeded when there is no usable
    sign-in, UsageError when the way asked for cannot be used with this cloud, TimedOut, and Failed for an answer that
    is not understood.
    """
    secrets_in_use.remember_environment()
    az_is_in_cloud = cache(lambda: az_client.is_in(cloud, deadline))
    ways: dict[Auth, Callable[[], TokenCredential]] = {
        Auth.ENVIRONMENT: lambda: credentials.environment(cloud, tenant_id, deadline),
        Auth.CLI: lambda: az_credential.credential(cloud, tenant_id, deadline, ahead, az_is_in_cloud),
        Auth.MANAGED_IDENTITY: lambda: credentials.managed_identity(cloud, deadline),
        Auth.BROWSER: lambda: credentials.browser(cloud, tenant_id),
        Auth.DEVICE_CODE: lambda: credentials.device_code(cloud, tenant_id, tell),
    }
    order = _order(auth, cloud, az_is_in_cloud, somebody_there=somebody_there)
    for used in order:
        cached = CachedCredential(ways[used]())
        asks_a_person = used in (Auth.BROWSER, Auth.DEVICE_CODE)
        with deadline.paused() if asks_a_person else nullcontext():
            # Side by side, a person would be asked twice; the second token follows from the first one's sign-in.
            asked = None if asks_a_person else _begin(cached, cloud.graph_scope)
            try:
                token = cached.get_token(cloud.resource_manager_scope)
            except AzureError as error:
                if isinstance(error, az_credential.NotSignedIn) and used is not order[-1]:
                    continue
                raise _sign_in_failed(used, error) from error
            if asks_a_person:
                _begin(cached, cloud.graph_scope).result()
        return Session(cloud, cached, account_of(token.token, used.value, tenant_id), asked)
    raise SignInNeeded(
        "Nobody is signed in to Azure.",
        meaning="Found neither a service principal in the environment (AZURE_CLIENT_ID, AZURE_TENANT_ID and"
        " a secret, certificate or federated token) nor the az client.",
        next_step=way_out(again(Auth.CLI), " Or choose another way with --auth."),
    )


def _begin(credential: CachedCredential, scope: str) -> Future[None]:
    """In a thread that is left behind where the sign-in fails."""
    threads = ThreadPoolExecutor(max_workers=1)
    begun = threads.submit(_ignore_failure, credential, scope)
    threads.shutdown(wait=False)
    return begun


def _ignore_failure(credential: CachedCredential, scope: str) -> None:
    """A caller without Graph is told so by the first call that needs it, if there is one."""
    with suppress(AzureError):
        credential.get_token(scope)


def _order(
    auth: Auth, cloud: Cloud, az_is_in_cloud: Callable[[], bool], *, somebody_there: bool
) -> list[Auth]:
    """In which the ways are tried; the next only when one is not set up at all."""
    if auth is not Auth.AUTO:
        return [auth]
    if environment_names_an_identity():
        return [Auth.ENVIRONMENT]
    usable = az_client.path() and az_is_in_cloud()
    return [
        *([Auth.CLI] if usable else []),
        *([Auth.BROWSER] if cloud.is_azure and somebody_there else []),
    ]


_AADSTS = re.compile(r"AADSTS\d+")
_AADSTS_MEANINGS = {
    "AADSTS7000215": "The client secret is not the application's (AZURE_CLIENT_SECRET).",
    "AADSTS7000222": "The client secret has expired.",
    "AADSTS700016": "The application (AZURE_CLIENT_ID) does not exist in this tenant.",
    "AADSTS7000112": "The application (AZURE_CLIENT_ID) is disabled in this tenant.",
    "AADSTS7000229": "The application (AZURE_CLIENT_ID) has no service principal in this tenant.",
    "AADSTS90002": "There is no such tenant.",
    "AADSTS900023": "There is no such tenant.",
    "AADSTS50076": "Multi-factor authentication is required.",
    "AADSTS50079": "Multi-factor authentication is required.",
    "AADSTS50158": "A conditional access policy asks for more than this sign-in.",
    "AADSTS53003": "A conditional access policy blocks this sign-in.",
    "AADSTS700024": "The pipeline's OIDC assertion has expired: it lives for minutes, and was kept by az or in the"
    " file of AZURE_FEDERATED_TOKEN_FILE.",
    "AADSTS70043": "The sign-in has expired.",
    "AADSTS700082": "The sign-in has expired.",
}

_AADSTS_WAYS_OUT = {
    "AADSTS700024": way_out(
        "Sign in to Azure in the step just before this one, or write a new assertion into the file of"
        " AZURE_FEDERATED_TOKEN_FILE."
    ),
    "AADSTS7000112": way_out(
        "Ask an Entra administrator why. To enable it: ",
        az("ad", "sp", "update", "--id", "{application}", "--set", "accountEnabled=true"),
    ),
    "AADSTS7000229": way_out(
        "Check AZURE_TENANT_ID; or ask an Entra administrator of that tenant to make one: ",
        az("ad", "sp", "create", "--id", "{application}"),
    ),
}


def _sign_in_way_out(code: str) -> WayOut | None:
    way = _AADSTS_WAYS_OUT.get(code)
    application = os.environ.get("AZURE_CLIENT_ID") or "APPLICATION_ID"
    return way.having({"{application}": application}) if way else None


def _sign_in_failed(auth: Auth, error: AzureError) -> AstroPeerError:
    for cause in (error, error.__cause__):  # the SDK takes any error for a refusal
        if isinstance(cause, TimeIsUp):
            return cause.as_error(_FAILED)
        if isinstance(cause, az_credential.TookTooLong):
            return az_client.took_too_long()
        if isinstance(cause, NotUnderstood):
            return az_credential.not_understood(cause) if auth is Auth.CLI else not_understood(_FAILED, cause)
    message = str(error.message).strip()
    found = _AADSTS.search(message)
    code = found.group(0) if found else type(error).__name__
    unreachable = not isinstance(error, ClientAuthenticationError)
    return SignInNeeded(
        _FAILED,
        answer=AzureAnswer(code=code, message=_first_line(message)),
        meaning="The sign-in service could not be reached."
        if unreachable
        else _AADSTS_MEANINGS.get(code, f"The sign-in ({auth}) was not accepted."),
        next_step=_sign_in_way_out(code) or way_out(again(auth), " Or choose another way with --auth."),
    )


def _first_line(text: str) -> str:
    """Entra's messages go on with trace IDs and time stamps; the first line says it all."""
    return clean((text.splitlines() or [""])[0])[:_LONGEST_MESSAGE]
