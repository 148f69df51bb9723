"""What a reader sees while changes are still on their way: the state before, nothing yet, or what is gone."""

from datetime import datetime, timedelta
from typing import TypeVar

from astro_peer.sandbox.tenant.state import RoleAssignment, RoleDefinition, Tenant

_Thing = TypeVar("_Thing", RoleDefinition, RoleAssignment)


def stale(tenant: Tenant, key: str, thing: RoleDefinition | RoleAssignment) -> bool:
    """Whether this read by ID is one of those that still show the state before."""
    if not tenant.within(tenant.lags.reads, thing.updated):
        return False
    read = tenant.reads_of_new.get(key, 0)
    tenant.reads_of_new[key] = read + 1
    return tenant.lags.misses(read)


def unlisted(tenant: Tenant, thing: RoleDefinition | RoleAssignment) -> bool:
    return tenant.within(tenant.lags.lists, thing.updated)


def shown_roles(tenant: Tenant) -> dict[str, RoleDefinition]:
    """Those that exist, and those deleted so lately that they are still shown."""
    now = tenant.clock.now()
    return {k: r for k, (r, gone) in tenant.dying_roles.items() if now < gone} | tenant.role_definitions


def shown_assignments(tenant: Tenant) -> dict[str, RoleAssignment]:
    now = tenant.clock.now()
    return {k: a for k, (a, gone) in tenant.dying_assignments.items() if now < gone} | tenant.role_assignments


def keep_role(tenant: Tenant, role: RoleDefinition) -> None:
    """Where a role of this GUID is still dying, it is that one which is written: it goes in its time."""
    _keep(tenant, tenant.role_definitions, tenant.dying_roles, role.guid, role)


def keep_assignment(tenant: Tenant, assignment: RoleAssignment) -> None:
    _keep(tenant, tenant.role_assignments, tenant.dying_assignments, assignment.id.lower(), assignment)


def remove_role(tenant: Tenant, role: RoleDefinition) -> None:
    _remove(tenant, tenant.role_definitions, tenant.dying_roles, role.guid)


def remove_assignment(tenant: Tenant, assignment: RoleAssignment) -> None:
    _remove(tenant, tenant.role_assignments, tenant.dying_assignments, assignment.id.lower())


def _keep(
    tenant: Tenant,
    living: dict[str, _Thing],
    dying: dict[str, tuple[_Thing, datetime]],
    key: str,
    thing: _Thing,
) -> None:
    tenant.reads_of_new.pop(key, None)
    if key not in living and key in dying and tenant.clock.now() < dying[key][1]:
        dying[key] = (thing, dying[key][1])
    else:
        living[key] = thing


def _remove(
    tenant: Tenant, living: dict[str, _Thing], dying: dict[str, tuple[_Thing, datetime]], key: str
) -> None:
    dying[key] = (living.pop(key), tenant.clock.now() + timedelta(seconds=tenant.lags.deletes))
