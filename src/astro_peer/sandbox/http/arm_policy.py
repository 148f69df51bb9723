"""Azure Resource Manager: the tokens by which Azure Policy agrees to a write."""

from urllib.parse import urlsplit
from uuid import uuid4

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import policy_tokens, refusals
from astro_peer.sandbox.tenant.rbac import holds_any_role


def _acquire(call: Call, subscription: str) -> Answer:
    """At once, and for whoever holds a role in the subscription: the sandbox's policy has no opinion."""
    scope = f"/subscriptions/{subscription}"
    if not holds_any_role(call.tenant, call.caller, scope):
        call.require("Microsoft.Authorization/acquirePolicyToken/action", scope)
    operation = call.body().get("operation")
    if not isinstance(operation, dict) or not all(
        isinstance(operation.get(key), str) for key in ("uri", "httpMethod")
    ):
        raise refusals.invalid_request_content("operation has a uri and an httpMethod")
    token = policy_tokens.issue(
        call.tenant,
        policy_tokens.Operation.of(
            operation["httpMethod"], urlsplit(operation["uri"]).path, operation.get("content")
        ),
    )
    return Answer(200, {"result": "Succeeded", "token": token, "tokenId": str(uuid4())})


RULES = [
    rule(
        "/subscriptions/<subscription>/providers/microsoft.authorization/acquirepolicytoken", _acquire, "POST"
    )
]
