"""Plans: what would change and why, what the role allows and reaches, who gets it, how to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.model.change import Action
from astro_peer.model.end import ONLY_A_NOTE
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
    from astro_peer.procedure import Procedure

_MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "magenta"),
    Action.KEEP: ("=", ""),
    Action.DELETE: ("-", "red"),
}


def grant(terminal: Terminal, plan: Plan, already: WriteAccess | None) -> None:
    """`already`: through what else the principal can write to hubs."""
    wanted = plan.wanted
    if wanted.place:
        terminal.heading(
            "The custom role that Astronomer can be given later"
            if wanted.only is Part.ROLE
            else "Astronomer gets the right to connect an Astro cluster to your virtual hub"
        )
        where.place(terminal, wanted.place)
    _changes(terminal, plan.changes)
    _rights(terminal, plan)
    gives = bool(wanted.place) and plan.writes
    if gives:
        _what_the_role_allows(terminal, wanted.procedure)
        exact = astro_peer("role", "--subscription", wanted.target.subscription.id, *role_option(wanted))
        terminal.command("  Its exact actions: ", exact)
    if wanted.only is Part.ROLE:
        remarks.findings(terminal, plan.findings)
        return
    if gives:
        _reach(terminal, plan)
    _who(terminal, plan)
    if already:
        remarks.writing_otherwise(terminal, already, "already")
    if gives:
        terminal.heading("How to take it back (it lasts until then)")
        terminal.command("  ", plan.revoke_command)
        if plan.until:
            terminal.paragraph(f"It is to end after {plan.until}. {ONLY_A_NOTE}")
    remarks.findings(terminal, plan.findings)


def revoke(terminal: Terminal, plan: Plan, remaining: WriteAccess) -> None:
    writes = remaining.others or remaining.known
    what = f"the role {plan.wanted.role.role_name}" if writes else "the right to connect to virtual hubs"
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
        _rights(terminal, plan)
    peerings.planned(terminal, plan)
    if takes_rights_away(plan) and plan.observed.principal:
        terminal.heading("Who loses it")
        where.principal(terminal, plan.observed.principal)
    remarks.findings(terminal, plan.findings)
    if plan.changes:
        remarks.writing_otherwise(terminal, remaining, "still")


def _rights(terminal: Terminal, plan: Plan) -> None:
    if any(one.verdict in HINDERED for one in plan.abilities):
        checklist.rights(terminal.err, plan.abilities)


def _changes(terminal: Terminal, changes: Iterable[Change]) -> None:
    terminal.heading("Changes")
    for change in changes:
        mark, style = _MARKS[change.action]
        what = Text.assemble(
            (f"{mark} {change.action} {change.thing.kind}", style), f"  {plain(change.thing.label)}"
        )
        terminal.err.print(indented(what, 2))
        terminal.err.print(indented(Text(plain(change.says), style="dim"), 4))
        for detail in change.details:
            terminal.err.print(indented(Text(plain(detail), style=style), 4))


def _what_the_role_allows(terminal: Terminal, procedure: Procedure) -> None:
    terminal.heading("What the role allows")
    writes_first = sorted(procedure.actions_in_words, key=lambda pair: pair[0] != procedure.write_action)
    for action, words in writes_first:
        kind = ("write", "bold") if action == procedure.write_action else ("read", "dim")
        terminal.err.print(indented(Text.assemble((f"{kind[0]:<6}", kind[1]), words), 2))


def _reach(terminal: Terminal, plan: Plan) -> None:
    terminal.heading("How far it reaches")
    hub = plan.wanted.target.name
    terminal.paragraph(
        "The role is assigned on the subscription, so it covers every virtual hub in it"
        + (f", not only {hub}" if hub else "")
        + ": Astronomer can create connections on these hubs and overwrite existing ones, their routing"
        " included. It cannot delete connections, and reads only what is listed above."
    )
    for one in plan.observed.reach:
        terminal.paragraph(f"- {where.hub(one)}")


def _who(terminal: Terminal, plan: Plan) -> None:
    terminal.heading("Who gets it")
    if plan.observed.principal:
        where.principal(terminal, plan.observed.principal)
    elif plan.wanted.principal_id:
        why = f" ({plan.observed.unchecked.code})" if plan.observed.unchecked else ""
        terminal.paragraph(
            f"The service principal with object ID {plan.wanted.principal_id}, as given. Nobody has checked whose"
            f" it is: Microsoft Graph does not answer you{why}."
        )
    else:
        terminal.paragraph(
            f"Astronomer's application {plan.wanted.application_id}. Its name, home tenant and publisher"
            " can be read only once its service principal exists: they are shown before the role is assigned."
        )
