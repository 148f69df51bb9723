"""The virtual hubs that the caller can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.model.way_out import astro_peer

if TYPE_CHECKING:
    from astro_peer.model.survey import Survey
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, survey: Survey, *, ids: bool) -> None:
    """A table; on a terminal too narrow for it, a block for each hub."""
    columns = ["Name", "Resource group", "Subscription", "Region", "State", "Firewall"]
    if survey.counted:
        columns.append("Connections")
    if ids:
        columns.append("ID")
    lines = [
        (
            one.hub.name,
            one.hub.resource_group,
            one.subscription.name,
            one.hub.location,
            one.hub.state,
            one.firewall_ip or "-",
            *(["?" if one.connections is None else str(one.connections)] if survey.counted else []),
            *([one.hub.id] if ids else []),
        )
        for one in survey.hubs
    ]
    terminal.err.print()
    if not lines:
        terminal.result("There are no virtual hubs in the subscriptions you can see.")
    else:
        terminal.rows(columns, lines)
    if survey.as_of:
        terminal.say(
            f"\nAs Azure Resource Graph had it at {survey.as_of:%Y-%m-%d %H:%M} UTC: states may be minutes old, and"
            " a new hub may be missing. As it is now, for one subscription:"
        )
        terminal.command("  ", astro_peer("hubs", "--subscription", "ID"))
    if not survey.counted:
        terminal.say("\nConnections are counted, with a request for each hub, by:")
        terminal.command("  ", astro_peer("hubs", "--connections"))
    for subscription, error in survey.unread:
        code = f" ({error.code})" if error.answer else ""
        terminal.warn(f"subscription {subscription.name} ({subscription.id}) could not be read{code}.")
