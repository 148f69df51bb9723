"""The sign-in of an application with its client secret, through MSAL, on which azure-identity stands itself.

azure-identity also loads what reads certificates, whether there is one or not: 12 MB, and an eighth of a second before
the first answer of every run in a pipeline.
"""

from __future__ import annotations

import threading
import time
from functools import cached_property
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse
from msal import ConfidentialClientApplication

from astro_peer import __version__
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.transport import Transport
from astro_peer.waiting import Deadline


class ClientSecretCredential:
    """Access tokens of an application in one tenant. Safe to use from several threads."""

    def __init__(
        self, cloud: Cloud, tenant_id: str, client_id: str, client_secret: str, deadline: Deadline
    ) -> None:
        self._cloud, self._tenant_id = cloud, tenant_id
        self._client_id, self._client_secret = client_id, client_secret
        self._http = _Http(cloud.authority, deadline)
        self._first = threading.Lock()

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> AccessToken:
        """Raises ClientAuthenticationError with Entra's words, or what comes of reading something else."""
        asked = int(time.time())
        try:
            with self._first:
                application = self._application
            answer = application.acquire_token_for_client(list(scopes), claims_challenge=claims)
        except AzureError:
            raise
        except Exception as error:
            raise ClientAuthenticationError(f"Authentication failed: {error}") from error
        if "access_token" not in answer:
            said = answer.get("error_description") or answer.get("error")
            raise ClientAuthenticationError(f"Authentication failed: {said}")
        return AccessToken(answer["access_token"], asked + int(answer["expires_in"]))

    @cached_property
    def _application(self) -> Any:
        """As it is made, it asks where the tenant's tokens are to be had."""
        return ConfidentialClientApplication(
            self._client_id,
            client_credential=self._client_secret,
            authority=f"{self._cloud.authority}/{self._tenant_id}",
            instance_discovery=None if self._cloud.is_azure else False,
            http_client=self._http,
        )


class _Http:
    """MSAL's requests, sent to the one authority."""

    def __init__(self, authority: str, deadline: Deadline) -> None:
        policies = [
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(f"astro-peer/{__version__}"),
            ProxyPolicy(),
            ContentDecodePolicy(),
            RetryPolicy(),
            HttpLoggingPolicy(),
        ]
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            authority, policies=policies, transport=Transport(authority, deadline)
        )

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> _Answer:
        return _Answer(self._client.send_request(HttpRequest("GET", url, params=params, headers=headers)))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> _Answer:
        """A token may be asked for twice."""
        request = HttpRequest("POST", url, params=params, data=data, headers=headers)
        return _Answer(self._client.send_request(request, retry_on_methods=frozenset(["POST"])))

    def close(self) -> None:
        self._client.close()


class _Answer:
    """As MSAL reads one."""

    def __init__(self, response: HttpResponse) -> None:
        self._response = response
        self.status_code, self.headers = response.status_code, response.headers

    @property
    def text(self) -> str:
        return self._response.text(encoding="utf-8")

    def raise_for_status(self) -> None:
        """MSAL asks for it where it does not read what was said."""
        if self.status_code >= 400:
            raise ClientAuthenticationError(response=self._response)
