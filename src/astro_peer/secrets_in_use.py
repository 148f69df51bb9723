"""The tokens and secrets of this run, to be blotted out of whatever is shown: a server may send back what it got.

One set for the whole process, as a secret is one wherever it turns up.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_BLOT = "[secret]"
_SHORTEST = 8
"""Anything shorter would be found in texts that have nothing to do with it."""
_SHORTEST_PART = 20
_VARIABLES = (
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "ASTRO_API_TOKEN",
)

_guard = threading.Lock()
_known: set[str] = set()
_pattern: re.Pattern[str] | None = None


def remember(secrets: Iterable[str]) -> None:
    """From now on they are blotted out, also as they stand in a URL; of a token its payload and signature too."""
    global _pattern
    with _guard:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)} - _known
        if spellings:
            _known.update(spellings)
            longest_first = sorted(_known, key=len, reverse=True)
            _pattern = re.compile("|".join(map(re.escape, longest_first)))


def remember_environment() -> None:
    remember(os.environ.get(name, "") for name in _VARIABLES)


def blotted(text: str) -> str:
    return _pattern.sub(_BLOT, text) if _pattern else text


def _spellings(secret: str) -> Iterable[str]:
    if len(secret) < _SHORTEST:
        return
    yield from (secret, quote(secret, safe=""), quote_plus(secret))
    _, *parts = secret.split(".")  # the header of a token is the same in all of them
    yield from (part for part in parts if len(part) >= _SHORTEST_PART)
