"""The HTTP pipeline under every call: which policies a request passes, for the SDK's clients and for plain REST.

The SDK's default pipeline registers resource providers behind one's back (a 409
`MissingSubscriptionRegistration` leads to a POST .../register): this one does not, so a read stays a read.
It follows no redirect and speaks only to its own host, so a token goes nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    HeadersPolicy,
    HttpLoggingPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, ARMHttpLoggingPolicy

from astro_peer import __version__, urls
from astro_peer.azure.pages import Bounds
from astro_peer.azure.policy_tokens import ACQUIRE_PATH, PolicyTokenPolicy
from astro_peer.azure.retries import BoundedRetryPolicy
from astro_peer.azure.session import Session
from astro_peer.azure.shapes import JsonPolicy
from astro_peer.azure.transport import Transport, require_origin
from astro_peer.model.receipt import Receipt
from astro_peer.waiting import Deadline, WaitObserver

_Texts = dict[str, str]
REQUEST_LINES = logging.getLogger("astro_peer.requests")
_YEARS = range(2000, 9000)
"""A clock outside of them is none, and leads to dates that cannot be written."""
_READS_BY_POST = ("/providers/Microsoft.ResourceGraph/resources", ACQUIRE_PATH)


class OneHostPolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Refuses, before a token is added, a request to any other host (a nextLink is only data)."""

    def __init__(self, endpoint: str) -> None:
        self._origin = urls.origin(endpoint)

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        request.http_request.url = require_origin(request.http_request.url, self._origin)


class RequestLinePolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """One line for each answer, for --verbose: method, URL, status. URLs hold no secrets here."""

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, HttpResponse]
    ) -> None:
        REQUEST_LINES.info(
            "%s %s %s",
            request.http_request.method,
            request.http_request.url,
            response.http_response.status_code,
        )


class AzureClock(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """The time by Azure's own clock, from the Date of its answers: ages of objects hang on no machine's clock."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self.known = False
        """Whether Azure has said anything yet: before that it is this machine's clock."""

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, HttpResponse]
    ) -> None:
        with suppress(LookupError, TypeError, ValueError, OverflowError):
            said = parsedate_to_datetime(response.http_response.headers["Date"]).astimezone(UTC)
            if said.year in _YEARS:
                self._ahead = said - datetime.now(UTC)
                self.known = True

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class ReceiptPolicy(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Keeps the IDs of every answer to a request that writes. It asks for nothing."""

    def __init__(self, receipts: list[Receipt], clock: AzureClock) -> None:
        self._receipts, self._clock = receipts, clock

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, HttpResponse]
    ) -> None:
        sent, answer = request.http_request, response.http_response
        if sent.method == "GET" or urlsplit(sent.url).path.endswith(_READS_BY_POST):
            return
        self._receipts.append(
            Receipt(
                moment=self._clock.now(),
                method=sent.method,
                status=answer.status_code,
                correlation_id=answer.headers.get("x-ms-correlation-request-id", ""),
                request_id=answer.headers.get("x-ms-request-id") or answer.headers.get("request-id", ""),
            )
        )


def policies(
    session: Session,
    *,
    endpoint: str,
    scope: str,
    observer: WaitObserver,
    clock: AzureClock,
    receipts: list[Receipt],
    timeout_seconds: float,
    deadline: Deadline,
    change_reference: str | None = None,
) -> list[Any]:
    logging_policy: HttpLoggingPolicy = (
        ARMHttpLoggingPolicy() if endpoint == session.cloud.resource_manager else HttpLoggingPolicy()
    )
    return [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy(f"astro-peer/{__version__}"),
        ProxyPolicy(),
        JsonPolicy(),
        OneHostPolicy(endpoint),
        PolicyTokenPolicy(change_reference),
        BoundedRetryPolicy(observer, timeout_seconds, deadline),
        ARMChallengeAuthenticationPolicy(session.credential, scope),
        RequestLinePolicy(),
        ReceiptPolicy(receipts, clock),
        clock,
        logging_policy,
    ]


def policies_without_sign_in(
    endpoint: str, *, observer: WaitObserver, timeout_seconds: float, deadline: Deadline
) -> list[Any]:
    """For what is not Azure: no token of ours is added, and requests stay with the one host."""
    return [
        HeadersPolicy(),
        UserAgentPolicy(f"astro-peer/{__version__}"),
        ProxyPolicy(),
        JsonPolicy(),
        OneHostPolicy(endpoint),
        BoundedRetryPolicy(observer, timeout_seconds, deadline),
        RequestLinePolicy(),
        HttpLoggingPolicy(),
    ]


class Rest:
    """Calls that no SDK in use offers: Microsoft Graph, the caller's permissions, Resource Graph.

    Paths are relative to the endpoint; every answer that is not 2xx raises HttpResponseError.
    """

    def __init__(self, endpoint: str, pipeline_policies: list[Any], transport: Transport) -> None:
        self._transport = transport
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            endpoint, policies=pipeline_policies, transport=transport
        )

    def get(
        self, path: str, parameters: _Texts | None = None, headers: _Texts | None = None
    ) -> dict[str, Any]:
        return self._send(HttpRequest("GET", path, params=parameters, headers=headers))

    def post(self, path: str, body: dict[str, Any], parameters: _Texts | None = None) -> dict[str, Any]:
        """A POST that may be sent again when its answer is lost: a query, or one that Azure refuses twice."""
        request = HttpRequest("POST", path, params=parameters, json=body)
        return self._send(request, retry_on_methods=frozenset(["POST"]))

    def pages(
        self, path: str, parameters: _Texts | None = None, headers: _Texts | None = None
    ) -> Iterator[dict[str, Any]]:
        """The items of a paged answer: `value`, then `nextLink` or `@odata.nextLink`."""
        bounds = Bounds(self._transport)
        page = self.get(path, parameters, headers)
        while True:
            yield from page.get("value") or ()
            following = page.get("nextLink") or page.get("@odata.nextLink")
            if not following:
                return
            bounds.require_new(following)
            page = self._send(HttpRequest("GET", following, headers=headers))

    def _send(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        request.url = self._client.format_url(request.url)
        response = self._client.send_request(request, **options)
        if not 200 <= response.status_code < 300:
            raise HttpResponseError(response=response)
        answer: dict[str, Any] = response.json()  # JsonPolicy lets nothing else pass
        return answer
