"""Azure Resource Manager: role definitions, role assignments, permissions and locks, at any scope."""

import re
from collections.abc import Mapping
from typing import Any

from astro_peer.sandbox.http.arm import Call, at_any_scope
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import locks, refusals, role_assignments, role_definitions
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.paths import spelt, subscription_of
from astro_peer.sandbox.tenant.rbac import roles_held
from astro_peer.sandbox.tenant.role_assignments import WantedAssignment
from astro_peer.sandbox.tenant.role_definitions import WantedRole
from astro_peer.sandbox.tenant.state import Lock, Permission, RoleAssignment, RoleDefinition

_ROLE_FILTERS = {
    "name": re.compile(r"roleName\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE),
    "type": re.compile(r"type\s+eq\s+'(BuiltInRole|CustomRole)'", re.IGNORECASE),
    "below": re.compile(r"atScopeAndBelow\(\)", re.IGNORECASE),
}
ASSIGNMENT_FILTERS = {
    "at_scope": re.compile(r"atScope\(\)", re.IGNORECASE),
    "principal_id": re.compile(r"principalId\s+eq\s+'([^']*)'", re.IGNORECASE),
    "assigned_to": re.compile(r"assignedTo\('([^']*)'\)", re.IGNORECASE),
}


def parse_filter(expression: str, known: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """The conditions of an OData filter joined by `and`, by name. Raises for one that is not known."""
    found: dict[str, str] = {}
    rest = expression.strip()
    while rest:
        for name, pattern in known.items():
            match = pattern.match(rest)
            if match:
                found[name] = match[1].replace("''", "'") if pattern.groups else ""
                rest = re.sub(r"^\s*and\s+", "", rest[match.end() :], flags=re.IGNORECASE).strip()
                break
        else:
            raise refusals.unsupported_filter(expression)
    return found


def scope_of(scope: str) -> str:
    return spelt(scope) if scope else "/"


# Role definitions


def permission_body(permission: Permission) -> dict[str, list[str]]:
    return {
        "actions": list(permission.actions),
        "notActions": list(permission.not_actions),
        "dataActions": list(permission.data_actions),
        "notDataActions": list(permission.not_data_actions),
    }


def role_properties(role: RoleDefinition) -> dict[str, Any]:
    return {
        "roleName": role.name,
        "type": "CustomRole" if role.custom else "BuiltInRole",
        "description": role.description,
        "assignableScopes": list(role.assignable_scopes),
        "permissions": [permission_body(p) for p in role.permissions],
        "createdOn": timestamp(role.created),
        "updatedOn": timestamp(role.updated),
        "createdBy": role.created_by,
        "updatedBy": role.updated_by,
    }


def role_id(scope: str, guid: str) -> str:
    """The same role has a different ID seen from each subscription."""
    subscription = subscription_of(scope)
    prefix = f"/subscriptions/{subscription}" if subscription else ""
    return f"{prefix}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def role_body(scope: str, role: RoleDefinition) -> dict[str, Any]:
    return {
        "properties": role_properties(role),
        "id": role_id(scope, role.guid),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.guid,
    }


def _strings(owner: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = owner.get(key) or []
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise refusals.invalid_request_content(f"{key} is a list of strings")
    return tuple(values)


def _text(owner: Mapping[str, Any], key: str) -> str | None:
    value = owner.get(key)
    if value is not None and not isinstance(value, str):
        raise refusals.invalid_request_content(f"{key} is a string")
    return value


def _properties(call: Call) -> Mapping[str, Any]:
    properties = call.body().get("properties")
    if not isinstance(properties, dict):
        raise refusals.invalid_request_content("properties is required")
    return properties


def _list_roles(call: Call, scope: str = "") -> Answer:
    conditions = parse_filter(call.filter, _ROLE_FILTERS)
    at = scope_of(scope)
    roles = role_definitions.list_role_definitions(
        call.tenant,
        call.caller,
        at,
        name=conditions.get("name"),
        custom=conditions["type"].lower() == "customrole" if "type" in conditions else None,
        below="below" in conditions,
    )
    return call.page([role_body(at, role) for role in roles])


def _read_role(call: Call, name: str, scope: str = "") -> Answer:
    at = scope_of(scope)
    return Answer(
        200, role_body(at, role_definitions.read_role_definition(call.tenant, call.caller, at, name))
    )


def _put_role(call: Call, name: str, scope: str = "") -> Answer:
    return put_role(call, name, _properties(call), scope)


def put_role(call: Call, name: str, properties: Mapping[str, Any], scope: str) -> Answer:
    """201 for a new role and for a changed one."""
    permissions = properties.get("permissions") or []
    if not isinstance(permissions, list) or not all(isinstance(p, dict) for p in permissions):
        raise refusals.invalid_request_content("permissions is a list of objects")
    wanted = WantedRole(
        name=_text(properties, "roleName") or "",
        description=_text(properties, "description") or "",
        permissions=tuple(
            Permission(
                _strings(p, "actions"),
                _strings(p, "notActions"),
                _strings(p, "dataActions"),
                _strings(p, "notDataActions"),
            )
            for p in permissions
        ),
        assignable_scopes=_strings(properties, "assignableScopes"),
    )
    at = scope_of(scope)
    role = role_definitions.put_role_definition(call.tenant, call.caller, at, name, wanted)
    return Answer(201, role_body(at, role))


def _delete_role(call: Call, name: str, scope: str = "") -> Answer:
    at = scope_of(scope)
    role = role_definitions.delete_role_definition(call.tenant, call.caller, at, name)
    return Answer(204) if role is None else Answer(200, role_body(at, role))


# Role assignments


def assignment_body(at: str, assignment: RoleAssignment) -> dict[str, Any]:
    """Inherited from above a subscription, its role has the ID it has in the subscription asked about."""
    seen_from = assignment.scope if subscription_of(assignment.scope) else at
    return {
        "properties": {
            "roleDefinitionId": role_id(seen_from, assignment.role),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": assignment.scope,
            "condition": assignment.condition,
            "conditionVersion": assignment.condition_version,
            "createdOn": timestamp(assignment.created),
            "updatedOn": timestamp(assignment.updated),
            "createdBy": assignment.created_by,
            "updatedBy": assignment.updated_by,
            "delegatedManagedIdentityResourceId": None,
            "description": assignment.description,
        },
        "id": assignment.id,
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.name,
    }


def _list_assignments(call: Call, scope: str = "") -> Answer:
    conditions = parse_filter(call.filter, ASSIGNMENT_FILTERS)
    if "principal_id" in conditions and len(conditions) > 1:
        raise refusals.unsupported_filter(call.filter)
    at = scope_of(scope)
    assignments = role_assignments.list_role_assignments(
        call.tenant,
        call.caller,
        at,
        below="at_scope" not in conditions,
        principal_id=conditions.get("principal_id"),
        assigned_to=conditions.get("assigned_to"),
    )
    return call.page([assignment_body(at, a) for a in assignments])


def _read_assignment(call: Call, name: str, scope: str = "") -> Answer:
    at = scope_of(scope)
    assignment = role_assignments.read_role_assignment(call.tenant, call.caller, at, name)
    return Answer(200, assignment_body(at, assignment))


def _put_assignment(call: Call, name: str, scope: str = "") -> Answer:
    return put_assignment(call, name, _properties(call), scope)


def put_assignment(call: Call, name: str, properties: Mapping[str, Any], scope: str) -> Answer:
    role_id, principal_id = _text(properties, "roleDefinitionId"), _text(properties, "principalId")
    if not role_id or not principal_id:
        raise refusals.invalid_request_content("roleDefinitionId and principalId are required")
    wanted = WantedAssignment(
        role=role_id.rstrip("/").rpartition("/")[2],
        principal_id=principal_id,
        principal_type=_text(properties, "principalType"),
        description=_text(properties, "description"),
        condition=_text(properties, "condition"),
        condition_version=_text(properties, "conditionVersion"),
    )
    at = scope_of(scope)
    assignment = role_assignments.put_role_assignment(call.tenant, call.caller, at, name, wanted)
    return Answer(201, assignment_body(at, assignment))


def _delete_assignment(call: Call, name: str, scope: str = "") -> Answer:
    at = scope_of(scope)
    assignment = role_assignments.delete_role_assignment(call.tenant, call.caller, at, name)
    return Answer(204) if assignment is None else Answer(200, assignment_body(at, assignment))


def _list_permissions(call: Call, scope: str = "") -> Answer:
    """One entry per permission of each role the caller holds here, inherited ones too."""
    at = scope_of(scope)
    call.require("Microsoft.Authorization/permissions/read", at)
    held = roles_held(call.tenant, call.caller.object_id, at, listed=True)
    return call.page([permission_body(p) for role in held for p in role.permissions])


# Locks


def _lock_body(lock: Lock) -> dict[str, Any]:
    properties = {"level": lock.level} | ({"notes": lock.notes} if lock.notes else {})
    return {
        "properties": properties,
        "id": lock.id,
        "type": "Microsoft.Authorization/locks",
        "name": lock.name,
    }


def _list_locks(call: Call, scope: str = "") -> Answer:
    at_scope = "at_scope" in parse_filter(call.filter, ASSIGNMENT_FILTERS)
    found = locks.list_locks(call.tenant, call.caller, scope_of(scope), at_scope)
    return call.page([_lock_body(lock) for lock in found])


def _read_lock(call: Call, name: str, scope: str = "") -> Answer:
    lock = locks.read_lock(call.tenant, call.caller, scope_of(scope), name)
    if lock is None:
        raise refusals.Refusal(404, "LockNotFound", f"The lock '{name}' could not be found.")
    return Answer(200, _lock_body(lock))


def _put_lock(call: Call, name: str, scope: str = "") -> Answer:
    properties = _properties(call)
    level = _text(properties, "level")
    if level not in ("CanNotDelete", "ReadOnly"):
        raise refusals.invalid_request_content("level is CanNotDelete or ReadOnly")
    lock = Lock(scope_of(scope), name, level, _text(properties, "notes"))
    made, new = locks.put_lock(call.tenant, call.caller, lock)
    return Answer(201 if new else 200, _lock_body(made))


def _delete_lock(call: Call, name: str, scope: str = "") -> Answer:
    lock = locks.delete_lock(call.tenant, call.caller, scope_of(scope), name)
    return Answer(204) if lock is None else Answer(200)


RULES = [
    *at_any_scope("roledefinitions", _list_roles),
    *at_any_scope("roledefinitions/<name>", _read_role),
    *at_any_scope("roledefinitions/<name>", _put_role, "PUT"),
    *at_any_scope("roledefinitions/<name>", _delete_role, "DELETE"),
    *at_any_scope("roleassignments", _list_assignments),
    *at_any_scope("roleassignments/<name>", _read_assignment),
    *at_any_scope("roleassignments/<name>", _put_assignment, "PUT"),
    *at_any_scope("roleassignments/<name>", _delete_assignment, "DELETE"),
    *at_any_scope("permissions", _list_permissions),
    *at_any_scope("locks", _list_locks),
    *at_any_scope("locks/<name>", _read_lock),
    *at_any_scope("locks/<name>", _put_lock, "PUT"),
    *at_any_scope("locks/<name>", _delete_lock, "DELETE"),
]
