"""Role assignments: too early, twice, under other GUIDs, changed, deleted and made again."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from acceptance.answers import Answer, Question, Verdict, decided, judged, refused_with
from acceptance.stage import Assignment, CannotAsk, Stage
from acceptance.watch import Seen

_LAG_SECONDS = 60
_OBSERVED_SECONDS = 60
_EVERY_SECONDS = 5
_CHANGED = "Made by a test, and changed by it."


def _taken(seen: Seen, code: str) -> Answer:
    """In the end it succeeds; before that only this code, of whatever status."""
    told = sorted({f"{reply.status} {reply.code}" for reply in seen.before})
    others = [reply for reply in seen.before if reply.code != code]
    if others or not seen.reply.ok:
        return judged(others[0] if others else seen.reply, as_assumed=False, more=", ".join(told))
    return decided(True, f"assigned {seen.after}" + (f", before that {', '.join(told)}" if told else ""))


def _tried(stage: Stage, assignment: Assignment, code: str, *, typed: bool = True) -> Answer:
    return _taken(
        stage.until(lambda: stage.put_assignment(assignment, typed=typed), lambda reply: reply.code != code),
        code,
    )


def _new_principal(stage: Stage) -> Answer:
    (role, _), principal = stage.known(), stage.fresh_principal()
    return _tried(stage, stage.new_assignment(role, principal.object_id), "PrincipalNotFound")


def _new_principal_untyped(stage: Stage) -> Answer:
    (role, _), principal = stage.known(), stage.fresh_principal()
    return _tried(stage, stage.new_assignment(role, principal.object_id), "PrincipalNotFound", typed=False)


def _unknown_principal(stage: Stage) -> Answer:
    role, _ = stage.known()
    return refused_with(
        stage.put_assignment(stage.new_assignment(role, str(uuid4()))), "PrincipalNotFound", 400
    )


def _new_role(stage: Stage) -> Answer:
    (_, principal), role = stage.known(), stage.new_role()
    assignment = stage.new_assignment(role, principal.object_id)
    written = stage.put_role(role)
    if not written.ok:
        raise CannotAsk("no role could be made", written)
    return _tried(stage, assignment, "RoleDefinitionDoesNotExist")


def _unknown_role(stage: Stage) -> Answer:
    _, principal = stage.known()
    assignment = stage.new_assignment(str(uuid4()), principal.object_id)
    return refused_with(stage.put_assignment(assignment), "RoleDefinitionDoesNotExist", 400)


def _outside_scopes(stage: Stage) -> Answer:
    other = stage.other_scope()
    role, principal = stage.known()
    assignment = stage.new_assignment(role, principal.object_id, scope=other)
    return refused_with(stage.put_assignment(assignment), "RoleDefinitionDoesNotExist", 400)


def _again(stage: Stage) -> Answer:
    reply = stage.put_assignment(stage.assignment(stage.role("again"), stage.principal()))
    return judged(reply, as_assumed=reply.ok)


def _other_guid(stage: Stage) -> Answer:
    role, principal = stage.role("other GUID"), stage.principal()
    stage.assignment(role, principal)
    return refused_with(
        stage.put_assignment(stage.new_assignment(role, principal.object_id)), "RoleAssignmentExists", 409
    )


def _other_principal(stage: Stage) -> Answer:
    first = stage.assignment(stage.role("other principal"), stage.principal())
    second = replace(first, principal_id=stage.principal("second").object_id)
    return refused_with(stage.assigned(second).reply, "RoleAssignmentUpdateNotPermitted", 400)


def _other_scope(stage: Stage) -> Answer:
    """Either code has the product take its second GUID."""
    other = stage.other_scope()
    role, principal = stage.role("both scopes", stage.scope, other), stage.principal()
    first = stage.assignment(role, principal)
    second = stage.new_assignment(role, principal.object_id, scope=other, name=first.name)
    reply = stage.assigned(second).reply
    codes = ("RoleAssignmentUpdateNotPermitted", "HashConflictOnDifferentRoleAssignmentIds")
    return judged(reply, as_assumed=reply.code in codes)


def _description(stage: Stage) -> Answer:
    assignment = stage.assignment(stage.role("description"), stage.principal())
    reply = stage.put_assignment(assignment, description=_CHANGED)
    if not reply.ok:
        return judged(reply, as_assumed=False)
    seen = stage.until(
        lambda: stage.read(assignment), lambda read: read.properties.get("description") == _CHANGED
    )
    return decided(seen.agreed, f"{reply.status}, and shown {seen.after}")


def _listed(stage: Stage) -> Answer:
    principal = stage.principal("listed")
    assignment = stage.assignment(stage.role(), principal)
    return _in_list(stage, assignment, f"principalId eq '{principal.object_id}'")


def _assigned_to(stage: Stage) -> Answer:
    principal = stage.principal("assigned to")
    assignment = stage.assignment(stage.role(), principal)
    return _in_list(stage, assignment, f"assignedTo('{principal.object_id}')")


def _in_list(stage: Stage, assignment: Assignment, condition: str) -> Answer:
    path = assignment.path.rpartition("/")[0]
    seen = stage.until(
        lambda: stage.caller.arm("GET", path, filter=condition),
        lambda reply: not reply.ok or any(one.get("name") == assignment.name for one in reply.value),
        _LAG_SECONDS,
    )
    if not seen.reply.ok:
        return judged(seen.reply, as_assumed=False)
    return decided(seen.agreed, f"listed {seen.after}")


def _deleted(stage: Stage) -> Answer:
    assignment = stage.assignment(stage.role("unassigned"), stage.principal())
    first, again = stage.delete(assignment), stage.delete(assignment)
    seen = stage.until(lambda: stage.read(assignment), lambda reply: reply.status == 404, _LAG_SECONDS)
    told = f"deleted with {first.status}, again with {again.status}, not shown any more {seen.after}"
    return judged(
        first if not first.ok else seen.reply,
        as_assumed=(first.status, again.status) == (200, 204)
        and seen.agreed
        and seen.reply.code == "RoleAssignmentNotFound",
        more=told,
    )


def _made_again(stage: Stage) -> Answer:
    assignment = stage.assignment(stage.role("made again"), stage.principal())
    stage.delete(assignment)
    again = stage.put_assignment(assignment)
    if not again.ok:
        return judged(again, as_assumed=False)
    began, missed = stage.watch.now(), 0
    last = stage.read(assignment)
    while stage.watch.now() - began < _OBSERVED_SECONDS:
        stage.watch.pause(_EVERY_SECONDS)
        last = stage.read(assignment)
        missed += not last.ok
    stays = "still there" if last.ok else "gone"
    return decided(last.ok, f"{stays} after {_OBSERVED_SECONDS} s; {missed} reads in between missed it")


def _orphan(stage: Stage) -> Answer:
    principal = stage.principal("orphan's")
    assignment = stage.assignment(stage.role("orphaned"), principal)
    deleted = stage.delete_principal(principal)
    if not deleted.ok:
        raise CannotAsk("the service principal could not be deleted", deleted)
    stage.watch.pause(_OBSERVED_SECONDS)
    read = stage.read(assignment)
    kind = read.properties.get("principalType")
    return judged(
        read,
        as_assumed=read.ok and kind == "ServicePrincipal",
        more=f"principal type {kind}" if read.ok else "",
    )


def _principal_made_again(stage: Stage) -> Answer:
    principal = stage.principal("made again")
    assignment = stage.assignment(stage.role("of the first"), principal)
    deleted = stage.delete_principal(principal)
    if not deleted.ok:
        raise CannotAsk("the service principal could not be deleted", deleted)
    made = stage.create_principal(principal.application)
    if not made.ok:
        raise CannotAsk("the service principal could not be made again", made)
    second = replace(assignment, principal_id=str(made.body["id"]))
    seen = stage.until(lambda: stage.put_assignment(second), lambda reply: reply.code != "PrincipalNotFound")
    answer = refused_with(seen.reply, "RoleAssignmentUpdateNotPermitted", 400)
    same = second.principal_id == assignment.principal_id
    return Answer(Verdict.OTHERWISE, "it has the same object ID") if same else answer


QUESTIONS = (
    Question(
        "assign-new-principal",
        "What refuses to assign a role to a service principal of a moment ago, its type being said?",
        "Nothing, or `PrincipalNotFound` for a while.",
        "`steps/assignment.py`: only this code is waited for",
        _new_principal,
    ),
    Question(
        "assign-new-principal-untyped",
        "And when its type is not said?",
        "Nothing, or `PrincipalNotFound` for a while.",
        "`azure/authorization.py`: the type is always said, to avoid this",
        _new_principal_untyped,
    ),
    Question(
        "assign-unknown-principal",
        "Is a role refused to an object ID that nobody has, its type being said?",
        "Yes: 400 `PrincipalNotFound`.",
        "`model/principal.py`: else a wrong `--principal-object-id` is noticed by nobody but us",
        _unknown_principal,
    ),
    Question(
        "assign-new-role",
        "What refuses to assign a role of a moment ago?",
        "Nothing, or `RoleDefinitionDoesNotExist` for a while.",
        "`steps/assignment.py`: only this code is waited for",
        _new_role,
    ),
    Question(
        "assign-unknown-role",
        "With which status is a role refused that does not exist?",
        "400 `RoleDefinitionDoesNotExist`.",
        "`steps/assignment.py`: the code alone decides; the status is the sandbox's",
        _unknown_role,
    ),
    Question(
        "assign-outside-scopes",
        "What refuses to assign a role outside its assignable scopes?",
        "400 `RoleDefinitionDoesNotExist`.",
        "`azure/explain.py`: told as a role that cannot be assigned here",
        _outside_scopes,
    ),
    Question(
        "assignment-again",
        "Does writing an assignment again succeed?",
        "Yes.",
        "`azure/retries.py`: a lost answer is sent again",
        _again,
    ),
    Question(
        "assignment-other-guid",
        "What refuses the same assignment under another GUID?",
        "409 `RoleAssignmentExists`.",
        "`azure/authorization.py`: then it exists, and is looked for",
        _other_guid,
    ),
    Question(
        "assignment-other-principal",
        "What refuses a GUID that another principal's assignment has?",
        "400 `RoleAssignmentUpdateNotPermitted`.",
        "`steps/assignment.py`: then the second GUID is tried",
        _other_principal,
    ),
    Question(
        "assignment-other-scope",
        "What refuses a GUID that an assignment in another subscription has?",
        "`RoleAssignmentUpdateNotPermitted` or `HashConflictOnDifferentRoleAssignmentIds`.",
        "`steps/assignment.py`: then the second GUID is tried",
        _other_scope,
    ),
    Question(
        "assignment-description",
        "Can an assignment's description be changed in place, by writing it again?",
        "Yes.",
        "`model/assignment.py`: a description given later could be added",
        _description,
    ),
    Question(
        "assignment-listed",
        "How long is a new assignment missing from the list of its principal's?",
        "At most 60 s.",
        "`steps/observe.py`: it is read by the GUIDs we derive, too",
        _listed,
    ),
    Question(
        "assignment-assigned-to",
        "Does `assignedTo` list a service principal's assignments at a subscription?",
        "Yes, within 60 s.",
        "`azure/authorization.py`: what it holds through groups is found so",
        _assigned_to,
    ),
    Question(
        "assignment-deleted",
        "Does deleting an assignment answer 200, then 204, and a read 404 `RoleAssignmentNotFound`?",
        "Yes, within 60 s.",
        "`steps/assignment.py`: a revoke waits for the 404",
        _deleted,
    ),
    Question(
        "assignment-made-again",
        "Does an assignment stay that is made under the GUID of one just deleted?",
        "Yes.",
        "`model/assignment.py`: a GUID that the same plan deletes is given last, in case it does not",
        _made_again,
    ),
    Question(
        "assignment-orphaned",
        "Does the assignment of a deleted service principal stay, with its principal type?",
        "Yes.",
        "`model/assignment.py`: orphans are looked for by that type",
        _orphan,
    ),
    Question(
        "assignment-principal-again",
        "What refuses an orphan's GUID to the service principal that was made again?",
        "400 `RoleAssignmentUpdateNotPermitted`.",
        "`steps/assignment.py`: then the second GUID is tried",
        _principal_made_again,
    ),
)
