#!/usr/bin/env bash
# Installs the version that was asked for, in an environment of its own, and puts it on the job's PATH.
set -euo pipefail
: "${VERSION:?}" "${PYTHON:?}" "${RUNNER_TEMP:?}" "${GITHUB_PATH:?}"

if [[ ! "$VERSION" =~ ^[0-9][0-9A-Za-z.]*$ ]]; then
  echo "::error title=astro-peer::version is not that of a release; expected is one such as 0.1.0."
  exit 2
fi
environment="$RUNNER_TEMP/astro-peer"
"$PYTHON" -P -m venv "$environment"
bin="$environment/bin"
[[ -d "$bin" ]] || bin="$environment/Scripts"
"$bin/python" -P -m pip install --quiet --disable-pip-version-check "astro-peer==$VERSION"
printf '%s\n' "$bin" >> "$GITHUB_PATH"
