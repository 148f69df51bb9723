"""A plain HTTP client of a sandbox, signed in as one of its callers, by application or user ID.

No SDK between a test and the wire.
"""

from collections.abc import Mapping
from typing import Any

import requests

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.sign_ins import AZ_APP_ID
from astro_peer.sandbox.tenant.state import User

ROLE_GUID = "5a1f7d0e-0c1c-4d57-9d0e-6f1c7a3f2b10"
ASSIGNMENT_GUID = "0d6bb8a5-92d4-4a3e-8f57-3f5d5a0a4f11"
OTHER_GUID = "c3a2be11-7a35-4c8d-8a33-8e1f4b9b7d12"
AUTHORIZATION = "providers/Microsoft.Authorization"
ROLE_NAME = "Astro VHub Peering Contributor"
ACTIONS = (
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Resources/subscriptions/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
    "Microsoft.Network/virtualHubs/read",
    "Microsoft.Network/virtualWans/virtualHubs/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
)
PROD = f"/subscriptions/{demo.PROD}"
DEV = f"/subscriptions/{demo.DEV}"


def role_body(*scopes: str, name: str = ROLE_NAME, actions: tuple[str, ...] = ACTIONS) -> dict[str, Any]:
    return {
        "properties": {
            "roleName": name,
            "description": "Can create VNET peering with Astro.",
            "permissions": [{"actions": list(actions), "notActions": []}],
            "assignableScopes": list(scopes),
        }
    }


def assignment_body(principal_id: str, role: str = ROLE_GUID, **more: str) -> dict[str, Any]:
    role_id = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": role_id, "principalId": principal_id, **more}}


class Client:
    def __init__(self, sandbox: Sandbox, app_id: str) -> None:
        self.sandbox = sandbox
        self.app_id = app_id
        self.session = requests.Session()
        self.session.trust_env = False  # else REQUESTS_CA_BUNDLE of the outside wins
        self.session.verify = str(sandbox.ca_certificate)
        self._tokens: dict[str, str] = {}

    @classmethod
    def of(cls, sandbox: Sandbox, persona: Persona) -> "Client":
        identity = demo.identity_of(sandbox.tenant, persona)
        return cls(sandbox, identity.id if isinstance(identity, User) else identity.app_id)

    @property
    def object_id(self) -> str:
        if self.app_id in self.sandbox.tenant.users:
            return self.app_id
        principal = self.sandbox.tenant.principal_of(self.app_id)
        assert principal is not None
        return principal.id

    def sign_in(
        self, scope: str, *, secret: str | None = None, tenant: str = demo.TENANT
    ) -> requests.Response:
        application = self.sandbox.tenant.applications.get(self.app_id)
        user = self.sandbox.tenant.users.get(self.app_id)
        if user is not None:
            return self.session.post(
                f"{self.sandbox.url}/{tenant}/oauth2/v2.0/token",
                data={
                    "grant_type": "password",
                    "client_id": AZ_APP_ID,
                    "username": user.user_principal_name,
                    "password": secret or user.password,
                    "scope": f"{scope} openid profile offline_access",
                },
            )
        return self.session.post(
            f"{self.sandbox.url}/{tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.app_id,
                "client_secret": secret or (application.secret if application else "none"),
                "scope": scope,
            },
        )

    def token(self, audience: str) -> str:
        if audience not in self._tokens:
            self._tokens[audience] = self.sign_in(f"{audience}/.default").json()["access_token"]
        return self._tokens[audience]

    def arm(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        api_version: str | None = "2022-04-01",
        token: str | None = None,
        **query: str,
    ) -> requests.Response:
        params = {f"${k}": v for k, v in query.items()} | (
            {"api-version": api_version} if api_version else {}
        )
        headers = {"Authorization": f"Bearer {token or self.token(self.sandbox.url)}"}
        return self.session.request(
            method, f"{self.sandbox.url}/{path.lstrip('/')}", json=body, params=params, headers=headers
        )

    def graph(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> requests.Response:
        token = self.token(self.sandbox.url + "/graph")
        headers = {"Authorization": f"Bearer {token}"} | dict(headers or {})
        return self.session.request(
            method,
            f"{self.sandbox.url}/graph/v1.0/{path.lstrip('/')}",
            json=body,
            params={f"${k}": v for k, v in query.items()},
            headers=headers,
        )

    def everything(self, path: str, **query: str) -> list[Any]:
        """All items of a list, page after page."""
        answer = self.arm("GET", path, **query)
        items = list(answer.json()["value"])
        while "nextLink" in answer.json():
            headers = {"Authorization": f"Bearer {self.token(self.sandbox.url)}"}
            answer = self.session.get(answer.json()["nextLink"], headers=headers)
            items += answer.json()["value"]
        return items

    # The documented grant, by plain calls

    def create_principal(self, app_id: str = demo.ASTRONOMER_APP_ID) -> str:
        answer = self.graph("POST", "servicePrincipals", {"appId": app_id})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def put_role(
        self, *scopes: str, guid: str = ROLE_GUID, at: str = PROD, **content: Any
    ) -> requests.Response:
        return self.arm(
            "PUT", f"{at}/{AUTHORIZATION}/roleDefinitions/{guid}", role_body(*(scopes or (PROD,)), **content)
        )

    def assign(
        self,
        principal_id: str,
        *,
        name: str = ASSIGNMENT_GUID,
        at: str = PROD,
        role: str = ROLE_GUID,
        **more: str,
    ) -> requests.Response:
        return self.arm(
            "PUT", f"{at}/{AUTHORIZATION}/roleAssignments/{name}", assignment_body(principal_id, role, **more)
        )

    def grant(self) -> str:
        """Principal, role and assignment; the principal's object ID."""
        principal_id = self.create_principal()
        assert self.put_role().status_code == 201
        assert self.assign(principal_id).status_code == 201
        return principal_id


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal by Azure Resource Manager or Microsoft Graph."""
    return answer.status_code, answer.json()["error"]["code"]


def types_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Every key path of a JSON body with the type of its value; a list counts by its first item."""
    found: dict[str, str] = {}

    def walk(value: object, path: str) -> None:
        if isinstance(value, Mapping) and value:
            for key, item in value.items():
                walk(item, f"{path}/{key}" if path else key)
        elif isinstance(value, list) and value:
            walk(value[0], f"{path}[]")
        else:
            found[path] = type(value).__name__

    walk(body, "")
    return found
