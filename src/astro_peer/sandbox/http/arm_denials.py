"""Azure Resource Manager: deny assignments, and how many role assignments a subscription has left."""

from typing import Any

from astro_peer.sandbox.http.arm import Call, at_any_scope, rule
from astro_peer.sandbox.http.arm_authorization import (
    ASSIGNMENT_FILTERS,
    parse_filter,
    permission_body,
    scope_of,
)
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import deny_assignments, refusals, role_assignments
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.deny_assignments import EVERYONE
from astro_peer.sandbox.tenant.state import DenyAssignment


def _principals(object_ids: tuple[str, ...]) -> list[dict[str, str]]:
    """Azure names everybody by a GUID of zeros, and calls that a system-defined principal."""
    return [
        {"id": one, "type": "SystemDefined" if one == EVERYONE else "ServicePrincipal"} for one in object_ids
    ]


def _body(deny: DenyAssignment) -> dict[str, Any]:
    return {
        "properties": {
            "denyAssignmentName": deny.display_name,
            "description": deny.description,
            "permissions": [permission_body(deny.permission)],
            "scope": deny.scope,
            "doNotApplyToChildScopes": False,
            "principals": _principals(deny.principals),
            "excludePrincipals": _principals(deny.excluded),
            "isSystemProtected": True,
            "createdOn": timestamp(deny.created),
            "updatedOn": timestamp(deny.created),
            "createdBy": None,
            "updatedBy": None,
        },
        "id": deny.id,
        "type": "Microsoft.Authorization/denyAssignments",
        "name": deny.name,
    }


def _list(call: Call, scope: str = "") -> Answer:
    conditions = parse_filter(call.filter, ASSIGNMENT_FILTERS)
    found = deny_assignments.list_deny_assignments(
        call.tenant,
        call.caller,
        scope_of(scope),
        below="at_scope" not in conditions,
        principal_id=conditions.get("principal_id"),
    )
    return call.page([_body(deny) for deny in found])


def _read(call: Call, name: str, scope: str = "") -> Answer:
    for deny in deny_assignments.list_deny_assignments(call.tenant, call.caller, scope_of(scope)):
        if deny.name == name.lower():
            return Answer(200, _body(deny))
    raise refusals.deny_assignment_not_found(name)


def _usage(call: Call, subscription: str) -> Answer:
    scope = f"/subscriptions/{subscription}"
    call.require("Microsoft.Authorization/roleAssignmentsUsageMetrics/read", scope)
    used, limit = (
        role_assignments.count_in_subscription(call.tenant, scope),
        call.tenant.limits.assignments_per_subscription,
    )
    return Answer(
        200,
        {
            "subscriptionId": subscription.lower(),
            "roleAssignmentsLimit": limit,
            "roleAssignmentsCurrentCount": used,
            "roleAssignmentsRemainingCount": max(0, limit - used),
        },
    )


RULES = [
    *at_any_scope("denyassignments", _list),
    *at_any_scope("denyassignments/<name>", _read),
    rule(
        "/subscriptions/<subscription>/providers/microsoft.authorization/roleassignmentsusagemetrics", _usage
    ),
]
