"""https URLs, read in one way by everybody: a URL that two parsers could read as two hosts is refused.

Whatever gets a token or a secret is compared and rebuilt here, so that the host that was checked is the host that
is connected to. Libraries disagree about backslashes, user names and line breaks in URLs; here none is accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HTTPS = re.compile(
    r"https://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?][^\x00-\x1f\x7f\\#]*)?)",
    re.IGNORECASE,
)
_HTTPS_PORT = 443


@dataclass(frozen=True)
class HttpsUrl:
    """`host` in lower case, the effective port, and everything behind them as it was."""

    host: str
    port: int
    rest: str

    @property
    def origin(self) -> str:
        return f"https://{self.host}" + ("" if self.port == _HTTPS_PORT else f":{self.port}")

    def __str__(self) -> str:
        return self.origin + self.rest


def parse(value: str) -> HttpsUrl:
    """Raises ValueError for anything but an https URL with a plain host and, at most, a port."""
    match = _HTTPS.fullmatch(value)
    port = int(match["port"] or _HTTPS_PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise ValueError("expected an https URL with a plain host")
    return HttpsUrl(match["host"].lower(), port, match["rest"])


def origin(value: str) -> str:
    """The origin of an https URL; "" when it is none."""
    try:
        return parse(value).origin
    except ValueError:
        return ""
