"""Ways out, spelled for people: commands quoted for a shell, between backticks where they stand in a sentence."""

from __future__ import annotations

from astro_peer.model.way_out import Command, Role, WayOut
from astro_peer.output.shell import command_line


def spelled(way: WayOut) -> str:
    text = ""
    for part in way.parts:
        text += _part(part, alone=text.endswith("\n  "))
    return text


def _part(part: str | Command | Role, *, alone: bool) -> str:
    match part:
        case Command(words):
            return command_line(words) if alone else f"`{command_line(words)}`"
        case Role(name, scope):
            return f"{name} on {scope}"
        case text:
            return text
