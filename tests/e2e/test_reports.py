"""The report of a run: a file to keep, whole, of what Azure itself has on record, and in nobody's way."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from werkzeug.wrappers import Request

from astro_peer.output.document import schema
from astro_peer.output.report import file
from astro_peer.sandbox.faults.fault import Fault, Service
from astro_peer.sandbox.run import serving
from conftest import PROD, Inside

HERE = ("--subscription", PROD)


def read(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="ascii"))
    jsonschema.validate(document, schema())
    return dict(document)


def test_a_grants_report_has_the_ids_under_which_azure_knows_its_writes(
    inside: Inside, tmp_path: Path
) -> None:
    path = tmp_path / "grant.json"
    ran = inside.run("grant", "--yes", "--change-reference", "CHG-4711", "--report", str(path), "-o", "json")
    assert ran.code == 0 and f"Report: {path}" in ran.err
    report = read(path)
    assert report.pop("run") == {**ran.document["run"], "change_reference": "CHG-4711", "exit_code": 0}
    assert ran.document["report"] == str(path) and ran.document["run"]["azures_clock"]
    assert report == {name: held for name, held in ran.document.items() if name not in ("run", "report")}

    logged = {event.write.correlation_id: event.write.resource_id for event in inside.tenant.activity}
    principal, role, assignment = (change["receipts"] for change in report["changes"])
    assert [(one["method"], one["status"]) for one in (*principal, *role, *assignment)] == [
        ("POST", 201),
        ("PUT", 201),
        ("PUT", 201),
    ]
    assert principal[0]["correlation_id"] is None and principal[0]["request_id"]
    assert logged[role[0]["correlation_id"]].endswith(report["changes"][1]["id"])
    assert logged[assignment[0]["correlation_id"]].lower() == report["changes"][2]["id"].lower()
    assert [one["action"] for one in report["grants"]["actions"] if one["writes"]] == [
        "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write"
    ]
    assert report["undo"] == ["astro-peer", "revoke", *HERE]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_undo_of_a_report_takes_it_back_and_one_more_report_overwrites_none(
    inside: Inside, tmp_path: Path
) -> None:
    path, elsewhere = tmp_path / "evidence.json", tmp_path / "elsewhere"
    inside.run("grant", "--yes", env={"ASTRO_PEER_REPORT": str(path)})
    first = path.read_bytes()
    _, *undo = read(path)["undo"]
    (tmp_path / "evidence-2.json").symlink_to(elsewhere)
    ran = inside.run(*undo, "--yes", "--report", str(path))
    assert ran.code == 0 and "evidence-3.json (evidence.json was there already)" in ran.err
    assert path.read_bytes() == first and not elsewhere.exists()
    revoked = read(tmp_path / "evidence-3.json")
    (removed,) = revoked["changes"]
    assert (removed["done"], removed["receipts"][0]["method"]) == (True, "DELETE")
    assert revoked["complete"] and not inside.ours()["assignments"]
    assert revoked["undo"] == ["astro-peer", "grant", *HERE]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("report.txt", "expected a file that ends in .md, .html or .json"),
        ("missing/report.md", "expected a file in a folder that exists"),
        ("x" * 300 + ".md", "no file can be written there"),
    ],
)
def test_a_report_that_could_not_be_kept_is_refused_before_anything_is_asked(
    inside: Inside, tmp_path: Path, name: str, why: str
) -> None:
    ran = inside.run("grant", "--yes", "--report", str(tmp_path / name))
    assert ran.code == 2 and why in ran.err
    assert not inside.requests() and not list(tmp_path.iterdir())


def test_a_grant_that_azure_refuses_half_way_is_reported_as_far_as_it_came(tmp_path: Path) -> None:
    with serving(faults=["deny:Microsoft.Authorization/roleAssignments/write"]) as sandbox:
        inside = Inside(sandbox)
        path = tmp_path / "failed.json"
        ran = inside.run("grant", "--yes", "--report", str(path))
        report = read(path)
        assert (ran.code, report["run"]["exit_code"], report["outcome"]) == (5, 5, "failed")
        role, assignment = report["changes"][1:]
        assert (role["done"], assignment["done"]) == (True, False)
        assert assignment["receipts"][0]["status"] == 403
        assert assignment["receipts"][0]["correlation_id"] == report["error"]["correlation_id"]
        inside.run("grant", "--yes", "--report", str(tmp_path / "failed.md"))
        words = (tmp_path / "failed.md").read_text(encoding="utf-8")
        assert "1 of 2 changes" not in words and "## What went wrong" in words and "HTTP 403" in words


class PressesCtrlC(Fault):
    """When the role is written: Azure has it, and the command does not know yet."""

    def __init__(self) -> None:
        super().__init__("ctrl-c")
        self.victim: Any = None

    def after(self, request: Request, service: Service) -> None:
        if request.method == "PUT" and "roledefinitions" in request.path.lower() and self.victim:
            self.victim.send_signal(signal.SIGINT)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_ctrl_c_leaves_a_report_of_what_was_done(inside: Inside, tmp_path: Path) -> None:
    fault = PressesCtrlC()
    inside.sandbox._app._faults = [*inside.sandbox._app._faults, fault]
    path = tmp_path / "interrupted.json"
    fault.victim = inside.start("grant", "--yes", "--report", str(path))
    assert fault.victim.wait(timeout=60) == 130
    report = read(path)
    assert report["run"]["exit_code"] == 130 and report["error"]["code"] == "Interrupted"
    assert report["changes"][0]["done"] and not report["changes"][2]["done"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_costs_no_request(inside: Inside, tmp_path: Path) -> None:
    numbers = []
    for more in ((), ("--report", str(tmp_path / "status.html"))):
        already = len(inside.requests())
        inside.run("status", *HERE, *more)
        numbers.append(len(inside.requests()) - already)
    assert numbers[0] == numbers[1]


def test_evidence_that_is_lost_fails_a_look_and_no_grant(
    inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "write", full)
    path = str(tmp_path / "x.md")
    granted = inside.run_here("grant", "--yes", "--report", path)
    assert granted.code == 0 and "could not be written" in granted.err and inside.ours()["assignments"]
    assert inside.run_here("status", "--report", path).code == 1


def test_a_refused_command_line_leaves_none_and_an_offline_script_has_one(
    inside: Inside, tmp_path: Path
) -> None:
    path = tmp_path / "x.md"
    report = ("--report", str(path))
    assert inside.run("status", "--all", *HERE, *report).code == 2 and not path.exists()
    offline = ("--dry-run", "--offline", "--tenant", inside.tenant.id)
    assert inside.run("revoke", *offline, *HERE, *report).code == 0
    words = path.read_text(encoding="utf-8")
    assert "by this machine's clock" in words and "nobody was signed in" in words and "#!/" in words


def test_every_command_has_a_report_in_words(inside: Inside, tmp_path: Path) -> None:
    inside.run("grant", "--yes", "--until", "14d", "--description", "CHG-1")
    inside.run("sandbox", "connect", "--name", "astro-peering")
    said = {
        ("check",): ("Nothing stands in the way", "What the caller may do"),
        ("status", *HERE): ("Granted as documented", "CHG-1"),
        ("status", "--all"): ("1 as documented", PROD),
        ("audit", *HERE): ("made one connection, and wrote nothing else", "astro-peering"),
        ("revoke", "--dry-run", *HERE): ("Planned only", "az role assignment delete"),
        ("revoke", "--yes", *HERE): ("Revoked completely", "HTTP 200"),
        ("grant", "--yes", "--only", "role", *HERE): (
            "the part of the grant that was asked for, role",
            "GUID",
        ),
    }
    for number, (command, expected) in enumerate(said.items()):
        path = tmp_path / f"{number}.html"
        ran = inside.run(*command, "--report", str(path))
        assert ran.code in (0, 11), ran.err
        page = path.read_text(encoding="utf-8")
        assert [one for one in (*expected, "a simulated tenant") if one not in page] == [], command
