"""The role assignment: made, or removed. It uses `$principal`, `$role` and `$expected` of the sections before it."""

from __future__ import annotations

from typing import Any

from astro_peer.model import assignment as rules
from astro_peer.model.change import Change, Reason
from astro_peer.model.objects import RoleAssignment, RoleDefinition
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.text import Section, filled
from astro_peer.output.export.powershell.functions import (
    ASSIGNMENTS,
    COMPARE,
    CONFIRM_ROLE,
    CONFIRM_TAKEN,
    LEFTOVER,
    PRINCIPALS,
    REMOVE,
    ROLES,
)
from astro_peer.output.export.powershell.text import comment, document, quoted
from astro_peer.output.shell import command_line

_REMOVING = (ASSIGNMENTS, REMOVE)


def render(plan: Plan, change: Change, required: bool) -> Section:
    before, after = change.before, change.after
    if isinstance(after, RoleAssignment):
        return _ensure(plan, before, after)
    assert isinstance(before, RoleAssignment)  # noqa: S101  (the kind that is written here)
    if change.reason is Reason.NOT_LOOKED_UP:
        return Section(
            "The assignments of the role to Astronomer's service principal, in the subscription.",
            "\n".join([_find_holder(plan, before.principal_id), _find_role(plan), _REMOVE_WHATEVER]),
            (ROLES, PRINCIPALS, *_REMOVING),
        )
    arguments = " ".join(map(quoted, (before.id, before.principal_id, before.role_guid)))
    today = comment(f"Today: {before.id}")
    if change.reason is Reason.LEFT_BEHIND:
        return Section(
            "The assignment that a deleted service principal of Astronomer's left behind.",
            f"{today}\nRemove-Leftover {arguments} {quoted(plan.wanted.application_id)}",
            (*_REMOVING, LEFTOVER),
        )
    return Section(
        "The assignment of the role to Astronomer's service principal.",
        f"{today}\nRemove-Given {arguments}",
        _REMOVING,
    )


def verify(plan: Plan) -> Section:
    if plan.wanted.granted:
        return Section("Verify.", _VERIFY)
    look = [_find_holder(plan, plan.wanted.principal_id), _find_role(plan), _REQUIRE_NOTHING_ELSE]
    if any(isinstance(change.thing, RoleAssignment) for change in plan.changes):
        return Section(
            "Verify.",
            "\n".join(["Confirm-Taken", *look]),
            (ROLES, PRINCIPALS, *_REMOVING, CONFIRM_TAKEN),
        )
    return Section("Verify.", "\n".join(look), (ROLES, PRINCIPALS, ASSIGNMENTS))


def _find_holder(plan: Plan, object_id: str | None) -> str:
    """As the user gave it, else looked up when the script runs."""
    if object_id:
        return f"$principal = {quoted(object_id)}"
    return f"$shown = Find-Principal {quoted(plan.wanted.application_id)}\n{_FIND_HOLDER}"


def _find_role(plan: Plan) -> str:
    sought = plan.observed.role or plan.wanted.role
    return f"$now = Find-Role $scope {quoted(sought.guid)} {quoted(sought.role_name)}\n{_FIND_ROLE}"


def _ensure(plan: Plan, before: object, after: RoleAssignment) -> Section:
    there = before if isinstance(before, RoleAssignment) else None
    lines = []
    if plan.observed.looked_up:
        lines.append(
            comment(f"Today: it exists, {there.id}.")
            if there
            else "# Today: there is none, so it would be created."
        )
    writes_role = any(change.writes and isinstance(change.thing, RoleDefinition) for change in plan.changes)
    name = there.name if there else rules.names_to_give(plan.wanted, after.principal_id, plan.changes)[0]
    lines += [
        f"$written = ${str(writes_role).lower()}",
        f"$revoke = {quoted(command_line(plan.revoke_command.words))}",
        filled(_CREATE, NAME=quoted(name), BODY=document({"properties": _properties(after)})),
    ]
    if there and there != after:
        lines.append(
            filled(
                _DESCRIBE,
                REVIEWED=quoted(there.id),
                SAID=quoted(there.description or ""),
                SAYS=quoted(after.description or ""),
            )
        )
    elif not plan.observed.looked_up and after.description:
        lines.append(_STAYS)
    return Section(
        "The assignment of the role to the service principal, on the subscription.",
        "\n".join(lines),
        (COMPARE, ROLES, CONFIRM_ROLE, ASSIGNMENTS),
    )


def _properties(after: RoleAssignment) -> dict[str, Any]:
    """The principal and the role are filled in when they are known: no text can hold what stands for them, as its
    quotation marks are escaped.
    """
    return {
        "roleDefinitionId": "",
        "principalId": "",
        "principalType": after.principal_type,
        "description": after.description or "",
        **(
            {"condition": after.condition, "conditionVersion": after.condition_version or "2.0"}
            if after.condition
            else {}
        ),
    }


_CREATE = """\
$body = BODY
$body = $body.Replace('"roleDefinitionId": ""', '"roleDefinitionId": "' + $scope + $roles + '/' + $role + '"')
$body = $body.Replace('"principalId": ""', '"principalId": "' + $principal + '"')
$name = NAME
$assigned = Get-Assignment ($scope + $assignments + '/' + $name)
if ($null -eq $assigned -or -not (Test-Gives $assigned $principal $role)) {
  $assigned = Get-Giving $principal $role | Where-Object { Test-Same $_.properties.scope $scope } |
    Select-Object -First 1
}
$made = $null -eq $assigned
if ($made) {
  Confirm-Role
  $path = $scope + $assignments + '/' + $name + '?' + $version
  $assigned = Invoke-Azure 'PUT' $path $body -Passing 'PrincipalNotFound', 'RoleDefinitionDoesNotExist'
}"""
_STAYS = """\
if (-not $made) {
  Write-Output 'The role is assigned already: its description, and an end in it, stay as they are.'
}"""
_DESCRIBE = """\
# Case counts in a description.
$says = [string] (Get-Value $assigned.properties 'description')
if ([string]::Equals($says, SAYS, [StringComparison]::Ordinal)) {
  Write-Output 'The role assignment''s description is as it should be.'
} elseif (-not [string]::Equals($says, SAID, [StringComparison]::Ordinal) -or
  -not (Test-Same $assigned.id REVIEWED)) {
  throw ('The role assignment is not as it was reviewed, so it is not changed. Write a new script with astro-peer.' +
    ' Its description says: ' + (Get-Plain $says))
} else {
  Confirm-Role
  [void] (Invoke-Azure 'PUT' ($scope + $assignments + '/' + $name + '?' + $version) $body)
}"""
_FIND_HOLDER = """\
$principal = if ($null -ne $shown) { Get-Guid $shown.id } else { '' }"""
_FIND_ROLE = """\
$role = if ($null -ne $now) { Get-Guid $now.name } else { '' }"""
_REMOVE_WHATEVER = """\
if (-not $principal -or -not $role) {
  Write-Output 'Nothing is assigned: there is no such service principal or no such role here.'
} else {
  $given = @(Get-Giving $principal $role)
  if ($given.Count -eq 0) { Write-Output 'Nothing is assigned.' }
  foreach ($one in $given) { Remove-Given $one.id $principal $role }
}"""
_REQUIRE_NOTHING_ELSE = """\
# What was given to Astronomer since this script was written is not in it.
if ($principal -and $role) {
  $left = @(Get-Giving $principal $role | ForEach-Object { $_.id })
  if ($left.Count -gt 0) {
    throw ('Astronomer''s service principal holds the role, which is not in this script: ' +
      (Get-Plain ($left -join ', ')) +
      '. If that was removed a moment ago, run this script again in a few minutes; else write a new one.')
  }
}"""
_VERIFY = """\
Confirm-Role -Assigned
Write-Output ('Assigned: ' + (Get-Plain $assigned.id))"""
