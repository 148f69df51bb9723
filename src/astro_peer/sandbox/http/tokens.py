"""Access tokens of one run: signed with a key that nobody else has, for audiences that exist nowhere else."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import jwt

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.state import Application, Caller, ServicePrincipal, Tenant

LIFETIME = 3600
"""Seconds. Entra's tokens for applications live 60 to 90 minutes."""


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
        now = int(self.tenant.clock.now().timestamp())
        claims: dict[str, object] = {
            "aud": audience,
            "iss": self.issuer(self.tenant.id),
            "tid": self.tenant.id,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": application.app_id,
            "app_displayname": application.display_name,
            "idtyp": "app",
            "oid": principal.id,
            "sub": principal.id,
            "uti": uuid4().hex,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

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
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
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
        return Caller(claims["appid"], claims["oid"])
