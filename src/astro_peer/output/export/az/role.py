"""The custom role: found, made, changed or deleted; it sets `role`, the GUID as az prints it, and `expected`.

A role is changed or deleted only while it says what it said when it was reviewed.
"""

from __future__ import annotations

import json

from astro_peer import procedure
from astro_peer.model import role as rules
from astro_peer.model.change import Action, Change
from astro_peer.model.objects import RoleAssignment, RoleDefinition, same, without
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.functions import ASSIGNMENTS, HOLDERS, LINES, ROLES, SCOPE
from astro_peer.output.export.az.role_lines import permission_lines, scope_lines, state_lines
from astro_peer.output.export.az.text import Section, as_az_says, comment, filled, here_document
from astro_peer.output.shell import command_line, quoted
from astro_peer.plain import one_line


def render(plan: Plan, change: Change, required: bool) -> Section:
    before, after = _role(change.before), _role(change.after)
    if not plan.wanted.granted and change.action is Action.KEEP:
        stays = f"The role {one_line(change.thing.label)} stays: {one_line(change.says)}."
        return Section("The custom role.", f"printf '%s\\n' {quoted(stays)}")
    title = "The custom role."
    if required:
        making = command_line(("astro-peer", "grant", "--only", "role", *plan.wanted.procedure.option))
        title = "The custom role, which somebody else has made."
        written = _REQUIRED.replace("MAKE_ROLE", making)
    elif before is None and after:
        title, written = "The custom role, exactly as Astronomer documents it.", _create(plan, after)
    elif change.action is Action.KEEP:
        written = _KEPT
    elif before and after:
        written = _update(plan, before, after)
    else:
        title, written = "The custom role, if nothing else uses it.", _DELETE
    lines = [*_today(plan, change, required), f"role_name={quoted(one_line(change.thing.label))}"]
    lines += [*_reviewed(plan, change, required), _find(plan, before, after), written]
    return Section(title, "\n".join(lines), (SCOPE, LINES, ROLES, ASSIGNMENTS, HOLDERS))


def _role(thing: object) -> RoleDefinition | None:
    return thing if isinstance(thing, RoleDefinition) else None


def _today(plan: Plan, change: Change, required: bool) -> list[str]:
    if not plan.observed.looked_up:
        return []
    if change.before is None:
        return ["# Today: no role of this name was found, so it would be created."]
    lines = [comment(f"Today: it exists, GUID {change.thing.azure_id}.")]
    if change.writes and not required:
        lines += [comment("It would be changed: " + "; ".join(change.details))] if change.details else []
        lines.append(comment(f"Why: {change.says}."))
    return lines


def _reviewed(plan: Plan, change: Change, required: bool) -> list[str]:
    """What the role is compared with."""
    before, after = _role(change.before), _role(change.after)
    lines = []
    follows = any(isinstance(one.after, RoleAssignment) for one in plan.changes)
    if (must := after or before) and (required or follows or change.action is not Action.UPDATE):
        lines += [
            "# What it must allow, and no more: sorted, in lower case, by entry of its permissions.",
            f"expected={quoted(permission_lines(must))}",
        ]
    if before and after is None:
        lines.append(f"reviewed_scopes={quoted(scope_lines(before))}")
    return lines


def _find(plan: Plan, before: RoleDefinition | None, after: RoleDefinition | None) -> str:
    """By its GUID; where that is not known, by its name."""
    seen_from, line = '"$scope"', f"name {as_az_says((before or after or plan.wanted.role).role_name)}"
    if before and plan.observed.looked_up:
        seen_from, line = _seen_from(plan, before, after), f"role {before.guid}"
    return filled(_FIND, SEEN_FROM=seen_from, LINE=quoted(line))


def _seen_from(plan: Plan, before: RoleDefinition, after: RoleDefinition | None) -> str:
    scope = rules.listed_in(plan.wanted, plan.observed, before, after)
    return '"$scope"' if same(scope, plan.wanted.scope) else quoted(scope)


def _create(plan: Plan, after: RoleDefinition) -> str:
    document = procedure.role_file(plan.wanted.target.subscription.id, after.role_name, plan.wanted.procedure)
    return _CREATE.replace("ROLE_FILE", _file(document))


def _update(plan: Plan, before: RoleDefinition, after: RoleDefinition) -> str:
    document = {
        "id": f"{plan.wanted.scope}/providers/Microsoft.Authorization/roleDefinitions/{after.guid}",
        "roleName": after.role_name,
        "description": after.description,
        "permissions": [
            {
                "actions": list(entry.actions),
                "notActions": list(entry.not_actions),
                "dataActions": list(entry.data_actions),
                "notDataActions": list(entry.not_data_actions),
            }
            for entry in after.permissions
        ],
        "assignableScopes": list(after.assignable_scopes),
    }
    leaves = any(
        same(one, plan.wanted.scope) for one in without(before.assignable_scopes, after.assignable_scopes)
    )
    states = filled(_STATES, BEFORE=quoted(state_lines(before)), AFTER=quoted(state_lines(after)))
    change = _UPDATE.replace("UNUSED", _UNUSED if leaves else "")
    return states + change.replace("ROLE_FILE", _file(json.dumps(document, indent=2)))


def _file(document: str) -> str:
    return _FILE + f'  cat > "$role_file" {here_document(document)}'


_FIND = """\
listed="$(roles SEEN_FROM)"
now="$(the_one LINE <<< "$listed")"
role="$(guid_of role <<< "$now")\""""
_FILE = """\
  role_file="$(mktemp)"
  trap 'rm -f "$role_file"' EXIT
"""
_GONE = """\
if [[ -z "$role" ]]; then
  stop "The role $role_name is gone: it was deleted since it was reviewed. Write a new script with astro-peer."
"""
_CREATE = """\
permissions="$(permissions_of <<< "$now")"
if [[ -z "$role" ]]; then
ROLE_FILE
  role="$(az role definition create --role-definition "$role_file" --subscription "$subscription" \\
    --query "to_string(['role', name])" --output tsv | as_lines | guid_of role)"
elif [[ "$permissions" != "$expected" ]]; then
  stop "The role $role_name is not as documented, so it is not assigned. It says:" "$(shown "$permissions")"
fi"""
_REQUIRED = """\
permissions="$(permissions_of <<< "$now")"
if [[ -z "$role" ]]; then
  stop "The role $role_name does not exist here yet: have MAKE_ROLE run first."
elif [[ "$permissions" != "$expected" ]]; then
  stop "The role $role_name is not as documented, so it is not assigned. It says:" "$(shown "$permissions")"
fi"""
_KEPT = (
    'permissions="$(permissions_of <<< "$now")"\n'
    + _GONE
    + """\
elif [[ "$permissions" != "$expected" ]]; then
  stop "The role $role_name is not as it was reviewed, so it is not assigned. It says:" "$(shown "$permissions")"
fi"""
)
_STATES = """\
# All that it said when it was reviewed, and all that it is to say. If it says anything else by now, this stops.
before=BEFORE
after=AFTER
state="$(state_of <<< "$now")"
"""
_UPDATE = (
    _GONE
    + """\
elif [[ "$state" == "$after" ]]; then
  echo "The role $role_name is as it should be already."
elif [[ "$state" != "$before" ]]; then
  stop "The role $role_name is not as it was reviewed, so it is not changed. Write a new script with astro-peer." \\
    "It says now, and did not:" "$(only_in "$state" "$before")" \\
    "It said, and does not now:" "$(only_in "$before" "$state")"
else
UNUSEDROLE_FILE
  az role definition update --role-definition "$role_file" --subscription "$subscription" --output none
fi"""
)
_UNUSED = """\
  held="$(assignments --all)"
  holders="$(holders_of "$role" <<< "$held")"
fi
if [[ "$state" == "$before" && -n "$holders" ]]; then
  echo "The role $role_name stays: it is still assigned to ${holders//$'\\n'/, }"
elif [[ "$state" == "$before" ]]; then
"""
_DELETE = """\
if [[ -z "$role" ]]; then
  echo "There is no role $role_name here any more."
else
  permissions="$(permissions_of <<< "$now")"
  scopes="$(scopes_of <<< "$now")"
  # An answer in which something is missing is never a yes to a deletion.
  if [[ "$permissions" != *" action "* ]]; then
    stop "az shows no actions of the role $role_name, so it is not deleted."
  fi
  held="$(assignments --all)"
  holders="$(holders_of "$role" <<< "$held")"
  beyond="$(only_in "$permissions" "$expected")"
  others="$(only_in "$scopes" "$reviewed_scopes")"
  if [[ -n "$holders" ]]; then
    echo "The role $role_name stays: it is still assigned to ${holders//$'\\n'/, }"
  elif [[ -n "$beyond" ]]; then
    printf '%s\\n' "The role $role_name stays: it allows more than the one that was reviewed:" "$(shown "$beyond")"
  elif [[ -n "$others" ]]; then
    printf '%s\\n' "The role $role_name stays: other scopes use it too:" "$others"
  elif [[ "$permissions" != "$expected" || "$scopes" != "$reviewed_scopes" ]]; then
    printf '%s\\n' "The role $role_name stays: it is not as it was reviewed. It says:" \\
      "$(shown "$permissions")" "$scopes"
  elif grep -qixF "name $role" <<< "$listed"; then
    echo "The role $role_name stays: another role has its GUID as a name, and az would delete that one too."
  else
    az role definition delete --name "$role" --scope "$scope" --custom-role-only true
  fi
fi"""
