"""Plans: what would change and why, what the role allows and reaches, who gets it, how to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.model.change import Action
from astro_peer.model.plan import role_option, takes_rights_away
from astro_peer.model.rights import HINDERED
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import astro_peer
from astro_peer.output import checklist, peerings, remarks, where
from astro_peer.output.terminal import indented
from astro_peer.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.model.change import Change
    from astro_peer.model.plan import Plan
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.output.terminal import Terminal

_MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "magenta"),
    Action.KEEP: ("=", ""),
    Action.DELETE: ("-", "red"),
}


def grant(
    terminal: Terminal, plan: Plan, already: WriteAccess | None, *, whose: str = checklist.YOUR_RIGHTS
) -> None:
    """`already`: through what else the principal can write to what is to be peered. `whose` rights were judged."""
    wanted = plan.wanted
    if wanted.place:
        terminal.heading(
            "The custom role that Astronomer can be given later"
            if wanted.only is Part.ROLE
            else f"Astronomer gets the right to connect an Astro cluster to your {wanted.procedure.resource.one}"
        )
        where.place(terminal, wanted.place, short=not terminal.verbose)
    _changes(terminal, plan.changes)
    _rights(terminal, plan, whose)
    gives = bool(wanted.place) and plan.writes
    if gives and terminal.verbose:
        _what_the_role_allows(terminal, plan)
    if wanted.only is Part.ROLE:
        remarks.findings(terminal, plan.findings)
        return
    terminal.say()
    if gives:
        _reach(terminal, plan)
    _who(terminal, plan)
    if already:
        remarks.writing_otherwise(terminal, already, "already")
    if gives:
        terminal.command("  Undo: ", plan.revoke_command)
        if plan.ending:
            terminal.paragraph(plan.ending)
    remarks.findings(terminal, plan.findings)


def revoke(
    terminal: Terminal, plan: Plan, remaining: WriteAccess, *, whose: str = checklist.YOUR_RIGHTS
) -> None:
    writes = remaining.others or remaining.known
    them = plan.wanted.procedure.resource.many
    what = f"the role {plan.wanted.role.role_name}" if writes else f"the right to connect to {them}"
    if takes_rights_away(plan):
        terminal.heading(f"Astronomer loses {what} in this subscription")
    elif plan.writes:
        terminal.heading(
            "Astronomer holds nothing to take away in this subscription; what was left behind goes"
        )
    else:
        terminal.heading("There is nothing to revoke")
    where.place(terminal, plan.wanted.target)
    if plan.changes:
        _changes(terminal, plan.changes)
        _rights(terminal, plan, whose)
    peerings.planned(terminal, plan)
    if takes_rights_away(plan) and plan.observed.principal:
        terminal.heading("Who loses it")
        where.principal(terminal, plan.observed.principal)
    remarks.findings(terminal, plan.findings)
    remarks.writing_otherwise(terminal, remaining, "still")


def _rights(terminal: Terminal, plan: Plan, whose: str) -> None:
    if any(one.verdict in HINDERED for one in plan.abilities):
        checklist.rights(terminal.err, plan.abilities, whose)


def _changes(terminal: Terminal, changes: Iterable[Change]) -> None:
    """The reason stands beside its change where there is room; that what is created was not there, only there."""
    terminal.say()
    for change in changes:
        mark, style = _MARKS[change.action]
        what = Text.assemble(
            (f"{mark} {change.action} {change.thing.kind}", style), f"  {plain(change.thing.label)}"
        )
        reason = Text(plain(change.says), style="dim")
        beside = Text.assemble(what, "  ", reason)
        fits = beside.cell_len + 2 <= terminal.err.width
        terminal.err.print(indented(beside if fits else what, 2))
        if not fits and (terminal.verbose or change.action is not Action.CREATE):
            terminal.err.print(indented(reason, 4))
        for detail in change.details:
            terminal.err.print(indented(Text(plain(detail), style=style), 4))


def _what_the_role_allows(terminal: Terminal, plan: Plan) -> None:
    terminal.heading("What the role allows")
    wanted = plan.wanted
    kinds = {"write": "bold", "act": "", "read": "dim"}
    told = [(wanted.procedure.kind_of(action), words) for action, words in wanted.procedure.actions_in_words]
    for kind, style in kinds.items():
        for words in (words for its, words in told if its == kind):
            terminal.err.print(indented(Text.assemble((f"{kind:<6}", style), words), 2))
    exact = astro_peer(
        *("role", "--subscription", wanted.target.subscription.id),
        *wanted.procedure.option,
        *role_option(wanted),
    )
    terminal.command("  Its exact actions: ", exact)


def _reach(terminal: Terminal, plan: Plan) -> None:
    procedure = plan.wanted.procedure
    if procedure.warning:
        terminal.warn(procedure.warning)
    terminal.paragraph(plan.reach_in_words)
    reached = plan.observed.reach
    if terminal.verbose:
        for one in reached:
            terminal.paragraph(f"- {where.resource(one)}")
    elif reached:
        named = ", ".join(one.name if one.ready else f"{one.name} (not ready)" for one in reached)
        terminal.facts(terminal.err, [(procedure.short.titles, named)])


def _who(terminal: Terminal, plan: Plan) -> None:
    if plan.observed.principal:
        where.principal(terminal, plan.observed.principal, short=not terminal.verbose)
        return
    if plan.wanted.principal_id:
        why = f" ({plan.observed.unchecked.code})" if plan.observed.unchecked else ""
        terminal.paragraph(
            f"It goes to the service principal with object ID {plan.wanted.principal_id}, as given. Nobody has checked"
            f" whose it is: Microsoft Graph does not answer you{why}."
        )
    else:
        terminal.paragraph(
            f"It goes to Astronomer's application {plan.wanted.application_id}, whose home tenant and publisher are"
            " shown before the role is assigned."
        )
