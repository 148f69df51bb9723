"""The dry run: the whole procedure as a bash script of az commands, to be reviewed and run by hand.

It may be run days later, so it checks before it writes, each time; what was there when it was written stands in
its comments. It needs bash and az only, can be run twice, and stops before its first write when az is signed in
elsewhere.

Every text from a user or from Azure enters through `_quoted` (a single bash word), `_comment` (one line) or the
quoted here-document of the role file; object IDs and GUIDs that az prints at run time stay in quoted variables.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from astro_peer import __version__, procedure
from astro_peer.azure.objects import same
from astro_peer.changes import Change, Kind
from astro_peer.output.terminal import plain
from astro_peer.steps import role as role_step
from astro_peer.steps.role import FoundRole

if TYPE_CHECKING:
    from astro_peer.plan import Found, Goal


def grant_script(goal: Goal, found: Found | None) -> str:
    """`found` is None offline: then the script says nothing about today."""
    parts = [
        _head(goal, found, "grant", "gives Astronomer the right to connect an Astro cluster to your hub")
    ]
    if goal.includes(Kind.PRINCIPAL) or goal.includes(Kind.ASSIGNMENT):
        parts.append(_principal(goal, found))
    if goal.includes(Kind.ROLE):
        parts.append(_role(goal, found))
    elif goal.includes(Kind.ASSIGNMENT):
        parts.append(_find_role(goal))
    if goal.includes(Kind.ASSIGNMENT):
        parts.append(_assignment(goal, found))
    return "\n".join(parts)


def revoke_script(goal: Goal, found: Found | None) -> str:
    parts = [
        _head(goal, found, "revoke", "takes Astronomer's right to connect to your hubs away again"),
        _revoke_assignments(goal, found),
    ]
    if goal.delete_role:
        parts.append(_delete_role(goal))
    parts.append(_REVOKE_REST.format(application=goal.procedure.application_id))
    return "\n".join(parts)


def _head(goal: Goal, found: Found | None, command: str, purpose: str) -> str:
    lines = [
        "#!/usr/bin/env bash",
        f"# astro-peer {command} {purpose}.",
        f"# Written by astro-peer {__version__} for review on {datetime.now(UTC):%Y-%m-%d}.",
        "# Run it with bash; it needs az 2.72 or newer, signed in with az login. It checks before it writes,",
        "# so it can be run later, and more than once: if it stops half-way, run it again in a minute.",
    ]
    if command == "grant" and goal.only is None:
        lines += _reach(goal, found)
    if found is None:
        lines.append("# Written offline: what is there today was not looked up.")
    lines += ["set -euo pipefail", _NO_DEFAULT_GROUP, "", f"tenant={_quoted(goal.tenant_id)}"]
    if goal.place:
        place = goal.place
        if place.subscription.name:
            lines.append(_comment(f"Subscription: {place.subscription.name}"))
        lines.append(f"subscription={_quoted(place.subscription.id)}")
        lines.append('scope="/subscriptions/$subscription"')
        if place.hub_name:
            lines.append(_comment(f"Virtual hub: {place.hub_name} in resource group {place.resource_group}"))
        lines.append(f"role_name={_quoted(_role_name(goal, found))}")
    lines.append("")
    lines.append(_RIGHT_ACCOUNT if goal.place else _RIGHT_TENANT)
    return "\n".join(lines)


def _reach(goal: Goal, found: Found | None) -> list[str]:
    """What is given, for whoever decides and has only this script."""
    lines = ["#", "# Until it is revoked, Astronomer can:"]
    lines += [f"#   - {words}" for _, words in goal.procedure.actions_in_words]
    lines += [
        "# on every virtual hub of the subscription, overwriting existing connections included. It cannot",
        "# delete any.",
    ]
    if found and found.reach:
        lines.append(_comment("Hubs there today: " + ", ".join(hub.name for hub in found.reach)))
    return lines


def _role_name(goal: Goal, found: Found | None) -> str:
    """As it is spelled in Azure, if it is there: az compares names with case."""
    return found.role.role.role_name if found and found.role else goal.role.role_name


_NO_DEFAULT_GROUP = """\
# A default resource group in az's settings would be added to every command, and contradict --scope.
export AZURE_DEFAULTS_GROUP="""
_RIGHT_ACCOUNT = """\
# Stop unless az is signed in to this tenant and subscription.
current="$(az account show --query "join(' ', [tenantId, id])" --output tsv)"
if [ "$current" != "$tenant $subscription" ]; then
  echo "az is set to another account ($current), nothing was changed." >&2
  echo "Expected tenant $tenant and subscription $subscription:" >&2
  echo "  az login --tenant $tenant && az account set --subscription $subscription" >&2
  exit 1
fi
"""
_RIGHT_TENANT = """\
# Stop unless az is signed in to this tenant.
current="$(az account show --query tenantId --output tsv)"
if [ "$current" != "$tenant" ]; then
  echo "az is set to another tenant ($current), nothing was changed. Expected: az login --tenant $tenant" >&2
  exit 1
fi
"""


def _principal(goal: Goal, found: Found | None) -> str:
    if goal.principal_id:
        return f"# Astronomer's service principal, its object ID as given.\nprincipal={_quoted(goal.principal_id)}\n"
    lines = ["# 1. Astronomer's service principal."]
    if found:
        lines.append(
            _comment(
                f"Today: it exists, {found.principal.display_name}, object ID {found.principal.object_id}."
            )
            if found.principal
            else "# Today: there is none, so it would be created."
        )
    lines.append(_find_principal(goal))
    if not goal.includes(Kind.PRINCIPAL):
        lines.append(_REQUIRE_PRINCIPAL)
        return "\n".join(lines)
    lines.append(_CREATE_PRINCIPAL)
    if goal.includes(Kind.ASSIGNMENT):
        lines.append(
            f"reviewed={_quoted(found.principal.object_id) if found and found.principal else chr(39) * 2}"
        )
        lines.append(_TRUST_PRINCIPAL)
    return "\n".join(lines)


def _find_principal(goal: Goal) -> str:
    return f"""\
application={_quoted(goal.procedure.application_id)}
principal="$(az ad sp list --filter "appId eq '$application'" --query "[].id" --output tsv)\""""


_CREATE_PRINCIPAL = """\
if [ -z "$principal" ]; then
  principal="$(az ad sp create --id "$application" --query id --output tsv)"
fi
# Who it is.
az ad sp list --filter "appId eq '$application'" --output table --query \\
  "[].{Application: displayName, HomeTenant: appOwnerOrganizationId, Publisher: verifiedPublisher.displayName}"
disabled="$(az ad sp list --filter "appId eq '$application'" --output tsv \\
  --query "[?!accountEnabled || disabledByMicrosoftStatus && disabledByMicrosoftStatus != 'NotDisabled'].id")"
if [ -n "$disabled" ]; then
  echo "Astronomer's service principal is disabled in this tenant: ask your Entra administrator why." >&2
  exit 1
fi
"""
_TRUST_PRINCIPAL = """\
# Stop if it is another one than was reviewed. If none was there to review, ask; where there is no
# terminal, nobody is asked.
if [ -n "$reviewed" ] && [ "$principal" != "$reviewed" ]; then
  echo "The service principal is $principal, not $reviewed as reviewed: it was made again since." >&2
  exit 1
fi
if [ -z "$reviewed" ] && [ -t 0 ]; then
  read -r -p "Is this Astronomer's application? Go on and give it the role? [y/N] " answer
  [ "$answer" = y ] || exit 1
fi
"""
_REQUIRE_PRINCIPAL = """\
if [ -z "$principal" ]; then
  echo "Astronomer's service principal does not exist yet: an Entra administrator runs" >&2
  echo "  az ad sp create --id $application" >&2
  exit 1
fi
"""


def _role(goal: Goal, found: Found | None) -> str:
    role = found.role if found else None
    lines = ["# 2. The custom role, exactly as Astronomer documents it."]
    if found and role is None:
        lines.append("# Today: no role of this name was found, so it would be created.")
    elif role:
        lines.append(_comment(f"Today: it exists, GUID {role.role.guid}."))
    lines += [
        """role_file="$(mktemp)\"""",
        """trap 'rm -f "$role_file"' EXIT""",
        _documented(goal),
    ]
    change = role_step.plan(goal.role, role, update_shared_role=goal.update_shared_role) if role else None
    if role and change and change.writes:
        lines.append(_update_role(goal, role, change))
    else:
        lines += [
            """cat > "$role_file" <<'ROLE'""",
            procedure.role_file(goal.target.subscription.id, _role_name(goal, found)).rstrip("\n"),
            "ROLE",
            _LOOK_UP_ROLE,
            _CREATE_ROLE + _ELSE_AS_DOCUMENTED,
        ]
    return "\n".join(lines)


def _update_role(goal: Goal, found: FoundRole, change: Change) -> str:
    """What the role lacks is added to what it is when the script runs, unless it has changed since the review."""
    scopes = found.role.assignable_scopes
    others = sorted(scope for scope in scopes if not same(scope, goal.scope))
    seen_from = goal.scope if found.assignable else scopes[0]
    permissions = json.dumps(
        [{"actions": list(goal.procedure.actions), "notActions": [], "dataActions": [], "notDataActions": []}]
    )
    return "\n".join(
        [
            _comment("It would be changed: " + "; ".join(change.details)),
            "# Scopes that use it too, as reviewed; the script stops if there are others by then.",
            f"others={_quoted(chr(10).join(others))}",
            f"seen_from={_quoted(seen_from)}",
            f"permissions={_quoted(permissions)}",
            _UPDATE_ROLE,
        ]
    )


def _documented(goal: Goal) -> str:
    actions = "\n".join(sorted(action.lower() for action in goal.procedure.actions))
    return f"documented={_quoted(actions)}"


_LOOK_UP_ROLE = """\
role="$(az role definition list --name "$role_name" --scope "$scope" --custom-role-only true \\
  --query "[0].name" --output tsv)\""""
_ALLOWED = """\
  allowed="$(az role definition list --name "$role" --scope "$scope" --custom-role-only true --output tsv \\
    --query "[0].permissions[].[actions, notActions, dataActions][][]" \\
    | tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -u)\""""
_CREATE_ROLE = """\
if [ -z "$role" ]; then
  role="$(az role definition create --role-definition "$role_file" --subscription "$subscription" \\
    --query name --output tsv)"
"""
_ELSE_AS_DOCUMENTED = f"""\
else
{_ALLOWED}
  if [ "$allowed" != "$documented" ]; then
    echo "The role $role_name is not as documented, so it is not assigned. It says:" >&2
    echo "$allowed" >&2
    exit 1
  fi
fi
"""
_UPDATE_ROLE = """\
roles() { az role definition list --name "$role_name" --scope "$seen_from" --custom-role-only true "$@"; }
role="$(roles --query "[0].name" --output tsv)"
allowed="$(roles --query "[0].permissions[].[actions, dataActions][][]" --output tsv | tr '[:upper:]' '[:lower:]')"
beyond="$(grep -vxF "$documented" <<< "$allowed" || true)"
if [ -z "$role" ] || [ -n "$beyond" ]; then
  echo "The role $role_name is gone, or allows more than documented, so it is not assigned: $beyond" >&2
  exit 1
fi
others_now="$(roles --query "[0].assignableScopes[?@ != '$scope']" --output tsv | LC_ALL=C sort)"
if [ "$others_now" != "$others" ]; then
  echo "The role $role_name is used by other scopes than were reviewed:" >&2
  echo "$others_now" >&2
  exit 1
fi
roles --output json > "$role_file" --query "[0].{id: id, roleName: roleName, description: description, \\
  permissions: \\`$permissions\\`, assignableScopes: [assignableScopes[?@ != '$scope'], ['$scope']][]}"
az role definition update --role-definition "$role_file" --subscription "$subscription" --output none
"""


def _find_role(goal: Goal) -> str:
    return "\n".join(
        [
            "# 2. The custom role, which somebody else has made.",
            _documented(goal),
            _LOOK_UP_ROLE,
            _REQUIRE_ROLE,
        ]
    )


_REQUIRE_ROLE = (
    """\
if [ -z "$role" ]; then
  echo "The role $role_name does not exist here yet: have astro-peer grant --only role run first." >&2
  exit 1
"""
    + _ELSE_AS_DOCUMENTED
)


def _assignment(goal: Goal, found: Found | None) -> str:
    lines = ["# 3. The assignment of the role to the service principal, on the subscription."]
    if found:
        lines.append(
            _comment(f"Today: it exists, {found.ours[0].id}.")
            if found.ours
            else "# Today: there is none, so it would be created."
        )
    description = f" \\\n    --description {_quoted(goal.description)}" if goal.description else ""
    lines.append(_ASSIGNMENT.format(description=description))
    return "\n".join(lines)


_ASSIGNMENT = """\
assigned="$(az role assignment list --assignee-object-id "$principal" --scope "$scope" \\
  --fill-principal-name false --fill-role-definition-name false \\
  --query "[?ends_with(roleDefinitionId, '/$role')].id" --output tsv)"
if [ -z "$assigned" ]; then
  az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \\
    --role "$role" --scope "$scope"{description} --output none
fi

# 4. Verify.
az role assignment list --assignee-object-id "$principal" --all --subscription "$subscription" --output table
"""


def _revoke_assignments(goal: Goal, found: Found | None) -> str:
    lines = ["# 1. The assignments of the role to Astronomer's service principal, in the subscription."]
    if found:
        lines += [_comment(f"Today: {one.id}") for one in found.ours] or ["# Today: there is none."]
    if goal.principal_id:
        lines.append(f"principal={_quoted(goal.principal_id)}")
    else:
        lines.append(_find_principal(goal))
    lines.append(_REVOKE)
    return "\n".join(lines)


_REVOKE = """\
# Azure compares role names and IDs without case, az compares them with case.
role="$(az role definition list --scope "$scope" --custom-role-only true --query "[].[name, roleName]" --output tsv \\
  | role_name="$role_name" awk -F '\\t' 'tolower($2) == tolower(ENVIRON["role_name"]) { print $1 }')"
if [ -z "$principal" ] || [ -z "$role" ]; then
  echo "Nothing is assigned: there is no such service principal or no such role here."
else
  assigned="$(az role assignment list --assignee-object-id "$principal" --all --subscription "$subscription" \\
    --fill-principal-name false --fill-role-definition-name false --query "[].[roleDefinitionId, id]" --output tsv \\
    | awk -F '\\t' -v role="/$role" -v scope="$scope/" '
      tolower(substr($1, length($1) - length(role) + 1)) == role && index(tolower($2), scope) == 1 { print $2 }')"
  if [ -z "$assigned" ]; then
    echo "Nothing is assigned."
  fi
  while read -r id; do
    if [ -n "$id" ]; then
      az role assignment delete --ids "$id" --subscription "$subscription"
    fi
  done <<< "$assigned"
fi
"""


def _delete_role(goal: Goal) -> str:
    return "\n".join(["# 2. The custom role, if nothing else uses it.", _documented(goal), _DELETE_ROLE])


_DELETE_ROLE = """\
roles() { az role definition list --name "$role" --scope "$scope" --custom-role-only true "$@"; }
if [ -n "$role" ]; then
  used="$(az role assignment list --all --subscription "$subscription" \\
    --fill-principal-name false --fill-role-definition-name false \\
    --query "[?ends_with(roleDefinitionId, '/$role')].principalId" --output tsv)"
  allowed="$(roles --query "[0].permissions[].[actions, dataActions][][]" --output tsv | tr '[:upper:]' '[:lower:]')"
  beyond="$(grep -vxF "$documented" <<< "$allowed" || true)"
  others="$(roles --query "[0].assignableScopes[?@ != '$scope']" --output tsv)"
  if [ -n "$used" ]; then
    echo "The role $role_name stays: it is still assigned to $used"
  elif [ -n "$beyond" ]; then
    echo "The role $role_name stays: it allows more than the documented one."
  elif [ -n "$others" ]; then
    role_file="$(mktemp)"
    trap 'rm -f "$role_file"' EXIT
    roles --output json > "$role_file" --query "[0].{id: id, roleName: roleName, description: description, \\
      permissions: permissions, assignableScopes: assignableScopes[?@ != '$scope']}"
    az role definition update --role-definition "$role_file" --subscription "$subscription" --output none
  else
    az role definition delete --name "$role" --scope "$scope" --custom-role-only true
  fi
fi
"""
_REVOKE_REST = """\
# What stays: the connection that Astronomer made, and Astronomer's service principal, which may serve other
# Astronomer products, and other subscriptions. Look in each subscription what it holds, and remove it only if that
# is nothing anywhere:
#   az role assignment list --assignee {application} --all --subscription EACH_SUBSCRIPTION --output table
#   az ad sp delete --id {application}
"""


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _comment(text: str) -> str:
    """One comment line: a line break in a name would end the comment and begin a command."""
    return "# " + plain(text).replace("\n", " ").replace("\t", " ")
