"""The sandbox's own pages under /sandbox: its state, its clock, and what Astronomer and the people in it sign in with.

Azure has no such thing. They want the secret of the run, which only commands inside know: other users of this
machine reach its port as well.
"""

import hmac
import json
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request

from astro_peer.sandbox.http.arm_authorization import permission_body, role_id
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import demo, network, peerings
from astro_peer.sandbox.tenant.demo import ASTRONOMER_APP_ID
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.sign_ins import sign_in_variables
from astro_peer.sandbox.tenant.state import Tenant

_HEADER = "x-sandbox-secret"


class Admin:
    def __init__(self, tenant: Tenant, requests: Sequence[dict[str, Any]], secret: str) -> None:
        self._tenant = tenant
        self._requests = requests
        self._secret = secret

    def answer(self, request: Request) -> Answer:
        if not hmac.compare_digest(request.headers.get(_HEADER, "").encode(), self._secret.encode()):
            return Answer(401, {"error": f"The header {_HEADER} is not the secret of this sandbox."})
        match request.method, split(request.path)[1:]:
            case "GET", ["state"]:
                return Answer(200, self.state())
            case "POST", ["clock"]:
                return self._advance(request)
            case "GET", ["astronomer"]:
                return Answer(200, self._astronomer())
            case "GET", ["people", who] if who in set(Persona):
                return Answer(200, sign_in_variables(demo.identity_of(self._tenant, Persona(who))))
        return Answer(
            404,
            {
                "error": "GET /sandbox/state, POST /sandbox/clock, GET /sandbox/astronomer, GET /sandbox/people/WHO"
            },
        )

    def state(self) -> dict[str, Any]:
        tenant = self._tenant
        now = tenant.clock.now()
        return {
            "service_principals": [
                {
                    "id": p.id,
                    "appId": p.app_id,
                    "displayName": tenant.applications[p.app_id].display_name,
                    "accountEnabled": p.account_enabled,
                }
                for p in tenant.service_principals.values()
            ],
            "role_definitions": [
                {
                    "name": r.guid,
                    "roleName": r.name,
                    "type": "CustomRole",
                    "permissions": [permission_body(p) for p in r.permissions],
                    "assignableScopes": list(r.assignable_scopes),
                }
                for r in tenant.role_definitions.values()
                if r.custom
            ],
            "role_assignments": [
                {
                    "name": a.name,
                    "scope": a.scope,
                    "principalId": a.principal_id,
                    "roleDefinitionId": role_id(a.scope, a.role),
                }
                for a in tenant.role_assignments.values()
            ],
            "connections": [
                {
                    "name": c.name,
                    "id": c.id,
                    "provisioningState": network.provisioning_state(c, now),
                    "remoteVirtualNetwork": c.properties["remoteVirtualNetwork"]["id"],
                }
                for c in tenant.connections.values()
            ],
            "peerings": [
                {
                    "name": p.name,
                    "id": p.id,
                    "provisioningState": peerings.provisioning_state(p, now),
                    "peeringState": str(p.state),
                    "remoteVirtualNetwork": p.remote_id,
                }
                for p in tenant.peerings.values()
            ],
            "requests": [dict(r) for r in self._requests],
        }

    def _advance(self, request: Request) -> Answer:
        try:
            self._tenant.clock.advance(float(json.loads(request.get_data())["advance"]))
        except (ValueError, TypeError, KeyError):
            return Answer(400, {"error": 'the body is {"advance": SECONDS}, forward only'})
        return Answer(200, {"now": self._tenant.clock.now().isoformat()})

    def _astronomer(self) -> dict[str, str]:
        """What Astronomer needs to act, asked for by the sandbox's own `connect` and never printed."""
        application = self._tenant.applications[ASTRONOMER_APP_ID]
        return {
            "tenant_id": self._tenant.id,
            "client_id": application.app_id,
            "client_secret": application.secret,
            "home_tenant_id": application.home_tenant_id,
        }
