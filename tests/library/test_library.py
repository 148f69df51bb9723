"""The library's face: documented, typed, loaded only when it is asked for, and what the commands use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import astro_peer
from astro_peer.azure.graph import Graph
from conftest import PROD, Inside

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "library.md"


def test_the_first_example_grants(inside: Inside, tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", DOCUMENTATION.read_text(), re.S)
    assert example
    file = tmp_path / "example.py"
    file.write_text(example[1])
    ran = subprocess.run(
        [sys.executable, str(file)], env=inside.environment(), capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert "create custom role Astro VHub Peering Contributor" in ran.stdout
    assert ran.stdout.endswith("verified\n")
    assert inside.run("sandbox", "connect").code == 0


def test_a_plan_writes_nothing_and_says_why_it_is_stopped(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in inside.environment("contributor").items():
        monkeypatch.setenv(name, value)
    azure = astro_peer.connect()
    place = astro_peer.where(hub_id=inside.tenant.demo_hub_id)
    plan = astro_peer.plan_grant(azure, place)
    assert [change.action.value for change in plan.changes] == ["create"] * 3
    assert inside.writes() == []
    assert plan.stopped_by is not None
    assert plan.stopped_by.id == "rights-role"
    assert plan.stopped_by.exit_code == 5
    with pytest.raises(astro_peer.AstroPeerError, match="do not have the rights"):
        astro_peer.apply(azure, plan)
    assert inside.writes() == []


def test_a_revoke_and_its_progress(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    inside.run("grant", "--yes")
    for name, value in inside.environment().items():
        monkeypatch.setenv(name, value)
    azure = astro_peer.connect()
    plan = astro_peer.plan_revoke(azure, astro_peer.where(subscription=PROD), delete_role=True)
    seen = []
    applied = astro_peer.apply(
        azure, plan, progress=lambda change, applied: seen.append((change.key, applied.done))
    )
    assert [key for key, _ in seen] == [change.key for change in plan.changes]
    assert applied.done == {change.key for change in plan.changes}
    assert astro_peer.verify(azure, plan, applied).access == astro_peer.verify(azure, plan, applied).access
    assert inside.ours()["assignments"] == inside.ours()["roles"] == []
    assert astro_peer.plan_again(azure, plan).changes == ()


def test_everything_that_is_offered_is_there() -> None:
    for name in astro_peer.__all__:
        assert getattr(astro_peer, name) is not None
    assert set(astro_peer.__all__) <= set(dir(astro_peer))
    with pytest.raises(AttributeError):
        astro_peer.nonsense  # noqa: B018
    assert Graph.__module__ not in astro_peer.__all__


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys, astro_peer; sys.exit(any(name.startswith(('azure', 'rich', 'typer')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_place_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(astro_peer.AstroPeerError, match="expected a GUID"):
        astro_peer.where(subscription="prod")
