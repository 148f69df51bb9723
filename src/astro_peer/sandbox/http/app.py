"""The whole sandbox as one HTTP application: sign-in, Graph, Azure Resource Manager, Astro, its own /sandbox."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from werkzeug.http import http_date
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from astro_peer.sandbox.faults.fault import ConnectionCut, Fault, Service
from astro_peer.sandbox.http import (
    arm_activity_log,
    arm_authorization,
    arm_denials,
    arm_deployments,
    arm_hub_parts,
    arm_network,
    arm_pim,
    arm_policy,
    arm_subscriptions,
    arm_virtual_networks,
    resource_graph,
)
from astro_peer.sandbox.http.admin import Admin
from astro_peer.sandbox.http.arm import Arm
from astro_peer.sandbox.http.astro import Astro, astro_refusal
from astro_peer.sandbox.http.graph import Graph
from astro_peer.sandbox.http.signin import SignIn
from astro_peer.sandbox.http.tokens import Tokens, tenant_named_in
from astro_peer.sandbox.http.wire import (
    Answer,
    arm_refusal,
    arm_response,
    graph_refusal,
    graph_response,
    plain_response,
)
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Tenant

_ARM_ROUTES = Map(
    [
        *arm_subscriptions.RULES,
        *arm_network.RULES,
        *arm_hub_parts.RULES,
        *arm_virtual_networks.RULES,
        *arm_authorization.RULES,
        *arm_denials.RULES,
        *arm_deployments.RULES,
        *arm_pim.RULES,
        *arm_policy.RULES,
        *arm_activity_log.RULES,
        *resource_graph.RULES,
    ]
)


class App:
    """Answers requests from several threads; the tenant is changed by one at a time."""

    def __init__(self, tenant: Tenant, url: str, secret: str, faults: Sequence[Fault] = ()) -> None:
        tokens = {one.id: Tokens(url, one) for one in (tenant, *tenant.others.values())}
        self._tenant = tenant
        self._url = url
        self._faults = faults
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._requests: list[dict[str, Any]] = []
        self._sign_in = SignIn(tenant, tokens[tenant.id])
        self._services: dict[Service, SignIn | Graph | Arm | Astro] = {
            Service.SIGN_IN: self._sign_in,
            Service.GRAPH: Graph(tenant, tokens[tenant.id]),
            Service.ARM: Arm(tenant, tokens, _ARM_ROUTES),
            Service.ASTRO: Astro(tenant),
        }
        self._others: dict[str, dict[Service, SignIn | Arm]] = {
            one.id: {
                Service.SIGN_IN: SignIn(one, tokens[one.id]),
                Service.ARM: Arm(one, tokens, _ARM_ROUTES),
            }
            for one in tenant.others.values()
        }
        self._admin = Admin(tenant, self._requests, secret)
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
            "fault": None,
        }
        with self._lock:
            self._requests.append(entry)
        service = self._service(request)
        acted: list[str] = []
        try:
            answer = self._bent(request, service, acted) or self._locked(service, request)
            response = self._respond(request, service, self._rewritten(service, answer, acted))
            for fault in self._faults:
                with _noted(fault, acted):
                    fault.after(request, service)
            response.headers["Date"] = http_date(self._tenant.clock.now())
            entry["status"] = response.status_code
            return response
        finally:
            entry |= {"end_ms": self._elapsed(), "fault": ", ".join(acted) or None}

    def _elapsed(self) -> float:
        return round((time.monotonic() - self._started) * 1000, 1)

    def _bent(self, request: Request, service: Service, acted: list[str]) -> Answer | None:
        """The answer of a fault that keeps the request from being processed, if there is one."""
        for fault in self._faults:
            try:
                with _noted(fault, acted):
                    if fault.before(request, service):
                        acted.append(fault.text)
            except Refusal as refusal:
                if service is Service.GRAPH:
                    return graph_refusal(refusal, self._tenant.clock.now())
                if service is Service.ASTRO:
                    return astro_refusal(refusal)
                return arm_refusal(refusal)
        return None

    def _rewritten(self, service: Service, answer: Answer, acted: list[str]) -> Answer:
        for fault in self._faults:
            body = fault.rewrite(service, answer.body)
            if body != answer.body:
                answer = replace(answer, body=body)
                acted.append(fault.text)
        return answer

    def _respond(self, request: Request, service: Service, answer: Answer) -> Response:
        match service:
            case Service.GRAPH:
                return graph_response(request, answer)
            case Service.SIGN_IN | Service.ASTRO:
                return plain_response(answer)
            case Service.ARM:
                return arm_response(request, answer)

    def _service(self, request: Request) -> Service:
        first = split(request.path)[:1]
        if first == ["graph"]:
            return Service.GRAPH
        if first == ["astro"]:
            return Service.ASTRO
        return Service.SIGN_IN if self._sign_in.answers(request.path) else Service.ARM

    def _locked(self, service: Service, request: Request) -> Answer:
        with self._lock:
            return self._answering(service, request).answer(request)

    def _answering(self, service: Service, request: Request) -> SignIn | Graph | Arm | Astro:
        """Another tenant answers for itself who signs in there, and whoever has done so."""
        named = ""
        if service is Service.SIGN_IN:
            named = "".join(split(request.path)[:1]).lower()
        elif service is Service.ARM:
            named = tenant_named_in(request.headers.get("Authorization"))
        if named in self._others:
            return self._others[named][service]
        return self._services[service]


@contextmanager
def _noted(fault: Fault, acted: list[str]) -> Iterator[None]:
    """A fault that refuses or cuts has acted, too."""
    try:
        yield
    except (Refusal, ConnectionCut):
        acted.append(fault.text)
        raise
