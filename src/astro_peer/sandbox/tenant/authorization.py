"""Role definitions, role assignments and locks: reading and writing them under Azure's rules, without HTTP.

Every function takes the caller and raises a Refusal where Azure would refuse.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from astro_peer.sandbox.tenant import guards, refusals
from astro_peer.sandbox.tenant.paths import covers, spelt, subscription_of
from astro_peer.sandbox.tenant.rbac import permitted, require
from astro_peer.sandbox.tenant.state import Caller, Lock, Permission, RoleAssignment, RoleDefinition, Tenant

_ROLES = "Microsoft.Authorization/roleDefinitions"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_LOCKS = "Microsoft.Authorization/locks"
_ACTION = re.compile(r"\*|[A-Za-z][A-Za-z0-9.]*/.+|\*/.+")
_SCOPE = re.compile(
    r"/subscriptions/[0-9a-f-]{36}(/.+)?|/providers/microsoft\.management/managementgroups/[^/]+", re.I
)


@dataclass(frozen=True)
class WantedRole:
    """The content of a PUT of a role definition."""

    name: str
    description: str
    permissions: tuple[Permission, ...]
    assignable_scopes: tuple[str, ...]


@dataclass(frozen=True)
class WantedAssignment:
    """The content of a PUT of a role assignment. Azure finds out the principal's type if it is left out."""

    role: str
    principal_id: str
    principal_type: str | None = None
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None


def _guid(kind: str, value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise refusals.invalid_guid(kind, value) from None


def _recent(tenant: Tenant, thing: RoleDefinition | RoleAssignment, seconds: float) -> bool:
    return seconds > 0 and tenant.clock.now() - thing.updated < timedelta(seconds=seconds)


def _stale(tenant: Tenant, key: str, thing: RoleDefinition | RoleAssignment) -> bool:
    """Whether this read by ID is one of those that still show the state before."""
    if not _recent(tenant, thing, tenant.lags.reads):
        return False
    tenant.read_stale ^= {key}
    return key in tenant.read_stale


# Locks


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


def put_lock(tenant: Tenant, caller: Caller, lock: Lock) -> Lock:
    require(tenant, caller, f"{_LOCKS}/write", lock.scope)
    tenant.add(lock)
    return lock


def delete_lock(tenant: Tenant, caller: Caller, scope: str, name: str) -> Lock | None:
    require(tenant, caller, f"{_LOCKS}/delete", scope)
    return tenant.locks.pop(Lock(scope, name, "").id.lower(), None)


# Role definitions


def list_role_definitions(
    tenant: Tenant, caller: Caller, scope: str, *, name: str | None, custom: bool | None, below: bool
) -> list[RoleDefinition]:
    """Roles assignable at the scope (with `below`, beneath it too): other subscriptions' stay hidden.

    The tenant's root ("/") answers whoever may read roles in some subscription.
    """
    readable = [
        r for r in tenant.role_definitions.values() if scope != "/" or may_read_role(tenant, caller, r)
    ]
    if scope != "/" or not readable:
        require(tenant, caller, f"{_ROLES}/read", scope)
    return [
        role
        for role in readable
        if any(covers(s, scope) or (below and covers(scope, s)) for s in role.assignable_scopes)
        and (name is None or role.name.lower() == name.lower())
        and (custom is None or role.custom == custom)
        and not (role.custom and _recent(tenant, role, tenant.lags.lists))
    ]


def may_read_role(tenant: Tenant, caller: Caller, role: RoleDefinition) -> bool:
    """Built-in roles are open to everyone who holds a role, custom ones where they can be assigned."""
    scopes = (
        [f"/subscriptions/{s.id}" for s in tenant.subscriptions.values()]
        if not role.custom
        else role.assignable_scopes
    )
    return any(permitted(tenant, caller, f"{_ROLES}/read", scope) for scope in scopes)


def read_role_definition(tenant: Tenant, caller: Caller, scope: str, guid: str) -> RoleDefinition:
    """The role by its GUID, from any scope; without a scope ("/") from any of its assignable scopes."""
    role = tenant.role_definitions.get(guid.lower())
    if scope != "/" or role is None or not may_read_role(tenant, caller, role):
        require(tenant, caller, f"{_ROLES}/read", scope)
    if role is not None and _stale(tenant, role.guid, role):
        role = tenant.superseded_roles.get(role.guid)
    if role is None or not may_read_role(tenant, caller, role):
        raise refusals.role_definition_does_not_exist(guid)
    return role


def put_role_definition(
    tenant: Tenant, caller: Caller, scope: str, guid: str, wanted: WantedRole
) -> RoleDefinition:
    """Creates or overwrites the tenant's one role with this GUID, from whatever scope the request names.

    Returns the answer to the PUT: created and updated at the same moment and no creator, unlike what is kept.
    """
    guid = _guid("role definition", guid)
    require(tenant, caller, f"{_ROLES}/write", scope)
    guards.check_write(tenant, scope)
    _check_content(wanted)
    existing = tenant.role_definitions.get(guid)
    affected = dict.fromkeys(
        spelt(s) for s in (*wanted.assignable_scopes, *(existing.assignable_scopes if existing else ()))
    )
    closed = [s for s in affected if not permitted(tenant, caller, f"{_ROLES}/write", s)]
    if closed:
        raise refusals.linked_authorization_failed(
            caller.app_id, caller.object_id, f"{_ROLES}/write", scope, closed
        )
    guards.check_subscriptions(tenant, affected)
    if any(
        r.name.lower() == wanted.name.lower() and r.guid != guid for r in tenant.role_definitions.values()
    ):
        raise refusals.role_name_taken(wanted.name, update=existing is not None)
    if (
        existing is None
        and sum(r.custom for r in tenant.role_definitions.values()) >= tenant.limits.custom_roles
    ):
        raise refusals.too_many_roles(tenant.limits.custom_roles)
    stranded = _stranded(tenant, guid, wanted.assignable_scopes)
    if stranded:
        raise refusals.scope_in_use(stranded)
    now = tenant.clock.now()
    role = RoleDefinition(
        guid=guid,
        name=wanted.name,
        permissions=wanted.permissions,
        assignable_scopes=tuple(dict.fromkeys(spelt(s) for s in wanted.assignable_scopes)),
        custom=True,
        description=wanted.description,
        created=existing.created if existing else now,
        updated=now,
        created_by=existing.created_by if existing else caller.object_id,
        updated_by=caller.object_id,
    )
    tenant.add(role)
    if existing is not None:
        tenant.superseded_roles[guid] = existing
    tenant.read_stale.discard(guid)
    return replace(role, created=now, created_by=None)


def delete_role_definition(tenant: Tenant, caller: Caller, scope: str, guid: str) -> RoleDefinition | None:
    """None when there was no such role: Azure answers 204 then."""
    require(tenant, caller, f"{_ROLES}/delete", scope)
    role = tenant.role_definitions.get(guid.lower())
    if role is None:
        return None
    guards.check_delete(tenant, scope)
    closed = [s for s in role.assignable_scopes if not permitted(tenant, caller, f"{_ROLES}/delete", s)]
    if closed:
        raise refusals.linked_authorization_failed(
            caller.app_id, caller.object_id, f"{_ROLES}/delete", scope, closed
        )
    guards.check_subscriptions(tenant, role.assignable_scopes)
    if any(a.role == role.guid for a in tenant.role_assignments.values()):
        raise refusals.role_in_use(role.guid)
    tenant.superseded_roles.pop(role.guid, None)
    return tenant.role_definitions.pop(role.guid)


def _check_content(wanted: WantedRole) -> None:
    if not wanted.name or len(wanted.name) > 512:
        raise refusals.invalid_request_content("a role needs a name of at most 512 characters")
    if not wanted.assignable_scopes:
        raise refusals.missing_assignable_scopes()
    for scope in wanted.assignable_scopes:
        if "*" in scope or not _SCOPE.fullmatch(scope):
            raise refusals.invalid_assignable_scope(scope)
    for permission in wanted.permissions:
        for action in (
            *permission.actions,
            *permission.not_actions,
            *permission.data_actions,
            *permission.not_data_actions,
        ):
            if not _ACTION.fullmatch(action) or action.count("*") > 1:
                raise refusals.invalid_action(action)


def _stranded(tenant: Tenant, guid: str, scopes: Sequence[str]) -> list[str]:
    """Scopes of the role's assignments that its assignable scopes would no longer cover."""
    return [
        a.scope
        for a in tenant.role_assignments.values()
        if a.role == guid and not any(covers(s, a.scope) for s in scopes)
    ]


# Role assignments


def list_role_assignments(
    tenant: Tenant,
    caller: Caller,
    scope: str,
    *,
    below: bool = True,
    principal_id: str | None = None,
    assigned_to: str | None = None,
) -> list[RoleAssignment]:
    """At and above the scope and, with `below`, beneath it; `assigned_to` counts the groups too."""
    require(tenant, caller, f"{_ASSIGNMENTS}/read", scope)
    wanted = None if principal_id is None else {principal_id.lower()}
    if assigned_to is not None:
        wanted = tenant.identities(assigned_to)
    return [
        a
        for a in tenant.role_assignments.values()
        if (covers(a.scope, scope) or (below and covers(scope, a.scope)))
        and (wanted is None or a.principal_id.lower() in wanted)
        and not _recent(tenant, a, tenant.lags.lists)
    ]


def _assignment_key(scope: str, name: str) -> str:
    return f"{scope.rstrip('/')}/providers/microsoft.authorization/roleassignments/{name}".lower()


def read_role_assignment(tenant: Tenant, caller: Caller, scope: str, name: str) -> RoleAssignment:
    require(tenant, caller, f"{_ASSIGNMENTS}/read", scope)
    assignment = tenant.role_assignments.get(_assignment_key(scope, name))
    if assignment is None or _stale(tenant, assignment.id, assignment):
        raise refusals.assignment_not_found(name)
    return assignment


def put_role_assignment(
    tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedAssignment
) -> RoleAssignment:
    """Returns the answer to the PUT, which leaves out the creator. The same content again is a success."""
    require(tenant, caller, f"{_ASSIGNMENTS}/write", scope)
    guards.check_exists(tenant, scope)
    guards.check_write(tenant, scope)
    name = _guid("role assignment", name)
    role = tenant.role_definitions.get(wanted.role.lower())
    if (
        role is None
        or not any(covers(s, scope) for s in role.assignable_scopes)
        or (role.custom and _recent(tenant, role, tenant.lags.new_role))
    ):
        raise refusals.role_definition_does_not_exist(wanted.role, status=400)
    existing = tenant.role_assignments.get(_assignment_key(scope, name))
    if existing is not None and (existing.role, existing.principal_id.lower()) != (
        role.guid,
        wanted.principal_id.lower(),
    ):
        raise refusals.assignment_update_not_permitted()
    principal_type = _check_principal(tenant, wanted)
    for other in tenant.role_assignments.values():
        if other is not existing and (other.role, other.principal_id.lower(), other.scope.lower()) == (
            role.guid,
            wanted.principal_id.lower(),
            scope.lower(),
        ):
            raise refusals.assignment_exists(other.name)
    if (
        existing is None
        and _count_in_subscription(tenant, scope) >= tenant.limits.assignments_per_subscription
    ):
        raise refusals.too_many_assignments()
    now = tenant.clock.now()
    assignment = RoleAssignment(
        name=name,
        scope=scope,
        role=role.guid,
        principal_id=wanted.principal_id.lower(),
        principal_type=principal_type,
        created=existing.created if existing else now,
        updated=now,
        created_by=existing.created_by if existing else caller.object_id,
        updated_by=caller.object_id,
        description=wanted.description,
        condition=wanted.condition,
        condition_version=wanted.condition_version,
    )
    tenant.add(assignment)
    return replace(assignment, created=now, created_by=None)


def delete_role_assignment(tenant: Tenant, caller: Caller, scope: str, name: str) -> RoleAssignment | None:
    """None when there was no such assignment: Azure answers 204 then."""
    require(tenant, caller, f"{_ASSIGNMENTS}/delete", scope)
    key = _assignment_key(scope, name)
    if key not in tenant.role_assignments:
        return None
    guards.check_delete(tenant, scope)
    return tenant.role_assignments.pop(key)


def _check_principal(tenant: Tenant, wanted: WantedAssignment) -> str:
    """The principal's type in the directory. Raises for a principal unknown there, or too new to be known."""
    actual = tenant.type_of(wanted.principal_id)
    principal = tenant.service_principals.get(wanted.principal_id.lower())
    too_new = principal is not None and tenant.clock.now() - principal.created < timedelta(
        seconds=tenant.lags.new_principal
    )
    if actual is None and tenant.accepts_unknown_principals and wanted.principal_type == "ServicePrincipal":
        return wanted.principal_type
    if actual is None or too_new:
        raise refusals.principal_not_found(wanted.principal_id, tenant.id)
    if wanted.principal_type is not None and wanted.principal_type.lower() != actual.lower():
        raise refusals.unmatched_principal_type(wanted.principal_id, actual, wanted.principal_type)
    return actual


def _count_in_subscription(tenant: Tenant, scope: str) -> int:
    subscription = subscription_of(scope)
    return sum(subscription_of(a.scope) == subscription for a in tenant.role_assignments.values())
