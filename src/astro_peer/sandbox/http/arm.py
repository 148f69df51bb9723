"""Azure Resource Manager over HTTP: routing, sign-in check, API versions, errors and paging.

What its endpoints do is in arm_subscriptions, arm_network, arm_authorization and resource_graph.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from astro_peer.sandbox.http.tokens import Tokens, tenant_named_in
from astro_peer.sandbox.http.wire import Answer, arm_refusal, body_of, correlation_id, failure_body
from astro_peer.sandbox.tenant import activity_log, pim, refusals
from astro_peer.sandbox.tenant.paths import routable, spelt, split
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Caller, Tenant

_NOT_LOGGED = ("microsoft.authorization/acquirepolicytoken/action",)
_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """One request to Azure Resource Manager by a caller whose token is good."""

    request: Request
    tenant: Tenant
    caller: Caller
    url: str
    api_version: str
    linked: Mapping[str, Caller] = field(default_factory=dict)
    """Who the auxiliary tokens speak for, by tenant: for a resource of another tenant that the request names."""

    @property
    def filter(self) -> str:
        return self.request.args.get("$filter", "").strip()

    def require(self, action: str, scope: str) -> None:
        require(self.tenant, self.caller, action, scope)

    def body(self) -> Mapping[str, Any]:
        try:
            return body_of(self.request)
        except ValueError as error:
            raise refusals.invalid_request_content(str(error)) from None

    def page(self, items: Sequence[Mapping[str, Any]]) -> Answer:
        """One page of a list, with the nextLink to the following one."""
        size = self.tenant.limits.items_per_page
        try:
            start = int(self.request.args.get("$skiptoken", "0"))
        except ValueError:
            raise refusals.invalid_request_content("the $skiptoken is not one of this list") from None
        body: dict[str, Any] = {"value": list(items[start : start + size])}
        if start + size < len(items):
            query = {k: v for k, v in self.request.args.items() if k != "$skiptoken"} | {
                "$skiptoken": str(start + size)
            }
            path = quote("/" + "/".join(split(self.request.path)))
            body["nextLink"] = f"{self.url}{path}?{urlencode(query, safe='$')}"
        return Answer(200, body)


Endpoint = Callable[..., Answer]


def rule(path: str, endpoint: Endpoint, method: str = "GET") -> Rule:
    """A route whose fixed words are in lower case, as `paths.routable` makes them."""
    return Rule(path, endpoint=endpoint, methods=[method])


def at_any_scope(path: str, endpoint: Endpoint, method: str = "GET") -> list[Rule]:
    """Routes of Microsoft.Authorization at whatever scope; without one, at the tenant's root."""
    tail = f"/providers/microsoft.authorization/{path}"
    return [rule(f"/<path:scope>{tail}", endpoint, method), rule(tail, endpoint, method)]


class Arm:
    def __init__(self, tenant: Tenant, tokens: Mapping[str, Tokens], routes: Map) -> None:
        """`tokens` are those of each tenant, by its ID: of this one, and of others as auxiliary tokens."""
        self._tenant = tenant
        self._every_tenants = tokens
        self._tokens = tokens[tenant.id]
        self._routes = routes

    def answer(self, request: Request) -> Answer:
        try:
            return self._dispatch(request)
        except Refusal as refusal:
            return arm_refusal(refusal)

    def _dispatch(self, request: Request) -> Answer:
        api_version = request.args.get("api-version")
        if not api_version:
            raise refusals.missing_api_version()
        if not _API_VERSION.fullmatch(api_version):
            raise refusals.invalid_api_version(api_version)
        caller = self._tokens.caller(request.headers.get("Authorization"), self._tokens.arm)
        path = routable(request.path)
        try:
            endpoint, values = self._routes.bind("sandbox").match(path, method=request.method)
        except HTTPException as error:
            if error.code == 405:
                return Answer(
                    405, {"error": {"code": "MethodNotAllowed", "message": f"{request.method} {path}"}}
                )
            raise refusals.invalid_resource_type(request.path, api_version) from None
        self._check_subscription(values)
        pim.settle(self._tenant)
        call = Call(request, self._tenant, caller, self._tokens.url, api_version, self._linked(request))
        try:
            answer: Answer = endpoint(call, **values)
        except Refusal as refusal:
            self._log(call, arm_refusal(refusal))
            raise
        self._log(call, answer)
        return answer

    def _linked(self, request: Request) -> dict[str, Caller]:
        """https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant"""
        found = {}
        for one in filter(None, request.headers.get("x-ms-authorization-auxiliary", "").split(",")):
            authorization = one.strip()
            tenant_id = tenant_named_in(authorization)
            tokens = self._every_tenants.get(tenant_id, self._tokens)
            found[tenant_id] = tokens.caller(authorization, tokens.arm)
        return found

    def _log(self, call: Call, answer: Answer) -> None:
        """In the activity log, if it was a write in a subscription: queries sent by POST are none."""
        method, path = call.request.method, spelt(call.request.path)
        action = None if method == "GET" else activity_log.action_of(method, path)
        if action is None or action.lower() in _NOT_LOGGED:
            return
        write = activity_log.Write(
            caller=call.caller,
            method=method,
            action=action,
            resource_id=path,
            address=call.request.remote_addr or "",
            correlation_id=correlation_id(call.request),
            request_body=call.request.get_data(as_text=True),
        )
        operation = answer.headers.get("azure-asyncoperation", "").partition("?")[0].rpartition("/")[2]
        failing = self._tenant.failing_operations.get(operation)
        activity_log.record(
            self._tenant,
            write,
            answer.status,
            json.dumps(answer.body) if answer.body else "",
            done_at=self._tenant.operations.get(operation),
            failure=json.dumps({"status": "Failed", "error": failure_body(failing)}) if failing else None,
        )

    def _check_subscription(self, values: Mapping[str, str]) -> None:
        """A subscription that exists nowhere is not found, whoever asks: Azure looks for its tenant first, and names
        it where it is another.
        """
        subscription = values.get("subscription")
        scope = split(values.get("scope", ""))
        if subscription is None and len(scope) > 1 and scope[0] == "subscriptions":
            subscription = scope[1]
        if subscription is None or subscription.lower() in self._tenant.subscriptions:
            return
        for other in self._tenant.others.values():
            if subscription.lower() in other.subscriptions:
                issuer = "https://sts.windows.net/{}/"
                raise refusals.wrong_tenant(issuer.format(self._tenant.id), issuer.format(other.id))
        raise refusals.subscription_not_found(subscription)
