"""Who may do what: role-based access control, evaluated on every call for every caller.

Rules: https://learn.microsoft.com/azure/role-based-access-control/overview
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import covers
from astro_peer.sandbox.tenant.state import Caller, Permission, RoleDefinition, Tenant


@lru_cache(maxsize=1024)
def _pattern(action: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in action.split("*")), re.IGNORECASE | re.DOTALL)


def matches(pattern: str, action: str) -> bool:
    """`*` stands for any run of characters, slashes included; case does not matter."""
    return _pattern(pattern).fullmatch(action) is not None


def allows(permission: Permission, action: str) -> bool:
    """notActions take away from the actions of their own entry only: they are not a denial."""
    return any(matches(p, action) for p in permission.actions) and not any(
        matches(p, action) for p in permission.not_actions
    )


def roles_held(
    tenant: Tenant, object_id: str, scope: str, *, listed: bool = False
) -> Iterator[RoleDefinition]:
    """The roles that reach this scope, assigned to the caller or its groups here or above.

    With `listed`, as a list tells it, which lags behind.
    """
    who = tenant.identities(object_id)
    for assignment in tenant.role_assignments.values():
        if listed and tenant.within(tenant.lags.lists, assignment.updated):
            continue
        if assignment.principal_id.lower() in who and covers(assignment.scope, scope):
            role = tenant.role_definitions.get(assignment.role.lower())
            if role is not None:
                yield role


def permitted(tenant: Tenant, caller: Caller, action: str, scope: str) -> bool:
    if any(matches(denied, action) for denied in tenant.denied_actions):
        return False
    return any(
        allows(permission, action)
        for role in roles_held(tenant, caller.object_id, scope)
        for permission in role.permissions
    )


def require(tenant: Tenant, caller: Caller, action: str, scope: str) -> None:
    """Raises AuthorizationFailed, for a scope that does not exist as for one closed to the caller."""
    if not permitted(tenant, caller, action, scope):
        raise refusals.authorization_failed(caller.app_id, caller.object_id, action, scope)


def holds_any_role(tenant: Tenant, caller: Caller, subscription_scope: str) -> bool:
    """At, above or below: what decides whether a subscription shows up in the caller's list."""
    who = tenant.identities(caller.object_id)
    return any(
        a.principal_id.lower() in who
        and (covers(a.scope, subscription_scope) or covers(subscription_scope, a.scope))
        for a in tenant.role_assignments.values()
    )
