"""What every test may use: a simulated tenant of its own, and the installed command run inside it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest

import running
import sampling
from astro_peer import cli
from astro_peer.output import streams
from astro_peer.output.document import schema
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo
from running import COMMAND

ROLE = "Astro VHub Peering Contributor"
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.")
PROD = demo.PROD
DEV = demo.DEV

in_this_process = False
"""Whether `Inside.run` is `run_here`; set from the command line before any test is collected."""


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


class PassingClock:
    """Time that passes at once where somebody sleeps: a wait of a minute ends after its last look, and not by turning
    round for a minute.
    """

    def __init__(self) -> None:
        self._real = time.monotonic
        self._slept = 0.0

    @property
    def slept(self) -> float:
        return self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds

    def monotonic(self) -> float:
        return self._real() + self._slept


class Inside:
    """A simulated tenant, and the installed command as one runs it there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tenant = sandbox.tenant

    def run(
        self,
        *arguments: str,
        persona: str | None = None,
        env: dict[str, str] | None = None,
        stdin: str = "",
        fresh: bool = False,
    ) -> Ran:
        """`fresh` where a test is about how the command starts: see `running`."""
        if in_this_process and not fresh:
            return self.run_here(*arguments, persona=persona, env=env, stdin=stdin)
        ran = running.run(*arguments, env=self.environment(persona) | (env or {}), stdin=stdin, fresh=fresh)
        return self._without_secrets(Ran(ran.returncode, ran.stdout, ran.stderr))

    def start(self, *arguments: str, env: dict[str, str] | None = None, **streams: Any) -> running.Running:
        """The command while it runs, to be used like subprocess.Popen."""
        return running.start(*arguments, env=self.environment() | (env or {}), **streams)

    def run_here(
        self,
        *arguments: str,
        persona: str | None = None,
        env: dict[str, str] | None = None,
        stdin: str = "",
    ) -> Ran:
        """The same command line run in this process, with nobody waiting for a pause: for hundreds of runs."""
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - {"PYTEST_CURRENT_TEST"}:
                patch.delenv(name)
            for name, value in (self.environment(persona) | (env or {})).items():
                patch.setenv(name, value)
            out, err = io.StringIO(), io.StringIO()
            patch.setattr(sys, "argv", [COMMAND, *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            clock = PassingClock()
            patch.setattr(time, "sleep", clock.sleep)
            patch.setattr(time, "monotonic", clock.monotonic)
            patch.setattr(signal, "signal", lambda *_: None)
            patch.setattr(streams, "leave", sys.exit)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return self._without_secrets(Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue()))

    def _without_secrets(self, ran: Ran) -> Ran:
        """Whatever a test is about: no token and no secret is ever shown, with --debug neither."""
        shown = ran.out + ran.err
        assert not TOKEN.search(shown), "a token was shown"
        assert not re.search(r"Bearer [A-Za-z0-9._~+/-]{20,}", shown)
        for application in self.tenant.applications.values():
            assert application.secret not in shown, "a secret was shown"
        assert self.sandbox.secret not in shown, "the sandbox's secret was shown"
        assert self.tenant.astro.token not in shown, "the token for Astro was shown"
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


@pytest.fixture
def passing_clock(monkeypatch: pytest.MonkeyPatch) -> PassingClock:
    """For what waits in this process."""
    clock = PassingClock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> sampling.Sampler:
    """`sample(cases, at_most)`: so many of the cases, or with `--all` all of them."""
    return sampling.Sampler(request)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--here",
        action="store_true",
        help="run commands in this process, where a mutation tester sees which code they run",
    )
    parser.addoption("--all", action="store_true", help="run all cases of the tests that else run a sample")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "cases(ran, known): how many cases a test runs, and how many there are"
    )
    global in_this_process
    in_this_process = config.getoption("--here")
    sampling.chosen = sampling.Sampling.of(config)
    for name in ("CI", "TF_BUILD"):  # where the tests run is not what they are about
        os.environ.pop(name, None)
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # as in the background of a shell: commands inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    return sampling.chosen.described()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("cases"):
            item.user_properties.append(("cases", list(marker.args)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Every process that ran tests ends its fork server; the workers of pytest-xdist hand in how often they used it."""
    running.stop()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["started"] = dict(running.started)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    running.started.update(getattr(node, "workeroutput", {}).get("started", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How commands were started, and how many cases were run by the tests that count them.

    A test that has a number of cases, and runs them all, says so by `record_property("cases", number)`.
    """
    ways = ", ".join(f"{count} {way}" for way, count in sorted(running.started.items()))
    if ways:
        terminalreporter.section("commands")
        terminalreporter.line(ways)
    counted = {
        report.nodeid.rpartition("::")[2]: [count, count] if isinstance(count, int) else count
        for report in terminalreporter.getreports("passed")
        for name, count in report.user_properties
        if name == "cases"
    }
    if counted:
        terminalreporter.section("cases")
        terminalreporter.line(sampling.chosen.described())
        for test, (ran, known) in sorted(counted.items()):
            terminalreporter.line(f"{ran:6} of {known:6} {test}")
        ran, known = (sum(column) for column in zip(*counted.values(), strict=True))
        terminalreporter.line(f"{ran:6} of {known:6} in all")
    for report in terminalreporter.getreports("passed"):
        reasons = [value for name, value in report.user_properties if name == "reason"]
        if reasons:
            terminalreporter.section(f"reasons in {report.nodeid.rpartition('::')[2]}")
            for line in reasons:
                terminalreporter.line(line)
