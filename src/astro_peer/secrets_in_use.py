"""The tokens and secrets in use, to be blotted out of whatever is shown: a server may send back what it got.

One set for the whole process, as a secret is one wherever it turns up. It is bounded, as a process may sign in any
number of times: what every request carries is remembered anew with it, so that the oldest is out of use.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MOST_SECRETS = 64
"""Beside those of the environment. One sign-in uses two or three at a time, and one for each write at most."""
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
_of_environment: dict[str, frozenset[str]] = {}
_newest_last: dict[str, frozenset[str]] = {}
"""Secrets, and how each may be spelled."""
_longest_first: tuple[str, ...] = ()
"""All their spellings. Replaced as a whole, so that whoever reads it needs no lock."""


def remember(secrets: Iterable[str]) -> None:
    """From now on they are blotted out, also as they stand in a URL; of a token its payload and signature too."""
    with _guard:
        _remember(secrets)


def remember_environment() -> None:
    """The same for those of the environment, for as long as they stand there, however many others come."""
    with _guard:
        now = {secret: _spellings(secret) for name in _VARIABLES if (secret := os.environ.get(name, ""))}
        before = [secret for secret in _of_environment if secret not in now]
        _of_environment.clear()
        _of_environment.update(now)
        _remember(before)


def blotted(text: str) -> str:
    for spelling in _longest_first:
        if spelling in text:
            text = text.replace(spelling, _BLOT)
    return text


def _remember(secrets: Iterable[str]) -> None:
    global _longest_first
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            _newest_last[secret] = _newest_last.pop(secret, frozenset()) or _spellings(secret)
    while len(_newest_last) > MOST_SECRETS:
        del _newest_last[next(iter(_newest_last))]
    known = frozenset().union(*_newest_last.values(), *_of_environment.values())
    _longest_first = tuple(sorted(known, key=len, reverse=True))


def _spellings(secret: str) -> frozenset[str]:
    if len(secret) < _SHORTEST:
        return frozenset()
    _, *parts = secret.split(".")  # the header of a token is the same in all of them
    long = (part for part in parts if len(part) >= _SHORTEST_PART)
    return frozenset([secret, quote(secret, safe=""), quote_plus(secret), *long])
