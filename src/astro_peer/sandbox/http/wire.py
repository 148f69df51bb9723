"""Answers in the form Azure gives them: JSON bodies, and the headers that come with each service's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import OperationFailure

_GRAPH_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
_BUDGETS = {"GET": ("reads", 11999), "POST": ("reads", 11999), "DELETE": ("deletes", 14999)}


@dataclass(frozen=True)
class Answer:
    """What an endpoint says; no body means an empty one, not JSON null."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def body_of(request: Request) -> Mapping[str, Any]:
    """The request's JSON object. Raises ValueError for anything else."""
    body = json.loads(request.get_data() or b"{}")
    if not isinstance(body, dict):
        raise ValueError("a JSON object was expected")
    return body


def correlation_id(request: Request) -> str:
    """The one that the caller gives, or one for the request."""
    given = request.headers.get("x-ms-correlation-request-id")
    return str(request.environ.setdefault("astro_peer.correlation_id", given or str(uuid4())))


def arm_response(request: Request, answer: Answer) -> Response:
    kind, budget = _BUDGETS.get(request.method, ("writes", 1199))
    response = _json(answer, "application/json; charset=utf-8")
    response.headers.extend(
        {
            "x-ms-request-id": str(uuid4()),
            "x-ms-correlation-request-id": correlation_id(request),
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(budget),
        }
    )
    return response


def arm_refusal(refusal: Refusal) -> Answer:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.policy:
        error["additionalInfo"] = [{"type": "PolicyViolation", "info": dict(refusal.policy)}]
    return Answer(refusal.status, {"error": error}, refusal.headers)


def failure_body(failure: OperationFailure) -> dict[str, Any]:
    detail = {"code": failure.cause, "message": failure.cause_message}
    return {"code": failure.code, "message": failure.message, "details": [detail]}


def graph_response(request: Request, answer: Answer) -> Response:
    request_id = str(uuid4())
    client_request_id = request.headers.get("client-request-id") or request_id
    if answer.status >= 400 and isinstance(answer.body, dict):
        answer.body["error"]["innerError"] |= {
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
    response = _json(answer, _GRAPH_JSON)
    response.headers.extend(
        {"request-id": request_id, "client-request-id": client_request_id, "odata-version": "4.0"}
    )
    return response


def graph_refusal(refusal: Refusal, now: datetime) -> Answer:
    error: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "innerError": {"date": f"{now:%Y-%m-%dT%H:%M:%S}"},
    }
    if refusal.details:
        error["details"] = [{"code": refusal.details, "message": refusal.message, "target": "appId"}]
    return Answer(refusal.status, {"error": error}, refusal.headers)


def plain_response(answer: Answer) -> Response:
    return _json(answer, "application/json; charset=utf-8")


def _json(answer: Answer, content_type: str) -> Response:
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    response = Response(body, answer.status, answer.headers, content_type=content_type)
    response.headers["Cache-Control"] = "no-cache"
    if answer.body is None:
        del response.headers["Content-Type"]
    return response
