"""The service principal: found, or made, and shown; it sets `principal`, the object ID that az prints."""

from __future__ import annotations

from astro_peer.model.change import Action, Change
from astro_peer.model.objects import RoleAssignment, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.functions import LINES, PRINCIPALS
from astro_peer.output.export.az.text import Section, comment
from astro_peer.output.shell import quoted

_TITLE = "Astronomer's service principal."


def as_given(object_id: str) -> Section:
    """Nobody could, or can, look it up."""
    return Section(
        _TITLE,
        "# Its object ID as given: nobody has checked that it is that of Astronomer's service principal.\n"
        f"principal={quoted(object_id)}",
    )


def render(plan: Plan, change: Change, required: bool) -> Section:
    before = change.before
    assert isinstance(before, ServicePrincipal | None)  # noqa: S101  (the kind that is written here)
    known = before.object_id if before else ""
    lines = [
        *_today(plan, before),
        f"application={quoted(plan.wanted.application_id)}",
        f"reviewed={quoted(known)}",
        _FIND,
    ]
    if required:
        lines.append(_REQUIRE)
    elif change.action is Action.CREATE:
        lines.append(_CREATE)
    else:
        lines.append(_KEEP)
    lines.append(_CHECK)
    follows = any(isinstance(one.after, RoleAssignment) for one in plan.changes)
    if follows and not known:
        lines.append(_ASK)
    return Section(_TITLE, "\n".join(lines), (LINES, PRINCIPALS))


def _today(plan: Plan, before: ServicePrincipal | None) -> list[str]:
    if not plan.observed.looked_up:
        return []
    if before is None:
        return ["# Today: there is none, so it would be created."]
    return [comment(f"Today: it exists, {before.label}, object ID {before.object_id}.")]


_FIND = """\
shown="$(find_principal "$application")"
principal="$(guid_of principal <<< "$shown")\""""
_CREATE = """\
if [[ -z "$principal" ]]; then
  shown="$(az ad sp create --id "$application" --output tsv --query "[@][].[$who][]" | as_lines)"
  principal="$(guid_of principal <<< "$shown")"
fi"""
_KEEP = """\
if [[ -z "$principal" ]]; then
  stop "Astronomer's service principal $reviewed is gone: it was deleted since it was reviewed." \\
    "Write a new script with astro-peer."
fi"""
_REQUIRE = """\
if [[ -z "$principal" ]]; then
  stop "Astronomer's service principal does not exist yet: an Entra administrator runs" \\
    "  az ad sp create --id $application"
fi"""
_CHECK = """\
# Who it is.
printf '%s\\n' "$shown"
if [[ "$(value_of appId <<< "$shown")" != "$application" ]]; then
  stop "The service principal $principal is not that of the application $application."
fi
if [[ "$(value_of Enabled <<< "$shown")" != true \\
  || "$(value_of DisabledByMicrosoft <<< "$shown")" != NotDisabled ]]; then
  stop "Astronomer's service principal is disabled in this tenant: ask your Entra administrator why."
fi
if [[ -n "$reviewed" && "$principal" != "$reviewed" ]]; then
  stop "The service principal is $principal, not $reviewed as reviewed: it was made again since."
fi"""
_ASK = """\
# None was there to be reviewed: ask. Where there is no terminal, nobody is asked.
if [[ -t 0 ]]; then
  read -r -p "Is this Astronomer's application? Go on and give it the role? [y/N] " answer
  [[ "$answer" == y || "$answer" == yes ]] || exit 1
fi"""
