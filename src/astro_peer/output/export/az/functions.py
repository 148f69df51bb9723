"""The shell functions that read: what az prints, roles and role assignments. A script has those that it needs."""

STOP = """\
stop() {
  printf '%s\\n' "$@" >&2
  exit 1
}
"""
SCOPE = """\
scope="/subscriptions/$subscription"
"""
LINES = """\
# az is asked to print what it knows as JSON, ["kind","value"], one such pair to a line: then no name, whatever is
# in it, can begin a line of its own. This makes "kind value" of them.
as_lines() {
  awk '{ sub(/^\\["/, ""); sub(/","?/, " "); sub(/"?\\]$/, ""); print }'
}
value_of() {
  awk -v kind="$1" '$1 == kind { sub(/^[^ ]* /, ""); print }'
}
# What is taken from an answer and given to az again is a GUID, or nothing.
guid='^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$'
guid_of() {
  local value
  value="$(value_of "$1")"
  [[ "$value" =~ $guid ]] || stop "az printed something else where an ID belongs: $value"
  printf '%s\\n' "$value"
}
"""
PRINCIPALS = """\
# The service principal of an application, as Microsoft Graph shows it.
who="to_string(['principal', id]), to_string(['appId', appId]), to_string(['Application', displayName]),
  to_string(['HomeTenant', not_null(appOwnerOrganizationId, '-')]),
  to_string(['Publisher', not_null(verifiedPublisher.displayName, '-')]),
  to_string(['Enabled', accountEnabled]),
  to_string(['DisabledByMicrosoft', not_null(disabledByMicrosoftStatus, 'NotDisabled')])"
find_principal() {
  az ad sp list --filter "appId eq '$1'" --output tsv --query "[].[$who][]" | as_lines
}
"""
ROLES = """\
# What roles say: GUID, name, description, scopes, and each entry of their permissions.
role_says="[to_string(['role', name]), to_string(['name', roleName]),
    to_string(['description', not_null(description, '')])],
  assignableScopes[].to_string(['scope', @]),
  permissions[].[[to_string(['entry', 'begins'])], actions[].to_string(['action', @]),
    notActions[].to_string(['notAction', @]), dataActions[].to_string(['dataAction', @]),
    notDataActions[].to_string(['notDataAction', @])][][]"
# All custom roles that can be assigned in a scope. No name is given to az: one that begins with @ would be a file to
# it, and it compares names with case.
roles() {
  az role definition list --scope "$1" --custom-role-only true --output tsv --query "[].[$role_says][][] | [?@]" \\
    | as_lines
}
# Of those, the one that says this line.
the_one() {
  line="$1" awk '
    function out() { if (found) printf "%s", block; block = ""; found = 0 }
    /^role / { out() }
    { block = block $0 "\\n" }
    tolower($0) == tolower(ENVIRON["line"]) { found = 1 }
    END { out() }'
}
permissions_of() {
  awk '
    /^entry / { entry++ }
    /^(action|notAction|dataAction|notDataAction) / { print entry, tolower($0) }' | LC_ALL=C sort -fu
}
scopes_of() {
  awk '/^scope / { sub(/\\/+$/, ""); print }' | LC_ALL=C sort -fu
}
state_of() {
  local now
  now="$(cat)"
  {
    permissions_of <<< "$now"
    scopes_of <<< "$now"
    awk '/^(name|description) /' <<< "$now"
  } | LC_ALL=C sort -fu
}
# only_in THESE THOSE: the lines that are among these and not among those.
only_in() {
  awk 'FNR == NR { those[tolower($0)]; next } !(tolower($0) in those)' <(printf '%s\\n' "$2") <(printf '%s\\n' "$1")
}
shown() {
  awk '{ $1 = ""; print " " $0 }' <<< "$1"
}
"""
REQUIRE_ROLE = """\
# require_role [assigned]: the role read again, by its GUID: somebody may have changed it meanwhile. Stop unless it
# allows what it must, and no more. Azure needs moments to show a role that was just written.
require_role() {
  local pause code beyond
  for pause in $moments 0; do
    code=0
    now="$(az role definition show --name "$role" --scope "$scope" --output tsv \\
      --query "[@][].[$role_says][][] | [?@]" | as_lines)" || code=$?
    # 3 is az's word for "not found".
    if [[ "$code" != 0 && "$code" != 3 ]]; then
      exit "$code"
    fi
    permissions="$(permissions_of <<< "$now")"
    if [[ "$permissions" == "$expected" ]]; then
      return
    fi
    sleep "$pause"
  done
  beyond="$(only_in "$permissions" "$expected")"
  if [[ -n "$beyond" && "${1:-}" == assigned ]]; then
    stop "The role $role_name allows more than it did when it was reviewed, and Astronomer holds it:" \\
      "$(shown "$beyond")" "To take it away again:" "  $revoke"
  elif [[ -n "$beyond" ]]; then
    stop "The role $role_name allows more than it did when it was reviewed, so it is not assigned:" "$(shown "$beyond")"
  fi
  stop "The role $role_name is not as it was reviewed any more. It says:" "$(shown "$permissions")"
}
"""
ASSIGNMENTS = """\
# All role assignments on a scope, or with --all in the subscription: principal, role, scope and ID of each.
assignments() {
  az role assignment list "$@" --subscription "$subscription" --output tsv \\
    --fill-principal-name false --fill-role-definition-name false \\
    --query "[].[principalId, roleDefinitionId, scope, id]"
}
"""
DESCRIBED = """\
# described ID: what the description of a role assignment on the scope says, as JSON without its quotation marks.
described() {
  az role assignment list --scope "$scope" --subscription "$subscription" --output tsv \\
    --fill-principal-name false --fill-role-definition-name false \\
    --query "[].to_string([id, not_null(description, '')])" | as_lines | value_of "$1"
}
"""
GIVING = """\
# giving PRINCIPAL ROLE: of those, the IDs of the ones that give the role to the principal, in the subscription.
giving() {
  principal="$1" role="$2" scope="$scope" awk -F '\\t' '
    tolower($1) == tolower(ENVIRON["principal"]) \\
      && tolower(substr($2, length($2) - 36)) == "/" tolower(ENVIRON["role"]) \\
      && index(tolower($3) "/", tolower(ENVIRON["scope"]) "/") == 1 { print $4 }'
}
"""
FIND_ASSIGNED = """\
listed="$(assignments --scope "$scope")"
assigned="$(giving "$principal" "$role" <<< "$listed")\""""
HOLDERS = """\
# holders_of ROLE: of those, who holds the role. Whoever runs this holds a role of some kind, so an empty list is no
# answer.
holders_of() {
  role="$1" awk -F '\\t' '
    $4 != "" { some = 1 }
    tolower(substr($2, length($2) - 36)) == "/" tolower(ENVIRON["role"]) && !shown[$1]++ { print $1 }
    END { exit !some }' || stop "az lists no role assignment at all, so nothing is concluded: the role was left alone."
}
"""
REMOVE = """\
# remove ID PRINCIPAL ROLE: one role assignment, if it is there and still gives the role to the principal.
assignment_id='^(/subscriptions/[^/?#]+(/[^?#]+)?|/providers/Microsoft\\.Management/managementGroups/[^/?#]+)?'
assignment_id+='/providers/Microsoft\\.Authorization/roleAssignments/[0-9a-f-]{32,36}$'
taken=""
remove() {
  local held id
  if [[ ! "$1" =~ $assignment_id || "$1" == *..* ]]; then
    stop "This is not the ID of a role assignment, so nothing was removed: $1"
  fi
  held="$(assignments --all)"
  id="$(giving "$2" "$3" <<< "$held" | id="$1" awk 'tolower($0) == tolower(ENVIRON["id"])')"
  if [[ -z "$id" ]]; then
    echo "The role assignment is gone already, or gives something else by now: $1"
  else
    az role assignment delete --ids "$id" --subscription "$subscription"
  fi
  taken+="$2 $3"$'\\n'
}
"""
LEFTOVER = """\
# remove_leftover ID PRINCIPAL ROLE APPLICATION: only if Entra lists the principal among the application's deleted
# ones. That Microsoft Graph does not show a principal would prove nothing.
remove_leftover() {
  local graph deleted
  graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"
  deleted="$(az rest --method get --resource "$graph" --output tsv --query "value[].[id, appId]" \\
    --url "${graph%/}/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal" \\
    --url-parameters "\\$filter=appId eq '$4'")"
  if grep -qixF "$2"$'\\t'"$4" <<< "$deleted"; then
    remove "$1" "$2" "$3"
  else
    echo "The role assignment stays: Entra does not list its service principal $2 as a deleted one of Astronomer's: $1"
  fi
}
"""
REQUIRE_TAKEN = """\
# Nothing that was removed may be listed any more, whatever its ID. Azure's lists lag behind what was written: what
# is listed may be gone already, and what was assigned a moment ago need not be listed yet.
require_taken() {
  local pause pair held left
  for pause in 5 10 0; do
    left=""
    if [[ -n "$taken" ]]; then
      held="$(assignments --all)"
      while read -r pair; do
        left+="${left:+ }$(giving "${pair% *}" "${pair#* }" <<< "$held")"
      done <<< "${taken%$'\\n'}"
    fi
    if [[ -z "${left// /}" ]]; then
      return
    fi
    sleep "$pause"
  done
  stop "Azure still lists what gives Astronomer the role:" "$left" \\
    "Its lists lag behind: run this script again in a few minutes, and do not take it as revoked until then."
}
"""
