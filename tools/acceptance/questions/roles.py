"""Role definitions: names, reads that lag behind writes, and who finds them from where."""

from __future__ import annotations

from dataclasses import replace

from acceptance.answers import Answer, Question, decided, judged, refused_with
from acceptance.calls import Reply
from acceptance.stage import MORE, CannotAsk, Role, Stage
from astro_peer.azure import api_versions

_LAG_SECONDS = 60
_OBSERVED_SECONDS = 90
_EVERY_SECONDS = 2
_RESOURCE_GRAPH_SECONDS = 300


def _again(stage: Stage) -> Answer:
    reply = stage.put_role(stage.role())
    return judged(reply, as_assumed=reply.status == 201)


def _same_name(stage: Stage) -> Answer:
    return refused_with(
        stage.put_role(stage.of_the_same_name(stage.role())), "RoleDefinitionWithSameNameExists", 409
    )


def _unknown(stage: Stage) -> Answer:
    return refused_with(stage.caller.arm("GET", stage.new_role().path), "RoleDefinitionDoesNotExist", 404)


def _listed(stage: Stage) -> Answer:
    role = _changed(stage, stage.role("listed"))
    path = role.path.rpartition("/")[0]
    seen = stage.until(
        lambda: stage.caller.arm("GET", path, filter=f"roleName eq '{role.name}'"),
        lambda reply: any(one.get("name") == role.guid for one in reply.value),
        _LAG_SECONDS,
    )
    if not seen.reply.ok:
        return judged(seen.reply, as_assumed=False)
    return decided(seen.agreed, f"listed {seen.after}")


def _changed(stage: Stage, role: Role) -> Role:
    role = replace(role, actions=(*role.actions, MORE))
    reply = stage.put_role(role)
    if not reply.ok:
        raise CannotAsk("the role could not be changed", reply)
    return role


def _mixed_reads(stage: Stage) -> Answer:
    """Reads for longer than the product would wait."""
    role = _changed(stage, stage.role("read"))
    began, stale_at, reads, old = stage.watch.now(), 0.0, 0, 0
    while (seconds := stage.watch.now() - began) < _OBSERVED_SECONDS:
        reads += 1
        if not _shows(stage.caller.arm("GET", role.path), role):
            old, stale_at = old + 1, seconds
        stage.watch.pause(_EVERY_SECONDS)
    last = f", the last after {stale_at:.0f} s" if old else ""
    return decided(stale_at <= _LAG_SECONDS, f"{old} of {reads} reads showed an older state{last}")


def _shows(reply: Reply, role: Role) -> bool:
    permissions = reply.properties.get("permissions") or [{}]
    return reply.ok and set(permissions[0].get("actions") or ()) == set(role.actions)


def _from_outside(stage: Stage) -> Answer:
    other = stage.other_scope()
    role = stage.role()
    return judged(
        reply := stage.caller.arm("GET", f"{other}{role.path[len(stage.scope) :]}"), as_assumed=reply.ok
    )


def _scope_in_use(stage: Stage) -> Answer:
    other = stage.other_scope()
    role = stage.role("both", stage.scope, other)
    stage.assignment(role, stage.principal(), scope=other)
    return refused_with(
        stage.put_role(replace(role, scopes=(stage.scope,))), "RoleScopeBeingRemovedContainsAssignments"
    )


def _in_use(stage: Stage) -> Answer:
    role = stage.role("in use")
    stage.assignment(role, stage.principal())
    stage.forget("in use")
    return refused_with(stage.caller.arm("DELETE", role.path), "RoleDefinitionHasAssignments", 400)


def _after_assignment(stage: Stage) -> Answer:
    role = stage.role("freed")
    stage.delete(stage.assignment(role, stage.principal()))
    stage.forget("freed")
    seen = stage.until(
        lambda: stage.caller.arm("DELETE", role.path),
        lambda reply: reply.code != "RoleDefinitionHasAssignments",
        _LAG_SECONDS,
    )
    return judged(seen.reply, as_assumed=seen.agreed and seen.reply.ok, more=f"deleted {seen.after}")


def _deleted(stage: Stage) -> Answer:
    role = stage.role("deleted")
    stage.forget("deleted")
    first = stage.caller.arm("DELETE", role.path)
    seen = stage.until(
        lambda: stage.caller.arm("GET", role.path), lambda reply: reply.code == "RoleDefinitionDoesNotExist"
    )
    again = stage.caller.arm("DELETE", role.path)
    return judged(
        first if not first.ok else again,
        as_assumed=first.ok and seen.agreed and again.status == 204,
        more=f"deleted with {first.status}, not shown any more {seen.after}, deleted again with {again.status}",
    )


def _in_resource_graph(stage: Stage) -> Answer:
    role = stage.role()
    query = (
        "authorizationresources | where type =~ 'microsoft.authorization/roledefinitions'"
        f" | where properties.roleName =~ '{role.name}' | project id, name, properties"
    )
    seen = stage.until(
        lambda: stage.caller.arm(
            "POST",
            "/providers/Microsoft.ResourceGraph/resources",
            {"query": query},
            version=api_versions.RESOURCE_GRAPH,
        ),
        lambda reply: bool(reply.body.get("data")) or not reply.ok,
        _RESOURCE_GRAPH_SECONDS,
    )
    rows = seen.reply.body.get("data") or [{}]
    properties = rows[0].get("properties") or {}
    complete = bool(properties.get("roleName") and properties.get("assignableScopes") and rows[0].get("name"))
    if not seen.reply.ok:
        return judged(seen.reply, as_assumed=False)
    return decided(
        seen.agreed and complete, f"shown {seen.after}" + ("" if complete else ", not in that form")
    )


QUESTIONS = (
    Question(
        "role-again",
        "Does writing a role again under its GUID succeed?",
        "Yes, with 201, as for a new one.",
        "`steps/role.py`: a lost answer is sent again",
        _again,
    ),
    Question(
        "role-name-taken",
        "What refuses a role whose name another one has?",
        "409 `RoleDefinitionWithSameNameExists`.",
        "`steps/role.py`: somebody was quicker, or the role is one that the caller cannot see",
        _same_name,
    ),
    Question(
        "role-unknown",
        "What answers a read of a role that is not there?",
        "404 `RoleDefinitionDoesNotExist`.",
        "`azure/authorization.py`: any other 404 is taken for a fault",
        _unknown,
    ),
    Question(
        "role-listed",
        "How long after a change is a role missing from the list by name?",
        "At most 60 s.",
        "`steps/role.py`: it is read by its GUID too, and nothing is concluded from the list",
        _listed,
    ),
    Question(
        "role-reads-mixed",
        "How long after a change does a read by ID show the state before?",
        "At most 60 s.",
        "`steps/verify.py`: so long a grant waits before it says that the role differs",
        _mixed_reads,
    ),
    Question(
        "role-from-outside",
        "Is a role shown by its GUID in a subscription where it cannot be assigned?",
        "Yes.",
        "`steps/role.py`: asked from its own scopes first; where not, it is found by its name alone",
        _from_outside,
    ),
    Question(
        "role-scope-in-use",
        "What refuses to take a scope from a role that is assigned there?",
        "`RoleScopeBeingRemovedContainsAssignments`.",
        "`steps/role.py`: a revoke waits for the assignment to be gone",
        _scope_in_use,
    ),
    Question(
        "role-in-use",
        "What refuses to delete a role that is assigned, and with which status?",
        "400 `RoleDefinitionHasAssignments`.",
        "`steps/role.py`: the code alone decides; the status is the sandbox's",
        _in_use,
    ),
    Question(
        "role-after-assignment",
        "How long after its last assignment was deleted is a role still taken for assigned?",
        "At most 60 s.",
        "`steps/role.py`: so long a revoke insists",
        _after_assignment,
    ),
    Question(
        "role-deleted",
        "Is a deleted role gone by ID, and does deleting it again answer 204?",
        "Yes, both.",
        "`steps/role.py`: a revoke waits for the 404, and a lost answer is sent again",
        _deleted,
    ),
    Question(
        "role-in-resource-graph",
        "Does Resource Graph show a new role, with its name and its assignable scopes?",
        "Yes, within minutes.",
        "`azure/authorization.py`: a role of another subscription is found by it",
        _in_resource_graph,
    ),
)
