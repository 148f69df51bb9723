"""Which part of the sandbox may know which other: one direction, and nothing of the rest of astro-peer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_peer import sandbox

ROOT = Path(sandbox.__file__).parent
MAY_KNOW = {
    "tenant": {"tenant"},
    "faults": {"faults", "tenant"},
    "http": {"http", "faults", "tenant"},
}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_nothing_of_the_sandbox_imports_the_rest() -> None:
    for file in ROOT.rglob("*.py"):
        for name in imported(file):
            assert not name.startswith("astro_peer.") or name.startswith("astro_peer.sandbox."), file


@pytest.mark.parametrize("room", MAY_KNOW)
def test_a_room_knows_only_those_below_it(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert len(files) > 2
    for file in files:
        for name in imported(file):
            if name.startswith("astro_peer.sandbox."):
                assert name.split(".")[2] in MAY_KNOW[room], f"{file} imports {name}"
