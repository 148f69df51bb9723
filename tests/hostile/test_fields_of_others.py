"""Every field of every answer that a command reads, with whatever somebody could have put there.

The fields are found by recording what the sandbox answers; one case is one field, one value, and one command.
"""

from __future__ import annotations

import copy
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from astro_peer.errors import ExitCode
from astro_peer.plain import INVISIBLE
from astro_peer.sandbox.http.app import App
from astro_peer.sandbox.tenant import demo
from conftest import Inside, Ran
from sampling import Sampler

PEERED_NETWORK = (
    f"/subscriptions/{demo.PROD}/resourceGroups/rg-applications-prod/providers/Microsoft.Network"
    "/virtualNetworks/vnet-data-science"
)
COMMANDS = {
    "dry run": ("grant", "--dry-run"),
    "grant": ("grant", "--yes"),
    "status": ("status",),
    "revoke": ("revoke", "--yes"),
    "hubs": ("hubs",),
    "networks": ("vnets",),
    "check of a network": ("check", "--vnet-id", PEERED_NETWORK),
    "request": ("request",),
    "role": ("role",),
    "check": ("check", "--cluster-id", demo.CLUSTER),
    "check after a grant": ("check", "--strict", "--firewall-ip", "10.10.0.132"),
}
AFTER_A_GRANT = ("status", "revoke", "check after a grant")
FORMS = ((), ("-o", "json"))
SECONDS = 20

VALUES: dict[str, Any] = {
    "controls": "a\x1b[2J\x1b]0;owned\x07\r\b\x9b31mz",
    "line breaks": "a\nWarning: b\r\n$(touch /owned)\x0b\x0c\x85\u2028\u2029z",
    "direction": "a\u202eb\u2066c\u061cd\u200fz",
    "hidden": "a\u200b\u2060\ufeff\U000e0041\U000e007f\u00ad\u3164z",
    "half a character": "a\ud800z",
    "quotes": "'\"`$(touch /owned)`;\\' && touch /owned #",
    "end of a here-document": "x\nJSON\ntouch /owned\n",
    "markup": "[bold]x[/bold][link=https://evil.example]y[/link] :smile: %s {0} <b>",
    "option": "--subscription=x -x @/etc/passwd",
    "URL": "https://evil.example/?{subscription}",
    "path": "../../../evil?x#y",
    "OData": "x') or appId eq '",
    "no address": "10.0.0.0/99",
    "address with bits behind": "10.10.0.1/8",
    "IPv6": "fd00::1/64",
    "everything": "0.0.0.0/0",
    "empty": "",
    "huge": "x" * 400_000,
    "null": None,
    "true": True,
    "number": 7,
    "infinite": float("inf"),
    "empty list": [],
    "list": ["\x1b[2J"],
    "list of addresses": ["10.0.0.0/8", "fd00::/8", "x/y", None],
    "list of lists": [[["x"]]],
    "object": {"\x1b[2J": "\x1b[2J"},
}
_RAW = re.compile(f"[{INVISIBLE}]")
Path = tuple[str | int, ...]
Field = tuple[str, Path]
"""Which answer (`_kind`), and the way to a value in it."""


def _kind(request: Request) -> str:
    """Alike for requests that differ only in IDs."""
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "GUID", request.path.lower())
    condition = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "GUID", request.args.get("$filter", ""))
    return f"{request.method} {path} {condition}".strip()


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """To every value; of a list to its first element, and to every object as a whole."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _paths(member, (*path, name))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _with(body: Any, path: Path, value: Any) -> Any:
    """The body with another value there; as it is where there is no such place."""
    changed = copy.deepcopy(body)
    inner = changed
    try:
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]]
        inner[path[-1]] = value
    except (LookupError, TypeError):
        return body
    return changed


class Hostile:
    """Stands between the sandbox and its clients: records every answer, and changes one field of one kind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fields: set[Field] = set()
        self.field: Field | None = None
        self.value: Any = None
        true = App.answer

        def answer(app: App, request: Request) -> Response:
            response = true(app, request)
            body = response.get_data()
            if not body:
                return response
            parsed = json.loads(body)
            kind = _kind(request)
            if self.field is None:
                self.fields |= {(kind, path) for path in _paths(parsed)}
            elif self.field[0] == kind:
                response.set_data(json.dumps(_with(parsed, self.field[1], self.value)))
            return response

        monkeypatch.setattr(App, "answer", answer)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Hostile:
    return Hostile(monkeypatch)


class Watched(list[str]):
    """Every host whose address is looked up, and every program that is started, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        true_look_up, true_start = socket.getaddrinfo, subprocess.Popen.__init__

        def look_up(host: Any, *args: Any, **named: Any) -> Any:
            self.append(f"host {host}")
            if host != "127.0.0.1":
                raise OSError("nobody is to be spoken to there: no need to look for long")
            return true_look_up(host, *args, **named)

        def start(process: Any, words: Any, *args: Any, **named: Any) -> None:
            self.append(f"program {words}")
            true_start(process, words, *args, **named)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(subprocess.Popen, "__init__", start)


class Rehearsed:
    """A tenant before and after a grant, as often as it is wanted."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        before = copy.deepcopy(vars(inside.tenant))
        assert inside.run_here("grant", "--yes").code == 0
        after = copy.deepcopy(vars(inside.tenant))
        self._held = {False: before, True: after}

    def run(self, command: str, *options: str) -> Ran:
        held = self._held[command in AFTER_A_GRANT]
        vars(self._inside.tenant).update(copy.deepcopy(held))
        waiting = () if command == "role" else ("--timeout", "5")
        return self._inside.run_here(*COMMANDS[command], *options, "--debug", *waiting)


def complaints(ran: Ran, seconds: float) -> list[str]:
    said = ran.out + ran.err
    document = json.loads(ran.out) if ran.out.startswith("{") else {}
    said += str(document.get("script") or "")
    return [
        *(["itself failed"] if "itself failed" in said else []),
        *([f"exit code {ran.code}"] if ran.code not in set(ExitCode) else []),
        *([f"raw {_RAW.findall(said)[0]!r}"] if _RAW.search(said) else []),
        *(
            ["a line of others"]
            if re.search(r"^(Warning: b|touch /owned|\$\(touch)", said, re.MULTILINE)
            else []
        ),
        *(["not ASCII"] if document and not ran.out.isascii() else []),
        *([f"{seconds:.0f} s"] if seconds > SECONDS else []),
    ]


def test_no_field_of_any_answer_does_harm(
    hostile: Hostile, inside: Inside, sample: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed = Rehearsed(inside)
    cases: list[tuple[str, tuple[str, ...], Field, str]] = []
    watched = Watched(monkeypatch)
    for command in COMMANDS:
        hostile.fields = set()
        rehearsed.run(command)
        fields = sorted(hostile.fields, key=str)
        cases += [(command, form, field, value) for field in fields for value in VALUES for form in FORMS]
    assert len(cases) > 10_000
    usual = set(watched)
    assert {one for one in usual if one.startswith("host")} == {"host 127.0.0.1"}
    wrong = []
    for command, form, field, value in sample(cases, at_most=40):
        hostile.field, hostile.value = field, VALUES[value]
        watched.clear()
        begun = time.monotonic()
        ran = rehearsed.run(command, *form)
        found = complaints(ran, time.monotonic() - begun) + [one for one in watched if one not in usual]
        if found:
            wrong.append(f"{command} {form} {field} {value}: {', '.join(found)}\n{ran.err[-900:]}")
    assert not wrong, f"{len(wrong)} of them\n" + "\n\n".join(wrong[:40])
