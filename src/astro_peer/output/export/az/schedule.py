"""A role assignment that Azure ends itself: asked for, its end moved, or removed, by `az rest`.

az has no commands for Privileged Identity Management (PIM), whose refusals are told apart by the codes that az prints.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from astro_peer.model.objects import RoleAssignment
from astro_peer.model.plan import Plan
from astro_peer.model.schedule import Schedule
from astro_peer.output.export.az.functions import (
    ASSIGNMENTS,
    DESCRIBED,
    FIND_ASSIGNED,
    GIVING,
    LINES,
    REMOVE,
    REQUIRE_ROLE,
    ROLES,
    SCOPE,
)
from astro_peer.output.export.az.text import Section, as_az_says, comment
from astro_peer.output.shell import command_line, quoted


def ticket(change_reference: str) -> str:
    """The variable by which the requests are for that change."""
    said = {"ticketNumber": change_reference, "ticketSystem": "change reference"}
    return "ticket=" + quoted(f', "ticketInfo": {json.dumps(said)}')


def ensure(plan: Plan, before: RoleAssignment | None, after: RoleAssignment) -> Section:
    assert after.schedule is not None  # noqa: S101  (the kind that is written here)
    today = comment(f"Today: it exists, {before.id}.") if before else "# Today: there is none."
    lines = [
        *([today] if plan.observed.looked_up else []),
        comment(f"Azure ends it itself at {after.schedule}, while the tenant has the licence for that."),
        f"moments={quoted('2 4 8 16')}",
        f"revoke={quoted(command_line(plan.revoke_command.words))}",
        f"ends={quoted(_moment(after.schedule))}",
        f"asked={quoted(_asked(before, after))}",
        f"says={quoted(as_az_says(after.description or ''))}",
        f"noted={quoted(_noted(before, after))}",
        FIND_ASSIGNED,
        'now="$(end_of "$principal" "$role")"',
        *_steps(before),
        _NOTE,
    ]
    return Section(
        "The time-bound assignment of the role to the service principal, on the subscription.",
        "\n".join(lines),
        (SCOPE, LINES, ROLES, REQUIRE_ROLE, ASSIGNMENTS, GIVING, DESCRIBED, ASK, END_OF)
        + ((REMOVE,) if before and not before.schedule else ()),
    )


def remove(before: RoleAssignment) -> Section:
    arguments = " ".join(
        quoted(one) for one in (before.id, before.principal_id, before.role_guid, before.scope)
    )
    return Section(
        "The time-bound assignment of the role to Astronomer's service principal.",
        f"{comment(f'Today: {before.id}')}\nremove_scheduled {arguments}",
        (SCOPE, ASSIGNMENTS, GIVING, REMOVE, ASK, REMOVE_SCHEDULED),
    )


def _steps(before: RoleAssignment | None) -> list[str]:
    """By what was there when it was reviewed."""
    if before is None:
        return [_CREATE]
    if before.schedule is None:
        return [f"reviewed={quoted(before.id)}", _BIND]
    return [f"reviewed={quoted(_moment(before.schedule))}", _MOVE]


def _moment(schedule: Schedule) -> str:
    """To the second, as `end_of` prints it."""
    return _utc(schedule.ends)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _asked(before: RoleAssignment | None, after: RoleAssignment) -> str:
    """What a request says beside whom it is for, without its braces."""
    assert after.schedule is not None  # noqa: S101  (see `ensure`)
    end = after.schedule.ends.astimezone(UTC).isoformat()
    said = {
        "justification": after.description or "Astronomer's access",
        "scheduleInfo": {"expiration": {"type": "AfterDateTime", "endDateTime": end}},
        **_condition(before),
    }
    return json.dumps(said)[1:-1]


def _noted(before: RoleAssignment | None, after: RoleAssignment) -> str:
    """What the role assignment says beside its ID, when it is described."""
    said = {
        "principalType": after.principal_type,
        "description": after.description or "",
        **_condition(before),
    }
    return json.dumps(said)[1:-1]


def _condition(before: RoleAssignment | None) -> dict[str, str]:
    if not (before and before.condition):
        return {}
    return {"condition": before.condition, "conditionVersion": before.condition_version or "2.0"}


ASK = """\
# ask TYPE SCOPE PRINCIPAL ROLE MORE: one request to Privileged Identity Management, under a GUID of its own.
ask() {
  local id="" count
  for count in 2 1 1 1 3; do
    id+="${id:+-}"
    for ((; count > 0; count--)); do
      id+="$(printf '%04x' $((RANDOM * 2 + RANDOM % 2)))"
    done
  done
  az rest --method put --output none \\
    --url "$2/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/$id?api-version=2020-10-01" \\
    --body "{\\"properties\\": {\\"requestType\\": \\"$1\\", \\"principalId\\": \\"$3\\",
      \\"roleDefinitionId\\": \\"$scope/providers/Microsoft.Authorization/roleDefinitions/$4\\", $5${ticket-}}}"
}
"""
END_OF = """\
# end_of PRINCIPAL ROLE: when Azure ends the assignment on the scope itself; "never" for one that it does not end.
end_of() {
  az rest --method get --output tsv \\
    --url "$scope/providers/Microsoft.Authorization/roleAssignmentScheduleInstances?api-version=2020-10-01" \\
    --url-parameters "\\$filter=principalId eq '$1'" \\
    --query "value[].properties.[principalId, roleDefinitionId, scope, not_null(endDateTime, 'never')]" \\
    | principal="$1" role="$2" scope="$scope" awk -F '\\t' '
      tolower($1) == tolower(ENVIRON["principal"]) \\
        && tolower(substr($2, length($2) - 36)) == "/" tolower(ENVIRON["role"]) \\
        && tolower($3) == tolower(ENVIRON["scope"]) { sub(/(\\.[0-9]+)?(Z|\\+00:00)$/, "Z", $4); print $4 }'
}
# Lists lag behind what was asked for.
require_end() {
  local pause
  for pause in 2 4 8 16 30 0; do
    now="$(end_of "$principal" "$role")"
    if [[ "$now" == "$ends" ]]; then
      return
    fi
    sleep "$pause"
  done
  stop "Azure does not show that it ends the role assignment at $ends. It shows: ${now:-no assignment}" \\
    "Run this script again in a few minutes. To take it away:" "  $revoke"
}
"""
REMOVE_SCHEDULED = """\
# remove_scheduled ID PRINCIPAL ROLE SCOPE: the same for one that Azure ends itself. Without the licence for that it has
# become an ordinary one.
remove_scheduled() {
  local held id refused
  held="$(assignments --all)"
  id="$(giving "$2" "$3" <<< "$held" | id="$1" awk 'tolower($0) == tolower(ENVIRON["id"])')"
  if [[ -n "$id" ]] && ! refused="$(ask AdminRemove "$4" "$2" "$3" '"justification": "Revoked with astro-peer."' 2>&1)"
  then
    case "$refused" in
      *RoleAssignmentDoesNotExist*) ;;
      *AadPremiumLicenseRequired*) remove "$1" "$2" "$3" ;;
      *ActiveDurationTooShort*)
        stop "The role assignment is not five minutes old: Azure removes none before. Run this script again then." ;;
      *) stop "$refused" ;;
    esac
  fi
  taken+="$2 $3"$'\\n'
}
"""
_AGAIN = "Write a new script with astro-peer."
_CREATE = f"""\
if [[ -z "$assigned" ]]; then
  require_role
  ask AdminAssign "$scope" "$principal" "$role" "$asked"
elif [[ "$now" != "$ends" ]]; then
  stop "The role is assigned already, and Azure ends that otherwise (${{now:-never}}). {_AGAIN}" "$assigned"
fi"""
_BIND = f"""\
if [[ -n "$assigned" && "$now" != "$ends" && ("$assigned" != "$reviewed" || "${{now:-never}}" != never) ]]; then
  stop "The role assignment is not as it was reviewed, so it is not replaced. {_AGAIN}" "$assigned"
elif [[ "$now" != "$ends" ]]; then
  require_role
  # First as if there were none: a refusal of any other kind leaves what is there.
  if ! refused="$(ask AdminAssign "$scope" "$principal" "$role" "$asked" 2>&1)"; then
    if [[ "$refused" != *RoleAssignmentExists* ]]; then
      stop "$refused"
    fi
    remove "$reviewed" "$principal" "$role"
    ask AdminAssign "$scope" "$principal" "$role" "$asked"
  fi
fi"""
_MOVE = f"""\
if [[ -z "$assigned" ]]; then
  stop "The role assignment is gone: it ended, or somebody removed it. {_AGAIN}"
elif [[ "$now" == "$ends" ]]; then
  echo "Azure ends the role assignment at $ends already."
elif [[ "$now" == "$reviewed" ]]; then
  require_role
  ask AdminUpdate "$scope" "$principal" "$role" "$asked"
else
  stop "Azure ends the role assignment otherwise than when it was reviewed (${{now:-never}}). {_AGAIN}"
fi"""
_NOTE = """\
require_end
# The end stands in the description too, if Azure lets it be written there.
listed="$(assignments --scope "$scope")"
assigned="$(giving "$principal" "$role" <<< "$listed")"
name="${assigned##*/}"
[[ "$name" =~ $guid ]] || stop "az printed something else where an ID belongs: $assigned"
id="$scope/providers/Microsoft.Authorization/roleAssignments/$name"
now="$(described "$assigned")"
# Not [[ ]], as case counts here.
if [ "$now" != "$says" ]; then
  az role assignment update --subscription "$subscription" --output none \\
    --role-assignment "{\\"id\\": \\"$id\\", \\"name\\": \\"$name\\", \\"scope\\": \\"$scope\\",
      \\"roleDefinitionId\\": \\"$scope/providers/Microsoft.Authorization/roleDefinitions/$role\\",
      \\"principalId\\": \\"$principal\\", $noted}" || echo "The role assignment's description stays: $now"
  require_end
fi"""
