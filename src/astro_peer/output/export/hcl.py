"""HashiCorp's configuration language, as far as it is written here, in the form that `terraform fmt` leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from astro_peer.plain import INVISIBLE

_TO_SPELL = re.compile(f'[\\n\\t"\\\\{INVISIBLE}]')
_SPELLED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_TEMPLATE = re.compile(r"[$%](?=\{)")


def quoted(text: str) -> str:
    """Exactly this text, as one string on one line: nothing in it is a template.

    What opens a template is spelled by its number: doubling it, which is the usual way, means something else after
    another of its kind.
    """
    text = _TO_SPELL.sub(lambda found: _SPELLED.get(found[0]) or _numbered(found[0]), text)
    return '"' + _TEMPLATE.sub(lambda found: _numbered(found[0]), text) + '"'


def _numbered(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def attributes(values: Mapping[str, str]) -> list[str]:
    """Expressions of one line each, under one another: their signs stand in a column."""
    widest = max(map(len, values), default=0)
    return [f"{name:<{widest}} = {value}" for name, value in values.items()]


def listed(name: str, texts: Iterable[str]) -> list[str]:
    return [f"{name} = [", *(f"  {quoted(text)}," for text in texts), "]"]


def block(head: str, *parts: Iterable[str]) -> list[str]:
    """Parts that have lines, a blank line between two of them."""
    lines = [f"{head} {{"]
    for part in parts:
        inner = list(part)
        if not inner:
            continue
        if len(lines) > 1:
            lines.append("")
        lines += [f"  {line}" if line else "" for line in inner]
    return [*lines, "}"]
