"""What stands around the changes: who may run the script, whom it is for, and what is looked at in the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

from astro_peer import __version__
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.plan import Plan
from astro_peer.model.wanted import Wanted
from astro_peer.output.export.az import assignment, schedule
from astro_peer.output.export.az.functions import STOP
from astro_peer.output.export.az.text import Section, comment
from astro_peer.output.shell import quoted

_WIDTH = 110
_PURPOSE = {
    True: "grant gives Astronomer the right to connect an Astro cluster to your {one}",
    False: "revoke takes Astronomer's right to connect to your {many} away again",
}


def head(plan: Plan, change_reference: str | None) -> str:
    wanted = plan.wanted
    az_version = "2.85" if change_reference else "2.72"
    lines = [
        "#!/usr/bin/env bash",
        "# shellcheck disable=SC2016  # what users and Azure name stands in single quotes, whatever is in it",
        f"# astro-peer {_purpose(wanted)}.",
        f"# Written by astro-peer {__version__} for review on {datetime.now(UTC):%Y-%m-%d}.",
        f"# Run it with bash; it needs az {az_version} or newer, signed in with az login. It checks before it writes,",
        "# so it can be run later, and more than once: if it stops half-way, run it again in a minute.",
    ]
    if wanted.granted and wanted.only is None:
        lines += reach(plan)
    if not plan.observed.looked_up:
        lines.append("# Written offline: what is there today was not looked up.")
    lines += [_SETTINGS, f"tenant={quoted(wanted.tenant_id)}"]
    if wanted.place:
        place = wanted.place
        if place.subscription.name:
            lines.append(comment(f"Subscription: {place.subscription.name}"))
        lines.append(f"subscription={quoted(place.subscription.id)}")
        if place.name:
            lines.append(
                comment(
                    f"{place.procedure.resource.title}: {place.name} in resource group {place.resource_group}"
                )
            )
    if change_reference:
        lines += ["", _FOR_A_CHANGE.format(reference=quoted(change_reference)).rstrip("\n")]
        if any(isinstance(one.thing, RoleAssignment) and one.thing.schedule for one in plan.changes):
            lines.append(schedule.ticket(change_reference))
    lines += ["", STOP, _RIGHT_ACCOUNT if wanted.place else _RIGHT_TENANT]
    return "\n".join(lines)


def _purpose(wanted: Wanted) -> str:
    words = wanted.procedure.short
    return _PURPOSE[wanted.granted].format(one=words.one, many=words.many)


def reach(plan: Plan) -> list[str]:
    """What is given, for whoever decides and has only this text: in comment lines."""
    lines = ["#", "# Until it is revoked, Astronomer can:"]
    lines += [f"#   - {words}" for _, words in plan.wanted.procedure.actions_in_words]
    procedure = plan.wanted.procedure
    lines.append(f"# on every {procedure.resource.one} of the subscription.")
    said = " ".join((*procedure.reaches, procedure.warning))
    lines += [comment(line) for line in textwrap.wrap(said, _WIDTH)]
    if plan.schedule:
        lines.append(
            comment(f"Azure ends that itself at {plan.schedule}, while the tenant has the licence for it.")
        )
    elif plan.until:
        lines.append(comment(f"It is to be revoked after {plan.until} (UTC): Azure ends nothing by itself."))
    if plan.observed.reach:
        lines.append(
            comment(
                f"{procedure.short.titles} there today: " + ", ".join(one.name for one in plan.observed.reach)
            )
        )
    return lines


def closing(plan: Plan) -> Iterator[Section]:
    """What was written is looked at once more."""
    if not plan.wanted.granted or any(isinstance(change.thing, RoleAssignment) for change in plan.changes):
        yield assignment.verify(plan)


def afterwards(plan: Plan) -> Iterator[str]:
    if plan.wanted.granted:
        return
    if not plan.changes:
        yield _NOTHING_TO_REVOKE
    yield _REVOKE_REST.format(
        application=plan.wanted.application_id, connection=plan.wanted.procedure.connection.one
    )


_SETTINGS = """\
set -euo pipefail
# Azure compares IDs and names without case, az compares them with case. In this script [[ ]] does as Azure does.
shopt -s nocasematch
# A default resource group in az's settings would be added to every command, and contradict --scope.
export AZURE_DEFAULTS_GROUP=
# az is a Python program: it imports nothing from the directory in which this is run.
export PYTHONSAFEPATH=1
"""
_FOR_A_CHANGE = """\
# The change that all of this is for. An Azure Policy may want a token with a write, which az gets with this reference.
change_reference={reference}
az() {{
  case "$1 ${{2:-}} ${{3:-}}" in
    "role definition create" | "role definition update" | "role definition delete" \\
      | "role assignment create" | "role assignment update" | "role assignment delete")
      command az "$@" --change-reference="$change_reference" ;;
    *) command az "$@" ;;
  esac
}}
"""
_RIGHT_ACCOUNT = """\
# Stop unless az is signed in to this tenant and subscription.
current="$(az account show --query "join(' ', [tenantId, id])" --output tsv)"
if [[ "$current" != "$tenant $subscription" ]]; then
  stop "az is set to another account ($current), nothing was changed." \\
    "Expected tenant $tenant and subscription $subscription:" \\
    "  az login --tenant $tenant && az account set --subscription $subscription"
fi
"""
_RIGHT_TENANT = """\
# Stop unless az is signed in to this tenant.
current="$(az account show --query tenantId --output tsv)"
if [[ "$current" != "$tenant" ]]; then
  stop "az is set to another tenant ($current), nothing was changed. Expected: az login --tenant $tenant"
fi
"""
_NOTHING_TO_REVOKE = """\
echo "There was nothing to revoke when this script was written, so it changes nothing."
"""
_REVOKE_REST = """\
# What stays: the {connection} that Astronomer made, and Astronomer's service principal, which may serve other
# Astronomer products, and other subscriptions. Look in each subscription what it holds, and remove it only if that
# is nothing anywhere:
#   az role assignment list --assignee {application} --all --subscription EACH_SUBSCRIPTION --output table
#   az ad sp delete --id {application}
"""
