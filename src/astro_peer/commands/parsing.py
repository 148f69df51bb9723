"""Options and arguments whose values need nobody else's check: Typer loads pydantic for the first value that it is to
check, which takes as long as an answer of an Azure nearby.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from astro_peer.model.similar import did_you_mean


class _OwnChecks:
    """Takes them over when they are asked for: Typer adds --help and those for completion late."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in parameters:
            if type(one) is TyperOption:
                one.__class__ = _Option
            elif type(one) is TyperArgument and one.nargs == 1:
                one.__class__ = _Argument
        return parameters


class _OwnHelp:
    """Plain text, which needs nothing else loaded."""

    def get_help(self, ctx: Any) -> str:
        from astro_peer.commands.help_text import rendered

        return rendered(self, ctx)


class Command(_OwnChecks, _OwnHelp, TyperCommand):
    pass


class Group(_OwnChecks, _OwnHelp, TyperGroup):
    def summaries(self, ctx: Any) -> dict[str, str]:
        """How the help of each of its commands begins."""
        commands: dict[str, Any] = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        return {name: " ".join(one.help.partition("\n\n")[0].split()) for name, one in commands.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Typer's suggestions know only the commands that are loaded."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            ctx.fail(f"There is no command {name}.{did_you_mean(name, known)}")
        return super().resolve_command(ctx, args)


class _Option(TyperOption):
    """What is not certain at once, all errors among it, is left to Typer."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        known, checked = (False, None) if self.required else _checked(self, value, several=self.multiple)
        if not known:
            return super().process_value(ctx, value)
        return self.callback(ctx, self, checked) if self.callback else checked


class _Argument(TyperArgument):
    """The same for one that has to be given."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        known, checked = (False, None) if value is None else _checked(self, value, several=False)
        return checked if known else super().process_value(ctx, value)


def _checked(parameter: Any, value: Any, *, several: bool) -> tuple[bool, Any]:
    """Whether the value could be checked here, and what it is then."""
    if value is None:
        return True, () if several else None
    described = getattr(parameter, "type_descriptor", None)
    parse = getattr(getattr(described, "parameter_info", None), "parser", None)
    kind = getattr(described, "annotation", None)
    try:
        if parse:
            return True, [parse(one) for one in value] if several else parse(value)
        if isinstance(kind, type) and issubclass(kind, Enum) and not several:
            return True, kind(value)
    except (typer.BadParameter, ValueError):
        return False, None
    return type(value) is kind, value
