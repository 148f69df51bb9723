"""What stands around the changes: who may run the script, whom it is for, and what is looked at in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from astro_peer import __version__
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.frame import reach
from astro_peer.output.export.az.text import Section
from astro_peer.output.export.powershell import assignment
from astro_peer.output.export.powershell.text import comment, quoted

_PURPOSE = {
    True: "grant gives Astronomer the right to connect an Astro cluster to your network",
    False: "revoke takes Astronomer's right to connect to your network away again",
}


def head(plan: Plan, change_reference: str | None) -> str:
    wanted = plan.wanted
    lines = [
        "#Requires -Version 5.1",
        "#Requires -Modules @{ ModuleName = 'Az.Accounts'; ModuleVersion = '2.13.0' }",
        f"# astro-peer {_PURPOSE[wanted.granted]}.",
        f"# Written by astro-peer {__version__} for review on {datetime.now(UTC):%Y-%m-%d}.",
        "# Run it with PowerShell 5.1 or newer, signed in with Connect-AzAccount. It checks before it writes, so it",
        "# can be run later, and more than once: if it stops half-way, run it again in a minute.",
        "# Everything goes through Invoke-AzRestMethod: the cmdlets for roles and their assignments choose GUIDs of",
        "# their own, and fold the entries of a role's permissions into one.",
    ]
    if wanted.granted and wanted.only is None:
        lines += [comment(line.removeprefix("# ").removeprefix("#")).rstrip() for line in reach(plan)]
    if not plan.observed.looked_up:
        lines.append("# Written offline: what is there today was not looked up.")
    if change_reference:
        lines.append(
            "# It gets no policy token: where an Azure Policy asks for one with a write, use --export az."
        )
    return "\n".join(lines)


def settings(plan: Plan) -> str:
    lines = ["Set-StrictMode -Version 3.0", "$ErrorActionPreference = 'Stop'"]
    lines.append(f"$tenant = {quoted(plan.wanted.tenant_id)}")
    if place := plan.wanted.place:
        if place.subscription.name:
            lines.append(comment(f"Subscription: {place.subscription.name}"))
        lines.append(f"$subscription = {quoted(place.subscription.id)}")
        if place.name:
            lines.append(comment(f"To be peered: {place.name} in resource group {place.resource_group}"))
        lines.append("$scope = '/subscriptions/' + $subscription")
    return "\n".join(lines)


def right_account(plan: Plan) -> str:
    return _RIGHT_ACCOUNT if plan.wanted.place else _RIGHT_TENANT


def closing(plan: Plan) -> Iterator[Section]:
    """What was written is looked at once more."""
    if plan.wanted.granted and plan.wanted.place is None:
        return
    if not plan.wanted.granted or any(isinstance(change.thing, RoleAssignment) for change in plan.changes):
        yield assignment.verify(plan)


def afterwards(plan: Plan) -> Iterator[str]:
    if plan.wanted.granted:
        return
    if not plan.changes:
        yield "Write-Output 'There was nothing to revoke when this script was written, so it changes nothing.'"
    yield _REVOKE_REST


_RIGHT_ACCOUNT = """\
# Stop unless signed in to this tenant and subscription.
$context = Get-AzContext
$current = 'nobody is signed in'
if ($context -and $context.Tenant -and $context.Subscription) {
  $current = $context.Tenant.Id + ' ' + $context.Subscription.Id
}
if (-not (Test-Same $current ($tenant + ' ' + $subscription))) {
  throw ('PowerShell is set to another account (' + $current + '), nothing was changed. Expected: ' +
    'Connect-AzAccount -Tenant ' + $tenant + ' -Subscription ' + $subscription)
}
"""
_RIGHT_TENANT = """\
# Stop unless signed in to this tenant.
$context = Get-AzContext
$current = 'nobody is signed in'
if ($context -and $context.Tenant) { $current = $context.Tenant.Id }
if (-not (Test-Same $current $tenant)) {
  throw ('PowerShell is set to another tenant (' + $current + '), nothing was changed. Expected: ' +
    'Connect-AzAccount -Tenant ' + $tenant)
}
"""
_REVOKE_REST = """\
# What stays: the connection that Astronomer made, and Astronomer's service principal, which may serve other
# Astronomer products, and other subscriptions. Look in each subscription what it holds before it is removed.
"""
