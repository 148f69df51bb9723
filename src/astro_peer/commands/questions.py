"""What is asked at a terminal: consent before anything is written, which hub, and what only the user knows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from astro_peer import names
from astro_peer.errors import NotPermitted, UsageError

if TYPE_CHECKING:
    from astro_peer.azure.objects import ServicePrincipal
    from astro_peer.changes import Change
    from astro_peer.output import Output
    from astro_peer.output.screen import Screen
    from astro_peer.plan import Plan
    from astro_peer.steps.collect import Choose
    from astro_peer.steps.request import SupportRequest


def require_consent(
    output: Output, plan: Plan, read_again: Callable[[], Plan], show: Callable[[Plan], None], *, yes: bool
) -> Plan:
    """The plan as it stands when the user has said yes: read again after the question was open, and asked
    again if it changed meanwhile. Raises Cancelled, or UsageError where nobody can be asked.
    """
    if not plan.writes:
        if plan.changes:
            output.screen.say("\nNothing to change.", "bold")
        return plan
    if yes:
        return plan
    if not sys.stdin.isatty():
        raise UsageError(
            "There is nobody to ask, so nothing was written.",
            meaning="Standard input is not a terminal, and the changes above need a yes.",
            next_step="Run it at a terminal, or add --yes once the plan above is what you want.",
        )
    while True:
        output.screen.ask(_question(plan))
        now = read_again()
        if now.changes == plan.changes:
            return now
        plan = now
        output.screen.warn("Azure changed while the question was open. The plan is now:")
        output.report.changes(plan.changes)
        show(plan)
        if not plan.writes:
            return plan


def _question(plan: Plan) -> str:
    count = sum(change.writes for change in plan.changes)
    return f"Make {'this change' if count == 1 else f'these {count} changes'}?"


class Confirmed:
    """Watches a plan being carried out, and asks who is to be trusted where that could not be known before."""

    def __init__(self, screen: Screen, *, yes: bool) -> None:
        self._screen = screen
        self._yes = yes

    def finished(self, change: Change) -> None:
        self._screen.finished(change)

    def trust(self, principal: ServicePrincipal, *, made_now: bool) -> None:
        if not made_now:
            return  # shown in the plan, and consented to with it
        self._screen.identity(principal)
        if not self._yes:
            self._screen.ask("Assign the role to this application?")


def choose_hub(screen: Screen) -> Choose | None:
    """Offers a list to choose from; None where nobody can be asked."""
    return screen.choose_hub if sys.stdin.isatty() and sys.stderr.isatty() else None


def choose_principal(screen: Screen, candidates: tuple[str, ...], refused: NotPermitted, *, yes: bool) -> str:
    """Which service principal is Astronomer's, where Microsoft Graph may not be asked: never guessed.

    Raises NotPermitted, with the candidates, where nobody can be asked.
    """
    listed = "\n".join(f"  --principal-object-id {one}" for one in candidates)
    if not yes and sys.stdin.isatty():
        screen.say("Microsoft Graph may not be read, so it is not known which principal is Astronomer's.")
        return screen.choose("Which service principal holds the role for Astronomer?", list(candidates))
    raise NotPermitted(
        refused.summary,
        meaning=f"{refused.meaning} The role is held here by:\n{listed}",
        next_step="Name Astronomer's with --principal-object-id.",
        answer=refused.answer,
    )


def ask_missing(screen: Screen, request: SupportRequest, *, peering_name_given: bool) -> SupportRequest:
    """Fill in what only the user knows; left blank where nobody can be asked, or the answer is empty."""
    if not sys.stdin.isatty():
        return request
    if request.cluster_id is None:
        answer = screen.ask_for("Astro Cluster ID (Enter leaves it blank)", names.cluster_id)
        request = replace(request, cluster_id=answer or None)
    if not peering_name_given:
        answer = screen.ask_for(f"Name of the peering (Enter for {request.peering_name})", names.network_name)
        request = replace(request, peering_name=answer or request.peering_name)
    return request
