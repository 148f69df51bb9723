"""Ways out, spelled for people: commands between backticks, quoted for a shell."""

from __future__ import annotations

from astro_peer.model.way_out import Command, Role, WayOut
from astro_peer.output.shell import command_line


def spelled(way: WayOut) -> str:
    return "".join(spelled_part(part) for part in way.parts)


def spelled_part(part: str | Command | Role) -> str:
    match part:
        case Command(words):
            return f"`{command_line(words)}`"
        case Role(name, scope):
            return f"{name} on {scope}"
        case text:
            return text
