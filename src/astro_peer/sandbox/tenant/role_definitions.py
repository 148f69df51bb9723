"""Role definitions: reading and writing them under Azure's rules, without HTTP.

Every function takes the caller and raises a Refusal where Azure would refuse.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from astro_peer.sandbox.tenant import deny_assignments, guards, lags, refusals
from astro_peer.sandbox.tenant.paths import covers, spelt
from astro_peer.sandbox.tenant.rbac import permitted, require
from astro_peer.sandbox.tenant.state import Caller, Permission, RoleDefinition, Tenant

_ROLES = "Microsoft.Authorization/roleDefinitions"
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


def list_role_definitions(
    tenant: Tenant, caller: Caller, scope: str, *, name: str | None, custom: bool | None, below: bool
) -> list[RoleDefinition]:
    """Roles assignable at the scope (with `below`, beneath it too): other subscriptions' stay hidden.

    The tenant's root ("/") answers whoever may read roles in some subscription.
    """
    readable = [
        r for r in lags.shown_roles(tenant).values() if scope != "/" or may_read_role(tenant, caller, r)
    ]
    if scope != "/" or not readable:
        require(tenant, caller, f"{_ROLES}/read", scope)
    return [
        role
        for role in readable
        if any(covers(s, scope) or (below and covers(scope, s)) for s in role.assignable_scopes)
        and (name is None or role.name.lower() == name.lower())
        and (custom is None or role.custom == custom)
        and not (role.custom and lags.unlisted(tenant, role))
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
    role = lags.shown_roles(tenant).get(guid.lower())
    if scope != "/" or role is None or not may_read_role(tenant, caller, role):
        require(tenant, caller, f"{_ROLES}/read", scope)
    if role is not None and lags.stale(tenant, role.guid, role):
        role = tenant.superseded_roles.get(role.guid)
    if role is None or not may_read_role(tenant, caller, role) or _hidden_from(tenant, scope, role):
        raise refusals.role_definition_does_not_exist(guid)
    return role


def _hidden_from(tenant: Tenant, scope: str, role: RoleDefinition) -> bool:
    if not tenant.quirks.roles_hidden_elsewhere or scope == "/":
        return False
    return not any(covers(s, scope) for s in role.assignable_scopes)


def put_role_definition(
    tenant: Tenant, caller: Caller, scope: str, guid: str, wanted: WantedRole
) -> RoleDefinition:
    """Creates or overwrites the tenant's one role with this GUID, from whatever scope the request names.

    Returns the answer to the PUT: created and updated at the same moment and no creator, unlike what is kept.
    """
    guid = guards.checked_guid("role definition", guid)
    require(tenant, caller, f"{_ROLES}/write", scope)
    deny_assignments.check(tenant, caller, f"{_ROLES}/write", scope)
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
    lags.keep_role(tenant, role)
    if existing is not None:
        tenant.superseded_roles[guid] = existing
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
    if any(a.role == role.guid for a in lags.shown_assignments(tenant).values()):
        raise refusals.role_in_use(role.guid)
    tenant.superseded_roles.pop(role.guid, None)
    lags.remove_role(tenant, role)
    return role


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
