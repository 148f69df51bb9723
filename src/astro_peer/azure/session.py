"""Signing in: one credential, its tokens, and who they say the caller is.

Tokens stay inside this module and azure-core's pipeline; nothing else sees one, and nothing stores one.
"""

from __future__ import annotations

import base64
import binascii
import configparser
import json
import math
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from configparser import RawConfigParser
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenCredential, TokenRequestOptions
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from astro_peer import secrets_in_use, urls
from astro_peer.azure.answers import NotUnderstood, TimeIsUp, clean, cleaned
from astro_peer.azure.auth import Auth, again
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.shapes import WRONG_SHAPE, not_understood, text
from astro_peer.azure.transport import Transport
from astro_peer.errors import AstroPeerError, AzureAnswer, Failed, SignInNeeded, TimedOut, UsageError
from astro_peer.model.account import Account
from astro_peer.model.surroundings import SignIn
from astro_peer.model.way_out import WayOut, astro_peer, az, way_out
from astro_peer.waiting import Deadline

_REFRESH_BEFORE_SECONDS = 300
_AZ_TIMEOUT_SECONDS = 60
_ENDPOINT_SECONDS = 2
"""To connect to a managed identity's endpoint, which is near or does not exist."""
_LONGEST_MESSAGE = 1000
_IN_A_HEADER = re.compile("[!-~]+")
_FAILED = "Signing in to Azure failed."


class Session:
    """A signed-in caller in one cloud. Safe to use from several threads."""

    def __init__(self, cloud: Cloud, credential: CachedCredential, account: Account) -> None:
        self.cloud = cloud
        self.credential = credential
        self.account = account

    @property
    def sign_in(self) -> SignIn:
        """What the tokens in hand say of the caller."""
        claims = self.credential.claims(self.cloud.resource_manager_scope)
        permissions = self.credential.claims(self.cloud.graph_scope).get("roles")
        return SignIn(
            name=self.account.name,
            object_id=self.account.object_id,
            tenant_id=self.account.tenant_id,
            how=self.account.how,
            cloud=self.cloud.name,
            graph=self.cloud.graph,
            is_application="scp" not in claims,
            until=self.credential.until,
            graph_permissions=tuple(map(str, permissions)) if isinstance(permissions, list) else (),
        )


class CachedCredential:
    """Keeps each token in memory until shortly before it ends: az, for one, starts a process for every token."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._tokens: dict[tuple[str, ...], AccessToken] = {}
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._guard = threading.Lock()

    def get_token(
        self, *scopes: str, claims: str | None = None, tenant_id: str | None = None, **kwargs: Any
    ) -> AccessToken:
        with self._guard:
            lock = self._locks.setdefault(scopes, threading.Lock())
        with lock:
            token = self._tokens.get(scopes)
            if claims or token is None or token.expires_on - time.time() < _REFRESH_BEFORE_SECONDS:
                if claims:
                    kwargs["claims"] = claims
                token = self._tokens[scopes] = self._ask(*scopes, **kwargs)
            return token

    def forget(self) -> None:
        """The tokens in hand, so that the next request asks for another: Azure refuses them."""
        with self._guard:
            self._tokens.clear()

    def claims(self, scope: str) -> dict[str, Any]:
        """The readable part of the token in hand; empty where there is none."""
        token = self._tokens.get((scope,))
        return _claims(token.token) if token else {}

    @property
    def until(self) -> datetime | None:
        """When the first of the tokens in hand ends."""
        ends = [token.expires_on for token in self._tokens.values()]
        with suppress(ArithmeticError, OSError, ValueError):
            return datetime.fromtimestamp(min(ends), UTC)
        return None

    def _ask(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Raises NotUnderstood for what is no token: the SDK takes whatever it was answered with."""
        try:
            token = self._credential.get_token(*scopes, **kwargs)
            if not _IN_A_HEADER.fullmatch(text(token.token)):
                raise NotUnderstood("a token that cannot be sent")
        except AzureError:
            raise
        except WRONG_SHAPE as error:
            raise NotUnderstood(f"{type(error).__name__} instead of a token") from error
        secrets_in_use.remember([token.token])
        return token

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        token = self.get_token(*scopes, claims=(options or {}).get("claims"))
        return AccessTokenInfo(token.token, token.expires_on)


def sign_in(
    cloud: Cloud,
    auth: Auth,
    tenant_id: str | None,
    tell: Callable[[str], None],
    deadline: Deadline,
    *,
    somebody_there: bool,
) -> Session:
    """Sign in and fetch the tokens for Azure Resource Manager and Microsoft Graph side by side.

    `tell` shows the user what to do for a device code; with `somebody_there` the browser is a way as well. The deadline
    holds where nobody is asked. Raises SignInNeeded when there is no usable sign-in, UsageError when the way asked for
    cannot be used with this cloud, TimedOut, and Failed for an answer that is not understood.
    """
    secrets_in_use.remember_environment()
    candidates = _candidates(cloud, auth, tenant_id, tell, deadline, somebody_there=somebody_there)
    for used, make in candidates:
        cached = CachedCredential(make())
        asks_a_person = used in (Auth.BROWSER, Auth.DEVICE_CODE)
        with deadline.paused() if asks_a_person else nullcontext():
            # Side by side, a person would be asked twice; the second token follows from the first one's sign-in.
            graph = None if asks_a_person else _begin(cached, cloud.graph_scope)
            try:
                token = cached.get_token(cloud.resource_manager_scope)
            except CredentialUnavailableError as error:
                if used is not candidates[-1][0]:
                    continue
                raise _sign_in_failed(used, error) from error
            except AzureError as error:
                raise _sign_in_failed(used, error) from error
            (graph or _begin(cached, cloud.graph_scope)).result()
        return Session(cloud, cached, _account(token.token, used, tenant_id))
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


def _candidates(
    cloud: Cloud,
    auth: Auth,
    tenant_id: str | None,
    tell: Callable[[str], None],
    deadline: Deadline,
    *,
    somebody_there: bool,
) -> list[tuple[Auth, Callable[[], TokenCredential]]]:
    """The ways to sign in, in the order they are tried; the next only when one is not set up at all."""
    az_is_in_cloud = cache(lambda: cloud.is_azure or _az_is_in(cloud, deadline))
    ways: dict[Auth, Callable[[], TokenCredential]] = {
        Auth.ENVIRONMENT: lambda: _environment(cloud, tenant_id, deadline),
        Auth.CLI: lambda: _cli(cloud, tenant_id, deadline, az_is_in_cloud),
        Auth.MANAGED_IDENTITY: lambda: _managed_identity(cloud, deadline),
        Auth.BROWSER: lambda: _browser(cloud, tenant_id),
        Auth.DEVICE_CODE: lambda: _device_code(cloud, tenant_id, tell),
    }
    if auth is not Auth.AUTO:
        chosen = [auth]
    elif _environment_names_an_identity():
        chosen = [Auth.ENVIRONMENT]
    else:
        usable = shutil.which("az") and az_is_in_cloud()
        chosen = [Auth.CLI] if usable else []
        chosen += [Auth.BROWSER] if cloud.is_azure and somebody_there else []
    return [(way, ways[way]) for way in chosen]


def _environment_names_an_identity() -> bool:
    has = os.environ.get
    return bool(
        has("AZURE_TENANT_ID")
        and has("AZURE_CLIENT_ID")
        and (
            has("AZURE_CLIENT_SECRET")
            or has("AZURE_CLIENT_CERTIFICATE_PATH")
            or has("AZURE_FEDERATED_TOKEN_FILE")
        )
    )


def _environment(cloud: Cloud, tenant_id: str | None, deadline: Deadline) -> TokenCredential:
    """A service principal from the environment, used only with the authority it was set up for."""
    from azure.identity import EnvironmentCredential, WorkloadIdentityCredential

    if not _environment_names_an_identity():
        raise SignInNeeded(
            "The environment names no identity to sign in with.",
            meaning="--auth environment needs AZURE_TENANT_ID and AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET,"
            " AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE.",
            next_step="Set them, or choose another way to sign in with --auth.",
        )
    if tenant_id and tenant_id != os.environ["AZURE_TENANT_ID"].lower():
        raise UsageError(
            "--tenant names another tenant than the environment's sign-in.",
            meaning=f"AZURE_TENANT_ID is {os.environ['AZURE_TENANT_ID']}.",
            next_step="Leave --tenant out, change AZURE_TENANT_ID, or sign in another way with --auth.",
        )
    meant_for = os.environ.get("AZURE_AUTHORITY_HOST", "login.microsoftonline.com")
    if _authority(meant_for) != cloud.authority:
        raise SignInNeeded(
            "The sign-in in the environment belongs to another cloud.",
            meaning=f"AZURE_AUTHORITY_HOST is {meant_for}, but {cloud.name} signs in at {cloud.authority}:"
            " a secret is sent only to the authority it was set up for.",
            next_step="Unset AZURE_AUTHORITY_HOST, or sign in another way with --auth.",
        )
    options: dict[str, Any] = {
        "authority": cloud.authority,
        "disable_instance_discovery": not cloud.is_azure,
        "transport": Transport(only=cloud.authority, deadline=deadline),
    }
    if os.environ.get("AZURE_CLIENT_SECRET") or os.environ.get("AZURE_CLIENT_CERTIFICATE_PATH"):
        return EnvironmentCredential(**options)
    return WorkloadIdentityCredential(**options)


def _cli(
    cloud: Cloud, tenant_id: str | None, deadline: Deadline, az_is_in_cloud: Callable[[], bool]
) -> TokenCredential:
    from azure.identity import AzureCliCredential

    if not shutil.which("az"):
        raise SignInNeeded(
            "The az client was not found on PATH.",
            next_step=way_out(
                "Install the Azure CLI and run ", az("login"), ", or choose another way with --auth."
            ),
        )
    if not az_is_in_cloud():
        raise SignInNeeded(
            "az is signed in to another cloud.",
            meaning=f"Its active cloud's resource manager is not {cloud.resource_manager}:"
            " its tokens are not asked for here.",
            next_step=way_out(
                "Use a sign-in of the simulated tenant (", astro_peer("sandbox", "run"), " sets one up)."
            ),
        )
    at_most = math.ceil(_seconds_for_az(deadline))
    return AzureCliCredential(tenant_id=tenant_id or "", process_timeout=at_most)


def _seconds_for_az(deadline: Deadline) -> float:
    """How long az may take. Raises TimedOut when there is no time left for it."""
    seconds = min(_AZ_TIMEOUT_SECONDS, deadline.left_to_finish())
    if not seconds:
        raise _az_took_too_long()
    return seconds


def _az_took_too_long() -> TimedOut:
    return TimedOut(
        _FAILED,
        meaning="The az client did not answer in time.",
        next_step=way_out("Run ", az("account", "get-access-token"), " to see what it waits for."),
    )


def _az_not_understood(error: NotUnderstood) -> Failed:
    return Failed(
        _FAILED,
        meaning=f"What the az client printed is not understood ({error.message}).",
        next_step=way_out("Look at what ", az("account", "get-access-token"), " prints; it should be JSON."),
    )


def _az_is_in(cloud: Cloud, deadline: Deadline) -> bool:
    seconds = _seconds_for_az(deadline)
    endpoint = _az_remembers() or _az(
        "cloud", "show", "--query", "endpoints.resourceManager", "--output", "tsv", seconds=seconds
    )
    return endpoint is not None and urls.origin(endpoint.rstrip("/")) == cloud.resource_manager


def _az_remembers() -> str | None:
    """The resource manager of az's active cloud, from the files that `az cloud register` and `set` write: to ask az for
    it takes as long as to ask it for a token. None where they do not say; az's own clouds are not in them.
    """
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    settings, registered = RawConfigParser(), RawConfigParser()
    with suppress(configparser.Error, OSError, UnicodeError):
        settings.read(folder / "config", encoding="utf-8")
        registered.read(folder / "clouds.config", encoding="utf-8")
        name = os.environ.get("AZURE_CLOUD_NAME") or settings.get("cloud", "name")
        return registered.get(name, "endpoint_resource_manager")
    return None


def _az(*arguments: str, seconds: float) -> str | None:
    """What az prints, None when it fails. Asked only for settings, never for a token."""
    az = shutil.which("az")
    if not az:
        return None
    try:
        ran = subprocess.run(
            [az, *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
            cwd=os.environ.get("SYSTEMROOT", "/"),  # az is a Python too: it must not import from where we are
        )
    except subprocess.TimeoutExpired:
        raise _az_took_too_long() from None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return ran.stdout.strip()


def _managed_identity(cloud: Cloud, deadline: Deadline) -> TokenCredential:
    """Its endpoint is the one that the environment names, or the virtual machine's own; a token file is for Entra."""
    from azure.identity import ManagedIdentityCredential

    _require_azure(cloud, Auth.MANAGED_IDENTITY)
    has = os.environ.get
    has_endpoint = has("IDENTITY_ENDPOINT") or has("MSI_ENDPOINT")
    only = cloud.authority if has("AZURE_FEDERATED_TOKEN_FILE") and not has_endpoint else None
    return ManagedIdentityCredential(
        client_id=has("AZURE_CLIENT_ID"),
        transport=Transport(only, deadline, signing_in=True, connect_seconds=_ENDPOINT_SECONDS),
    )


def _browser(cloud: Cloud, tenant_id: str | None) -> TokenCredential:
    from azure.identity import InteractiveBrowserCredential

    _require_azure(cloud, Auth.BROWSER)
    return InteractiveBrowserCredential(
        authority=cloud.authority, transport=Transport(only=cloud.authority), **_tenant(tenant_id)
    )


def _device_code(cloud: Cloud, tenant_id: str | None, tell: Callable[[str], None]) -> TokenCredential:
    from azure.identity import DeviceCodeCredential

    def show(verification_uri: str, user_code: str, _expires_on: object) -> None:
        tell(f"To sign in, open {verification_uri} and enter the code {user_code}")

    _require_azure(cloud, Auth.DEVICE_CODE)
    return DeviceCodeCredential(
        authority=cloud.authority,
        prompt_callback=show,
        transport=Transport(only=cloud.authority),
        **_tenant(tenant_id),
    )


def _tenant(tenant_id: str | None) -> dict[str, Any]:
    return {"tenant_id": tenant_id} if tenant_id else {}


def _require_azure(cloud: Cloud, auth: Auth) -> None:
    if not cloud.is_azure:
        raise UsageError(
            f"--auth {auth} cannot be used with a simulated tenant.",
            meaning="It would ask Microsoft for a token, and Microsoft's tokens are never sent elsewhere.",
            next_step="Use --auth environment or --auth cli there.",
        )


def _authority(meant_for: str) -> str:
    """AZURE_AUTHORITY_HOST, with or without https:// as the SDKs take it, and nothing but a host; "" for more."""
    try:
        url = urls.parse(meant_for if "://" in meant_for else f"https://{meant_for}")
    except ValueError:
        return ""
    return url.origin if url.rest in ("", "/") else ""


def _account(token: str, auth: Auth, tenant_id: str | None) -> Account:
    claims = _claims(token)
    name = next(
        (
            str(claims[claim])
            for claim in ("upn", "unique_name", "preferred_username", "app_displayname", "appid", "oid")
            if claims.get(claim)
        ),
        "unknown account",
    )
    return Account(
        name=name,
        object_id=str(claims["oid"]) if claims.get("oid") else None,
        tenant_id=str(claims.get("tid") or tenant_id or ""),
        how=auth.value,
    )


def _claims(token: str) -> dict[str, Any]:
    """The readable part of an access token; empty when it has none (its format is not promised)."""
    try:
        payload = token.split(".")[1]
        claims = cleaned(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError, RecursionError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


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
        if isinstance(cause, subprocess.TimeoutExpired):
            return _az_took_too_long()
        if isinstance(cause, NotUnderstood):
            return _az_not_understood(cause) if auth is Auth.CLI else not_understood(_FAILED, cause)
    message = str(error.message).strip()
    found = _AADSTS.search(message)
    code = found.group(0) if found else type(error).__name__
    unreachable = not isinstance(error, ClientAuthenticationError | CredentialUnavailableError)
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
