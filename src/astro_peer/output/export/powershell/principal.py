"""The service principal: found, or made, and shown; it sets `$principal`, its object ID."""

from __future__ import annotations

from astro_peer.model.change import Action, Change
from astro_peer.model.objects import RoleAssignment, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.text import Section, filled
from astro_peer.output.export.powershell.functions import PRINCIPALS
from astro_peer.output.export.powershell.text import comment, document, quoted

_TITLE = "Astronomer's service principal."


def as_given(object_id: str) -> Section:
    """Nobody could, or can, look it up."""
    return Section(
        _TITLE,
        "# Its object ID as given: nobody has checked that it is that of Astronomer's service principal.\n"
        f"$principal = {quoted(object_id)}",
    )


def render(plan: Plan, change: Change, required: bool) -> Section:
    before = change.before
    assert isinstance(before, ServicePrincipal | None)  # noqa: S101  (the kind that is written here)
    known = before.object_id if before else ""
    lines = [
        *_today(plan, before),
        f"$application = {quoted(plan.wanted.application_id)}",
        f"$reviewed = {quoted(known)}",
        "$shown = Find-Principal $application",
    ]
    if required:
        lines.append(_REQUIRE)
    elif change.action is Action.CREATE:
        lines.append(filled(_CREATE, BODY=document({"appId": plan.wanted.application_id})))
    else:
        lines.append(_KEEP)
    lines.append(_CHECK)
    follows = any(isinstance(one.after, RoleAssignment) for one in plan.changes)
    if follows and not known:
        lines.append(_ASK)
    return Section(_TITLE, "\n".join(lines), (PRINCIPALS,))


def _today(plan: Plan, before: ServicePrincipal | None) -> list[str]:
    if not plan.observed.looked_up:
        return []
    if before is None:
        return ["# Today: there is none, so it would be created."]
    return [comment(f"Today: it exists, {before.label}, object ID {before.object_id}.")]


_CREATE = """\
if ($null -eq $shown) {
  $body = BODY
  $shown = Invoke-Azure 'POST' 'https://graph.microsoft.com/v1.0/servicePrincipals' $body
}"""
_KEEP = """\
if ($null -eq $shown) {
  throw ('Astronomer''s service principal ' + $reviewed + ' is gone: it was deleted since it was reviewed.' +
    ' Write a new script with astro-peer.')
}"""
_REQUIRE = """\
if ($null -eq $shown) {
  throw ('Astronomer''s service principal does not exist yet: an Entra administrator runs' +
    ' New-AzADServicePrincipal -ApplicationId ' + $application)
}"""
_CHECK = """\
$principal = Get-Guid $shown.id
# Who it is.
$publisher = Get-Value (Get-Value $shown 'verifiedPublisher') 'displayName'
$disabled = Get-Value $shown 'disabledByMicrosoftStatus'
Write-Output ('Application: ' + (Get-Plain (Get-Value $shown 'displayName')) + ' ' + (Get-Plain $shown.appId))
Write-Output ('Home tenant: ' + (Get-Plain (Get-Value $shown 'appOwnerOrganizationId')))
Write-Output ('Publisher: ' + (Get-Plain $publisher))
if (-not (Test-Same $shown.appId $application)) {
  throw ('The service principal ' + $principal + ' is not that of the application ' + $application + '.')
}
if ((Get-Value $shown 'accountEnabled') -ne $true -or ($disabled -and -not (Test-Same $disabled 'NotDisabled'))) {
  throw 'Astronomer''s service principal is disabled in this tenant: ask your Entra administrator why.'
}
if ($reviewed -and -not (Test-Same $principal $reviewed)) {
  throw ('The service principal is ' + $principal + ', not ' + $reviewed + ' as reviewed: it was made again since.')
}"""
_ASK = """\
# None was there to be reviewed: ask. Where there is no terminal, nobody is asked.
if ([Environment]::UserInteractive -and -not [Console]::IsInputRedirected) {
  $given = Read-Host 'Is this Astronomer''s application? Go on and give it the role? [y/N]'
  if ($given -ne 'y' -and $given -ne 'yes') { throw 'Nothing more was changed.' }
}"""
