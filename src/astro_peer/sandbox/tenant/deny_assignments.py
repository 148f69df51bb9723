"""Deny assignments: what they forbid, whatever roles allow, and who may see them. Azure alone makes and removes them.

https://learn.microsoft.com/azure/role-based-access-control/deny-assignments
"""

from uuid import NAMESPACE_URL, uuid5

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import covers
from astro_peer.sandbox.tenant.rbac import allows, require
from astro_peer.sandbox.tenant.state import Caller, DenyAssignment, Permission, Tenant

EVERYONE = "00000000-0000-0000-0000-000000000000"
"""Stands for all users, groups and applications of the tenant."""


def against_access_changes(tenant: Tenant, scope: str, name: str) -> DenyAssignment:
    """One as a managed application or a deployment stack leaves it, against writing roles and assignments."""
    return DenyAssignment(
        name=str(uuid5(NAMESPACE_URL, f"deny assignment {name} {scope}")),
        scope=scope,
        display_name=name,
        description="Made by Azure for what it manages here.",
        permission=Permission(
            (
                "Microsoft.Authorization/roleDefinitions/write",
                "Microsoft.Authorization/roleAssignments/write",
            )
        ),
        principals=(EVERYONE,),
        excluded=(),
        created=tenant.clock.now(),
    )


def check(tenant: Tenant, caller: Caller, action: str, scope: str) -> None:
    """It stands against roles; the permissions of a caller do not tell of it."""
    for deny in tenant.deny_assignments.values():
        if covers(deny.scope, scope) and allows(deny.permission, action) and _meant(tenant, deny, caller):
            raise refusals.denied_by_assignment(
                caller.app_id, caller.object_id, action, scope, deny.display_name, deny.name, deny.scope
            )


def list_deny_assignments(
    tenant: Tenant, caller: Caller, scope: str, *, below: bool = True, principal_id: str | None = None
) -> list[DenyAssignment]:
    """At and above the scope and, with `below`, beneath it."""
    require(tenant, caller, "Microsoft.Authorization/denyAssignments/read", scope)
    return [
        d
        for d in tenant.deny_assignments.values()
        if (covers(d.scope, scope) or (below and covers(scope, d.scope)))
        and (principal_id is None or principal_id.lower() in d.principals)
    ]


def _meant(tenant: Tenant, deny: DenyAssignment, caller: Caller) -> bool:
    who = tenant.identities(caller.object_id)
    return not who & set(deny.excluded) and (EVERYONE in deny.principals or bool(who & set(deny.principals)))
