"""Verify: read back, by ID, that Azure holds what the documentation asks for."""

from __future__ import annotations

from dataclasses import replace

from astro_peer.azure import Azure
from astro_peer.errors import Conflict, Failed, TimedOut
from astro_peer.model import assignment as assignment_rules
from astro_peer.model import role as role_rules
from astro_peer.model.access import Holdings
from astro_peer.model.objects import RoleAssignment, RoleDefinition, same
from astro_peer.model.plan import Plan
from astro_peer.model.result import Applied
from astro_peer.model.way_out import way_out
from astro_peer.steps import schedule as schedule_step
from astro_peer.steps.holdings import holdings
from astro_peer.waiting import until

_MIXED_READS_SECONDS = 60
"""Reads of a role stay mixed, old and new, for up to a minute after an update."""


def _role(azure: Azure, plan: Plan, guid: str) -> RoleDefinition | None:
    """As Azure shows it once it shows everything documented; as it was last shown, when that takes too long."""
    patience = azure.patience("Azure to show the role as documented", _MIXED_READS_SECONDS)
    while True:
        role = azure.authorization.role(plan.wanted.scope, guid)
        difference = role_rules.drift(plan.wanted.role, role) if role else None
        if role and (not difference or difference.broader):
            return role
        try:
            patience.wait()
        except TimedOut:
            return role


def verify(azure: Azure, plan: Plan, applied: Applied) -> Holdings:
    """Everything Astronomer's principal holds here, as `az role assignment list --all` would list it.

    Raises TimedOut while Azure does not show our assignment, Conflict when the role allows more than documented by
    now, Failed when it allows less.
    """
    wanted = plan.wanted
    ours = applied.made[assignment_rules.KEY]
    assert isinstance(ours, RoleAssignment)  # noqa: S101  (a grant ends with one)
    if not applied.done and {ours.id.lower(), ours.role_guid} <= plan.observed.by_id:
        return holdings(azure, wanted, plan.observed)  # nothing was written: it would be read once more
    listing = azure.start(azure.authorization.assignments_of, wanted.scope, ours.principal_id)
    reading = azure.start(_role, azure, plan, ours.role_guid)
    until(
        lambda: azure.authorization.assignment(ours.id),
        lambda seen: (
            seen is not None
            and seen.role_guid == ours.role_guid
            and seen.principal_id == ours.principal_id
            and same(seen.scope, wanted.scope)
        ),
        azure.patience("Azure to show the role assignment"),
    )
    role = reading.result()
    difference = role_rules.drift(wanted.role, role) if role else None
    if difference and difference.broader:
        raise Conflict(
            f'The role "{wanted.role.role_name}" is assigned, and allows more than documented: somebody changed it.',
            meaning="Astronomer has, beyond the documentation:\n"
            + "\n".join(f"  {one}" for one in difference.broader),
            next_step=way_out("Take it back: ", plan.revoke_command),
        )
    if role is None or difference:
        raise Failed(
            "The role is assigned, but it does not read as documented.",
            meaning="Somebody changed it meanwhile, or Azure still shows an older state.",
            next_step="Run `astro-peer status` in a minute.",
        )
    if ours.schedule:
        schedule_step.require_end(azure, ours)
    listed = [
        replace(one, schedule=ours.schedule) if same(one.id, ours.id) else one for one in listing.result()
    ]
    if not any(same(one.id, ours.id) for one in listed):
        listed.append(ours)  # a list may lag behind; the read by ID above is the proof
    held = replace(plan.observed, principal=applied.principal(plan), role=role, assignments=tuple(listed))
    return holdings(azure, wanted, held)
