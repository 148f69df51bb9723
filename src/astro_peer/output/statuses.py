"""Whether Astronomer has access: in one subscription, and over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.errors import ExitCode
from astro_peer.model.status import Status
from astro_peer.model.write_access import NAMED_BY_KNOWN, ending
from astro_peer.output import holdings, remarks, where
from astro_peer.output.spelling import spelled
from astro_peer.output.terminal import as_table
from astro_peer.plain import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from astro_peer.model.access import Holdings
    from astro_peer.model.objects import Connection, RoleDefinition
    from astro_peer.model.overview import Overview
    from astro_peer.model.place import Place
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.output.terminal import Terminal


def status(terminal: Terminal, status: Status, held: Holdings) -> None:
    wanted, observed, access = status.wanted, status.observed, status.access
    where.place(terminal, wanted.target)
    terminal.err.print()
    terminal.result(access.says)
    for line in access.lines:
        terminal.result(f"  - {plain(line)}")
    for finding in access.overdue:
        terminal.result(f"    {spelled(finding.way_out)}")
    _grant(terminal, held, observed.role)
    them = access.procedure.short.many
    if access.others:
        terminal.result(f"Beside the documented grant, its principal can write to {them} here through:")
        for one in access.others:
            terminal.result(f"  - {one}")
            terminal.result(f"    {spelled(ending(one))}")
        terminal.say(NAMED_BY_KNOWN)
    for one in access.known:
        terminal.result(f"As --known says, it can write to {them} here through {one}.")
    for remark in access.remarks:
        terminal.warn(remark.says)
    remarks.beside(terminal, access)
    remarks.findings(terminal, status.findings)
    if status.recent and not access.assessment.granted:
        terminal.warn(
            "the role was written less than ten minutes ago: an assignment made since need not be listed yet."
        )
    if held.listed:
        terminal.out.print()
        name = observed.principal.label if observed.principal else str(wanted.principal_id)
        holdings.show(terminal, "What Astronomer's principal holds", held, name)
    if wanted.target.resource and status.connections is not None:
        _connections(terminal, wanted.target, status.connections)


def _grant(terminal: Terminal, held: Holdings, role: RoleDefinition | None) -> None:
    """Since when, by whom and until when."""
    for one in held:
        if one.ours:
            note = one.note
            facts = [
                ("Assigned", _made(one.assignment.created_on, one.assignment.created_by)),
                ("Until", str(note.until) if note.until else "no end was said"),
                ("Ends", f"{one.assignment.schedule}, by Azure itself" if one.assignment.schedule else ""),
                ("Description", one_line(note.text)),
                ("Role made", _made(role.created_on, role.created_by) if role else ""),
            ]
            terminal.facts(terminal.out, [(name, value) for name, value in facts if value])


def overview(terminal: Terminal, overview: Overview) -> None:
    """A row for each subscription, then what is not as documented in it."""
    terminal.err.print()
    if not overview.listed:
        terminal.result("You can see no subscription.")
        return
    rows = as_table("Subscription", "Astronomer's access", "Through")
    for one in overview.listed:
        through = one.found.access.through if isinstance(one.found, Status) else ()
        rows.add_row(
            Text(plain(one.subscription.name)),
            Text(plain(one.in_short)),
            Text(plain("\n".join(way.role_name for way in through))),
        )
    terminal.out.print(rows)
    for one in overview.listed:
        if isinstance(one.found, Status):
            _otherwise(terminal, one.subscription.name, one.found.access)
        else:
            terminal.warn(
                f"{one.subscription.name} ({one.subscription.id}) could not be read: {one.found.summary}"
            )
    for remark in overview.remarks:
        terminal.warn(remark.says)


def _otherwise(terminal: Terminal, name: str, access: WriteAccess) -> None:
    if access.exit_code is not ExitCode.DRIFTED:
        return
    terminal.out.print()
    terminal.out.print(Text(plain(name), style="bold"))
    for line in access.lines:
        terminal.result(f"  - {plain(line)}")
    for one in access.others:
        terminal.result(f"  - {one}")
        terminal.result(f"    {spelled(ending(one))}")


def _connections(terminal: Terminal, place: Place, connections: Iterable[Connection]) -> None:
    listed = list(connections)
    words, name = place.procedure.connection, plain(place.name or "")
    rows = as_table("Name", "State", "Network", title=f"{words.titles} of {name}")
    for one in listed:
        rows.add_row(
            Text(plain(one.name)),
            Text(plain(one.state)),
            Text(plain(_network(one.remote_network_id))),
        )
    terminal.out.print()
    if listed:
        terminal.out.print(rows)
    else:
        terminal.result(f"{name} has no {words.many}.")


def _network(resource_id: str) -> str:
    """Name and resource group of a virtual network: its ID is long, and stands in the JSON."""
    parts = resource_id.split("/")
    return f"{parts[-1]} ({parts[4]})" if len(parts) > 8 else resource_id


def _made(when: datetime | None, who: str | None) -> str:
    """By an object ID: names would take reading the directory."""
    return f"{when:%Y-%m-%d %H:%M} (UTC)" + (f" by {who}" if who else "") if when else ""
