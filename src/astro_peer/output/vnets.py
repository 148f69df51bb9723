"""The virtual networks that the caller can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.model.way_out import astro_peer

if TYPE_CHECKING:
    from astro_peer.model.survey import NetworkSurvey
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, survey: NetworkSurvey, *, ids: bool) -> None:
    """A table; on a terminal too narrow for it, a block for each network."""
    columns = ["Name", "Resource group", "Subscription", "Region", "State", "Address ranges", "Peerings"]
    if ids:
        columns.append("ID")
    lines = [
        (
            one.network.name,
            one.network.resource_group,
            one.subscription.name,
            one.network.location,
            one.network.state,
            ", ".join(one.network.prefixes) or "?",
            str(one.network.peerings),
            *([one.network.id] if ids else []),
        )
        for one in survey.networks
    ]
    terminal.err.print()
    if not lines:
        terminal.result("There are no virtual networks in the subscriptions you can see.")
    else:
        terminal.rows(columns, lines)
    if survey.as_of:
        terminal.say(
            f"\nAs Azure Resource Graph had it at {survey.as_of:%Y-%m-%d %H:%M} UTC: states may be minutes old, and"
            " a new network may be missing. As it is now, for one subscription:"
        )
        terminal.command("  ", astro_peer("vnets", "--subscription", "ID"))
    for subscription, error in survey.unread:
        code = f" ({error.code})" if error.answer else ""
        terminal.warn(f"subscription {subscription.name} ({subscription.id}) could not be read{code}.")
