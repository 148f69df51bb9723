"""What needs a license, or touches others for a moment: asked only where it can be, and where it is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from acceptance.answers import Answer, Question, judged, refused_with
from acceptance.calls import Reply
from acceptance.ledger import Made, first_refusal
from acceptance.stage import CannotAsk, Principal, Stage

_LOCKS = "2020-05-01"
_PIM = "2020-10-01"
_EFFECTIVE_SECONDS = 10
_MINUTES_OF_PIM = 7
"""It removes nothing within five minutes of its making."""


def _locked(stage: Stage) -> Answer:
    if not stage.run.with_lock:
        raise CannotAsk("needs --with-lock, as the lock holds for everybody in the subscription")
    assignment = stage.assignment(stage.role("locked"), stage.principal())
    path = f"{stage.scope}/providers/Microsoft.Authorization/locks/{stage.run.name.replace(' ', '-')}"
    stage.ledger.intend(
        Made(
            "lock on the subscription",
            lambda: stage.caller.arm("DELETE", path, version=_LOCKS),
            lambda: f"az lock delete --ids {path}",
        )
    )
    made = stage.caller.arm("PUT", path, {"properties": {"level": "CanNotDelete"}}, version=_LOCKS)
    if not made.ok:
        raise CannotAsk("no lock could be made", made)
    stage.watch.pause(_EFFECTIVE_SECONDS)
    reply = stage.delete(assignment)
    unlocked = stage.caller.arm("DELETE", path, version=_LOCKS)
    if not unlocked.ok:
        raise CannotAsk("the lock could not be removed at once", unlocked)
    stage.watch.pause(_EFFECTIVE_SECONDS)
    return refused_with(reply, "ScopeLocked", 409)


def _pim(stage: Stage) -> Answer:
    principal, role = stage.principal("time-bound"), stage.role("time-bound")
    role_id = f"{stage.scope}/providers/Microsoft.Authorization/roleDefinitions/{role.guid}"
    stage.ledger.intend(
        Made(
            "time-bound assignment of one hour",
            lambda: _remove_time_bound(stage, principal, role_id),
            lambda: (
                "az role assignment delete --ids "
                f"$(az role assignment list --all --assignee {principal.object_id} --query '[].id' -o tsv)"
            ),
            at_most_seconds=_MINUTES_OF_PIM * 60,
        )
    )
    made = _request(stage, principal, role_id, "AdminAssign")
    if not made.ok:
        raise CannotAsk("no time-bound assignment could be made", made)
    listed = stage.until(lambda: _assignments(stage, principal), lambda reply: bool(reply.value)).reply
    if not listed.value:
        raise CannotAsk("the time-bound assignment was not listed", listed)
    return judged(reply := stage.caller.arm("DELETE", str(listed.value[0]["id"])), as_assumed=reply.ok)


def _assignments(stage: Stage, principal: Principal) -> Reply:
    path = f"{stage.scope}/providers/Microsoft.Authorization/roleAssignments"
    return stage.caller.arm("GET", path, filter=f"principalId eq '{principal.object_id}'")


def _request(stage: Stage, principal: Principal, role_id: str, kind: str) -> Reply:
    path = f"{stage.scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{uuid4()}"
    schedule = {
        "startDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "expiration": {"type": "AfterDuration", "duration": "PT1H"},
    }
    properties = {
        "principalId": principal.object_id,
        "roleDefinitionId": role_id,
        "requestType": kind,
        "justification": stage.run.name,
    } | ({"scheduleInfo": schedule} if kind == "AdminAssign" else {})
    return stage.caller.arm("PUT", path, {"properties": properties}, version=_PIM)


def _remove_time_bound(stage: Stage, principal: Principal, role_id: str) -> Reply:
    """Whatever the run's own principal holds at the subscription; by a request where a plain DELETE is refused."""
    listed = _assignments(stage, principal)
    if not listed.ok:
        return listed
    own = [one for one in listed.value if one.get("properties", {}).get("principalId") == principal.object_id]
    refused = first_refusal([stage.caller.arm("DELETE", str(one["id"])) for one in own])
    if refused.ok or refused.status == 404:
        return refused
    return _request(stage, principal, role_id, "AdminRemove")


QUESTIONS = (
    Question(
        "lock-on-subscription",
        "Does a CanNotDelete lock on a subscription keep an assignment from being deleted?",
        "Yes: 409 `ScopeLocked`.",
        "`azure/explain.py`: a revoke says that a lock stands in the way",
        _locked,
    ),
    Question(
        "time-bound-deleted",
        "Does a plain DELETE remove a time-bound assignment, which PIM made?",
        "Yes.",
        "`steps/assignment.py`: a revoke deletes whatever gives Astronomer the role",
        _pim,
    ),
)
