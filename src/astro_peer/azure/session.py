"""A signed-in caller: one credential, its tokens, and who they say the caller is.

Tokens stay inside this module and azure-core's pipeline; nothing else sees one, and nothing stores one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from azure.core.credentials import AccessToken, AccessTokenInfo, TokenCredential, TokenRequestOptions
from azure.core.exceptions import AzureError

from astro_peer import secrets_in_use
from astro_peer.azure.answers import NotUnderstood, cleaned
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.shapes import WRONG_SHAPE, text
from astro_peer.model.account import Account
from astro_peer.model.surroundings import SignIn

_REFRESH_BEFORE_SECONDS = 300
_IN_A_HEADER = re.compile("[!-~]+")


class Session:
    """A signed-in caller in one cloud. Safe to use from several threads."""

    def __init__(
        self,
        cloud: Cloud,
        credential: CachedCredential,
        account: Account,
        graph_asked: Future[None] | None = None,
    ) -> None:
        """`graph_asked` ends when the token for Microsoft Graph is there, or known not to come: nothing but what needs
        it waits for it.
        """
        self.cloud = cloud
        self.credential = credential
        self.account = account
        self._graph_asked = graph_asked

    @property
    def is_application(self) -> bool:
        return "scp" not in self.credential.claims(self.cloud.resource_manager_scope)

    @property
    def sign_in(self) -> SignIn:
        """What the tokens say of the caller."""
        if self._graph_asked:
            self._graph_asked.result()
        permissions = self.credential.claims(self.cloud.graph_scope).get("roles")
        return SignIn(
            name=self.account.name,
            object_id=self.account.object_id,
            tenant_id=self.account.tenant_id,
            how=self.account.how,
            cloud=self.cloud.name,
            graph=self.cloud.graph,
            is_application=self.is_application,
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


def account_of(token: str, how: str, tenant_id: str | None) -> Account:
    """Whom an access token says that it is for."""
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
        how=how,
    )


def _claims(token: str) -> dict[str, Any]:
    """The readable part of an access token; empty when it has none (its format is not promised)."""
    try:
        payload = token.split(".")[1]
        claims = cleaned(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
    except (IndexError, ValueError, RecursionError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
