"""Builds a simulated tenant in the state it is to begin in."""

from collections.abc import Callable

from astro_peer.sandbox.tenant import demo, everything_wrong, landing_zones, large
from astro_peer.sandbox.tenant.beginnings import TenantState
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.state import Tenant

_ARRANGE: dict[TenantState, Callable[[Tenant], None]] = {
    TenantState.READY: lambda tenant: None,
    TenantState.EVERYTHING_WRONG: everything_wrong.arrange,
    TenantState.LARGE: large.arrange,
}


def build(state: TenantState, clock: Clock, subscriptions: int = 0) -> Tenant:
    """`subscriptions`: how many there are to be at least."""
    tenant = demo.build(clock)
    _ARRANGE[state](tenant)
    landing_zones.add(tenant, max(0, subscriptions - len(tenant.subscriptions)))
    return tenant
