"""Ways out of a difficulty, as data: prose, commands to run, roles to ask for. How they are spelled is output's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command line, word by word: quoting is up to whoever spells it."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """An Azure role to ask for, and where."""

    name: str
    scope: str


@dataclass(frozen=True)
class WayOut:
    """Sentences, with the commands and roles in them as data."""

    parts: tuple[str | Command | Role, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def having(self, known: Mapping[str, str]) -> WayOut:
        """With what is known by now in the place of its names: `{tenant}`, say."""

        def fill(text: str) -> str:
            for name, value in known.items():
                text = text.replace(name, value)
            return text

        return WayOut(
            tuple(
                Command(tuple(map(fill, part.words)))
                if isinstance(part, Command)
                else fill(part)
                if isinstance(part, str)
                else part
                for part in self.parts
            )
        )


def way_out(*parts: str | Command | Role | WayOut | None) -> WayOut:
    """Parts in a row; a way out among them is taken apart, None is left out."""
    flat: list[str | Command | Role] = []
    for part in parts:
        if isinstance(part, WayOut):
            flat += part.parts
        elif part is not None:
            flat.append(part)
    return WayOut(tuple(flat))


def az(*words: str) -> Command:
    return Command(("az", *words))


def astro_peer(*words: str) -> Command:
    return Command(("astro-peer", *words))
