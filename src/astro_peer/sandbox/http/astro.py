"""Astro's API under /astro, as far as it tells of clusters: https://www.astronomer.io/docs/astro/api

It is not Azure's: it has a token of its own, and what it refuses has another form.
"""

import hmac
from typing import Any
from uuid import uuid4

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.astro import Cluster
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Tenant

_CLUSTERS = "/v1/organizations/<organization>/clusters"
_ROUTES = Map([Rule(_CLUSTERS, endpoint="list"), Rule(f"{_CLUSTERS}/<cluster>", endpoint="read")])
_PROVIDERS = ("AWS", "AZURE", "GCP")
_LARGEST_PAGE = 1000
_CREATED = "2025-02-03T08:15:30.000Z"


def astro_refusal(refusal: Refusal) -> Answer:
    body = {"message": refusal.message, "requestId": str(uuid4()), "statusCode": refusal.status}
    return Answer(refusal.status, body, refusal.headers)


class Astro:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def answer(self, request: Request) -> Answer:
        try:
            return self._dispatch(request)
        except Refusal as refusal:
            return astro_refusal(refusal)

    def _dispatch(self, request: Request) -> Answer:
        path = "/" + "/".join(split(request.path)[1:])  # without the "astro" that leads here
        try:
            endpoint, values = _ROUTES.bind("sandbox").match(path, method=request.method)
        except HTTPException as error:
            raise refusals.astro_no_such_path(error.code or 404) from None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.encode(), self._tenant.astro.token.encode()
        ):
            raise refusals.astro_unauthorized()
        if values["organization"] != self._tenant.astro.id:
            raise refusals.astro_forbidden()
        if endpoint == "list":
            return Answer(200, self._page(request))
        cluster = self._tenant.astro.clusters.get(values["cluster"])
        if cluster is None:
            raise refusals.astro_cluster_not_found()
        return Answer(200, self._body(cluster))

    def _page(self, request: Request) -> dict[str, Any]:
        provider = request.args.get("provider")
        if provider is not None and provider not in _PROVIDERS:
            raise refusals.astro_invalid("provider", provider)
        found = [
            c
            for c in self._tenant.astro.clusters.values()
            if provider is None or c.cloud_provider == provider
        ]
        limit, offset = _number(request, "limit", 20), _number(request, "offset", 0)
        return {
            "clusters": [self._body(c) for c in found[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "totalCount": len(found),
        }

    def _body(self, cluster: Cluster) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": cluster.id,
            "name": cluster.name,
            "organizationId": self._tenant.astro.id,
            "cloudProvider": cluster.cloud_provider,
            "region": cluster.region,
            "type": cluster.type,
            "status": cluster.status,
            "vpcSubnetRange": cluster.vpc_subnet_range,
            "isLimited": False,
            "isDrEnabled": cluster.dr_region is not None,
            "metadata": {
                "externalIPs": list(cluster.external_ips),
                "oidcIssuerUrl": f"https://oidc.invalid/{cluster.id}",
            },
            "workspaceIds": list(cluster.workspace_ids),
            "createdAt": _CREATED,
            "updatedAt": _CREATED,
        }
        optional = {
            "tenantId": cluster.tenant_id,
            "drRegion": cluster.dr_region,
            "drVpcSubnetRange": cluster.dr_vpc_subnet_range,
        }
        return body | {key: value for key, value in optional.items() if value is not None}


def _number(request: Request, name: str, default: int) -> int:
    value = request.args.get(name, str(default))
    if not value.isdecimal() or int(value) > _LARGEST_PAGE:
        raise refusals.astro_invalid(name, value)
    return int(value)
