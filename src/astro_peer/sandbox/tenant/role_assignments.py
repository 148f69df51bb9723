"""Role assignments: reading and writing them under Azure's rules, without HTTP.

Every function takes the caller and raises a Refusal where Azure would refuse.
"""

from dataclasses import dataclass, replace

from astro_peer.sandbox.tenant import deny_assignments, guards, lags, refusals
from astro_peer.sandbox.tenant.paths import covers, subscription_of
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.state import Caller, RoleAssignment, Tenant

_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


@dataclass(frozen=True)
class WantedAssignment:
    """The content of a PUT of a role assignment. Azure looks the principal's type up if it is left out."""

    role: str
    principal_id: str
    principal_type: str | None = None
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None


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
        for a in lags.shown_assignments(tenant).values()
        if (covers(a.scope, scope) or (below and covers(scope, a.scope)))
        and (wanted is None or a.principal_id.lower() in wanted)
        and not lags.unlisted(tenant, a)
    ]


def _assignment_key(scope: str, name: str) -> str:
    return f"{scope.rstrip('/')}/providers/microsoft.authorization/roleassignments/{name}".lower()


def read_role_assignment(tenant: Tenant, caller: Caller, scope: str, name: str) -> RoleAssignment:
    require(tenant, caller, f"{_ASSIGNMENTS}/read", scope)
    key = _assignment_key(scope, name)
    assignment = lags.shown_assignments(tenant).get(key)
    if assignment is None or lags.stale(tenant, key, assignment):
        raise refusals.assignment_not_found(name)
    return assignment


def put_role_assignment(
    tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedAssignment
) -> RoleAssignment:
    """Returns the answer to the PUT, which leaves out the creator. The same content again is a success."""
    require(tenant, caller, f"{_ASSIGNMENTS}/write", scope)
    deny_assignments.check(tenant, caller, f"{_ASSIGNMENTS}/write", scope)
    if not _fulfils_condition(tenant, wanted):
        raise refusals.condition_not_fulfilled(
            caller.app_id, caller.object_id, f"{_ASSIGNMENTS}/write", scope
        )
    guards.check_exists(tenant, scope)
    guards.check_write(tenant, scope)
    name = guards.checked_guid("role assignment", name)
    role = tenant.role_definitions.get(wanted.role.lower())
    if (
        role is None
        or not any(covers(s, scope) for s in role.assignable_scopes)
        or (role.custom and tenant.within(tenant.lags.new_role, role.updated))
    ):
        raise refusals.role_definition_does_not_exist(wanted.role, status=400)
    existing = tenant.role_assignments.get(_assignment_key(scope, name))
    if existing is not None and (existing.role, existing.principal_id.lower()) != (
        role.guid,
        wanted.principal_id.lower(),
    ):
        raise refusals.assignment_update_not_permitted()
    if existing is None and any(a.name == name for a in tenant.role_assignments.values()):
        raise refusals.assignment_update_not_permitted()  # a GUID names one assignment in the whole tenant
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
        and count_in_subscription(tenant, scope) >= tenant.limits.assignments_per_subscription
    ):
        raise refusals.too_many_assignments()
    if existing is None and _collides(tenant, name):
        raise refusals.hash_conflict()
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
    lags.keep_assignment(tenant, assignment)
    return replace(assignment, created=now, created_by=None)


def delete_role_assignment(tenant: Tenant, caller: Caller, scope: str, name: str) -> RoleAssignment | None:
    """None when there was no such assignment: Azure answers 204 then."""
    require(tenant, caller, f"{_ASSIGNMENTS}/delete", scope)
    assignment = tenant.role_assignments.get(_assignment_key(scope, name))
    if assignment is None:
        return None
    guards.check_delete(tenant, scope)
    lags.remove_assignment(tenant, assignment)
    return assignment


def _fulfils_condition(tenant: Tenant, wanted: WantedAssignment) -> bool:
    """By what the request says: a principal type that is left out is not looked up for a condition."""
    return tenant.quirks.only_assignable_role in (
        None,
        wanted.role.lower(),
    ) and tenant.quirks.only_assignable_type in (None, wanted.principal_type)


def _collides(tenant: Tenant, name: str) -> bool:
    """One GUID collides with another's by a hash of Azure's own, on every try."""
    if name not in tenant.assignment_names:
        tenant.assignment_names.append(name)
    return tenant.assignment_names.index(name) == tenant.quirks.hash_conflict_after


def _check_principal(tenant: Tenant, wanted: WantedAssignment) -> str:
    """The principal's type in the directory. Raises for a principal unknown there, or too new to be known.

    Without a type in the request it is looked up in the directory, which may not show the principal yet.
    """
    actual = tenant.type_of(wanted.principal_id)
    principal = tenant.service_principals.get(wanted.principal_id.lower())
    lag = tenant.lags.new_principal
    if wanted.principal_type is None:
        lag = max(lag, tenant.lags.graph)
    too_new = principal is not None and tenant.within(lag, principal.created)
    accepted = tenant.quirks.accepts_unknown_principals
    if actual is None and accepted and wanted.principal_type == "ServicePrincipal":
        return wanted.principal_type
    if actual is None or too_new:
        raise refusals.principal_not_found(wanted.principal_id, tenant.id)
    if wanted.principal_type is not None and wanted.principal_type.lower() != actual.lower():
        raise refusals.unmatched_principal_type(wanted.principal_id, actual, wanted.principal_type)
    return actual


def count_in_subscription(tenant: Tenant, scope: str) -> int:
    """Those at the subscription and beneath it: what is inherited from above counts elsewhere."""
    subscription = subscription_of(scope)
    return sum(subscription_of(a.scope) == subscription for a in tenant.role_assignments.values())
