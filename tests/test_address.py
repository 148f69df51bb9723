"""The repository's address stands in one place, and nothing is released without it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADDRESS = "example/astro-peer"
PAGES = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml")

pytestmark = pytest.mark.skipif(
    not (ROOT / ".github").is_dir(), reason="the source archive is not released from"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Of what is released, whose address is not said."""
    for name in ("docs", "action", ".github"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in PAGES:
        shutil.copy(ROOT / name, tmp_path / name)
    say("", tmp_path)
    return tmp_path


def say(address: str, root: Path) -> None:
    project = root / "pyproject.toml"
    lines = project.read_text(encoding="utf-8").splitlines()
    said = [f'repository = "{address}"' if line.startswith("repository = ") else line for line in lines]
    project.write_text("\n".join(said), encoding="utf-8")


def address(root: Path, *arguments: str, actual: str = ADDRESS) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-P", ROOT / "tools" / "address.py", "--root", root, *arguments],
        env={"GITHUB_REPOSITORY": actual, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr


def test_without_an_address_nothing_is_released(copy: Path) -> None:
    code, said = address(copy, "--check")
    assert code == 1
    assert "does not say the repository's address" in said


def test_a_placeholder_is_not_released(copy: Path) -> None:
    say(ADDRESS, copy)
    (copy / "docs" / "page.md").write_text("github.com/OWNER/REPOSITORY", encoding="utf-8")
    code, said = address(copy, "--check")
    assert code == 1
    assert "docs/page.md still has OWNER/REPOSITORY" in said


def test_the_address_is_written_wherever_it_is_named(copy: Path) -> None:
    say(ADDRESS, copy)
    assert address(copy) == (0, "")
    assert address(copy, "--check") == (0, "")
    named = "".join(page.read_text(encoding="utf-8") for page in copy.rglob("*.md"))
    assert ADDRESS in named


def test_the_address_is_that_of_the_repository_that_releases(copy: Path) -> None:
    say(ADDRESS, copy)
    address(copy)
    code, said = address(copy, "--check", actual="somebody/else")
    assert code == 1
    assert "says that this is example/astro-peer, and it is somebody/else" in said


def test_links_of_the_readme_lead_somewhere_from_anywhere() -> None:
    namespace: dict[str, object] = {}
    exec(compile((ROOT / "hatch_build.py").read_text(encoding="utf-8"), "hatch_build.py", "exec"), namespace)  # noqa: S102
    absolute = namespace["absolute"]
    assert callable(absolute)
    page = "[a](docs/a.md#b) ![p](docs/p.svg) [c](https://c.example) [d](#d)"
    assert absolute(page, ADDRESS, "v1") == (
        "[a](https://github.com/example/astro-peer/blob/v1/docs/a.md#b)"
        " ![p](https://raw.githubusercontent.com/example/astro-peer/v1/docs/p.svg)"
        " [c](https://c.example) [d](#d)"
    )
