"""What a server sends back, made fit to be read before anybody reads it: bounded, plain, without our secrets.

It is done here, under every client, so that nothing behind it can forget it: the SDK's objects, error messages, log
lines and tracebacks are all made of what this module lets through. A value is one line of visible characters. IDs and
names that are sent back to Azure stay what they are, as none of them can hold anything else.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from azure.core.exceptions import AzureError

from astro_peer.errors import TimedOut
from astro_peer.plain import one_line
from astro_peer.secrets_in_use import blotted, remember
from astro_peer.waiting import Deadline

LARGEST_COST = 8_000_000
"""Of one answer: its bytes when unpacked, and something for each object and list, and each of their members."""
_COST_OF_OBJECT = 100
_COST_OF_MEMBER = 40
_LONGEST_TEXT = 16_000
_LONGEST_PAGE = 2_000
"""Of an answer that is no JSON, such as a proxy's error page: enough to recognise it in a debug log."""
_CHUNK = 65_536
_TOO_LARGE = f"more than {LARGEST_COST // 1_000_000} MB"
_AS_IT_IS = frozenset(["description", "condition", "error_description"])
"""Texts that may have several lines: of roles and assignments they are written back, and of Entra's the first line is
taken.
"""
_TOKENS = frozenset(["access_token", "id_token", "refresh_token", "token"])
_RETRY_HEADERS = ("Retry-After", "retry-after-ms", "x-ms-retry-after-ms")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")

_one_at_a_time = threading.Lock()
"""Reading JSON takes several times its size: not for eight answers at once."""


class NotUnderstood(AzureError):
    """An answer in a form that is not Azure's; the message goes on after a sentence that says so."""


class TimeIsUp(AzureError):
    """The user's patience ended, and Azure had not answered."""

    def __init__(self) -> None:
        super().__init__("Azure did not answer as it should within the time that --timeout allows.")

    def as_error(self, summary: str) -> TimedOut:
        return TimedOut(
            summary,
            meaning=str(self.message),
            next_step="Run the same command again later, or with a longer --timeout: it goes on where it stopped.",
        )


def read(response: requests.Response, deadline: Deadline, *, tokens_asked_for: bool) -> None:
    """Put what is fit to be read in the place of the answer. `tokens_asked_for`: they are left as they are.

    Raises NotUnderstood for an answer that is too large, or a success that is no JSON; requests' errors for a
    connection that breaks, TimeIsUp.
    """
    body = response.content if response._content_consumed else _body(response, deadline)
    for name in list(response.headers):
        response.headers[name] = clean(response.headers[name])
    for name in _RETRY_HEADERS:
        if not _is_a_time(response.headers.get(name, "0")):
            del response.headers[name]
    response.headers.pop("Content-Encoding", None)
    response.reason = clean(response.reason or "")
    with _one_at_a_time:
        content, cost = _readable(response, body, tokens_asked_for=tokens_asked_for)
    response._content = content
    response._content_consumed = True
    vars(response)["cost"] = cost  # for `Transport.cost_so_far`


def clean(text: str) -> str:
    """One line of visible characters, of a bounded length, without any of our secrets."""
    return one_line(blotted(text[:_LONGEST_TEXT]))


def cleaned(value: Any, *, tokens_asked_for: bool = False) -> Any:
    """The same for every text in a JSON value. RecursionError for one that is nested too deep."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(one, tokens_asked_for=tokens_asked_for) for one in value]
    if isinstance(value, dict):
        return {
            clean(name): _member(name, member, tokens_asked_for=tokens_asked_for)
            for name, member in value.items()
        }
    return value


def _member(name: str, value: Any, *, tokens_asked_for: bool) -> Any:
    if isinstance(value, str):
        if tokens_asked_for and name in _TOKENS:
            remember([value])  # at once, as an SDK quotes an answer that it cannot use
            return value
        if name in _AS_IT_IS:
            return blotted(value[:_LONGEST_TEXT])
        if name == "message":  # prose, which Azure breaks into lines
            return clean(" ".join(value.split(maxsplit=_LONGEST_PAGE)))
    return cleaned(value, tokens_asked_for=tokens_asked_for)


def _body(response: requests.Response, deadline: Deadline) -> bytes:
    """Unpacked as it arrives, and no further than it may become large."""
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "deflate"):
        raise _unreadable(response, f"packed as {clean(packed)}, which was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed in ("gzip", "deflate") else None
    body = bytearray()
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            body += unpack.decompress(chunk, LARGEST_COST + 1 - len(body)) if unpack else chunk
            if len(body) > LARGEST_COST:
                raise _unreadable(response, _TOO_LARGE)
            if not deadline.left_to_finish():
                raise TimeIsUp
    except zlib.error:
        raise _unreadable(response, "damaged") from None
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from error
    finally:
        if response.raw._fp is not None and len(body) > LARGEST_COST:
            response.close()
    return bytes(body)


def _readable(response: requests.Response, body: bytes, *, tokens_asked_for: bool) -> tuple[bytes, int]:
    """The body as JSON in ASCII, and what it costs to hold it."""
    objects, members = body.count(b"{") + body.count(b"["), body.count(b",")
    cost = len(body) + _COST_OF_OBJECT * objects + _COST_OF_MEMBER * members
    if not body.strip():
        return b"", 0
    try:
        if cost > LARGEST_COST:
            raise ValueError
        value = json.loads(body.decode("utf-8-sig"))
        if not isinstance(value, dict | list):
            raise ValueError
        written = json.dumps(cleaned(value, tokens_asked_for=tokens_asked_for)).encode()
    except (ValueError, RecursionError):
        if response.status_code < 400:
            how = _TOO_LARGE if cost > LARGEST_COST else "not the JSON that was expected"
            raise _unreadable(response, how) from None
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return clean(body[:_LONGEST_PAGE].decode("utf-8", "replace")).encode(), cost
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return written, cost


def _is_a_time(value: str) -> bool:
    if _SECONDS.fullmatch(value):
        return True
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return False
    return True


def _unreadable(response: requests.Response, how: str) -> NotUnderstood:
    kind = clean(response.headers.get("Content-Type", ""))[:60] or "no type"
    return NotUnderstood(f"HTTP {response.status_code}, {kind}, {how}")
