"""Texts of others, made plain: characters that nobody sees, or that move others about, are spelled out.

It takes nothing else of this package, so that every room of it can use it.
"""

from __future__ import annotations

import re

INVISIBLE = (
    # control characters, but for line feed and tab; soft hyphen
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad"
    # what joins, fills and formats in scripts of the world
    "\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    # zero width, direction, separators of lines and paragraphs
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164"
    # halves of characters, which no encoding takes; variants; byte order mark; annotations
    "\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb"
    # formats beyond the basic plane, and tags, in which a whole text can hide
    "\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_INVISIBLE_OR_BREAK = re.compile(f"[\\t\\n{INVISIBLE}]")


def plain(text: str) -> str:
    """No name can repaint the terminal. Line feeds and tabs stay: our own texts have several lines."""
    return _INVISIBLE.sub(_spelled, text)


def one_line(text: str) -> str:
    """A value within a text stays on its line."""
    return _INVISIBLE_OR_BREAK.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
