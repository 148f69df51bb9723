"""What to send to Astronomer support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.plain import plain

if TYPE_CHECKING:
    from astro_peer.model.request import SupportRequest
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, request: SupportRequest) -> None:
    terminal.out.print()
    terminal.out.print(Text("Support request", style="bold"))
    terminal.result(f"Open {request.url} and paste:\n")
    blank = "____________"
    for name, value in (
        ("Astro Cluster ID", request.cluster_id or blank),
        ("Tenant ID", request.tenant_id),
        ("Subscription ID", request.subscription_id),
        ("Resource group", request.resource_group),
        ("Virtual hub", request.hub),
        ("Preferred peering name", request.peering_name),
        ("Firewall IP", request.firewall_ip or "none"),
        *((("Access until", request.until),) if request.until else ()),
    ):
        terminal.result(f"  {name + ':':<24}{plain(value)}")
    for what in request.missing:
        terminal.warn(f"fill in the blank: {what}.")
