"""Options whose values need nobody else's check: Typer loads pydantic for the first value that it is to check, which
takes as long as an answer of an Azure nearby.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption


class Command(TyperCommand):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for one in self.params:
            if type(one) is TyperOption:
                one.__class__ = _Option


class _Option(TyperOption):
    """What is not certain at once, all errors among it, is left to Typer."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        plain = self.callback is None and not self.required
        known, checked = self._checked(value) if plain else (False, None)
        return checked if known else super().process_value(ctx, value)

    def _checked(self, value: Any) -> tuple[bool, Any]:
        """Whether the value could be checked here, and what it is then."""
        if value is None:
            return True, () if self.multiple else None
        described = getattr(self, "type_descriptor", None)
        parse = getattr(getattr(described, "parameter_info", None), "parser", None)
        kind = getattr(described, "annotation", None)
        try:
            if parse:
                return True, [parse(one) for one in value] if self.multiple else parse(value)
            if isinstance(kind, type) and issubclass(kind, Enum) and not self.multiple:
                return True, kind(value)
        except (typer.BadParameter, ValueError):
            return False, None
        return type(value) is kind, value
