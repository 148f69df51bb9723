"""What a person is asked to say yes to: the plan in one line."""

from __future__ import annotations

from astro_peer.model.change import Action
from astro_peer.model.plan import Plan

_DIGITS_OF_AN_ID = 8


def question(plan: Plan, signed_in_as: str | None) -> str:
    """How much becomes of it, where, and as whom: what has to be right even where nothing else is read."""
    signer = f", as {signed_in_as}" if signed_in_as else ""
    asks = "Astronomer has not connected yet: revoke anyway?" if plan.before_connection else "Continue?"
    return f"{counts(plan)} in {_where(plan)}{signer}. {asks}"


def counts(plan: Plan) -> str:
    actions = [change.action for change in plan.changes]
    return (
        f"{actions.count(Action.CREATE)} to create, {actions.count(Action.UPDATE)} to change,"
        f" {actions.count(Action.DELETE)} to delete"
    )


def _where(plan: Plan) -> str:
    place = plan.wanted.place
    if place is None:
        return f"tenant {_short(plan.wanted.tenant_id)}"
    return f"{place.subscription.name} ({_short(place.subscription.id)})".strip()


def _short(guid: str) -> str:
    return f"{guid[:_DIGITS_OF_AN_ID]}…"
