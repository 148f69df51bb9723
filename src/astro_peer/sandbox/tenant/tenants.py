"""Tenants beside each other, a customer's and Astronomer's own: nobody of one reads the other."""

from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.state import Tenant


def holder_of(tenant: Tenant, scope: str) -> Tenant | None:
    """The simulated tenant that the scope's subscription belongs to."""
    subscription = subscription_of(scope) or ""
    return next((t for t in (tenant, *tenant.others.values()) if subscription in t.subscriptions), None)


def make_neighbours(one: Tenant, other: Tenant) -> None:
    one.others[other.id] = other
    other.others[one.id] = one
