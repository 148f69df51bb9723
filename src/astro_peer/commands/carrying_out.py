"""A plan that was made is shown, agreed to, carried out and verified: the same for `grant`, `revoke` and `apply`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from astro_peer.commands.options import SupportOptions
from astro_peer.commands.questions import ask_missing, require_consent, trust
from astro_peer.errors import AstroPeerError, Conflict, ExitCode
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.access import Holdings
    from astro_peer.model.plan import Plan


def show_plan(output: Output, azure: Azure, plan: Plan) -> Holdings | None:
    """The plan, and through what else Astronomer's principal can write here; returns what it holds beside the plan,
    None where the plan concerns no subscription.
    """
    from astro_peer import library
    from astro_peer.model import write_access

    remaining = library.what_remains(azure, plan) if plan.wanted.place else None
    access = write_access.decide(plan.wanted, plan.observed, remaining) if remaining else None
    output.note(access=access, planned_on=azure.now())
    if plan.wanted.granted:
        output.screen.grant_plan(plan, access)
    elif access:
        output.screen.revoke_plan(plan, access)
    return remaining


def _shown(output: Output, azure: Azure, plan: Plan) -> None:
    show_plan(output, azure, plan)


def carry_out(
    output: Output,
    azure: Azure,
    plan: Plan,
    support: SupportOptions,
    *,
    yes: bool,
    plan_again: Callable[[], Plan] | None = None,
) -> int:
    """Of a plan that was shown, after a yes. `plan_again` makes it anew, after a question was open.

    Raises the error of the first finding that stops the plan, and whatever asking, applying and verifying raise.
    """
    from astro_peer import library

    if plan.stopped_by:
        raise plan.stopped_by.as_error()
    plan = require_consent(
        output,
        plan,
        plan_again or (lambda: library.plan_again(azure, plan)),
        lambda plan: _shown(output, azure, plan),
        yes=yes,
    )
    output.note(plan=plan, carrying_out=True)
    output.screen.say()
    applied = library.apply(azure, plan, progress=output.progress, trust=trust(output, yes=yes))
    output.note(applied=applied)
    whole_grant = plan.wanted.granted and plan.wanted.only is None
    try:
        result = output.result = output.result.merged(library.verify(azure, plan, applied))
    except AstroPeerError as error:
        role_is_assigned = not isinstance(error, Conflict)
        if whole_grant and role_is_assigned:  # so what is next is known
            request(output, plan, support, yes=yes)
        raise
    if plan.wanted.granted:
        output.screen.granted(result)
        if whole_grant:
            request(output, plan, support, yes=yes)
        return ExitCode.DONE
    if result.access is None or result.holdings is None:
        return ExitCode.DONE
    output.screen.revoked(plan, result.access, result.holdings)
    _, code = result.access.after_revoke
    return code


def request(output: Output, plan: Plan, support: SupportOptions, *, yes: bool) -> None:
    """What to send to Astronomer support."""
    from astro_peer.model.request import request

    asked = request(
        plan.wanted.procedure, plan.wanted.target, support.cluster_id, support.peering_name, plan.until
    )
    if not yes:
        asked = ask_missing(output, asked, peering_name_given=bool(support.peering_name))
    output.note(request=asked)
    output.screen.request(asked)
