"""What a server sends back is bounded, plain and without our secrets before anybody reads it."""

from __future__ import annotations

import gzip
import io
import json
import secrets
import tracemalloc
import zlib
from typing import Any

import pytest
import requests
import urllib3

from astro_peer import secrets_in_use
from astro_peer.azure import answers
from astro_peer.azure.answers import LARGEST_COST, NotUnderstood, TimeIsUp
from astro_peer.errors import TimedOut
from astro_peer.waiting import Deadline

SECRET = "s3cret-of-the-answers"


@pytest.fixture(autouse=True)
def _in_use() -> None:
    """Anew for each test: only so many are remembered, and other tests sign in."""
    secrets_in_use.remember([SECRET])


def read(
    body: bytes | Any,
    status: int = 200,
    *,
    tokens: bool = False,
    deadline: Deadline | None = None,
    **headers: str,
) -> requests.Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = requests.Response()
    response.status_code = status
    response.reason = headers.pop("reason", "OK")
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response.raw = urllib3.HTTPResponse(io.BytesIO(sent), response.headers, preload_content=False)
    answers.read(response, deadline or Deadline(), tokens_asked_for=tokens)
    return response


def test_every_text_is_one_line_of_visible_characters_without_secrets() -> None:
    hostile = f"a\n\x1b[2J{SECRET}\u202eb"
    clean = "a\\u000a\\u001b[2J[secret]\\u202eb"
    found = read({hostile: [{"deep": hostile}], "n": 1, "none": None, "yes": True})
    assert found.json() == {clean: [{"deep": clean}], "n": 1, "none": None, "yes": True}
    assert found.content.isascii() and SECRET.encode() not in found.content
    headed = read({}, X_Note=hostile, reason=hostile)
    assert (headed.headers["X-Note"], headed.reason) == (clean, clean)


def test_prose_is_put_in_one_line_and_a_description_keeps_its_lines() -> None:
    found = read({"message": f"a\n  b\t{SECRET}", "description": f"a\nb {SECRET}"}).json()
    assert found == {"message": "a b [secret]", "description": "a\nb [secret]"}
    long = "x" * 20_000
    found = read({"message": long, "description": long, "other": long}).json()
    assert {len(text) for text in found.values()} == {16_000}
    assert "\\u001b" in read({"description": ["\x1b"]}).text.replace("\\\\", "\\")


def test_tokens_are_left_alone_only_where_they_were_asked_for_and_are_secrets_from_then_on() -> None:
    for name in ("access_token", "id_token", "refresh_token", "token"):
        given = f"{secrets.token_hex()}-\x1b"
        assert read({name: given}, tokens=False).json()[name] != given
        assert read({"within": [{name: given}]}, tokens=True).json() == {"within": [{name: given}]}
        assert read({"other": f"<{given}>"}, tokens=True).json() == {"other": "<[secret]>"}
    assert read({"token": ["\x1b"]}, tokens=True).json() == {"token": ["\\u001b"]}


def test_an_answer_is_too_large_by_its_bytes_and_by_what_it_is_made_of() -> None:
    just = b'["' + b"a" * (LARGEST_COST - 4 - 100) + b'"]'
    assert read(just).__dict__["cost"] == LARGEST_COST
    many = ["[" + ",".join([one] * number) + "]" for one, number in (("{}", 60_000), ("1", 200_000))]
    for large in (just[:-2] + b'a"]', *(one.encode() for one in many)):
        with pytest.raises(NotUnderstood, match="more than 8 MB"):
            read(large)


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_a_packed_answer_is_unpacked_and_no_further_than_it_may_become_large(packed: str) -> None:
    pack = gzip.compress if packed == "gzip" else zlib.compress
    found = read(pack(b'{"a": 1}'), Content_Encoding=packed)
    assert found.json() == {"a": 1} and "Content-Encoding" not in found.headers
    with pytest.raises(NotUnderstood, match="more than 8 MB"):
        read(pack(b'["' + b"a" * 20_000_000 + b'"]'), Content_Encoding=packed)
    with pytest.raises(NotUnderstood, match="damaged"):
        read(b"no such thing", Content_Encoding=packed)
    with pytest.raises(NotUnderstood, match="packed as br"):
        read(b"{}", Content_Encoding="br")
    assert read(b"{}", Content_Encoding=" Identity ").json() == {}


def test_a_bomb_is_not_unpacked_further_than_that() -> None:
    bomb = gzip.compress(b"a" * 60_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(NotUnderstood, match="more than 8 MB"):
            read(bomb, Content_Encoding="gzip")
        assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST_COST
    finally:
        tracemalloc.stop()


def test_an_endless_body_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.read_bytes = 0

        def read(self, size: int | None = -1) -> bytes:
            self.read_bytes += 65_536
            return b" " * 65_536

    endless = Endless()
    response = requests.Response()
    response.status_code = 200
    response.raw = urllib3.HTTPResponse(endless, preload_content=False)  # type: ignore[arg-type]
    with pytest.raises(NotUnderstood, match="more than 8 MB"):
        answers.read(response, Deadline(), tokens_asked_for=False)
    assert endless.read_bytes < 2 * LARGEST_COST
    assert endless.closed
    response.raw = urllib3.HTTPResponse(Endless(), preload_content=False)  # type: ignore[arg-type]
    with pytest.raises(TimeIsUp):
        answers.read(response, Deadline(-10), tokens_asked_for=False)


def test_time_that_is_up_is_told_as_that() -> None:
    error = TimeIsUp().as_error("It could not be read.")
    assert isinstance(error, TimedOut) and error.summary == "It could not be read."
    assert "--timeout" in error.meaning and "longer --timeout" in str(error.next_step)


def test_a_connection_that_breaks_is_one() -> None:
    class Breaking(io.RawIOBase):
        def read(self, size: int | None = -1) -> bytes:
            raise urllib3.exceptions.ProtocolError("cut off")

    response = requests.Response()
    response.raw = urllib3.HTTPResponse(Breaking(), preload_content=False)  # type: ignore[arg-type]
    with pytest.raises(requests.exceptions.ConnectionError):
        answers.read(response, Deadline(), tokens_asked_for=False)


@pytest.mark.parametrize("body", [b"<html>", b"null", b'"text"', b"1", b"[" * 50_000, b"\xff"])
def test_a_success_that_is_no_json_is_none(body: bytes) -> None:
    with pytest.raises(NotUnderstood, match=r"HTTP 200, text/html, not the JSON"):
        read(body, Content_Type="text/html")
    with pytest.raises(NotUnderstood, match=r"HTTP 399, no type"):
        read(body, 399)


def test_an_error_that_is_no_json_is_a_short_plain_text() -> None:
    found = read(b"<html>\x1b[2J" + SECRET.encode() + b"\xff" + b"x" * 5_000, 400, Content_Type="text/html")
    assert found.text.startswith("<html>\\u001b[2J[secret]\ufffdxxx") and len(found.text) < 2_100
    assert found.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert read({}, 500, Content_Type="text/html").headers["Content-Type"].startswith("application/json")


def test_no_body_is_no_answer_and_costs_nothing() -> None:
    found = read(b" \n", 204)
    assert (found.content, found.__dict__["cost"]) == (b"", 0)
    assert read({"a": [1, 2]}).__dict__["cost"] == len('{"a": [1, 2]}') + 2 * 100 + 40


@pytest.mark.parametrize("name", ["Retry-After", "retry-after-ms", "x-ms-retry-after-ms"])
def test_a_time_to_wait_that_is_none_is_left_out(name: str) -> None:
    for value in ("1", "0.5", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert read({}, **{name: value}).headers[name] == value
    for value in ("soon", "nan", "-5", "1e300", "9" * 400, "", "1.5.5"):
        assert name not in read({}, **{name: value}).headers
