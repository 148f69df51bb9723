"""Quoting for a POSIX shell: the one way in which a text of anybody's becomes a word of a command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_INERT_IN_DOUBLE_QUOTES = re.compile(r"[^\"$`\\!\x00-\x1f\x7f]*")


def quoted(text: str) -> str:
    """Exactly this text, as one word. Where double quotes do, a single quote in it stays legible."""
    if "'" in text and _INERT_IN_DOUBLE_QUOTES.fullmatch(text):
        return f'"{text}"'
    return shlex.quote(text)


def command_line(words: Iterable[str]) -> str:
    return " ".join(quoted(word) for word in words)
