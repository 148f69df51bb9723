"""A server that sends back what it was sent: no token and no secret is shown for that, wherever it puts them.

`Inside.run` looks for them in everything that is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from werkzeug.wrappers import Request, Response

from astro_peer import secrets_in_use
from astro_peer.sandbox.http.app import App
from astro_peer.sandbox.tenant import demo
from conftest import Inside

Echo = Callable[[Request, Response, str], None]


def _error(status: int) -> Echo:
    def echo(request: Request, response: Response, secrets: str) -> None:
        response.status_code = status
        response.set_data(json.dumps({"error": {"code": secrets, "message": f"Not you, {secrets}"}}))

    return echo


def _page(request: Request, response: Response, secrets: str) -> None:
    response.status_code = 403
    response.headers["Content-Type"] = "text/html"
    response.set_data(f"<html>{secrets}</html>")


def _headers(request: Request, response: Response, secrets: str) -> None:
    response.status_code = 403
    for name in ("x-ms-correlation-request-id", "Location", "Content-Language", "Server"):
        response.headers[name] = secrets


def _name(request: Request, response: Response, secrets: str) -> None:
    body = json.loads(response.get_data() or b"{}")
    response.set_data(json.dumps(body | {"displayName": secrets, "name": secrets, "nextLink": secrets}))


ECHOES: dict[str, Echo] = {
    "error 401": _error(401),
    "error 403": _error(403),
    "error 404": _error(404),
    "page": _page,
    "headers": _headers,
    "names": _name,
}


PLACES = {
    "sign-in": "/oauth2/",
    "Graph": "/graph/",
    "Resource Manager": "/subscriptions/",
    "Astro": "/astro/",
}
COMMANDS = {"status": ("status",), "check": ("check", "--cluster-id", demo.CLUSTER)}


@pytest.mark.parametrize(
    ("command", "where"),
    [(command, where) for command in COMMANDS for where in PLACES if (command, where) != ("status", "Astro")],
)
@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_server_sends_back_is_blotted_out(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    command: str,
    where: str,
    how: str,
    form: str,
) -> None:
    true = App.answer
    echoed: list[str] = []

    def answer(app: App, asked: Request) -> Response:
        response = true(app, asked)
        service = next((name for name, part in PLACES.items() if part in asked.path), "")
        if service == where:
            token = asked.headers.get("Authorization", "").partition(" ")[2]
            secret = asked.form.get("client_secret", "")
            echoed.append(token or secret)
            ECHOES[how](asked, response, f"{token} {quote(token)} {secret}".strip())
        return response

    monkeypatch.setattr(App, "answer", answer)
    inside: Inside = request.getfixturevalue("inside")
    ran = inside.run(*COMMANDS[command], "--debug", "--timeout", "20", "-o", form)
    assert any(echoed)
    unread_finding = command == "check" and "could not be read" in ran.out
    assert "Traceback" in ran.err or ran.code in (0, 10) or unread_finding
    assert "itself failed" not in ran.err
    assert inside.tenant.applications[demo.persona_app_id(inside.sandbox.persona)].secret not in ran.out


@pytest.fixture
def none_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets_in_use, "_newest_last", {})
    monkeypatch.setattr(secrets_in_use, "_of_environment", {})
    monkeypatch.setattr(secrets_in_use, "_longest_first", ())


def test_a_part_of_a_token_is_blotted_out_too(none_in_use: None) -> None:
    secrets_in_use.remember(["header." + "p" * 30 + "." + "s" * 30, "pass/word~8", "short"])
    assert secrets_in_use.blotted("a " + "p" * 30 + " b") == "a [secret] b"
    assert secrets_in_use.blotted("a pass%2Fword~8 b pass/word~8") == "a [secret] b [secret]"
    assert secrets_in_use.blotted("header short") == "header short"


def test_a_process_that_signs_in_ever_so_often_looks_for_no_more_secrets_than_are_in_use(
    none_in_use: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTRO_API_TOKEN", "of-the-environment")
    secrets_in_use.remember_environment()
    secrets_in_use.remember(["first-token"])
    for number in range(1000):
        secrets_in_use.remember([f"header.{number:030}.{number:040}", "used-by-all-of-them"])
    known = "first-token, used-by-all-of-them, of-the-environment, " + "0" * 27 + "999"
    assert secrets_in_use.blotted(known) == "first-token, [secret], [secret], [secret]"
    assert len(secrets_in_use._longest_first) <= 4 * secrets_in_use.MOST_SECRETS


def test_what_left_the_environment_may_still_be_in_use(
    none_in_use: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in ("first-secret", "second-secret"):
        monkeypatch.setenv("AZURE_CLIENT_SECRET", secret)
        secrets_in_use.remember_environment()
    assert secrets_in_use.blotted("first-secret second-secret") == "[secret] [secret]"
