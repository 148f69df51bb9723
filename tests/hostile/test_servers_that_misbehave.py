"""Whatever a server does, every command ends within its time and 300 MB, with a sentence."""

from __future__ import annotations

import gzip
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Response

from astro_peer.errors import ExitCode
from astro_peer.sandbox.http import server
from astro_peer.sandbox.tenant import demo
from conftest import COMMAND, Inside
from sampling import Sampler

TIMEOUT_SECONDS = 3
SUCCESSES = (ExitCode.DONE, ExitCode.NOT_GRANTED)
GRACE_SECONDS = 5
MOST_MEGABYTES = 300
MEGABYTE = b"x" * 1_000_000

Handler = Any
ended = threading.Event()
"""Set when a test is over: then nobody drips any more."""


def raw(handler: Handler, status: str, headers: str, chunks: Iterator[bytes], pause: float = 0) -> None:
    handler.close_connection = True
    handler.wfile.write(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode("latin-1"))
    for chunk in chunks:
        handler.wfile.write(chunk)
        handler.wfile.flush()
        if pause and ended.wait(pause):
            return


def endlessly(chunk: bytes) -> Iterator[bytes]:
    while not ended.is_set():
        yield chunk


JSON = "Content-Type: application/json\r\n"


def silent(handler: Handler) -> None:
    ended.wait()
    handler.close_connection = True


def dripping_headers(handler: Handler) -> None:
    raw(handler, "200 OK", "X-Slow: ", endlessly(b"a"), pause=0.2)


def dripping_body(handler: Handler) -> None:
    raw(handler, "200 OK", JSON + "Content-Length: 100000\r\n", endlessly(b" "), pause=0.2)


def endless_body(handler: Handler) -> None:
    raw(handler, "200 OK", JSON + "Connection: close\r\n", endlessly(MEGABYTE))


def two_hundred_megabytes(handler: Handler) -> None:
    body = (MEGABYTE for _ in range(200))
    raw(handler, "200 OK", JSON + "Content-Length: 200000000\r\n", body)


BOMB = gzip.compress(b'{"value": ["' + b"a" * 200_000_000 + b'"]}', 9)


def bomb(handler: Handler) -> None:
    headers = f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n"
    raw(handler, "200 OK", JSON + headers, iter([BOMB]))


def bomb_in_an_error(handler: Handler) -> None:
    headers = f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n"
    raw(handler, "409 Conflict", JSON + headers, iter([BOMB]))


def endless_interim_answers(handler: Handler) -> None:
    raw(handler, "102 Processing", "", endlessly(b"HTTP/1.1 102 Processing\r\n\r\n"), pause=0.05)


def cut_off(handler: Handler) -> None:
    raw(handler, "200 OK", JSON + "Content-Length: 100\r\n", iter([b'{"va']))


def not_http(handler: Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"\x1b]0;owned\x07 \x9b31m SSH-2.0\r\n\r\n")


def answering(status: int, body: bytes | str, **headers: str) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        true_send(handler, Response(body, status, {"Content-Type": "application/json", **named}))

    return answer


def pages(distinct: bool) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        host = f"https://127.0.0.1:{handler.server.server_address[1]}"
        page = time.monotonic_ns() if distinct else 1
        body = f'{{"value": [], "nextLink": "{host}{path}?api-version=2022-04-01&page={page}"}}'
        true_send(handler, Response(body, 200, {"Content-Type": "application/json"}))

    return answer


def fat_pages(handler: Handler) -> None:
    host = f"https://127.0.0.1:{handler.server.server_address[1]}{handler.path.partition('?')[0]}"
    item = '{"id": "/x", "name": "x", "properties": {"scope": "/' + "y" * 5000 + '"}}'
    body = f'{{"value": [{", ".join([item] * 1000)}], "nextLink": "{host}?page={time.monotonic_ns()}"}}'
    true_send(handler, Response(body, 200, {"Content-Type": "application/json"}))


def challenge(text: str) -> Callable[[Handler], None]:
    return answering(401, '{"error": {"code": "InvalidAuthenticationToken"}}', WWW_Authenticate=text)


MISBEHAVIOURS: dict[str, Callable[[Handler], None]] = {
    "silent": silent,
    "dripping headers": dripping_headers,
    "dripping body": dripping_body,
    "endless body": endless_body,
    "endless interim answers": endless_interim_answers,
    "200 MB": two_hundred_megabytes,
    "gzip bomb": bomb,
    "gzip bomb in an error": bomb_in_an_error,
    "many small objects": answering(200, '{"value": [' + ",".join(["{}"] * 2_500_000) + "]}"),
    "many empty lists": answering(200, '{"value": [' + ",".join(["[]"] * 2_500_000) + "]}"),
    "many numbers": answering(200, '{"value": [' + ",".join(["1.5"] * 1_900_000) + "]}"),
    "endless pages": pages(distinct=True),
    "repeating pages": pages(distinct=False),
    "fat pages": fat_pages,
    "cut off": cut_off,
    "not HTTP": not_http,
    "Retry-After": answering(429, "{}", Retry_After="100000"),
    "Retry-After no number": answering(503, "{}", Retry_After="soon \x9b31m"),
    "Retry-After nan": answering(503, "{}", Retry_After="nan"),
    "Retry-After negative": answering(503, "{}", Retry_After="-5"),
    "Retry-After huge": answering(503, "{}", Retry_After="9" * 400),
    "retry-after-ms": answering(503, "{}", retry_after_ms="1e300"),
    "HTML": answering(200, "<html>Sign in to the hotel's network</html>", Content_Type="text/html"),
    "HTML called JSON": answering(200, "<html>\x1b[31m</html>"),
    "HTML in an error": answering(502, "<html>\x1b[31m</html>", Content_Type="text/html"),
    "HTML called JSON in an error": answering(400, "<html>\x1b[31m</html>"),
    "null": answering(200, "null"),
    "list": answering(200, "[]"),
    "list of null": answering(200, "[null]"),
    "text": answering(200, '"text"'),
    "number": answering(200, "1" * 5000),
    "empty": answering(200, ""),
    "empty object": answering(200, "{}"),
    "value of null": answering(200, '{"value": null}'),
    "value of text": answering(200, '{"value": "abc"}'),
    "deep": answering(200, "[" * 100_000),
    "deep and closed": answering(200, '{"a":' * 900 + "1" + "}" * 900),
    "deep in an error": answering(403, '{"error": ' + "[" * 50_000),
    "not UTF-8": answering(200, b'{"value": "\xff\xfe"}'),
    "UTF-16": answering(200, '{"value": []}'.encode("utf-16")),
    "unknown charset": answering(200, '{"value": []}', Content_Type="application/json; charset=rot13"),
    "unknown packing": answering(200, "{}", Content_Encoding="br"),
    "damaged packing": answering(200, "no gzip", Content_Encoding="gzip"),
    "XML": answering(200, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Content_Type="application/xml"),
    "error of null": answering(400, '{"error": null}'),
    "error of text": answering(400, '{"error": "no"}'),
    "error of lists": answering(403, '{"error": {"code": [], "message": {}, "details": "x"}}'),
    "details of null": answering(409, '{"error": {"code": "x", "message": "y", "details": [null, 1, []]}}'),
    "status 600": answering(600, "{}"),
    "redirect": answering(302, "{}", Location="https://evil.example/"),
    "bad claims": challenge('Bearer claims="!!!"'),
    "claims of no text": challenge('Bearer claims="//////79"'),
    "claims of no JSON": challenge('Bearer realm="", error="insufficient_claims", claims="e30x"'),
    "bad challenge": challenge('Bearer claims="e30", claims="e30", ="" ,,, "'),
    "Date": answering(503, "{}", Date="Mon, 01 Jan 0001 00:00:00 +2359"),
    "Date at the end": answering(404, "{}", Date="Fri, 31 Dec 9999 23:59:59 GMT"),
}
FORMS_OF_ANSWERS: dict[str, Callable[[Handler], None]] = {
    "many objects in each other": answering(200, '{"value": [' * 2_000 + "]}" * 2_000),
    "many lists in an object": answering(200, '{"value": ' + "[" * 900 + "]" * 900 + "}"),
    "huge number": answering(200, '{"value": [{"id": ' + "1" + "0" * 5000 + "}]}"),
    "huge number in an error": answering(400, '{"error": {"code": 1' + "0" * 5000 + "}}"),
    "huge exponent": answering(200, '{"value": [{"id": 1e999999}], "access_token": 1e400}'),
    "same name twice": answering(200, '{"value": [], "value": [{"id": "a", "id": []}], "value": {}}'),
    "no numbers": answering(200, '{"value": NaN, "expires_in": Infinity, "access_token": -Infinity}'),
    "no UTF-8 in an error": answering(400, b'{"error": {"code": "\xff\xfe\x80"}}'),
    "UTF-16 in an error": answering(403, '{"error": {"code": "x"}}'.encode("utf-16")),
    "UTF-16 as said": answering(
        200, '{"value": []}'.encode("utf-16"), Content_Type="application/json; charset=utf-16"
    ),
    "UTF-32": answering(200, '{"value": [{}]}'.encode("utf-32")),
    "blank": answering(200, " \r\n "),
    "nothing to say": answering(204, ""),
    "created": answering(201, "{}"),
    "accepted": answering(202, "", Location="https://evil.example/", Retry_After="0"),
    "a part": answering(206, '{"value": [', Content_Range="bytes 0-10/100"),
    "a whole part": answering(206, '{"value": []}', Content_Range="bytes 0-12/100"),
    "not modified": answering(304, ""),
    **{
        f"redirect {status}": answering(status, "", Location="https://evil.example/{}?x=[")
        for status in (301, 303, 307, 308)
    },
    "redirect to nowhere": answering(302, ""),
    "redirect to itself": lambda handler: answering(302, "", Location=handler.path)(handler),
    "endless 100": lambda handler: raw(
        handler, "100 Continue", "", endlessly(b"HTTP/1.1 100 Continue\r\n\r\n"), pause=0.01
    ),
    "fast endless 100": lambda handler: raw(
        handler, "100 Continue", "", endlessly(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
    ),
    "a header of 1 MB": lambda handler: raw(
        handler, "200 OK", f"{JSON}X-Large: {'a' * 1_000_000}\r\nContent-Length: 2\r\n", iter([b"{}"])
    ),
    "10,000 headers": lambda handler: raw(
        handler, "200 OK", JSON + "X-Many: a\r\n" * 10_000 + "Content-Length: 2\r\n", iter([b"{}"])
    ),
    "many long headers": lambda handler: raw(
        handler,
        "400 No",
        JSON + ("X-Long: " + "a" * 60_000 + "\r\n") * 90 + "Content-Length: 0\r\n",
        iter([]),
    ),
    "two lengths": lambda handler: raw(
        handler, "200 OK", JSON + "Content-Length: 2\r\nContent-Length: 50\r\n", iter([b"{}"])
    ),
    "a length below zero": lambda handler: raw(
        handler, "200 OK", JSON + "Content-Length: -1\r\n", iter([b"{}"])
    ),
    "a chunk of no size": lambda handler: raw(
        handler, "200 OK", JSON + "Transfer-Encoding: chunked\r\n", iter([b"x\r\n{}\r\n0\r\n\r\n"])
    ),
}
COMMANDS = {
    "status": ("status",),
    "dry run": ("grant", "--dry-run"),
    "hubs": ("hubs",),
    "check": ("check", "--cluster-id", demo.CLUSTER),
}
PLACES = {
    "metadata": lambda path: path.startswith("/metadata"),
    "sign-in": lambda path: "/oauth2/" in path,
    "Graph": lambda path: path.startswith("/graph"),
    "Resource Manager": lambda path: path.startswith(("/subscriptions", "/providers")),
}
ASTRO = {"Astro": lambda path: path.startswith("/astro")}
MAY_DO_WITHOUT = ("Graph", "Astro")
true_send = server._Handler._send


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str
    seconds: float
    megabytes: float


def run(inside: Inside, *arguments: str) -> Ended:
    """Started fresh, as a fork shares its memory; what it took at most is said by the system while it runs."""
    started = time.monotonic()
    most = 0.0
    with subprocess.Popen(
        [COMMAND, *arguments],
        env=inside.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        streams: dict[str, bytes] = {}

        def collect() -> None:
            streams["out"], streams["err"] = process.communicate()

        collecting = threading.Thread(target=collect)
        collecting.start()
        while collecting.is_alive():
            collecting.join(timeout=0.02)
            most = max(most, megabytes(process.pid))
            if time.monotonic() - started > 60:
                process.kill()
        seconds = time.monotonic() - started
    return Ended(process.returncode, streams["out"].decode(), streams["err"].decode(), seconds, most)


def megabytes(pid: int) -> float:
    """The most that a process has taken so far: its high-water mark, which Linux keeps."""
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        if found := re.search(r"VmHWM:\s+([0-9]+) kB", status):
            return int(found[1]) / 1000
    return 0.0


@pytest.fixture
def own_seconds(inside: Inside) -> float:
    """What a command takes when nobody misbehaves: of a machine that is busy, too."""
    return run(inside, "hubs").seconds


def complaints(
    inside: Inside, own_seconds: float, command: str, place: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What is wrong with how the command ended while everything at that place was answered like that."""
    ended.clear()

    def send(handler: Handler, response: Response) -> None:
        if (PLACES | ASTRO)[place](handler.path):
            with suppress(OSError):
                (MISBEHAVIOURS | FORMS_OF_ANSWERS)[name](handler)
        else:
            true_send(handler, response)

    monkeypatch.setattr(server._Handler, "_send", send)
    ran = run(inside, *COMMANDS[command], "--timeout", str(TIMEOUT_SECONDS), "-o", "json", "--debug")
    ended.set()
    said = ran.out + ran.err
    no_hubs = command == "hubs" and place == "Resource Manager"  # some answers read as a list of none
    may_succeed = place in MAY_DO_WITHOUT or no_hubs
    found = [
        *(["no sentence"] if "itself failed" in said or ran.code not in set(ExitCode) else []),
        *([f"exit code {ran.code}"] if ran.code in SUCCESSES and not may_succeed else []),
        *([f"{ran.seconds:.1f} s"] if ran.seconds > own_seconds + TIMEOUT_SECONDS + GRACE_SECONDS else []),
        *([f"{ran.megabytes:.0f} MB"] if ran.megabytes > MOST_MEGABYTES else []),
        *(["controls"] if "\x1b" in said or "\x9b" in said or "\x07" in said else []),
    ]
    return [f"{command}, {place}, {name}: {', '.join(found)}\n{ran.err[-1500:]}"] if found else []


def test_every_command_ends_with_a_sentence(
    inside: Inside, own_seconds: float, sample: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [("status", place, name) for place in PLACES for name in MISBEHAVIOURS]
    cases += [("check", "Astro", name) for name in MISBEHAVIOURS]
    wrong = []
    for case in sample(cases, at_most=10):
        wrong += complaints(inside, own_seconds, *case, monkeypatch)
    assert not wrong, "\n\n".join(wrong)


def test_whatever_form_an_answer_has_there_is_a_sentence(
    inside: Inside, own_seconds: float, sample: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [(command, place, name) for command in COMMANDS for place in PLACES for name in FORMS_OF_ANSWERS]
    cases += [("check", "Astro", name) for name in FORMS_OF_ANSWERS]
    wrong = []
    for case in sample(cases, at_most=4):
        wrong += complaints(inside, own_seconds, *case, monkeypatch)
    assert not wrong, f"{len(wrong)} of them\n" + "\n\n".join(wrong)
