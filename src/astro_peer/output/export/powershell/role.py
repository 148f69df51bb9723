"""The custom role: found, made, changed or deleted; it sets `$role`, its GUID, and `$expected`.

A role is changed or deleted only while it says what it said when it was reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from astro_peer.model import role as rules
from astro_peer.model.change import Action, Change
from astro_peer.model.objects import RoleAssignment, RoleDefinition, same, without
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.text import Section, filled
from astro_peer.output.export.powershell.functions import ASSIGNMENTS, COMPARE, HOLDERS, ROLES
from astro_peer.output.export.powershell.text import comment, document, lines, quoted
from astro_peer.plain import one_line


def render(plan: Plan, change: Change, required: bool) -> Section:
    before, after = _role(change.before), _role(change.after)
    if not plan.wanted.granted and change.action is Action.KEEP:
        stays = f"The role {one_line(change.thing.label)} stays: {one_line(change.says)}."
        return Section("The custom role.", f"Write-Output {quoted(stays)}")
    title = "The custom role."
    if required:
        title, written = "The custom role, which somebody else has made.", _REQUIRED
    elif before is None and after:
        title, written = "The custom role, exactly as Astronomer documents it.", _create(after)
    elif change.action is Action.KEEP:
        written = _KEPT
    elif before and after:
        written = _update(plan, before, after)
    else:
        title, written = "The custom role, if nothing else uses it.", _DELETE
    body = [*_today(plan, change, required), *_reviewed(plan, change, required)]
    body += [_find(plan, before, after), written]
    return Section(title, "\n".join(body), (COMPARE, ROLES, ASSIGNMENTS, HOLDERS))


def _role(thing: object) -> RoleDefinition | None:
    return thing if isinstance(thing, RoleDefinition) else None


def _today(plan: Plan, change: Change, required: bool) -> Iterator[str]:
    if not plan.observed.looked_up:
        return
    if change.before is None:
        yield "# Today: no role of this name was found, so it would be created."
        return
    yield comment(f"Today: it exists, GUID {change.thing.azure_id}.")
    if change.writes and not required:
        yield comment("It would be changed: " + "; ".join(change.details)) if change.details else "#"
        yield comment(f"Why: {change.says}.")


def _reviewed(plan: Plan, change: Change, required: bool) -> Iterator[str]:
    """What the role is compared with."""
    before, after = _role(change.before), _role(change.after)
    yield f"$roleName = {quoted(one_line(change.thing.label))}"
    follows = any(isinstance(one.after, RoleAssignment) for one in plan.changes)
    if (must := after or before) and (required or follows or change.action is not Action.UPDATE):
        yield "# What it must allow, and no more, by entry of its permissions."
        yield f"$expected = {lines(_permissions(must))}"
    if before and after is None:
        yield f"$reviewedScopes = {lines(_scopes(before))}"
    yield f"$written = ${str(change.writes and not required).lower()}"


def _find(plan: Plan, before: RoleDefinition | None, after: RoleDefinition | None) -> str:
    """By its GUID; where that is not known, by its name too."""
    sought = before or after or plan.wanted.role
    scope = rules.listed_in(plan.wanted, plan.observed, before, after) if before else plan.wanted.scope
    seen_from = "$scope" if same(scope, plan.wanted.scope) else quoted(scope)
    if before and plan.observed.looked_up:
        found = f"$now = Get-Role {seen_from} {quoted(sought.guid)}"
    else:
        found = f"$now = Find-Role {seen_from} {quoted(sought.guid)} {quoted(sought.role_name)}"
    return f"{found}\n{_FOUND}"


def _permissions(role: RoleDefinition) -> Iterator[str]:
    for number, entry in enumerate(role.permissions, 1):
        for kind, actions in _lists(entry).items():
            yield from (f"{number} {kind} {action}" for action in actions)


def _scopes(role: RoleDefinition) -> Iterator[str]:
    return (f"scope {scope.rstrip('/')}" for scope in role.assignable_scopes)


def _state(role: RoleDefinition) -> list[str]:
    """All that is written back when the role is changed."""
    words = [f"name {role.role_name}", f"description {role.description}"]
    return [*_permissions(role), *_scopes(role), *words]


def _lists(entry: Any) -> dict[str, list[str]]:
    return {
        "actions": list(entry.actions),
        "notActions": list(entry.not_actions),
        "dataActions": list(entry.data_actions),
        "notDataActions": list(entry.not_data_actions),
    }


def _body(role: RoleDefinition) -> str:
    return document(
        {
            "properties": {
                "roleName": role.role_name,
                "description": role.description,
                "type": "CustomRole",
                "permissions": [_lists(entry) for entry in role.permissions],
                "assignableScopes": list(role.assignable_scopes),
            }
        }
    )


def _create(after: RoleDefinition) -> str:
    return filled(_CREATE, GUID=quoted(after.guid), BODY=_body(after))


def _update(plan: Plan, before: RoleDefinition, after: RoleDefinition) -> str:
    gone = without(before.assignable_scopes, after.assignable_scopes)
    leaves = any(same(one, plan.wanted.scope) for one in gone)
    # Written where it can still be assigned afterwards, as Azure may know it nowhere else.
    scope = rules.listed_in(plan.wanted, plan.observed, before, after)
    return filled(
        _UPDATE,
        BEFORE=lines(_state(before)),
        AFTER=lines(_state(after)),
        UNUSED=_UNUSED if leaves else "",
        THROUGH="$scope" if same(scope, plan.wanted.scope) else quoted(scope),
        BODY=_body(after),
    )


_FOUND = """\
$role = if ($null -ne $now) { Get-Guid $now.name } else { '' }
$permissions = @(if ($null -ne $now) { Get-Permissions $now })"""
_GONE = """\
if ($null -eq $now) {
  throw ('The role ' + $roleName + ' is gone: it was deleted since it was reviewed. Write a new script' +
    ' with astro-peer.')
}"""
_CREATE = """\
if ($null -eq $now) {
  $body = BODY
  $now = Invoke-Azure 'PUT' ($scope + $roles + '/' + GUID + '?' + $version) $body
  $role = Get-Guid $now.name
} elseif (-not (Test-SameLines $permissions $expected)) {
  throw ('The role ' + $roleName + ' is not as documented, so it is not assigned. It says: ' +
    (Get-Plain ($permissions -join '; ')))
}"""
_REQUIRED = """\
if ($null -eq $now) {
  throw ('The role ' + $roleName + ' does not exist here yet: have astro-peer grant --only role run first.')
}
if (-not (Test-SameLines $permissions $expected)) {
  throw ('The role ' + $roleName + ' is not as documented, so it is not assigned. It says: ' +
    (Get-Plain ($permissions -join '; ')))
}"""
_KEPT = (
    _GONE
    + """
if (-not (Test-SameLines $permissions $expected)) {
  throw ('The role ' + $roleName + ' is not as it was reviewed, so it is not assigned. It says: ' +
    (Get-Plain ($permissions -join '; ')))
}"""
)
_UPDATE = (
    """\
# All that it said when it was reviewed, and all that it is to say. If it says anything else by now, this stops.
$before = BEFORE
$after = AFTER
"""
    + _GONE
    + """
$state = @(Get-State $now)
if (Test-SameLines $state $after) {
  Write-Output ('The role ' + $roleName + ' is as it should be already.')
} elseif (-not (Test-SameLines $state $before)) {
  throw ('The role ' + $roleName + ' is not as it was reviewed, so it is not changed. Write a new script with' +
    ' astro-peer. It says now, and did not: ' + (Get-Plain (@(Get-Only $state $before) -join '; ')) +
    '. It said, and does not now: ' + (Get-Plain (@(Get-Only $before $state) -join '; ')))
} UNUSEDelse {
  $body = BODY
  [void] (Invoke-Azure 'PUT' (THROUGH + $roles + '/' + $role + '?' + $version) $body)
}"""
)
_UNUSED = """\
elseif (@(Get-Holders $role).Count -gt 0) {
  Write-Output ('The role ' + $roleName + ' stays: it is still assigned in the subscription.')
} """
_DELETE = """\
if ($null -eq $now) {
  Write-Output ('There is no role ' + $roleName + ' here any more.')
} else {
  $scopes = @(Get-Scopes $now)
  # An answer in which something is missing is never a yes to a deletion.
  if (@($permissions | Where-Object { $_ -like '* actions *' }).Count -eq 0) {
    throw ('Azure shows no actions of the role ' + $roleName + ', so it is not deleted.')
  }
  $holders = @(Get-Holders $role)
  $beyond = @(Get-Only $permissions $expected)
  $others = @(Get-Only $scopes $reviewedScopes)
  if ($holders.Count -gt 0) {
    Write-Output ('The role ' + $roleName + ' stays: it is still assigned to ' + (Get-Plain ($holders -join ', ')))
  } elseif ($beyond.Count -gt 0) {
    Write-Output ('The role ' + $roleName + ' stays: it allows more than the one that was reviewed: ' +
      (Get-Plain ($beyond -join '; ')))
  } elseif ($others.Count -gt 0) {
    Write-Output ('The role ' + $roleName + ' stays: other scopes use it too: ' + (Get-Plain ($others -join '; ')))
  } elseif (-not (Test-SameLines $permissions $expected) -or -not (Test-SameLines $scopes $reviewedScopes)) {
    Write-Output ('The role ' + $roleName + ' stays: it is not as it was reviewed. It says: ' +
      (Get-Plain (($permissions + $scopes) -join '; ')))
  } else {
    [void] (Invoke-Azure 'DELETE' ($scope + $roles + '/' + $role + '?' + $version))
  }
}"""
