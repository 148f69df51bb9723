"""The ways in which a text of anybody's enters a PowerShell script.

The script is ASCII: Windows PowerShell reads a file without a byte order mark in the code page of the machine, in
which other characters can become the quotation mark that ends a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from astro_peer.plain import one_line

_PRINTED = re.compile(r"[ -~]*")


def quoted(text: str) -> str:
    """An expression for exactly this text. Between single quotes nothing but a single quote means anything."""
    if _PRINTED.fullmatch(text):
        return _literal(text)
    return f"([regex]::Unescape({_literal(_numbered(text.replace(chr(92), chr(92) * 2)))}))"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _numbered(text: str) -> str:
    """With everything that is not printed, or not ASCII, by its numbers in UTF-16."""
    return re.sub(
        r"[^ -~]", lambda found: json.dumps(found[0])[1:-1] if ord(found[0]) > 126 else _u(found[0]), text
    )


def _u(character: str) -> str:
    return f"\\u{ord(character):04x}"


def comment(text: str) -> str:
    """One comment line, in ASCII."""
    return "# " + _numbered(one_line(text))


def lines(texts: Iterable[str]) -> str:
    """A list of texts, one to a line."""
    inner = ",\n".join(f"  {quoted(text)}" for text in texts)
    return f"@(\n{inner}\n)" if inner else "@()"


def document(value: Any) -> str:
    """JSON in ASCII, in which no line can be the end of it."""
    return f"@'\n{json.dumps(value, indent=2)}\n'@"
