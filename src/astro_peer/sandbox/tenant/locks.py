"""Locks: reading and writing them under Azure's rules, without HTTP. What they stop is in `guards`."""

from astro_peer.sandbox.tenant import guards
from astro_peer.sandbox.tenant.paths import covers
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.state import Caller, Lock, Tenant

_LOCKS = "Microsoft.Authorization/locks"


def list_locks(tenant: Tenant, caller: Caller, scope: str, at_scope: bool) -> list[Lock]:
    require(tenant, caller, f"{_LOCKS}/read", scope)
    return [
        lock
        for lock in tenant.locks.values()
        if covers(lock.scope, scope) or (covers(scope, lock.scope) and not at_scope)
    ]


def read_lock(tenant: Tenant, caller: Caller, scope: str, name: str) -> Lock | None:
    require(tenant, caller, f"{_LOCKS}/read", scope)
    return tenant.locks.get(Lock(scope, name, "").id.lower())


def put_lock(tenant: Tenant, caller: Caller, lock: Lock) -> tuple[Lock, bool]:
    """The lock and whether it is new. Other locks do not stand in the way of locks."""
    require(tenant, caller, f"{_LOCKS}/write", lock.scope)
    guards.check_exists(tenant, lock.scope)
    guards.check_subscriptions(tenant, [lock.scope])
    new = lock.id.lower() not in tenant.locks
    tenant.add(lock)
    return lock, new


def delete_lock(tenant: Tenant, caller: Caller, scope: str, name: str) -> Lock | None:
    require(tenant, caller, f"{_LOCKS}/delete", scope)
    return tenant.locks.pop(Lock(scope, name, "").id.lower(), None)
