"""What stops a write that a role allows: locks, policies, a disabled subscription."""

from collections.abc import Iterable
from uuid import UUID

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import covers, resource_group_of, subscription_of
from astro_peer.sandbox.tenant.state import Tenant


def check_write(tenant: Tenant, scope: str) -> None:
    """Before creating or changing something beneath the scope."""
    check_subscriptions(tenant, [scope])
    _check_locks(tenant, scope, "write")
    if tenant.quirks.policy is not None:
        raise refusals.disallowed_by_policy(scope, tenant.quirks.policy)


def check_delete(tenant: Tenant, scope: str) -> None:
    """Before deleting something beneath the scope. Azure Policy does not forbid to delete."""
    check_subscriptions(tenant, [scope])
    _check_locks(tenant, scope, "delete")


def check_subscriptions(tenant: Tenant, scopes: Iterable[str]) -> None:
    for scope in scopes:
        subscription = tenant.subscriptions.get(subscription_of(scope) or "")
        if subscription is not None and subscription.state == "Disabled":
            raise refusals.read_only_disabled_subscription(subscription.id)


def check_exists(tenant: Tenant, scope: str) -> None:
    """A scope in a resource group needs that group."""
    group = resource_group_of(scope)
    if group is not None and "/".join(scope.split("/")[:5]).lower() not in tenant.resource_groups:
        raise refusals.resource_group_not_found(group)


def _check_locks(tenant: Tenant, scope: str, operation: str) -> None:
    """A ReadOnly lock stops writing and deleting, a CanNotDelete lock stops deleting."""
    locked = [
        lock.scope
        for lock in tenant.locks.values()
        if covers(lock.scope, scope) and (lock.level == "ReadOnly" or operation == "delete")
    ]
    if locked:
        raise refusals.scope_locked(scope, operation, locked)


def checked_guid(kind: str, value: str) -> str:
    """In its usual spelling. Raises for a name that is none; `kind` is a role definition or a role assignment."""
    try:
        return str(UUID(value))
    except ValueError:
        raise refusals.invalid_guid(kind, value) from None
