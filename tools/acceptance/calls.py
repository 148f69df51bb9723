"""Calls through astro-peer's own pipeline that say what was answered, where the product would raise an error.

So the pipeline is judged along with Azure: its retries, its one host, its way of reading an error's code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.exceptions import ARMErrorFormat

from astro_peer import procedure, secrets_in_use
from astro_peer.azure import Azure, api_versions
from astro_peer.azure.explain import code_of
from astro_peer.azure.retries import StillRefused
from astro_peer.azure.session import CachedCredential, Session
from astro_peer.azure.transport import Transport
from astro_peer.model.account import Account

SIGNED_IN = "signed in"


class NotOurs(Exception):
    """A request about Astronomer's own application: none is sent here."""


@dataclass(frozen=True)
class Reply:
    status: int
    code: str = ""
    """Of an error, as astro-peer reads it; empty without one."""
    message: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def properties(self) -> dict[str, Any]:
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def value(self) -> list[dict[str, Any]]:
        """The first page of a list; our own filters leave less than a page."""
        found = self.body.get("value")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Caller:
    def __init__(self, azure: Azure) -> None:
        cloud = azure.session.cloud
        self.azure = azure
        self._arm: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            cloud.resource_manager, policies=azure.resource_manager_policies(), transport=azure.transport
        )
        self._graph: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            cloud.graph, policies=azure.policies(cloud.graph, cloud.graph_scope), transport=azure.transport
        )

    def arm(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        version: str = api_versions.AUTHORIZATION,
        **query: str,
    ) -> Reply:
        """Query options without their dollar: `filter`. Raises AzureError when there is no answer at all."""
        options = {f"${name}": value for name, value in query.items()} | {"api-version": version}
        return self._send(self._arm, HttpRequest(method, path, params=options, json=body))

    def graph(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Reply:
        options = {f"${name}": value for name, value in query.items()}
        return self._send(self._graph, HttpRequest(method, f"/v1.0/{path}", params=options, json=body))

    def _send(self, client: PipelineClient[HttpRequest, HttpResponse], request: HttpRequest) -> Reply:
        request.url = client.format_url(request.url)
        if procedure.load().application_id in f"{request.url} {request.content}".lower():
            raise NotOurs("This would have been about Astronomer's own application.")
        try:
            response = client.send_request(request)
        except StillRefused as refused:
            if refused.response is None:
                raise
            return _reply(refused.response)  # type: ignore[arg-type]
        return _reply(response)


def _reply(response: HttpResponse) -> Reply:
    try:
        read = response.json() if response.text().strip() else {}
    except json.JSONDecodeError:
        read = {}
    body = read if isinstance(read, dict) else {}
    if 200 <= response.status_code < 300:
        return Reply(response.status_code, body=body)
    error = HttpResponseError(response=response, error_format=ARMErrorFormat)
    told = body.get("error")
    message = str(told.get("message") or "") if isinstance(told, dict) else ""
    return Reply(response.status_code, code_of(error), message, body)


def sign_in_as(azure: Azure, application_id: str, secret: str) -> Caller:
    """As an application of this run's own, in the tenant that the caller is signed in to. Raises AzureError."""
    session = azure.session
    credential = CachedCredential(_credential(azure, application_id, secret))
    credential.get_token(session.cloud.resource_manager_scope)
    account = Account(application_id, None, session.account.tenant_id, "secret of this run's own")
    return Caller(Azure(Session(session.cloud, credential, account), azure.observer, azure.timeout_seconds))


def sign_in_refusal(azure: Azure, application_id: str, secret: str) -> str:
    """What Entra says to this application, and SIGNED_IN when it lets it in."""
    try:
        _credential(azure, application_id, secret).get_token(azure.session.cloud.resource_manager_scope)
    except ClientAuthenticationError as error:
        return str(error.message).partition("Trace ID")[0].strip()
    return SIGNED_IN


def _credential(azure: Azure, application_id: str, secret: str) -> Any:
    from azure.identity import ClientSecretCredential

    secrets_in_use.remember([secret])
    cloud = azure.session.cloud
    return ClientSecretCredential(
        azure.session.account.tenant_id,
        application_id,
        secret,
        authority=cloud.authority,
        disable_instance_discovery=not cloud.is_azure,
        transport=Transport(only=cloud.authority),
    )


__all__ = ["SIGNED_IN", "AzureError", "Caller", "NotOurs", "Reply", "sign_in_as", "sign_in_refusal"]
