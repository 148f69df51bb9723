"""Policy tokens: an Azure Policy may want one with a write, in place of an exemption.

Its refusal says so. Azure gives the token for this one write, which is then sent once more. The token is a secret: it
stands in a header that logs leave out, and nowhere else.
https://learn.microsoft.com/azure/governance/policy/
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse

from astro_peer.azure import api_versions

ACQUIRE_PATH = "/providers/Microsoft.Authorization/acquirePolicyToken"
EVALUATIONS_HEADER = "x-ms-policy-external-evaluations"
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+(?=/)", re.IGNORECASE)


class PolicyTokenPolicy(HTTPPolicy[HttpRequest, HttpResponse]):
    """Answers a refusal for the lack of a policy token once; a second refusal, or no token, is left as it is."""

    def __init__(self, change_reference: str | None) -> None:
        super().__init__()
        self._change_reference = change_reference

    def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, HttpResponse]:
        refused = self.next.send(request)
        if not _wants_a_token(refused.http_response):
            return refused
        token = self._token_for(request)
        if token is None:
            return refused
        request.http_request.headers[EVALUATIONS_HEADER] = token
        return self.next.send(request)

    def _token_for(self, request: PipelineRequest[HttpRequest]) -> str | None:
        write = request.http_request
        url = urlsplit(write.url)
        subscription = _SUBSCRIPTION.match(url.path)
        if subscription is None:
            return None
        body: dict[str, Any] = {
            "operation": {"uri": write.url, "httpMethod": write.method, "content": _content(write)}
        }
        if self._change_reference:
            body["changeReference"] = self._change_reference
        acquire = HttpRequest(
            "POST",
            f"{url.scheme}://{url.netloc}{subscription[0]}{ACQUIRE_PATH}",
            params={"api-version": api_versions.POLICY_TOKEN},
            headers={"x-ms-force-sync": "true"},
            json=body,
        )
        with suppress(AzureError, ValueError):  # the refusal says more than why there was no token
            answer = self.next.send(PipelineRequest(acquire, PipelineContext(request.context.transport)))
            given = _json(answer.http_response) if answer.http_response.status_code == 200 else None
            if isinstance(given, dict) and given.get("result") == "Succeeded":
                token = given.get("token")
                return token if isinstance(token, str) and token.isprintable() else None
        return None


def _wants_a_token(response: HttpResponse) -> bool:
    if response.status_code != 403 or response.request.method == "GET":
        return False
    with suppress(ValueError, LookupError, TypeError):
        error = _json(response)["error"]
        if error["code"] == "RequestDisallowedByPolicy":
            return any(map(_names_a_missing_token, error["additionalInfo"]))
    return False


def _names_a_missing_token(detail: Any) -> bool:
    with suppress(LookupError, TypeError):
        missing = detail["info"]["evaluationDetails"]["missingPolicyTokenDetails"]
        return detail["type"] == "PolicyViolation" and missing["shouldDeny"] is True
    return False


def _json(response: HttpResponse) -> Any:
    """As one of azure-core's two kinds of response has no other way to its body than this."""
    return json.loads(response.text())


def _content(write: HttpRequest) -> Any:
    """What is written; None for a deletion. An SDK sends either of azure-core's two kinds of request."""
    content = write.content if isinstance(write, HttpRequest) else write.body
    return json.loads(content) if isinstance(content, str | bytes) and content else None
