"""The role assignment: made, or removed. It uses `principal`, `role` and `expected` of the sections before it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from astro_peer.model import assignment as rules
from astro_peer.model.change import Change, Reason
from astro_peer.model.objects import RoleAssignment, RoleDefinition
from astro_peer.model.plan import Plan
from astro_peer.output.export.az import schedule
from astro_peer.output.export.az.functions import (
    ASSIGNMENTS,
    DESCRIBED,
    FIND_ASSIGNED,
    GIVING,
    LEFTOVER,
    LINES,
    PRINCIPALS,
    REMOVE,
    REQUIRE_ROLE,
    REQUIRE_TAKEN,
    ROLES,
    SCOPE,
)
from astro_peer.output.export.az.text import Section, as_az_says, comment
from astro_peer.output.shell import command_line, quoted

_REMOVING = (SCOPE, ASSIGNMENTS, GIVING, REMOVE)


def render(plan: Plan, change: Change, required: bool) -> Section:
    before, after = change.before, change.after
    if isinstance(after, RoleAssignment) and after.schedule:
        return schedule.ensure(plan, before if isinstance(before, RoleAssignment) else None, after)
    if isinstance(after, RoleAssignment):
        return _ensure(plan, before, after)
    assert isinstance(before, RoleAssignment)  # noqa: S101  (the kind that is written here)
    if before.schedule:
        return schedule.remove(before)
    if change.reason is Reason.NOT_LOOKED_UP:
        return _remove_whatever(plan, before)
    arguments = " ".join(quoted(one) for one in (before.id, before.principal_id, before.role_guid))
    today = comment(f"Today: {before.id}")
    if change.reason is Reason.LEFT_BEHIND:
        return Section(
            "The assignment that a deleted service principal of Astronomer's left behind.",
            f"{today}\nremove_leftover {arguments} {quoted(plan.wanted.application_id)}",
            (*_REMOVING, LEFTOVER),
        )
    return Section(
        "The assignment of the role to Astronomer's service principal.",
        f"{today}\nremove {arguments}",
        _REMOVING,
    )


def verify(plan: Plan) -> Section:
    if plan.wanted.granted:
        return Section("Verify.", _VERIFY)
    look = f"{_find_holder(plan, plan.wanted.principal_id)}\n{_find_role(plan)}\n{_REQUIRE_NOTHING_ELSE}"
    if any(isinstance(change.thing, RoleAssignment) for change in plan.changes):
        return Section(
            "Verify.",
            f"require_taken\n{look}",
            (SCOPE, LINES, PRINCIPALS, ROLES, *_REMOVING, REQUIRE_TAKEN),
        )
    return Section("Verify.", look, (SCOPE, LINES, PRINCIPALS, ROLES, ASSIGNMENTS, GIVING))


def _find_holder(plan: Plan, object_id: str | None) -> str:
    """As the user gave it, else looked up when the script runs."""
    if object_id:
        return f"principal={quoted(object_id)}"
    return f"application={quoted(plan.wanted.application_id)}\n{_FIND_PRINCIPAL}"


def _find_role(plan: Plan) -> str:
    return _FIND_ROLE.replace("LINE", quoted(f"name {as_az_says(plan.wanted.role.role_name)}"))


def _ensure(plan: Plan, before: object, after: RoleAssignment) -> Section:
    lines = []
    if plan.observed.looked_up:
        lines.append(
            comment(f"Today: it exists, {before.id}.")
            if isinstance(before, RoleAssignment)
            else "# Today: there is none, so it would be created."
        )
    name, *_ = rules.names_to_give(plan.wanted, after.principal_id, plan.changes)
    options = f" \\\n    --name {quoted(name)}"
    if after.description:
        options += f" \\\n    {_description(after.description)}"
    writes_role = any(change.writes and isinstance(change.thing, RoleDefinition) for change in plan.changes)
    lines += [
        f"moments={quoted('2 4 8 16' if writes_role else '')}",
        f"revoke={quoted(command_line(plan.revoke_command.words))}",
        FIND_ASSIGNED,
        _CREATE + options + " --output none",
        *_assigned(plan, before, after),
        "fi",
    ]
    updates = isinstance(before, RoleAssignment) and before != after
    return Section(
        "The assignment of the role to the service principal, on the subscription.",
        "\n".join(lines),
        (SCOPE, LINES, ROLES, REQUIRE_ROLE, ASSIGNMENTS, GIVING, *((DESCRIBED,) if updates else ())),
    )


def _assigned(plan: Plan, before: object, after: RoleAssignment) -> Iterator[str]:
    """What to do where the role is assigned already."""
    if not isinstance(before, RoleAssignment):
        if not plan.observed.looked_up and after.description:
            yield _STAYS
        return
    if before == after:
        return
    document = {
        "id": before.id,
        "name": before.name,
        "scope": before.scope,
        "roleDefinitionId": f"{before.scope}/providers/Microsoft.Authorization/roleDefinitions/{before.role_guid}",
        "principalId": before.principal_id,
        "principalType": before.principal_type,
        "description": after.description or "",
    }
    if before.condition:
        document |= {"condition": before.condition, "conditionVersion": before.condition_version or "2.0"}
    said, says = (quoted(as_az_says(one.description or "")) for one in (before, after))
    yield "else"
    yield f"  reviewed={quoted(before.id)}"
    yield f"  said={said}"
    yield f"  says={says}"
    yield _DESCRIBE
    yield f"      --role-assignment {quoted(json.dumps(document, indent=2))}"
    yield "  fi"


def _description(text: str) -> str:
    """One word, as it may begin with a dash. az takes what begins with @ for a file, so such a text comes in one."""
    if text.startswith("@"):
        return f"--description=@<(printf '%s' {quoted(text)})"
    return f"--description={quoted(text)}"


def _remove_whatever(plan: Plan, before: RoleAssignment) -> Section:
    who, find_role = _find_holder(plan, before.principal_id), _find_role(plan)
    return Section(
        "The assignments of the role to Astronomer's service principal, in the subscription.",
        "\n".join([who, find_role, _REMOVE_WHATEVER]),
        (SCOPE, LINES, PRINCIPALS, ROLES, *_REMOVING),
    )


_CREATE = """\
if [[ -z "$assigned" ]]; then
  require_role
  az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \\
    --role "$role" --scope "$scope\""""
_STAYS = """\
else
  echo "The role is assigned already: its description, and an end in it, stay as they are.\""""
_DESCRIBE = """\
  now="$(described "$assigned")"
  # Not [[ ]], as case counts here.
  if [ "$now" = "$says" ]; then
    echo "The role assignment's description is as it should be already."
  elif [ "$now" != "$said" ] || [[ "$assigned" != "$reviewed" ]]; then
    stop "The role assignment is not as it was reviewed, so it is not changed. Write a new script with astro-peer." \\
      "Its description says: $now"
  else
    require_role
    az role assignment update --subscription "$subscription" --output none \\"""
_FIND_PRINCIPAL = """\
shown="$(find_principal "$application")"
principal="$(guid_of principal <<< "$shown")\""""
_FIND_ROLE = """\
listed="$(roles "$scope")"
role="$(the_one LINE <<< "$listed" | guid_of role)\""""
_REMOVE_WHATEVER = """\
if [[ -z "$principal" || -z "$role" ]]; then
  echo "Nothing is assigned: there is no such service principal or no such role here."
else
  listed="$(assignments --all)"
  assigned="$(giving "$principal" "$role" <<< "$listed")"
  if [[ -z "$assigned" ]]; then
    echo "Nothing is assigned."
  fi
  while read -r id; do
    if [[ -n "$id" ]]; then
      remove "$id" "$principal" "$role"
    fi
  done <<< "$assigned"
fi"""
_REQUIRE_NOTHING_ELSE = """\
# What was given to Astronomer since this script was written is not in it.
if [[ -n "$principal" && -n "$role" ]]; then
  listed="$(assignments --all)"
  assigned="$(giving "$principal" "$role" <<< "$listed")"
  if [[ -n "$assigned" ]]; then
    stop "Astronomer's service principal holds the role, which is not in this script:" "$assigned" \\
      "If that was removed a moment ago, run this script again in a few minutes; else write a new one."
  fi
fi"""
_VERIFY = """\
az role assignment list --assignee-object-id "$principal" --all --subscription "$subscription" --output table
require_role assigned"""
