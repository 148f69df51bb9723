"""A saved plan, held to what Azure holds now: the place is looked up, and the plan is made, as if nobody had before."""

from __future__ import annotations

from datetime import timedelta

from astro_peer.azure import Azure
from astro_peer.azure.auth import again
from astro_peer.errors import AstroPeerError, Conflict, SignInNeeded
from astro_peer.model import saved_plan as rules
from astro_peer.model.audit import KEPT
from astro_peer.model.objects import NextHop, same
from astro_peer.model.plan import Plan
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.model.way_out import way_out
from astro_peer.steps.next_hop import ChooseNextHop

_AHEAD = timedelta(minutes=1)
"""The log's clock need not be the one that Azure answers with."""


def require_same_tenant(azure: Azure, saved: SavedPlan) -> None:
    """Raises Conflict in another cloud, SignInNeeded in another tenant."""
    cloud, account = azure.session.cloud.name, azure.session.account
    if cloud != saved.cloud:
        raise Conflict(
            f"The plan was made in another cloud, {saved.cloud}; you are signed in to {cloud}.",
            next_step="Sign in there, or make the plan anew here.",
        )
    if not same(saved.plan.wanted.tenant_id, account.tenant_id):
        raise SignInNeeded(
            f"You are signed in to tenant {account.tenant_id}, but the plan is for {saved.plan.wanted.tenant_id}.",
            meaning="A saved plan is carried out in the tenant that it was made for.",
            next_step=again(account.how, saved.plan.wanted.tenant_id),
        )


def next_hop_as_planned(saved: Plan) -> ChooseNextHop | None:
    """Of several firewalls the one that was chosen then; whether it is still there, the comparison says."""
    address = saved.wanted.place.firewall_ip if saved.wanted.place else None
    if address is None:
        return None

    def choose(hops: tuple[NextHop, ...]) -> NextHop:
        return next((one for one in hops if one.address == address), hops[0])

    return choose


def require_not_undone(azure: Azure, saved: SavedPlan, now: Plan) -> str:
    """Raises Conflict where what is to be written was written after the plan was made: then it was undone since.

    Returns a sentence where the activity log could not be read to tell, else "".
    """
    moment = azure.now()
    if rules.from_the_future(saved, moment):
        raise Conflict(
            f"The plan says that it was made on {saved.on:%Y-%m-%d %H:%M} (UTC), which is yet to come.",
            meaning="What happened since cannot be looked up.",
            next_step=way_out("Make the plan anew."),
        )
    if error := rules.undone_by_note(saved, now):
        raise error
    looked_for = rules.names_to_look_for(saved, now)
    if now.wanted.place is None or not looked_for:
        return ""
    since = max(saved.on, moment - KEPT + _AHEAD)
    try:
        events = azure.activity_log.events(now.wanted.target.subscription.id, since, moment + _AHEAD)
    except AstroPeerError as unread:
        return (
            "Whether this plan was carried out before and undone is not known: the activity log could not be read"
            f" ({unread.code})."
        )
    if error := rules.undone_by_log(rules.written_since(looked_for, events, saved.on)):
        raise error
    return ""
