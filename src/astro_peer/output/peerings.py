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
    procedure = plan.wanted.procedure
    found = plan.around.peerings
    if found is None or isinstance(found, AstroPeerError) or not (found.of_astronomer or found.read):
        terminal.say(
            f"  - Any {procedure.connection.one} that Astronomer has made: delete it yourself if it should go."
        )
        if found is not None and not isinstance(found, AstroPeerError) and found.too_many:
            terminal.say(
                f"    The {found.too_many} {procedure.short.many} of the subscription were not looked at for that."
            )
        return
    for one in found.of_astronomer:
        terminal.say(f"  - The {procedure.connection.one} {one}: delete it yourself if it should go.")
    looked_at = ", ".join(found.read)
    if not found.of_astronomer:
        terminal.say(f"  - No {procedure.connection.one} by Astronomer was found on {looked_at}.")
    elif found.one_named:
        terminal.say(f"    Other {procedure.short.many} than {looked_at} were not looked at.")
