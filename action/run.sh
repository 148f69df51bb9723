#!/usr/bin/env bash
# Runs one command of astro-peer. What others wrote comes in variables, each argument on a line, and is never evaluated.
# Its JSON document goes to the outputs, what a person reads to the log and the step summary.
set -euo pipefail
: "${COMMAND:?}" "${RUNNER_TEMP:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}"

refuse() {
  printf '::error title=astro-peer::%s\n' "$1"
  exit 2
}

arguments=()
while IFS= read -r line; do
  [[ -z "$line" ]] || arguments+=("${line%$'\r'}")
done <<< "${ARGUMENTS:-}"

folder="$(mktemp -d "$RUNNER_TEMP/astro-peer-XXXXXX")"
document="$folder/document.json"
markdown="$folder/summary.md"
case "$COMMAND" in
  grant | revoke)
    [[ -n "${PLAN:-}" ]] || refuse "$COMMAND needs plan: a file for the plan, which apply carries out once it is reviewed."
    run=("$COMMAND" --plan "$PLAN")
    ;;
  apply)
    [[ -n "${PLAN:-}" ]] || refuse "apply needs plan: the file that grant or revoke saved."
    run=(apply --yes --report "$markdown" "$PLAN")
    ;;
  check | status | audit)
    [[ -z "${PLAN:-}" ]] || refuse "$COMMAND takes no plan."
    run=("$COMMAND" --report "$markdown")
    ;;
  *) refuse "command is none of check, grant, revoke, status, audit and apply." ;;
esac

code=0
astro-peer "${run[@]}" --output json ${arguments[@]+"${arguments[@]}"} > "$document" || code=$?

if [[ "$code" == 0 && ("$COMMAND" == grant || "$COMMAND" == revoke) ]]; then
  astro-peer show "$PLAN" --markdown > "$markdown"
fi
if [[ -s "$markdown" ]]; then
  cat "$markdown" >> "$GITHUB_STEP_SUMMARY"
fi

outcome="$(sed -n 's/^  "outcome": "\([a-z ]*\)",\{0,1\}$/\1/p' "$document")"
mark="json-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
{
  printf 'exit-code=%s\n' "$code"
  printf 'outcome=%s\n' "$outcome"
  printf 'document=%s\n' "$document"
  if [[ -s "$markdown" ]]; then
    printf 'markdown=%s\n' "$markdown"
  fi
  printf 'json<<%s\n' "$mark"
  cat "$document"
  printf '%s\n' "$mark"
} >> "$GITHUB_OUTPUT"
exit "$code"
