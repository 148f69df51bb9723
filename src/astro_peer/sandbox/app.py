"""The whole sandbox as one HTTP application: sign-in, Graph, Azure Resource Manager, and its own /sandbox pages."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from astro_peer.sandbox import arm_authorization, arm_network, arm_subscriptions, resource_graph
from astro_peer.sandbox.admin import Admin
from astro_peer.sandbox.arm import Arm
from astro_peer.sandbox.faults import Fault
from astro_peer.sandbox.graph import Graph
from astro_peer.sandbox.paths import split
from astro_peer.sandbox.signin import SignIn
from astro_peer.sandbox.tenant import Tenant
from astro_peer.sandbox.tokens import Tokens
from astro_peer.sandbox.wire import Answer, arm_response, graph_response, plain_response

_RULES = (
    *arm_subscriptions.RULES,
    *arm_network.RULES,
    *arm_authorization.RULES,
    *resource_graph.RULES,
)


class App:
    """Answers requests from several threads; the tenant is changed by one at a time."""

    def __init__(self, tenant: Tenant, url: str, faults: Sequence[Fault] = ()) -> None:
        tokens = Tokens(url, tenant)
        self._url = url
        self._faults = faults
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._requests: list[dict[str, Any]] = []
        self._sign_in = SignIn(tenant, tokens)
        self._graph = Graph(tenant, tokens)
        self._arm = Arm(tenant, tokens, (rule.empty() for rule in _RULES))
        self._admin = Admin(tenant, self._requests)
        for fault in faults:
            fault.arrange(tenant)

    def state(self) -> dict[str, Any]:
        with self._lock:
            return self._admin.state()

    def answer(self, request: Request) -> Response:
        """Raises faults.ConnectionCut when the connection is to be closed instead."""
        if split(request.path)[:1] == ["sandbox"]:
            with self._lock:
                return plain_response(self._admin.answer(request))
        entry: dict[str, Any] = {
            "method": request.method,
            "url": self._url + request.full_path.rstrip("?"),
            "status": None,
            "start_ms": self._elapsed(),
            "end_ms": None,
            "fault": ", ".join(fault.text for fault in self._faults) or None,
        }
        with self._lock:
            self._requests.append(entry)
        try:
            response = self._respond(request)
            entry["status"] = response.status_code
            return response
        finally:
            entry["end_ms"] = self._elapsed()

    def _elapsed(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)

    def _respond(self, request: Request) -> Response:
        answer: Answer | None = None
        for fault in self._faults:
            answer = answer or fault.before(request)
        first = next(iter(split(request.path)), "")
        if first == "graph":
            response = graph_response(request, answer or self._locked(self._graph, request))
        elif self._sign_in.answers(request.path):
            response = plain_response(answer or self._locked(self._sign_in, request))
        else:
            response = arm_response(request, answer or self._locked(self._arm, request))
        for fault in self._faults:
            fault.after(request)
        return response

    def _locked(self, service: SignIn | Graph | Arm, request: Request) -> Answer:
        with self._lock:
            return service.answer(request)
