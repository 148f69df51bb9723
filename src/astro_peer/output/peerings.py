"""What Astronomer has connected, by name and since when: it is there to stay after a revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.errors import AstroPeerError

if TYPE_CHECKING:
    from astro_peer.model.plan import Plan
    from astro_peer.output.terminal import Terminal


def planned(terminal: Terminal, plan: Plan) -> None:
    """Before a revoke; that there is none yet is a finding."""
    found = plan.around.peerings
    if found is None or isinstance(found, AstroPeerError) or not found.of_astronomer:
        return
    terminal.heading("What Astronomer has connected (it stays)")
    for one in found.of_astronomer:
        terminal.say(f"  - {one}")


def staying(terminal: Terminal, plan: Plan) -> None:
    """After a revoke."""
    found = plan.around.peerings
    if found is None or isinstance(found, AstroPeerError) or not (found.of_astronomer or found.hubs):
        terminal.say("  - Any connection that Astronomer has made: delete it yourself if it should go.")
        if found is not None and not isinstance(found, AstroPeerError) and found.too_many:
            terminal.say(f"    The {found.too_many} hubs of the subscription were not looked at for that.")
        return
    for one in found.of_astronomer:
        terminal.say(f"  - The connection {one}: delete it yourself if it should go.")
    looked_at = ", ".join(found.hubs)
    if not found.of_astronomer:
        terminal.say(f"  - No connection by Astronomer was found on {looked_at}.")
    elif found.hub_named:
        terminal.say(f"    Other hubs than {looked_at} were not looked at.")
