"""`make acceptance`, run whole against the simulated tenant: what it answers, and that nothing of it stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from acceptance import __main__ as command
from acceptance import report
from acceptance.answers import Verdict, redacted
from acceptance.calls import Caller, NotOurs
from acceptance.questions import ALL
from astro_peer.connecting import connect
from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo, refusals
from astro_peer.sandbox.tenant.refusals import Refusal
from conftest import DEV, PROD, Inside

HUB = f"/subscriptions/{PROD}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
EVERYTHING = ("--subscription", PROD, "--other-subscription", DEV, "--hub-id", HUB, "--with-lock", "--yes")
OF_EVERY_KIND = (
    *EVERYTHING,
    "--only=role-scope-in-use",
    "--only=principal-missing",
    "--only=assignment-principal-again",
    "--only=permissions-of-reader",
    "--only=lock-on-subscription",
)
"""Questions that make, between them, one of everything."""
REQUESTS = 37
"""So many they take, before anything is removed."""


class TurnedClock:
    """Nobody waits: the tenant's clock is turned instead."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._clock = sandbox.clock

    def now(self) -> float:
        return self._clock.now().timestamp()

    def pause(self, seconds: float) -> None:
        self._clock.advance(seconds)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str
    markdown: str

    @property
    def verdicts(self) -> dict[str, str]:
        rows = re.findall(r"^(\S+) +(as assumed|otherwise|not answered) ", self.out, re.MULTILINE)
        return dict(rows)

    def are(self, verdict: Verdict) -> set[str]:
        return {one for one, said in self.verdicts.items() if said == verdict}


class Acceptance:
    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.tenant = sandbox.tenant
        self._sandbox = sandbox
        self._out = folder / "answers.md"
        self._capsys = capsys

    def run(self, *arguments: str) -> Outcome:
        self._out.unlink(missing_ok=True)
        code = command.main([*arguments, "--out", str(self._out)], TurnedClock(self._sandbox))
        shown = self._capsys.readouterr()
        written = self._out.read_text(encoding="utf-8") if self._out.exists() else ""
        return Outcome(code, shown.out, shown.err, written)

    def held(self) -> dict[str, Any]:
        """Everything that somebody made, deleted items included."""
        tenant = self.tenant
        return {
            "applications": dict(tenant.applications),
            "deleted applications": dict(tenant.deleted_applications),
            "principals": dict(tenant.service_principals),
            "deleted principals": dict(tenant.deleted_principals),
            "roles": dict(tenant.role_definitions),
            "assignments": dict(tenant.role_assignments),
            "locks": dict(tenant.locks),
        }


@pytest.fixture
def in_tenant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Any]:
    """Starts a sandbox with the faults given, and signs this process in to it."""
    running = []

    def start(*faults: str) -> Acceptance:
        context = serving(faults=faults)
        sandbox = context.__enter__()
        running.append(context)
        for name, value in Inside(sandbox).environment().items():
            monkeypatch.setenv(name, value)
        return Acceptance(sandbox, tmp_path, capsys)

    yield start
    for context in running:
        context.__exit__(None, None, None)


def test_what_the_sandbox_has_a_rule_for_is_as_assumed_and_nothing_stays(in_tenant: Any) -> None:
    acceptance = in_tenant()
    before = acceptance.held()
    outcome = acceptance.run(*EVERYTHING)
    assert outcome.are(Verdict.OTHERWISE) == set()
    assert outcome.are(Verdict.NOT_ANSWERED) == set()
    assert len(outcome.are(Verdict.AS_ASSUMED)) == len(ALL)
    assert (outcome.code, acceptance.held()) == (0, before)
    assert "Everything that was made is removed." in outcome.out


@pytest.mark.parametrize(
    ("fault", "contradicted"),
    [
        ("outside-scopes-404", {"role-from-outside"}),
        ("unknown-principal-accepted", {"assign-unknown-principal"}),
        ("delete-lag:90", {"assignment-deleted", "role-after-assignment"}),
        ("delete-lag:45", {"assignment-made-again"}),
        ("slow-lists:400", {"assignment-listed", "assignment-assigned-to", "role-listed"}),
        ("slow-reads:200", {"role-reads-mixed"}),
        ("api-version:2022-10-01", {"version-resource-graph"}),
    ],
)
def test_an_azure_that_is_otherwise_is_found_out(in_tenant: Any, fault: str, contradicted: set[str]) -> None:
    acceptance = in_tenant(fault)
    before = acceptance.held()
    outcome = acceptance.run(*EVERYTHING, *(f"--only={one}" for one in sorted(contradicted)))
    assert outcome.are(Verdict.OTHERWISE) == contradicted
    assert (outcome.code, acceptance.held()) == (3, before)


@pytest.mark.parametrize(
    ("question", "refusal", "changed"),
    [
        ("role-in-use", "role_in_use", {"status": 409}),
        ("role-name-taken", "role_name_taken", {"code": "RoleNameTaken"}),
        ("role-scope-in-use", "scope_in_use", {"code": "RoleScopeInUse"}),
        ("assign-outside-scopes", "role_definition_does_not_exist", {"status": 404}),
        ("assignment-other-guid", "assignment_exists", {"code": "HashConflictOnDifferentRoleAssignmentIds"}),
        ("assignment-other-scope", "assignment_update_not_permitted", {"code": "RoleAssignmentExists"}),
        ("assignment-principal-again", "assignment_update_not_permitted", {"status": 409}),
        ("principal-again", "principal_exists", {"status": 400}),
        ("application-unknown", "no_backing_application", {"details": ""}),
        ("subscription-unknown", "subscription_not_found", {"code": "ResourceNotFound"}),
    ],
)
def test_a_refusal_of_another_code_or_status_is_otherwise(
    in_tenant: Any,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
    refusal: str,
    changed: dict[str, Any],
) -> None:
    acceptance = in_tenant()
    assumed = getattr(refusals, refusal)

    def otherwise(*args: Any, **named: Any) -> Refusal:
        made: Refusal = assumed(*args, **named)
        for name, value in changed.items():
            setattr(made, name, value)
        return made

    monkeypatch.setattr(refusals, refusal, otherwise)
    before = acceptance.held()
    outcome = acceptance.run(*EVERYTHING, "--only", question)
    assert outcome.verdicts == {question: "otherwise"}
    assert (outcome.code, acceptance.held()) == (3, before)


@pytest.mark.parametrize("fault", ["principal-lag:20", "role-lag:20", "graph-lag:20"])
def test_a_lag_is_measured_and_is_as_assumed(in_tenant: Any, fault: str) -> None:
    acceptance = in_tenant(fault)
    before = acceptance.held()
    asked = ("assign-new-principal", "assign-new-role", "principal-shown")
    outcome = acceptance.run(*EVERYTHING, *(f"--only={one}" for one in asked))
    assert outcome.are(Verdict.AS_ASSUMED) == set(asked)
    assert re.search(r"after (19|2\d) s", outcome.out)
    assert acceptance.held() == before


def test_who_lacks_a_right_answers_nothing_and_leaves_nothing(in_tenant: Any) -> None:
    for fault in ("no-graph", "deny:Microsoft.Authorization/roleDefinitions/write"):
        acceptance = in_tenant(fault)
        before = acceptance.held()
        outcome = acceptance.run(*EVERYTHING)
        assert outcome.are(Verdict.OTHERWISE) == set()
        assert "assignment-again" in outcome.are(Verdict.NOT_ANSWERED)
        assert (outcome.code, acceptance.held()) == (0, before)


@pytest.mark.parametrize("sent", [False, True])
def test_ctrl_c_anywhere_leaves_nothing(
    in_tenant: Any, monkeypatch: pytest.MonkeyPatch, sent: bool, sample: Any
) -> None:
    """Before a request and, with `sent`, when its answer is on its way."""
    acceptance = in_tenant()
    before = acceptance.held()
    send = Caller._send
    for cut in sample(range(1, REQUESTS), 5):
        left = [cut]

        def cut_off(self: Caller, *args: Any, left: list[int] = left) -> Any:
            left[0] -= 1
            reply = send(self, *args) if sent or left[0] else None
            if not left[0]:
                raise KeyboardInterrupt
            return reply

        monkeypatch.setattr(Caller, "_send", cut_off)
        outcome = acceptance.run(*OF_EVERY_KIND)
        assert outcome.code == 130, cut
        assert acceptance.held() == before, cut
        assert "interrupted" in outcome.out


def test_lost_answers_leave_nothing(in_tenant: Any, sample: Any) -> None:
    for cut in sample(range(1, REQUESTS), 4):
        acceptance = in_tenant(f"drop-at:{cut}")
        before = acceptance.held()
        assert acceptance.run(*OF_EVERY_KIND).code in (0, 3)
        assert acceptance.held() == before, cut


def test_what_could_not_be_removed_is_named_with_its_command(in_tenant: Any) -> None:
    acceptance = in_tenant("deny:Microsoft.Authorization/roleAssignments/delete")
    outcome = acceptance.run(*EVERYTHING, "--only", "assignment-again")
    assert outcome.code == 1
    (left,) = [one for one in acceptance.tenant.role_assignments.values() if one.name in outcome.out]
    assert f"az role assignment delete --ids {left.id}" in outcome.out
    assert f"az role definition delete --name {left.role} --scope /subscriptions/{PROD}" in outcome.out
    assert "az ad app delete" not in outcome.out


def test_a_second_ctrl_c_names_everything_that_is_left(
    in_tenant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptance = in_tenant()
    send = Caller._send

    def cut_off(self: Caller, client: Any, request: Any) -> Any:
        if request.method == "DELETE":
            raise KeyboardInterrupt
        return send(self, client, request)

    monkeypatch.setattr(Caller, "_send", cut_off)
    outcome = acceptance.run(*EVERYTHING, "--only", "assignment-again")
    assert outcome.code == 1
    for kind in ("role assignment", "role definition", "ad sp", "ad app"):
        assert f"az {kind} delete" in outcome.out


def test_it_does_not_begin_without_a_subscription_nor_without_a_yes(
    in_tenant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptance = in_tenant()
    before = acceptance.held()
    for arguments in (["--yes"], ["--subscription", "connectivity-prod", "--yes"], ["--subscription", PROD]):
        assert acceptance.run(*arguments).code == 2
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "connectivity-dev")
    assert acceptance.run("--subscription", PROD).code == 2
    assert acceptance.held() == before
    monkeypatch.setattr("builtins.input", lambda _: "connectivity-prod")
    assert acceptance.run("--subscription", PROD, "--only", "role-again").code == 0


def test_astronomers_own_application_is_never_asked_about(in_tenant: Any) -> None:
    in_tenant()
    caller = Caller(connect())
    for body in (None, {"appId": demo.ASTRONOMER_APP_ID.upper()}):
        path = "servicePrincipals" if body else f"servicePrincipals(appId='{demo.ASTRONOMER_APP_ID}')"
        with pytest.raises(NotOurs):
            caller.graph("POST" if body else "GET", path, body)


def test_answers_hold_nobodys_ids(in_tenant: Any) -> None:
    acceptance = in_tenant()
    outcome = acceptance.run(*EVERYTHING, "--only=permissions-without-role", "--only=role-unknown")
    shown = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", outcome.markdown))
    assert shown == {"00000000-0000-0000-0000-000000000000"}
    said = (
        f"The client 'live.com#ann@contoso.com' in contoso.onmicrosoft.com, {uuid4().hex}, eyJhbGciOi.eyJ.x"
    )
    assert redacted(said) == f"The client 'CLIENT' in DOMAIN, {'0' * 32}, TOKEN"


def test_an_answer_is_a_row_for_the_documentation(in_tenant: Any) -> None:
    without_licence = in_tenant("no-pim-licence")
    outcome = without_licence.run(*EVERYTHING, "--only", "role-again", "--only", "time-bound-deleted")
    rows = {line.split("|")[1].strip(): line for line in outcome.markdown.splitlines()[2:]}
    assert len(rows) == len(ALL)
    assert re.search(r"\| as assumed \(\d{4}-\d\d-\d\d, run [0-9a-f]{8}\): 201 \|$", rows["`role-again`"])
    assert "| open (no time-bound assignment could be made" in rows["`time-bound-deleted`"]
    assert rows["`role-in-use`"].endswith("| open |")


def test_the_documentation_lists_every_question() -> None:
    page = (Path(__file__).parents[1] / "docs" / "acceptance.md").read_text(encoding="utf-8")
    documented = page.partition("## Questions")[2]
    answered = [line.rpartition(" | ")[0] for line in documented.splitlines() if line.startswith("| `")]
    asked = report.markdown(ALL, {}).splitlines()[2:]
    assert answered == [line.rpartition(" | ")[0] for line in asked]


def test_questions_have_names_of_their_own_and_point_into_the_code() -> None:
    assert len({one.id for one in ALL}) == len(ALL)
    source = Path(__file__).parents[1] / "src" / "astro_peer"
    for one in ALL:
        for named in re.findall(r"`([a-z_]+/[a-z_]+\.py)`", one.matters):
            assert (source / named).is_file(), one.id
