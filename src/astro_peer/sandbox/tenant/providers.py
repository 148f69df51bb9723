"""Resource providers: whether a subscription may use them. A new subscription may use few."""

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.state import Caller, Tenant


def is_registered(tenant: Tenant, subscription_id: str, namespace: str) -> bool:
    return (subscription_id.lower(), namespace.lower()) not in tenant.unregistered_providers


def check_registered(tenant: Tenant, scope: str, namespace: str) -> None:
    """Before a resource of that provider is made or changed; reads go on."""
    if not is_registered(tenant, subscription_of(scope) or "", namespace):
        raise refusals.provider_not_registered(namespace)


def register(tenant: Tenant, caller: Caller, subscription_id: str, namespace: str) -> None:
    require(tenant, caller, f"{namespace}/register/action", f"/subscriptions/{subscription_id}")
    tenant.unregistered_providers.discard((subscription_id.lower(), namespace.lower()))


def unregister(tenant: Tenant, caller: Caller, subscription_id: str, namespace: str) -> None:
    """Only where nothing of the provider is left."""
    scope = f"/subscriptions/{subscription_id}"
    require(tenant, caller, f"{namespace}/unregister/action", scope)
    if any(
        subscription_of(r.id) == subscription_id.lower()
        and r.type.lower().startswith(f"{namespace.lower()}/")
        for r in tenant.resources.values()
    ):
        raise refusals.provider_in_use(subscription_id, namespace)
    tenant.unregistered_providers.add((subscription_id.lower(), namespace.lower()))
