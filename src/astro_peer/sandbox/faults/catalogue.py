"""The faults that exist, how each is written and what it does: the one list, for --help and for parsing.

It imports nothing until a fault is made, as --help shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astro_peer.sandbox.faults.fault import Fault

FAULTS = {
    "latency:MILLISECONDS": "every answer takes so much longer",
    "fast-clock:SECONDS": "every request takes so much of the tenant's time",
    "throttle:N": "every Nth request is refused with 429",
    "server-error:N": "every Nth request fails with 500, 502, 503 or 504",
    "drop-at:N": "the Nth request is carried out, but its answer is lost",
    "refuse-at:N": "the Nth request is lost",
    "slow-lists:SECONDS": "lists, Resource Graph and permissions do not show what is new",
    "slow-reads:SECONDS": "some reads by ID show what was there before a write, as the seed has it",
    "principal-lag:SECONDS": "Azure does not know a new principal yet",
    "role-lag:SECONDS": "a new role cannot be assigned yet",
    "graph-lag:SECONDS": "Microsoft Graph does not show a new principal yet, nor does Azure find out its type",
    "delete-lag:SECONDS": "a deleted assignment or role is still shown, and written again it dies with the old one",
    "log-delay:SECONDS": "the activity log does not show what happened yet",
    "small-pages": "every list comes one item a page",
    "mixed-case": "IDs in answers are spelt in upper, lower or mixed case, as the seed has it",
    "connection-fails": "a hub connection is accepted, and then its provisioning fails",
    "outside-scopes-404": "a role is not found from outside its assignable scopes",
    "unknown-principal-accepted": "a role can be assigned to an object ID that nobody has",
    "hash-conflict": "the first assignment's GUID is refused for good (with a seed: the GUID after so many others)",
    "deny:ACTION": "nobody may do this",
    "deny-assignment": "a deny assignment forbids to write roles and assignments, whatever the permissions say",
    "abac-condition": "a condition lets everybody assign the role Reader only, whatever the permissions say",
    "abac-principal-type": "a condition lets everybody assign roles only where a request says ServicePrincipal",
    "no-graph": "nobody may use Microsoft Graph",
    "quota": "nobody may own one more object in the directory",
    "lock:readonly|cannotdelete[:SCOPE]": "a lock on a scope, without one on the demo subscription",
    "policy": "an Azure Policy forbids to write",
    "policy-token": "an Azure Policy wants a policy token with every write",
    "mfa": "whoever writes needs a second factor",
    "cae": "tokens are challenged until one was asked for with claims",
    "wrong-tenant": "tokens are another tenant's",
    "expired-token": "tokens have expired",
    "api-version:VERSION[-or-newer]": "an API version that is not known here",
    "no-resource-graph": "Azure Resource Graph refuses every query",
    "astro-api:STATUS|down": "Astro's API answers 401, 403, 404, 429, 500 or 503 to everything, or not at all",
    "limit:assignments|roles": "there are as many as there can be",
    "no-pim-licence": "the tenant has no licence for Privileged Identity Management (PIM)",
    "role-setting:expiration|justification|mfa|ticketing": "roles' settings in PIM have that rule, for 15 days at most",
    "disabled-subscription": "the demo subscription is disabled",
    "subscription-state:warned|pastdue|disabled|deleted": "the demo subscription is in that state",
    "unregistered:NAMESPACE": "the demo subscription is not registered for that resource provider",
}


class UnknownFault(ValueError):
    """The text after --fault means nothing; str() says what it could be."""


def known() -> list[str]:
    """How each fault is written."""
    return list(FAULTS)


def name_of(usage: str) -> str:
    return usage.partition(":")[0]


def parse(texts: Sequence[str], seed: int = 0) -> list[Fault]:
    """Raises UnknownFault for a name that is not known or an argument that does not fit."""
    usages = {name_of(usage): usage for usage in FAULTS}
    return [_parse(text, usages.get(name_of(text)), seed) for text in texts]


def _parse(text: str, usage: str | None, seed: int) -> Fault:
    from astro_peer.sandbox.faults import arranged, traffic

    name, colon, argument = text.partition(":")
    if usage is None:
        raise UnknownFault(f"There is no fault '{name}'. Known faults: {', '.join(known())}.")
    make = (arranged.MAKERS | traffic.MAKERS)[name]
    try:
        if bool(colon) != (":" in usage):
            raise ValueError("an argument too many or too few")
        return make(text, argument, seed)
    except ValueError:
        raise UnknownFault(f"The fault '{text}' does not fit its form, which is {usage}.") from None
