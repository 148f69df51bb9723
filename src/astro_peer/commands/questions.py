"""What is asked at a terminal: consent before anything is written, which hub, and what only the user knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from astro_peer import names
from astro_peer.errors import AstroPeerError, Cancelled, NotPermitted, UsageError
from astro_peer.model import assignment, consent
from astro_peer.model.change import Action
from astro_peer.model.end import Until
from astro_peer.model.way_out import way_out

if TYPE_CHECKING:
    from astro_peer.model.objects import NextHop, Resource, ServicePrincipal, Subscription
    from astro_peer.model.plan import Plan
    from astro_peer.model.request import SupportRequest
    from astro_peer.output import Output
    from astro_peer.procedure import Procedure
    from astro_peer.steps.apply import Trust
    from astro_peer.steps.collect import Choose
    from astro_peer.steps.next_hop import ChooseNextHop

_SUGGESTED_DAYS = 14


def require_consent(
    output: Output, plan: Plan, plan_again: Callable[[], Plan], show: Callable[[Plan], None], *, yes: bool
) -> Plan:
    """The plan as it stands when the user has said yes: made again after the question was open, and asked
    again if it changed meanwhile. Raises Cancelled, UsageError where nobody can be asked, and the error of what
    stands in the way by now.
    """
    while plan.writes and not yes:
        if not output.prompter.somebody_there:
            raise UsageError(
                "There is nobody to ask, so nothing was written.",
                meaning="Standard input is not a terminal, and the changes above need a yes.",
                next_step="Run it at a terminal, or add --yes once the plan above is what you want.",
            )
        account = output.result.account
        output.prompter.confirm(consent.question(plan, account.name if account else None))
        now = plan_again()
        if now.stopped_by:
            raise now.stopped_by.as_error()
        unchanged = now.changes == plan.changes
        plan = now
        if unchanged:
            return plan
        output.screen.warn("Azure changed while the question was open. The plan is now:")
        output.note(plan=plan)
        show(plan)
    if plan.changes and not plan.writes:
        output.screen.say("\nNothing to change.", "bold")
    return plan


def offer_end(output: Output, plan: Plan) -> Plan:
    """With an end, if the user wants one: asked where a grant begins and none was given."""
    begins = any(one.key == assignment.KEY and one.action is Action.CREATE for one in plan.changes)
    if plan.stopped_by or plan.wanted.until or not begins or not output.prompter.somebody_there:
        return plan
    from astro_peer import library

    today = plan.observed.today
    suggestion = Until(days=_SUGGESTED_DAYS)

    def day(answer: str) -> Until:
        said = names.until(answer).from_day(today)
        if said < today:
            raise ValueError(f"expected {today} or a later day")
        return Until(day=said)

    said = output.prompter.ask_for(
        f"Last day of the grant, such as {suggestion} or {suggestion.from_day(today)} (Enter for no end)", day
    )
    if said is None:
        return plan
    output.screen.command(f"The same without asking: --until {said}")
    return library.with_end(plan, said)


def trust(output: Output, *, yes: bool) -> Trust:
    """Shows who is to be trusted where that could not be known before, and asks."""

    def ask(principal: ServicePrincipal) -> bool:
        output.screen.identity(principal)
        if yes:
            return False
        try:
            output.prompter.confirm("Assign the role to this application?")
        except Cancelled as error:
            raise _untrusted(output, error) from None
        return True

    return ask


def _untrusted(output: Output, cancelled: Cancelled) -> Cancelled:
    """Says how to take back what was made before the question could be asked."""
    from astro_peer.model.next_steps import undo

    plan = output.result.plan
    commands = undo(plan, output.result.applied) if plan else ()
    parts = [part for command in commands for part in ("\n  ", command)]
    return Cancelled(
        "Cancelled: the role was not assigned.",
        next_step=way_out("Run the same command again when it should go on. To undo what was made:", *parts)
        if commands
        else cancelled.next_step,
    )


def choose_resource(output: Output, procedure: Procedure) -> Choose | None:
    """Offers a list to choose from, and shows the option that gives the same answer without asking; None where
    nobody can be asked.
    """
    if not output.prompter.can_offer_choices:
        return None

    def choose(offered: list[tuple[Resource, Subscription]]) -> Resource:
        lines = [
            (one.name, one.resource_group, subscription.name, one.state) for one, subscription in offered
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        titles = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        chosen = output.prompter.choose(
            f"Which {procedure.resource.one}?",
            [(title, one) for title, (one, _) in zip(titles, offered, strict=True)],
        )
        output.screen.command(f"The same without asking: {procedure.flag}-id {chosen.id}")
        return chosen

    return choose


def choose_next_hop(output: Output) -> ChooseNextHop | None:
    """The same for several firewalls in the hub."""
    if not output.prompter.can_offer_choices:
        return None

    def choose(hops: tuple[NextHop, ...]) -> NextHop:
        chosen = output.prompter.choose(
            "Which firewall does the traffic pass?", [(f"{one.address}  {one.label}", one) for one in hops]
        )
        output.screen.command(f"The same without asking: --firewall-ip {chosen.address}")
        return chosen

    return choose


def choose_principal(
    output: Output, candidates: tuple[str, ...], refused: AstroPeerError, *, yes: bool
) -> str:
    """Which service principal is Astronomer's, where Microsoft Graph may not be asked: never guessed.

    Raises NotPermitted, with the candidates, where nobody can be asked.
    """
    listed = "\n".join(f"  --principal-object-id {one}" for one in candidates)
    if not yes and output.prompter.somebody_there:
        output.screen.say(
            "Microsoft Graph may not be read, so it is not known which principal is Astronomer's."
        )
        return output.prompter.choose(
            "Which service principal holds the role for Astronomer?", [(one, one) for one in candidates]
        )
    raise NotPermitted(
        refused.summary,
        meaning=f"{refused.meaning} The role is held here by:\n{listed}",
        next_step="Name Astronomer's with --principal-object-id.",
        answer=refused.answer,
    )


def ask_missing(output: Output, request: SupportRequest, *, peering_name_given: bool) -> SupportRequest:
    """Fill in what only the user knows; left blank where nobody can be asked, or the answer is empty."""
    if not output.prompter.somebody_there:
        return request
    if request.cluster_id is None:
        answer = output.prompter.ask_for("Astro Cluster ID (Enter leaves it blank)", names.cluster_id)
        request = replace(request, cluster_id=answer)
    if not peering_name_given and request.procedure.asks_for("peering_name"):
        answer = output.prompter.ask_for(
            f"Name of the peering (Enter for {request.peering_name})", names.network_name
        )
        request = replace(request, peering_name=answer or request.peering_name)
    return request
