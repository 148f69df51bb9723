"""Azure Resource Manager: Privileged Identity Management's requests, schedules and schedule instances."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from astro_peer.sandbox.http.arm import Call, at_any_scope
from astro_peer.sandbox.http.arm_authorization import ASSIGNMENT_FILTERS, parse_filter, role_id, scope_of
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import guards, pim, refusals
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.pim import Shown, WantedSchedule
from astro_peer.sandbox.tenant.state import Schedule, ScheduleRequest, Tenant

_IN_PARENTHESES = re.compile(r"\((.*)\)")
_AUTHORIZATION = "providers/Microsoft.Authorization"


# Requests


def _put_request(call: Call, name: str, scope: str = "") -> Answer:
    at = scope_of(scope)
    guards.checked_guid("role assignment", name)
    made = pim.put_request(call.tenant, call.caller, at, name, _wanted(call))
    return Answer(201, _request_body(call.tenant, made))


def _read_request(call: Call, name: str, scope: str = "") -> Answer:
    found = pim.read_request(call.tenant, call.caller, scope_of(scope), name)
    return Answer(200, _request_body(call.tenant, found))


def _list_requests(call: Call, scope: str = "") -> Answer:
    conditions = _conditions(call)
    found = pim.list_requests(
        call.tenant,
        call.caller,
        scope_of(scope),
        below="at_scope" not in conditions,
        principal_id=conditions.get("principal_id"),
    )
    return call.page([_request_body(call.tenant, one) for one in found])


def _cancel(call: Call, name: str, scope: str = "") -> Answer:
    pim.cancel(call.tenant, call.caller, scope_of(scope), name)
    return Answer(200)


def _validate(call: Call, name: str, scope: str = "") -> Answer:
    """What was sent, if it is not refused; nothing is made."""
    wanted = _wanted(call)
    at = scope_of(scope)
    pim.check(call.tenant, call.caller, at, wanted)
    return Answer(
        200,
        {
            "properties": {**call.body()["properties"], "scope": at, "status": "Granted"},
            "id": f"{at}/{_AUTHORIZATION}/roleAssignmentScheduleRequests/{name}",
            "type": "Microsoft.Authorization/roleAssignmentScheduleRequests",
            "name": name,
        },
    )


def _wanted(call: Call) -> WantedSchedule:
    properties = call.body().get("properties")
    if not isinstance(properties, dict):
        raise refusals.invalid_request_content("properties is required")
    role, principal, kind = (
        _text(properties, key) for key in ("roleDefinitionId", "principalId", "requestType")
    )
    if not role or not principal or not kind:
        raise refusals.invalid_request_content("roleDefinitionId, principalId and requestType are required")
    schedule = _object(properties, "scheduleInfo")
    return WantedSchedule(
        type=kind,
        role=role.rstrip("/").rpartition("/")[2].lower(),
        principal_id=principal.lower(),
        start=_moment(schedule, "startDateTime"),
        expiration=_object(schedule, "expiration"),
        justification=_text(properties, "justification"),
        ticket=_object(properties, "ticketInfo"),
        condition=_text(properties, "condition"),
        condition_version=_text(properties, "conditionVersion"),
    )


def _text(owner: Mapping[str, Any], key: str) -> str | None:
    value = owner.get(key)
    if value is not None and not isinstance(value, str):
        raise refusals.invalid_request_content(f"{key} is a string")
    return value


def _object(owner: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = owner.get(key) or {}
    if not isinstance(value, dict):
        raise refusals.invalid_request_content(f"{key} is an object")
    return value


def _moment(owner: Mapping[str, Any], key: str) -> datetime | None:
    value = _text(owner, key)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise refusals.invalid_request_content(f"{key} is a moment with its zone")
    return moment


def _request_body(tenant: Tenant, one: ScheduleRequest) -> dict[str, Any]:
    info = None
    if one.start:
        info = {
            "startDateTime": timestamp(one.start),
            "expiration": {
                "type": one.expiration.get("type") or "NoExpiration",
                "endDateTime": timestamp(one.end) if one.end else None,
                "duration": one.expiration.get("duration"),
            },
        }
    return {
        "properties": {
            "targetRoleAssignmentScheduleId": one.schedule,
            "targetRoleAssignmentScheduleInstanceId": None,
            "scope": one.scope,
            "roleDefinitionId": role_id(one.scope, one.role),
            "principalId": one.principal_id,
            "principalType": one.principal_type,
            "requestType": one.type,
            "status": one.status,
            "approvalId": None,
            "scheduleInfo": info,
            "ticketInfo": {
                "ticketNumber": one.ticket.get("ticketNumber"),
                "ticketSystem": one.ticket.get("ticketSystem"),
            },
            "justification": one.justification,
            "requestorId": one.requestor,
            "createdOn": timestamp(one.created),
            "condition": one.condition,
            "conditionVersion": one.condition_version,
            "expandedProperties": _expanded(tenant, one),
        },
        "name": one.name,
        "id": one.id,
        "type": "Microsoft.Authorization/roleAssignmentScheduleRequests",
    }


# Schedules and their instances


def _list_schedules(call: Call, scope: str = "") -> Answer:
    return call.page([_schedule_body(call.tenant, one) for one in _shown(call, scope, pending=True)])


def _list_instances(call: Call, scope: str = "") -> Answer:
    return call.page([_instance_body(call.tenant, one) for one in _shown(call, scope, pending=False)])


def _read_schedule(call: Call, name: str, scope: str = "") -> Answer:
    return Answer(200, _named([_schedule_body(call.tenant, one) for one in _all(call, scope)], name))


def _read_instance(call: Call, name: str, scope: str = "") -> Answer:
    active = [one for one in _all(call, scope) if not one.pending]
    return Answer(200, _named([_instance_body(call.tenant, one) for one in active], name))


def _named(bodies: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for body in bodies:
        if body["name"] == name.lower():
            return body
    raise refusals.schedule_request_not_found("role assignment schedule", name)


def _conditions(call: Call) -> dict[str, str]:
    """Of a filter, which may stand in parentheses."""
    bare = _IN_PARENTHESES.fullmatch(call.filter)
    conditions = parse_filter(bare[1] if bare else call.filter, ASSIGNMENT_FILTERS)
    if "principal_id" in conditions and len(conditions) > 1:
        raise refusals.unsupported_filter(call.filter)
    return conditions


def _shown(call: Call, scope: str, *, pending: bool) -> list[Shown]:
    conditions = _conditions(call)
    return pim.list_shown(
        call.tenant,
        call.caller,
        scope_of(scope),
        below="at_scope" not in conditions,
        principal_id=conditions.get("principal_id"),
        assigned_to=conditions.get("assigned_to"),
        pending=pending,
    )


def _all(call: Call, scope: str) -> list[Shown]:
    return pim.list_shown(
        call.tenant,
        call.caller,
        scope_of(scope),
        below=True,
        principal_id=None,
        assigned_to=None,
        pending=True,
    )


def _schedule_body(tenant: Tenant, shown: Shown) -> dict[str, Any]:
    one = shown.schedule
    request = f"{one.scope}/{_AUTHORIZATION}/roleAssignmentScheduleRequests/{one.request}"
    return {
        "properties": {
            **_common(tenant, shown),
            "roleAssignmentScheduleRequestId": request if one.request else None,
            "updatedOn": timestamp(one.updated),
        },
        "name": one.name,
        "id": f"{one.scope}/{_AUTHORIZATION}/roleAssignmentSchedules/{one.name}",
        "type": "Microsoft.Authorization/roleAssignmentSchedules",
    }


def _instance_body(tenant: Tenant, shown: Shown) -> dict[str, Any]:
    one = shown.schedule
    name = (one.assignment_id or "").rpartition("/")[2]
    return {
        "properties": {
            **_common(tenant, shown),
            "roleAssignmentScheduleId": f"{one.scope}/{_AUTHORIZATION}/roleAssignmentSchedules/{one.name}",
            "originRoleAssignmentId": one.assignment_id,
            "linkedRoleEligibilityScheduleInstanceId": None,
        },
        "name": name,
        "id": f"{one.scope}/{_AUTHORIZATION}/roleAssignmentScheduleInstances/{name}",
        "type": "Microsoft.Authorization/roleAssignmentScheduleInstances",
    }


def _common(tenant: Tenant, shown: Shown) -> dict[str, Any]:
    one = shown.schedule
    return {
        "scope": one.scope,
        "roleDefinitionId": role_id(one.scope, one.role),
        "principalId": one.principal_id,
        "principalType": one.principal_type,
        "status": pim.PENDING if shown.pending else "Provisioned",
        "startDateTime": timestamp(one.start),
        "endDateTime": timestamp(one.end) if one.end else None,
        "linkedRoleEligibilityScheduleId": None,
        "assignmentType": "Assigned",
        "memberType": shown.member,
        "createdOn": timestamp(one.created),
        "condition": one.condition,
        "conditionVersion": one.condition_version,
        "expandedProperties": _expanded(tenant, one),
    }


def _expanded(tenant: Tenant, one: Schedule | ScheduleRequest) -> dict[str, Any]:
    """The names of what the IDs stand for."""
    subscription = tenant.subscriptions.get(subscription_of(one.scope) or "")
    role = tenant.role_definitions.get(one.role)
    principal = tenant.service_principals.get(one.principal_id)
    name = tenant.application_of(principal).display_name if principal else None
    if user := tenant.users.get(one.principal_id):
        name = user.display_name
    return {
        "scope": {
            "id": one.scope,
            "displayName": subscription.name if subscription else None,
            "type": "subscription",
        },
        "roleDefinition": {
            "id": role_id(one.scope, one.role),
            "displayName": role.name if role else None,
            "type": "CustomRole" if role and role.custom else "BuiltInRole",
        },
        "principal": {"id": one.principal_id, "displayName": name, "type": one.principal_type},
    }


RULES = [
    *at_any_scope("roleassignmentschedulerequests", _list_requests),
    *at_any_scope("roleassignmentschedulerequests/<name>", _read_request),
    *at_any_scope("roleassignmentschedulerequests/<name>", _put_request, "PUT"),
    *at_any_scope("roleassignmentschedulerequests/<name>/cancel", _cancel, "POST"),
    *at_any_scope("roleassignmentschedulerequests/<name>/validate", _validate, "POST"),
    *at_any_scope("roleassignmentschedules", _list_schedules),
    *at_any_scope("roleassignmentschedules/<name>", _read_schedule),
    *at_any_scope("roleassignmentscheduleinstances", _list_instances),
    *at_any_scope("roleassignmentscheduleinstances/<name>", _read_instance),
]
