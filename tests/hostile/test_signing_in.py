"""Whatever answers a sign-in, the command ends in time, with a sentence: Entra, a managed identity's endpoint, az."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Response

from astro_peer.azure.auth import Auth
from astro_peer.azure.az_client import Asked
from astro_peer.azure.cloud import PUBLIC
from astro_peer.azure.sign_in import sign_in
from astro_peer.errors import ExitCode
from astro_peer.sandbox.http import server
from astro_peer.waiting import Deadline
from conftest import Inside, Ran
from sampling import Sampler

TIMEOUT_SECONDS = 1
SECONDS_MORE = 15
"""The five that are promised beside --timeout, and what a busy machine may need."""
LONGEST_OUTPUT = 20_000
"""Characters: some sentences, and of what was answered only as much as can be read."""
SECRETS = ("the-identity-header", "the-access-token")
TOKEN = {"access_token": "the-access-token", "expires_in": 3600, "token_type": "Bearer", "resource": "r"}
ODD: dict[str, Any] = {
    "null": None,
    "number": 5,
    "negative": -5,
    "true": True,
    "list": [],
    "object": {},
    "empty text": "",
    "word": "soon",
    "long number": "9" * 5000,
    "huge number": 10**400,
    "NaN": math.nan,
    "Infinity": math.inf,
    "colour": "\x1b[31m",
    "two lines": "a\nb",
}
"""In the place of a text or a number."""
ANSWERS = {
    "HTML": "<html>Sign in to the hotel's network</html>",
    "HTML with colours": "<html>\x1b[31m</html>",
    "nothing": "",
    "null": "null",
    "list": "[]",
    "list of null": "[null]",
    "text": '"text"',
    "number": "1" * 5000,
    "empty object": "{}",
    "deep": '{"a":' * 5000 + "1" + "}" * 5000,
    "deep list": "[" * 100_000,
    "NaN": "NaN",
}


def with_odd(fields: list[str], rest: dict[str, Any]) -> dict[str, str]:
    odd = {f"{field}: {name}": rest | {field: value} for field in fields for name, value in ODD.items()}
    return ANSWERS | {name: json.dumps(answer) for name, answer in odd.items()}


TOKENS = with_odd(["access_token", "expires_in", "token_type", "refresh_in"], TOKEN)
DISCOVERIES = with_odd(["token_endpoint", "authorization_endpoint", "issuer"], {})
FAILURES = (ExitCode.FAILED, ExitCode.SIGN_IN, ExitCode.TIMED_OUT)


def complaints(ran: Ran) -> list[str]:
    """With --debug a traceback may be shown, but no more than otherwise."""
    said = ran.out + ran.err
    return [
        *(["no sentence"] if "itself failed" in said or "Next: " not in said else []),
        *([f"exit code {ran.code}"] if ran.code not in FAILURES else []),
        *(["controls"] if "\x1b" in said else []),
        *(["a secret"] if any(secret in said for secret in SECRETS) else []),
        *([f"{len(said)} characters"] if len(said) > LONGEST_OUTPUT else []),
    ]


@pytest.mark.parametrize(
    ("path", "answers"),
    [("/openid-configuration", DISCOVERIES), ("/token", TOKENS)],
    ids=["discovery", "token"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_is_no_answer_of_entras_is_a_sentence(
    inside: Inside,
    path: str,
    answers: dict[str, str],
    status: int,
    sample: Sampler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_send = server._Handler._send
    wrong = []
    for name in sample(list(answers), 25):

        def send(handler: Any, response: Response, body: str = answers[name]) -> None:
            if handler.path.endswith(path):
                response = Response(body, status, {"Content-Type": "application/json"})
            true_send(handler, response)

        monkeypatch.setattr(server._Handler, "_send", send)
        if found := complaints(ran := inside.run_here("hubs", "--timeout", "3")):
            wrong.append(f"{name}: {', '.join(found)}\n{ran.err[-600:]}")
    assert not wrong, "\n\n".join(wrong)


class Endpoint:
    """Where a managed identity asks for tokens: plain HTTP, on this machine."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answer: Callable[[Any], None] = answering(json.dumps(TOKEN))
        self.ended = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                endpoint.heard.append(f"{self.path}\n{self.headers}")
                with suppress(OSError):
                    endpoint.answer(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def drip(self, handler: Any, chunk: bytes, pause: float) -> None:
        while not self.ended.wait(pause):
            handler.wfile.write(chunk)

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def answering(body: str, status: int = 200) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.stop()


KINDS: dict[str, Callable[[str], dict[str, str]]] = {
    "virtual machine": lambda url: {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
    "app service": lambda url: {"IDENTITY_ENDPOINT": f"{url}/token", "IDENTITY_HEADER": SECRETS[0]},
    "machine learning": lambda url: {"MSI_ENDPOINT": f"{url}/token", "MSI_SECRET": SECRETS[0]},
    "cloud shell": lambda url: {"MSI_ENDPOINT": f"{url}/token"},
    "arc": lambda url: {"IDENTITY_ENDPOINT": f"{url}/token", "IMDS_ENDPOINT": url},
}
"""The environments of a managed identity, as Azure sets them up."""


def as_managed_identity(inside: Inside, kind: str, endpoint: Endpoint, *arguments: str) -> Ran:
    away = {
        "ASTRO_PEER_CLOUD": "",
        "AZURE_CLIENT_ID": "",
        "AZURE_CLIENT_SECRET": "",
        "AZURE_AUTHORITY_HOST": "",
    }
    env = away | KINDS[kind](endpoint.url)
    return inside.run("hubs", "--auth", "managed-identity", "--debug", *arguments, env=env)


def silent(endpoint: Endpoint, handler: Any) -> None:
    endpoint.ended.wait()


def dripping_headers(endpoint: Endpoint, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    endpoint.drip(handler, b"a", 0.1)


def dripping_body(endpoint: Endpoint, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    endpoint.drip(handler, b" ", 0.1)


def endless_body(endpoint: Endpoint, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    endpoint.drip(handler, b"x" * 100_000, 0.001)


def gone(endpoint: Endpoint, handler: Any) -> None:
    answering("{}", 410)(handler)


def come_back_later(endpoint: Endpoint, handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n")


def not_http(endpoint: Endpoint, handler: Any) -> None:
    handler.wfile.write(b"\x1b]0;owned\x07 SSH-2.0\r\n\r\n")


SLOW = [silent, dripping_headers, dripping_body, endless_body, gone, come_back_later, not_http]


def test_a_managed_identity_is_waited_for_no_longer_than_anything_else(
    inside: Inside, endpoint: Endpoint, sample: Sampler
) -> None:
    wrong = []
    for kind, slow in sample([(kind, slow) for kind in KINDS for slow in SLOW], 4):
        endpoint.answer = lambda handler, slow=slow: slow(endpoint, handler)  # type: ignore[misc]
        began = time.monotonic()
        ran = as_managed_identity(inside, kind, endpoint, "--timeout", str(TIMEOUT_SECONDS))
        seconds = time.monotonic() - began
        found = complaints(ran)
        if seconds > TIMEOUT_SECONDS + SECONDS_MORE:
            found.append(f"{seconds:.1f} s")
        if found:
            wrong.append(f"{kind}, {slow.__name__}: {', '.join(found)}\n{ran.err[-1000:]}")
    assert not wrong, "\n\n".join(wrong)


def test_what_is_no_answer_of_a_managed_identitys_is_a_sentence(
    inside: Inside, endpoint: Endpoint, sample: Sampler
) -> None:
    wrong = []
    odd = [name for name in TOKENS if not name.startswith(("token_type", "refresh_in"))]
    for kind, name in sample([(kind, name) for kind in KINDS for name in odd], 8):
        endpoint.answer = answering(TOKENS[name])
        ran = as_managed_identity(inside, kind, endpoint, "--timeout", str(TIMEOUT_SECONDS))
        if found := complaints(ran):
            wrong.append(f"{kind}, {name}: {', '.join(found)}\n{ran.err[-1000:]}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "arc"])
def test_a_managed_identity_signs_in(endpoint: Endpoint, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arc also wants a key from a file of the system's."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "MSI_", "IMDS_")):
            monkeypatch.delenv(name)
    for name, value in KINDS[kind](endpoint.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    later = {"expires_on": str(int(time.time()) + 3600)}
    endpoint.answer = answering(
        json.dumps(TOKEN | later | {"access_token": f"token-of-{kind.replace(' ', '-')}"})
    )
    way, nothing_asked = Auth.MANAGED_IDENTITY, Asked()
    session = sign_in(PUBLIC, way, None, lambda _: None, Deadline(10), nothing_asked, somebody_there=False)
    for scope in (PUBLIC.resource_manager_scope, PUBLIC.graph_scope):
        assert session.credential.get_token(scope).token.startswith("token-of-")
    assert len(endpoint.heard) == 2, "for Azure Resource Manager and Microsoft Graph"


AZS = {
    "hangs": "sleep 60",
    "prints megabytes": "head -c 30000000 /dev/zero | tr '\\0' x",
    "prints megabytes in lines": "yes '\x1b[31mno token' | head -c 30000000",
    "complains in megabytes": "head -c 30000000 /dev/zero | tr '\\0' x >&2; exit 1",
    "prints nothing": "true",
    "prints HTML": "echo '<html>'",
    "prints null": "echo null",
    "prints a list": "echo '[]'",
    "prints a number": "echo 5",
    "prints an object": "echo '{}'",
    "prints no token": """echo '{"accessToken": null, "expires_on": 4102444800}'""",
    "prints a number for a token": """echo '{"accessToken": 5, "expires_on": 4102444800}'""",
    "prints two lines for a token": """printf '%s' '{"accessToken": "a\\nb", "expires_on": 4102444800}'""",
    "prints no end": """echo '{"accessToken": "a-token", "expires_on": null}'""",
    "prints an odd end": """echo '{"accessToken": "a-token", "expires_on": "soon"}'""",
    "prints an endless end": """echo '{"accessToken": "a-token", "expires_on": 1e400}'""",
    "prints something deep": "head -c 200000 /dev/zero | tr '\\0' '['",
    "prints no UTF-8": "printf '\\377\\376'",
    "fails": "exit 1",
    "is killed": "kill -9 $$",
    "quotes a token": "echo 'ERROR: bad token eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl' >&2; exit 1",
}


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
@pytest.mark.parametrize("name", AZS)
def test_an_az_that_misbehaves_is_a_sentence(inside: Inside, tmp_path: Path, name: str) -> None:
    az = tmp_path / "az"
    az.write_text(f'#!/bin/sh\n[ "$1" = cloud ] && {{ echo "{inside.sandbox.url}"; exit; }}\n{AZS[name]}\n')
    az.chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    began = time.monotonic()
    ran = inside.run("hubs", "--auth", "cli", "--debug", "--timeout", str(TIMEOUT_SECONDS), env=env)
    assert time.monotonic() - began < TIMEOUT_SECONDS + SECONDS_MORE
    assert complaints(ran) == [], ran.err[-1000:]
    assert "eyJ" not in ran.out + ran.err
    if name == "hangs":
        assert ran.code == ExitCode.TIMED_OUT


@pytest.mark.skipif(os.name == "nt", reason="a shell script as az")
def test_an_az_that_hangs_when_asked_for_its_cloud_is_not_waited_for(inside: Inside, tmp_path: Path) -> None:
    az = tmp_path / "az"
    az.write_text("#!/bin/sh\nsleep 60\n")
    az.chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "AZURE_CLIENT_ID": ""}
    began = time.monotonic()
    ran = inside.run("hubs", "--timeout", str(TIMEOUT_SECONDS), env=env)
    assert time.monotonic() - began < TIMEOUT_SECONDS + SECONDS_MORE
    assert ran.code == ExitCode.TIMED_OUT, ran.err
    assert "az client did not answer" in ran.err
