"""Privileged Identity Management for Azure's roles: active assignments that begin and end by a schedule.

A schedule's role assignment is an ordinary one, under a name of Azure's choosing; its end stands in the schedule alone.
https://learn.microsoft.com/rest/api/authorization/privileged-role-assignment-rest-sample
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from astro_peer.sandbox.tenant import lags, refusals, role_assignments
from astro_peer.sandbox.tenant.paths import covers
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.role_assignments import WantedAssignment
from astro_peer.sandbox.tenant.state import (
    Caller,
    Json,
    RoleAssignment,
    Schedule,
    ScheduleRequest,
    Tenant,
)

RULES = ("ExpirationRule", "JustificationRule", "MfaRule", "TicketingRule")
LONGEST = timedelta(days=15)
"""What the ExpirationRule allows, where there is one."""
SHORTEST = timedelta(minutes=5)
PENDING = "PendingProvisioning"
_WRITE = "Microsoft.Authorization/roleAssignments/write"
_READ = "Microsoft.Authorization/roleAssignments/read"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class WantedSchedule:
    """The content of a PUT of a request."""

    type: str
    role: str
    principal_id: str
    start: datetime | None = None
    expiration: Json | None = None
    """type, duration and endDateTime, as they were sent."""
    justification: str | None = None
    ticket: Json | None = None
    condition: str | None = None
    condition_version: str | None = None


@dataclass(frozen=True)
class Shown:
    """One entry of a list. Ordinary assignments are listed too, with no end and no schedule of their own."""

    schedule: Schedule
    member: str
    """Direct, Inherited or Group: how the principal asked for has it, seen from the scope asked for."""
    pending: bool = False


def settle(tenant: Tenant) -> None:
    """What the clock has brought: assignments that begin, and those that end.

    Without a licence nothing ends any more: what was time-bound stays, as an ordinary assignment.
    https://learn.microsoft.com/entra/id-governance/licensing-fundamentals
    """
    now = tenant.clock.now()
    if not tenant.quirks.licensed_for_pim:
        tenant.schedules.clear()
    for schedule in list(tenant.schedules.values()):
        if schedule.assignment_id and schedule.assignment_id.lower() not in tenant.role_assignments:
            del tenant.schedules[schedule.name]
        elif schedule.end and schedule.end <= now:
            _end(tenant, schedule)
        elif schedule.assignment_id is None and schedule.start <= now:
            _begin(tenant, schedule)


def _begin(tenant: Tenant, schedule: Schedule) -> None:
    made = RoleAssignment(
        name=str(uuid4()),
        scope=schedule.scope,
        role=schedule.role,
        principal_id=schedule.principal_id,
        principal_type=schedule.principal_type,
        created=schedule.start,
        updated=schedule.start,
        condition=schedule.condition,
        condition_version=schedule.condition_version,
    )
    lags.keep_assignment(tenant, made)
    tenant.schedules[schedule.name] = replace(schedule, assignment_id=made.id)
    asked = tenant.schedule_requests[schedule.request]
    tenant.schedule_requests[asked.name] = replace(asked, status="Provisioned")


def _end(tenant: Tenant, schedule: Schedule) -> None:
    del tenant.schedules[schedule.name]
    held = tenant.role_assignments.get((schedule.assignment_id or "").lower())
    if held:
        lags.remove_assignment(tenant, held)


# What is asked for


def check(tenant: Tenant, caller: Caller, scope: str, wanted: WantedSchedule) -> None:
    """All that can be refused before it is tried."""
    require(tenant, caller, _WRITE, scope)
    _require_licence(tenant)
    if wanted.type not in ("AdminAssign", "AdminRemove", "AdminUpdate", "AdminExtend", "AdminRenew"):
        raise refusals.invalid_request_content(f"requestType {wanted.type} is not one for administrators")
    if wanted.type == "AdminRemove":
        return
    now = tenant.clock.now()
    start = max(wanted.start or now, now)
    end = _end_of(wanted, start)
    broken = [
        rule for rule in RULES if rule in tenant.quirks.role_settings and _breaks(rule, wanted, start, end)
    ]
    if broken:
        raise refusals.against_role_settings(broken)
    if end and end <= now:
        raise refusals.invalid_schedule("it ends in the past")
    if end and end - start < SHORTEST:
        raise refusals.active_too_short()


def _breaks(rule: str, wanted: WantedSchedule, start: datetime, end: datetime | None) -> bool:
    """Nobody here has a second factor in the token."""
    ticket = wanted.ticket or {}
    return {
        "ExpirationRule": end is None or end - start > LONGEST,
        "JustificationRule": not wanted.justification,
        "MfaRule": True,
        "TicketingRule": not (ticket.get("ticketNumber") and ticket.get("ticketSystem")),
    }[rule]


def put_request(
    tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedSchedule
) -> ScheduleRequest:
    check(tenant, caller, scope, wanted)
    make = {"AdminAssign": _assign, "AdminRemove": _remove}.get(wanted.type, _update)
    made = make(tenant, caller, scope, name, wanted)
    tenant.schedule_requests[made.name] = made
    return made


def _assign(tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedSchedule) -> ScheduleRequest:
    now = tenant.clock.now()
    if found := _schedule(tenant, scope, wanted):
        raise refusals.request_pending() if found.assignment_id is None else refusals.schedule_exists()
    begins = max(wanted.start or now, now)
    content = WantedAssignment(
        wanted.role,
        wanted.principal_id,
        condition=wanted.condition,
        condition_version=wanted.condition_version,
    )
    assignment = None
    try:
        if begins <= now:
            assignment = role_assignments.put_role_assignment(tenant, caller, scope, str(uuid4()), content)
    except Refusal as refused:
        if refused.code == "PrincipalNotFound":
            raise refusals.subject_not_found(wanted.principal_id) from None
        raise refusals.schedule_exists() if refused.code == "RoleAssignmentExists" else refused from None
    schedule = Schedule(
        name=str(uuid4()),
        request=name,
        scope=scope,
        role=wanted.role,
        principal_id=wanted.principal_id,
        principal_type=tenant.type_of(wanted.principal_id) or "ServicePrincipal",
        start=begins,
        end=_end_of(wanted, begins),
        created=now,
        updated=now,
        condition=wanted.condition,
        condition_version=wanted.condition_version,
        assignment_id=assignment.id if assignment else None,
    )
    tenant.schedules[schedule.name] = schedule
    return _noted(tenant, caller, name, wanted, schedule, "Provisioned" if assignment else PENDING)


def _update(tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedSchedule) -> ScheduleRequest:
    """Of what Privileged Identity Management made; whether it changes other assignments is not established."""
    found = _schedule(tenant, scope, wanted)
    if found is None:
        raise refusals.schedule_does_not_exist()
    now = tenant.clock.now()
    changed = replace(
        found,
        request=name,
        end=_end_of(wanted, max(found.start, now)),
        updated=now,
        condition=wanted.condition,
        condition_version=wanted.condition_version,
    )
    tenant.schedules[found.name] = changed
    held = tenant.role_assignments.get((found.assignment_id or "").lower())
    if held:
        tenant.role_assignments[held.id.lower()] = replace(
            held, condition=wanted.condition, condition_version=wanted.condition_version
        )
    return _noted(tenant, caller, name, wanted, changed, "Provisioned")


def _remove(tenant: Tenant, caller: Caller, scope: str, name: str, wanted: WantedSchedule) -> ScheduleRequest:
    """An ordinary assignment too: it is in the lists, so it can be removed through them."""
    found = _schedule(tenant, scope, wanted)
    if found and found.assignment_id is None:
        raise refusals.request_pending()
    key = (scope.lower(), wanted.role, wanted.principal_id)
    held = next(
        (
            one
            for one in tenant.role_assignments.values()
            if (one.scope.lower(), one.role, one.principal_id) == key
        ),
        None,
    )
    if held is None:
        raise refusals.schedule_does_not_exist()
    if tenant.clock.now() - held.created < SHORTEST:
        raise refusals.active_too_short()
    role_assignments.delete_role_assignment(tenant, caller, scope, held.name)
    schedule = found or _mirror(held)
    tenant.schedules.pop(schedule.name, None)
    return _noted(tenant, caller, name, wanted, schedule, "Revoked")


def _noted(
    tenant: Tenant, caller: Caller, name: str, wanted: WantedSchedule, schedule: Schedule, status: str
) -> ScheduleRequest:
    removes = wanted.type == "AdminRemove"
    return ScheduleRequest(
        name=name,
        scope=schedule.scope,
        role=schedule.role,
        principal_id=schedule.principal_id,
        principal_type=schedule.principal_type,
        type=wanted.type,
        status=status,
        created=tenant.clock.now(),
        requestor=caller.object_id,
        start=None if removes else schedule.start,
        end=None if removes else schedule.end,
        expiration=wanted.expiration or {},
        justification=wanted.justification,
        ticket=wanted.ticket or {},
        condition=wanted.condition,
        condition_version=wanted.condition_version,
        schedule=schedule.name,
    )


def cancel(tenant: Tenant, caller: Caller, scope: str, name: str) -> None:
    require(tenant, caller, _WRITE, scope)
    found = read_request(tenant, caller, scope, name)
    if found.status != PENDING:
        raise refusals.request_not_pending(name, found.status)
    tenant.schedules.pop(found.schedule, None)
    tenant.schedule_requests[name] = replace(found, status="Canceled")


# What is read


def read_request(tenant: Tenant, caller: Caller, scope: str, name: str) -> ScheduleRequest:
    require(tenant, caller, _READ, scope)
    _require_licence(tenant)
    found = tenant.schedule_requests.get(name)
    if found is None or found.scope.lower() != scope.lower():
        raise refusals.schedule_request_not_found("roleAssignmentScheduleRequest", name)
    return found


def list_requests(
    tenant: Tenant, caller: Caller, scope: str, *, below: bool, principal_id: str | None
) -> list[ScheduleRequest]:
    require(tenant, caller, _READ, scope)
    _require_licence(tenant)
    return [
        one
        for one in tenant.schedule_requests.values()
        if (covers(one.scope, scope) or (below and covers(scope, one.scope)))
        and (principal_id is None or one.principal_id == principal_id.lower())
    ]


def list_shown(
    tenant: Tenant,
    caller: Caller,
    scope: str,
    *,
    below: bool,
    principal_id: str | None,
    assigned_to: str | None,
    pending: bool,
) -> list[Shown]:
    """What is active, ordinary assignments too, as far as lists show it by now; with `pending`, what will be."""
    _require_licence(tenant)
    held = role_assignments.list_role_assignments(
        tenant, caller, scope, below=below, principal_id=principal_id, assigned_to=assigned_to
    )
    known = {one.assignment_id.lower(): one for one in tenant.schedules.values() if one.assignment_id}
    found = [
        Shown(known.get(one.id.lower()) or _mirror(one), _member(one, scope, assigned_to)) for one in held
    ]
    return [*found, *_pending(tenant, scope, below, principal_id or assigned_to)] if pending else found


def _pending(tenant: Tenant, scope: str, below: bool, principal_id: str | None) -> Iterator[Shown]:
    for one in tenant.schedules.values():
        near = covers(one.scope, scope) or (below and covers(scope, one.scope))
        if near and one.assignment_id is None and principal_id in (None, one.principal_id):
            yield Shown(one, "Direct", pending=True)


def _member(one: RoleAssignment, scope: str, assigned_to: str | None) -> str:
    if assigned_to and one.principal_id != assigned_to.lower():
        return "Group"
    above = covers(one.scope, scope) and one.scope.lower() != scope.lower()
    return "Inherited" if above else "Direct"


def _mirror(one: RoleAssignment) -> Schedule:
    """An ordinary assignment as Privileged Identity Management shows it."""
    return Schedule(
        name=one.name,
        request="",
        scope=one.scope,
        role=one.role,
        principal_id=one.principal_id,
        principal_type=one.principal_type,
        start=one.created,
        end=None,
        created=one.created,
        updated=one.updated,
        condition=one.condition,
        condition_version=one.condition_version,
        assignment_id=one.id,
    )


def _require_licence(tenant: Tenant) -> None:
    if not tenant.quirks.licensed_for_pim:
        raise refusals.no_licence_for_pim()


def _schedule(tenant: Tenant, scope: str, wanted: WantedSchedule) -> Schedule | None:
    key = (scope.lower(), wanted.role, wanted.principal_id)
    return next(
        (one for one in tenant.schedules.values() if (one.scope.lower(), one.role, one.principal_id) == key),
        None,
    )


def _end_of(wanted: WantedSchedule, start: datetime) -> datetime | None:
    """By its duration or its day. Raises for one that says neither, or cannot be read."""
    expiration = wanted.expiration or {}
    kind = expiration.get("type")
    try:
        if kind == "AfterDateTime":
            end = datetime.fromisoformat(str(expiration.get("endDateTime")))
            if end.tzinfo is None:
                raise ValueError("a time has a zone")
            return end
        if kind == "AfterDuration":
            return start + _duration(str(expiration.get("duration")))
    except (ValueError, OverflowError):
        raise refusals.invalid_schedule(f"{kind} needs a moment or a duration") from None
    if kind in (None, "NoExpiration"):
        return None
    raise refusals.invalid_request_content("expiration.type is AfterDuration, AfterDateTime or NoExpiration")


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
