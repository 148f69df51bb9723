"""Tokens and secrets go to one host: however a URL is spelled, whatever a server answers, whatever lies in .netrc."""

from __future__ import annotations

import json
import os
import ssl
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request, Response

from astro_peer import names, urls
from astro_peer.sandbox.http.app import App
from astro_peer.sandbox.tenant import demo
from conftest import Inside

PORT = 8443


class Attacker:
    """An https server that notes whatever it is sent, and is trusted as far as certificates go."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[str] = []
        authority = trustme.CA()
        self.ca = folder / "attacker.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                heard.append(f"{self.command} {self.path} {self.headers} {body}")
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def attacker(tmp_path: Path) -> Iterator[Attacker]:
    attacker = Attacker(tmp_path)
    yield attacker
    attacker.stop()


def trusting(inside: Inside, attacker: Attacker, folder: Path) -> dict[str, str]:
    """Certificates stop nobody here: only our own rules do."""
    bundle = folder / "both.pem"
    bundle.write_bytes(inside.sandbox.ca_certificate.read_bytes() + attacker.ca.read_bytes())
    return {"REQUESTS_CA_BUNDLE": str(bundle), "SSL_CERT_FILE": str(bundle)}


CRAFTED = [
    r"https://:@{foreign}\@127.0.0.1:1/m",
    r"https://{foreign}\@127.0.0.1:1/m",
    "https://{foreign}#@127.0.0.1:1/m",
    "https://{foreign}?@127.0.0.1:1/m",
    "https://127.0.0.1:1@{foreign}/m",
    "https://user:pass@127.0.0.1:1/m",
    "https://127.0.0.1:1\n@{foreign}/m",
    "https://127.0.0.1%2f@{foreign}/m",
    "https://127.0.0.1:1/m\r\nHost: {foreign}",
    "https://127.0.0.1.nip.example:1/m",
    "https://127.0.0.1:99999/m",
    "https://127.0.0.1:/m",
    "https://127.1:1/m",
    "https://2130706433:1/m",
    "HTTPS://127.0.0.1:1/m",
    "http://127.0.0.1:1/m",
    "https://[::1%25lo]:1/m",
    "https://127.0.0.1:1/m\\",
    "https://127.0.0.1:1//evil\u2028/m",
]


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_crafted_cloud_url_is_refused_and_nobody_is_spoken_to(
    inside: Inside, attacker: Attacker, tmp_path: Path, crafted: str
) -> None:
    url = crafted.format(foreign=f"127.0.0.1:{attacker.port}")
    env = trusting(inside, attacker, tmp_path) | {"AZURE_AUTHORITY_HOST": url}
    ran = inside.run("status", "--cloud", url, env=env)
    assert ran.code == 2, ran.err
    assert attacker.heard == []
    assert inside.requests() == []


@pytest.mark.parametrize("crafted", CRAFTED)
def test_a_crafted_authority_gets_no_secret(
    inside: Inside, attacker: Attacker, tmp_path: Path, crafted: str
) -> None:
    url = crafted.format(foreign=f"127.0.0.1:{attacker.port}")
    env = trusting(inside, attacker, tmp_path) | {"AZURE_AUTHORITY_HOST": url.replace("\0", "")}
    ran = inside.run("status", env=env)
    assert ran.code == 4, ran.err
    assert "belongs to another cloud" in ran.err
    assert attacker.heard == []


def test_plain_urls_are_taken_as_they_are() -> None:
    for url in (
        f"https://127.0.0.1:{PORT}/metadata/endpoints?api-version=2022-09-01",
        f"https://localhost:{PORT}/",
        f"https://[::1]:{PORT}",
    ):
        assert names.loopback_metadata_url(url) == url


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token_endpoint", "https://{foreign}/token"),
        ("token_endpoint", r"https://{foreign}\@{own}/token"),
    ],
)
def test_the_secret_stays_with_the_authority_whatever_discovery_says(
    inside: Inside,
    attacker: Attacker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    field: str,
    value: str,
) -> None:
    from astro_peer.sandbox.http.signin import SignIn

    true = SignIn._openid
    own = inside.sandbox.url.removeprefix("https://")
    foreign = value.format(foreign=f"127.0.0.1:{attacker.port}", own=own)
    monkeypatch.setattr(SignIn, "_openid", lambda self: true(self) | {field: foreign})
    ran = inside.run("status", env=trusting(inside, attacker, tmp_path))
    assert ran.code == 4, ran.err
    assert attacker.heard == []


def test_a_netrc_file_replaces_no_token(inside: Inside, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login a password b\n")
    netrc.chmod(stat.S_IRUSR | stat.S_IWUSR)
    ran = inside.run("status", env={"HOME": str(tmp_path), "NETRC": str(netrc)})
    assert ran.code == 10, ran.err


def test_a_next_link_that_spells_the_port_is_the_same_host() -> None:
    assert urls.origin("https://management.azure.com:443/x") == urls.origin("https://Management.Azure.com/y")
    assert (
        str(urls.parse("https://Management.Azure.com:443/a?b=c d")) == "https://management.azure.com/a?b=c d"
    )


def test_no_python_that_is_started_imports_from_the_current_directory(inside: Inside, tmp_path: Path) -> None:
    """`grant --sandbox` begins anew in a process of its own, and az is a Python program too."""
    from conftest import COMMAND

    for module in ("typer", "rich", "azure", "json", "astro_peer"):
        (tmp_path / f"{module}.py").write_text("import sys; sys.stderr.write('HIJACKED'); sys.exit(99)")
    import subprocess

    ran = subprocess.run(
        [COMMAND, "grant", "--sandbox", "--yes"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert "HIJACKED" not in ran.stderr


@given(st.text(alphabet=st.sampled_from(list("https:/\\@#?.%[]127localevi \t\n\x00é")), max_size=40))
def test_whatever_is_taken_is_on_loopback(text: str) -> None:
    """By our own reading, and by those of two libraries."""
    from urllib.parse import urlsplit

    import urllib3

    for candidate in (text, f"https://127.0.0.1:1{text}", f"https://{text}127.0.0.1:1/"):
        try:
            taken = names.loopback_metadata_url(candidate)
        except ValueError:
            continue
        hosts = {urlsplit(taken).hostname, urllib3.util.parse_url(taken).hostname, urls.parse(taken).host}
        assert {str(host).strip("[]") for host in hosts} <= {"127.0.0.1", "localhost", "::1"}, json.dumps(
            taken
        )


def test_the_token_for_astro_goes_to_astro_alone_and_those_for_azure_never_there(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    sent: list[tuple[bool, str]] = []
    true = App.answer

    def answer(app: App, asked: Request) -> Response:
        everything = f"{asked.url} {asked.headers} {asked.get_data(as_text=True)}"
        sent.append((asked.path.startswith("/astro/"), everything))
        return true(app, asked)

    monkeypatch.setattr(App, "answer", answer)
    inside: Inside = request.getfixturevalue("inside")
    token = inside.tenant.astro.token
    for command in (["check", "--cluster-id", demo.CLUSTER], ["grant", "--yes"], ["check"]):
        assert inside.run(*command, "--debug").code == 0
    to_astro = [everything for is_astro, everything in sent if is_astro]
    assert len(to_astro) >= 3
    assert all(f"Bearer {token}" in one and "eyJ" not in one for one in to_astro)
    assert not any(token in everything for is_astro, everything in sent if not is_astro)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_for_astro_follows_no_redirect(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    attacker: Attacker,
    tmp_path: Path,
    status: int,
) -> None:
    elsewhere = {"Location": f"https://127.0.0.1:{attacker.port}/"}
    true = App.answer

    def answer(app: App, asked: Request) -> Response:
        is_astro = asked.path.startswith("/astro/")
        return Response("{}", status, elsewhere) if is_astro else true(app, asked)

    monkeypatch.setattr(App, "answer", answer)
    inside: Inside = request.getfixturevalue("inside")
    ran = inside.run("check", "--cluster-id", demo.CLUSTER, env=trusting(inside, attacker, tmp_path))
    assert ran.code == 1, ran.err
    assert "could not be read" in ran.out
    assert attacker.heard == []


def test_a_netrc_file_replaces_no_token_for_astro(inside: Inside, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password of-somebody\n")
    ran = inside.run("check", "--strict", "--cluster-id", demo.CLUSTER, env={"NETRC": str(netrc)})
    assert ran.code == 0, ran.out + ran.err


SANDBOX_COMMANDS = ["state", "connect"]


@pytest.mark.parametrize("command", SANDBOX_COMMANDS)
@pytest.mark.parametrize("crafted", [*CRAFTED, "https://localhost.example:{port}", "https://[::2]:1", "x"])
def test_the_secret_of_a_sandbox_leaves_this_machine_by_no_crafted_address(
    inside: Inside, attacker: Attacker, tmp_path: Path, command: str, crafted: str
) -> None:
    url = crafted.format(foreign=f"127.0.0.1:{attacker.port}", port=attacker.port)
    env = trusting(inside, attacker, tmp_path) | {"ASTRO_PEER_SANDBOX_URL": url}
    ran = inside.run("sandbox", command, env=env)
    assert ran.code == 2, ran.err
    assert "ASTRO_PEER_SANDBOX_URL is not a sandbox's" in ran.err
    assert attacker.heard == []


@pytest.mark.parametrize("command", SANDBOX_COMMANDS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_secret_of_a_sandbox_follows_no_redirect(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    attacker: Attacker,
    tmp_path: Path,
    command: str,
    status: int,
) -> None:
    elsewhere = {"Location": f"https://127.0.0.1:{attacker.port}/"}
    monkeypatch.setattr(App, "answer", lambda *_: Response("{}", status, elsewhere))
    inside: Inside = request.getfixturevalue("inside")
    ran = inside.run("sandbox", command, env=trusting(inside, attacker, tmp_path))
    assert ran.code == 1, ran.err
    assert "could not be reached" in ran.err
    assert attacker.heard == []


@pytest.mark.parametrize("command", SANDBOX_COMMANDS)
def test_the_secret_of_a_sandbox_passes_no_proxy_and_netrc_adds_nothing(
    inside: Inside, attacker: Attacker, tmp_path: Path, command: str
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password of-somebody\n")
    proxy = f"https://127.0.0.1:{attacker.port}"
    env = trusting(inside, attacker, tmp_path) | {"NETRC": str(netrc), "NO_PROXY": "", "no_proxy": ""}
    assert inside.run("grant", "--yes").code == 0
    ran = inside.run("sandbox", command, env=env | {"HTTPS_PROXY": proxy, "https_proxy": proxy})
    assert ran.code == 0, ran.err
    assert attacker.heard == []


@pytest.mark.parametrize("command", SANDBOX_COMMANDS)
@pytest.mark.parametrize("body", ["", "<html>\x1b[31m", "null", "[]", "{}", '{"tenant_id": []}'])
def test_what_is_no_sandbox_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, command: str, body: str
) -> None:
    monkeypatch.setattr(App, "answer", lambda *_: Response(body, 200))
    inside: Inside = request.getfixturevalue("inside")
    ran = inside.run("sandbox", command)
    assert "itself failed" not in ran.err and "\x1b" not in ran.err
    if command == "connect" or not body.startswith(("null", "[", "{")):
        assert ran.code == 1, ran.err
