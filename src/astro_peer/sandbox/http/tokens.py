"""Access tokens of one run: signed with a key that nobody else has, for audiences that exist nowhere else."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import jwt
from jwt.types import Options

from astro_peer.sandbox.tenant import directory, refusals
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.state import Application, Caller, ServicePrincipal, Tenant, User

LIFETIME = 3600
"""Seconds. Entra's tokens for applications live 60 to 90 minutes."""
_REFRESH = "refresh"
_NO_TIMES: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""The library looks at the machine's clock; the tenant has one of its own."""


def tenant_named_in(authorization: str | None) -> str:
    """The tenant a token says that it is of, for finding who can verify it: nothing is verified here."""
    try:
        claims = jwt.decode((authorization or "").partition(" ")[2], options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return ""
    return str(claims.get("tid", ""))


@dataclass(frozen=True)
class Tokens:
    url: str
    tenant: Tenant
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def arm(self) -> str:
        """The audience of Azure Resource Manager."""
        return self.url

    @property
    def graph(self) -> str:
        """The audience of Microsoft Graph, and the address below which it answers."""
        return f"{self.url}/graph"

    @property
    def astro(self) -> str:
        """The address below which Astro's API answers; its token is none of these."""
        return f"{self.url}/astro"

    def issuer(self, tenant_id: str) -> str:
        return f"{self.url}/{tenant_id}/v2.0"

    def issue(self, application: Application, principal: ServicePrincipal, audience: str) -> str:
        claims: dict[str, object] = {
            "appid": application.app_id,
            "app_displayname": application.display_name,
            "idtyp": "app",
            "oid": principal.id,
            "sub": principal.id,
            "ver": "1.0",
        }
        permissions = directory.application_permissions(self.tenant, principal.id)
        if audience == self.graph and permissions:
            claims["roles"] = permissions
        return self._signed(audience, claims)

    def issue_to_user(self, user: User, client_id: str, audience: str) -> str:
        """For a user at an application that acts for it; `wids` are the templates of its directory roles."""
        scopes = "Application.ReadWrite.All Directory.AccessAsUser.All User.Read"
        roles = directory.directory_roles_of(self.tenant, user.id)
        return self._signed(
            audience,
            {
                "appid": client_id,
                "idtyp": "user",
                "oid": user.id,
                "sub": user.id,
                "upn": user.user_principal_name,
                "unique_name": user.user_principal_name,
                "name": user.display_name,
                "scp": scopes if audience == self.graph else "user_impersonation",
                "wids": [r.template_id for r in roles],
                "ver": "1.0",
            },
        )

    def issue_id(self, user: User, client_id: str) -> str:
        return self._signed(
            client_id,
            {
                "oid": user.id,
                "sub": user.id,
                "preferred_username": user.user_principal_name,
                "name": user.display_name,
                "ver": "2.0",
            },
        )

    def issue_refresh(self, user: User, client_id: str) -> str:
        return self._signed(_REFRESH, {"oid": user.id, "appid": client_id})

    def refreshing(self, token: str) -> User | None:
        """Whose refresh token this is; None for one that is no good here."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=_REFRESH, options=_NO_TIMES)
        except jwt.InvalidTokenError:
            return None
        return self.tenant.users.get(claims["oid"])

    def _signed(self, audience: str, claims: Mapping[str, object]) -> str:
        now = int(self.tenant.clock.now().timestamp())
        common = {
            "aud": audience,
            "iss": self.issuer(self.tenant.id),
            "tid": self.tenant.id,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "uti": uuid4().hex,
        }
        return jwt.encode({**common, **claims}, self._key, algorithm="HS256")

    def caller(self, authorization: str | None, audience: str) -> Caller:
        """Who the Authorization header speaks for. Raises a 401 refusal."""
        if not authorization:
            raise refusals.no_token()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refusals.invalid_token("The access token is invalid.")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                options={"verify_aud": False, **_NO_TIMES},
            )
        except jwt.InvalidTokenError:
            raise refusals.invalid_token("The access token is invalid.") from None
        if claims["iss"] != self.issuer(self.tenant.id):
            raise refusals.wrong_tenant(claims["iss"], self.issuer(self.tenant.id))
        if str(claims["aud"]).rstrip("/") != audience:
            raise refusals.invalid_token("The access token has been obtained for wrong audience or resource.")
        expiry, now = datetime.fromtimestamp(claims["exp"], UTC), self.tenant.clock.now()
        if expiry <= now:
            raise refusals.expired_token(timestamp(expiry), timestamp(now))
        return Caller(claims.get("upn") or claims["appid"], claims["oid"])
