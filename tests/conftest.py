"""What every test may use: a simulated tenant of its own, and the installed command run inside it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from astro_peer import cli
from astro_peer.output.report import schema
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo

COMMAND = str(Path(sys.executable).with_name("astro-peer"))
ROLE = "Astro VHub Peering Contributor"
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.")
PROD = demo.PROD
DEV = demo.DEV


@dataclass(frozen=True)
class Ran:
    """One finished run of the command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document, checked against the shipped schema."""
        document = json.loads(self.out)
        jsonschema.validate(document, schema())
        return dict(document)

    @property
    def actions(self) -> dict[str, str]:
        return {change["object"]: change["action"] for change in self.document["changes"]}


class Inside:
    """A simulated tenant, and the installed command as one runs it there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tenant = sandbox.tenant

    def run(
        self, *arguments: str, persona: str | None = None, env: dict[str, str] | None = None, stdin: str = ""
    ) -> Ran:
        ran = subprocess.run(
            [COMMAND, *arguments],
            env=self.environment(persona) | (env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return self._without_secrets(Ran(ran.returncode, ran.stdout, ran.stderr))

    def run_here(self, *arguments: str) -> Ran:
        """The same command line run in this process, with nobody waiting for a pause: for hundreds of runs."""
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
                patch.delenv(name)
            for name, value in self.environment().items():
                patch.setenv(name, value)
            out, err = io.StringIO(), io.StringIO()
            patch.setattr(sys, "argv", [COMMAND, *arguments])
            patch.setattr(sys, "stdin", io.StringIO())
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(time, "sleep", lambda _: None)
            patch.setattr(signal, "signal", lambda *_: None)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return self._without_secrets(Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue()))

    def _without_secrets(self, ran: Ran) -> Ran:
        """Whatever a test is about: no token and no secret is ever shown, with --debug neither."""
        shown = ran.out + ran.err
        assert not TOKEN.search(shown), "a token was shown"
        assert "Bearer " not in shown
        for application in self.tenant.applications.values():
            assert application.secret not in shown, "a secret was shown"
        assert self.sandbox.secret not in shown, "the sandbox's secret was shown"
        return ran

    def environment(self, persona: str | None = None) -> dict[str, str]:
        """Trusts the sandbox's own authority alone: reading all the others anew for each connection takes long."""
        authority = str(self.sandbox.ca_certificate)
        inside = self.sandbox.environment(os.environ, demo.Persona(persona) if persona else None)
        inside.pop(
            "PYTHONDONTWRITEBYTECODE", None
        )  # an installed command is compiled once, not for every run
        return inside | {"REQUESTS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority}

    def state(self) -> dict[str, Any]:
        """What the tenant holds; the log of requests apart."""
        return {part: held for part, held in self.sandbox.state().items() if part != "requests"}

    def requests(self) -> list[dict[str, Any]]:
        return list(self.sandbox.state()["requests"])

    def ours(self) -> dict[str, list[dict[str, Any]]]:
        """Astronomer's objects in the tenant: its principals, the custom roles of our name, their assignments."""
        state = self.state()
        principals = [one for one in state["service_principals"] if one["appId"] == demo.ASTRONOMER_APP_ID]
        roles = [one for one in state["role_definitions"] if one["roleName"] == ROLE]
        ids = {one["id"] for one in principals}
        return {
            "principals": principals,
            "roles": roles,
            "assignments": [one for one in state["role_assignments"] if one["principalId"] in ids],
        }

    def writes(self) -> list[str]:
        """Methods and URLs of everything that was sent to change something."""
        return [
            f"{one['method']} {one['url']}"
            for one in self.requests()
            if one["method"] != "GET" and "/oauth2/" not in one["url"] and "ResourceGraph" not in one["url"]
        ]


@pytest.fixture
def inside() -> Iterator[Inside]:
    with serving() as sandbox:
        yield Inside(sandbox)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases the tests ran that count them (`record_property("cases", ...)`)."""
    counted = {
        report.nodeid.rpartition("::")[2]: count
        for report in terminalreporter.getreports("passed")
        for name, count in report.user_properties
        if name == "cases"
    }
    if counted:
        terminalreporter.section("cases")
        for test, count in sorted(counted.items()):
            terminalreporter.line(f"{count:6} {test}")
        terminalreporter.line(f"{sum(counted.values()):6} in all")
