"""Policy tokens: Azure Policy agrees to one write, and the token it gives stands for this write alone."""

import json
import secrets
from dataclasses import dataclass
from typing import Any, Self

from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.state import Tenant


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    content: str

    @classmethod
    def of(cls, method: str, path: str, content: Any) -> Self:
        return cls(method.upper(), "/".join(split(path)).lower(), json.dumps(content, sort_keys=True))


def issue(tenant: Tenant, operation: Operation) -> str:
    token = f"PoP {secrets.token_urlsafe(32)}"
    tenant.policy_tokens[token] = operation
    return token


def accepted(tenant: Tenant, token: str | None, operation: Operation) -> bool:
    return token is not None and tenant.policy_tokens.get(token) == operation
