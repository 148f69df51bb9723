"""What the repository says about the command is true of it, and what it asks others to trust is pinned."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from typer.main import get_command

import reference
from astro_peer.cli import app
from astro_peer.commands import parsing
from astro_peer.errors import MEANINGS, ExitCode

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"

pytestmark = pytest.mark.skipif(
    not PICTURES.is_dir(), reason="the source archive holds neither docs nor workflows"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(name: str) -> set[str]:
    """The first cell of every table row in a document, without backquotes."""
    return {
        cell.strip()
        for line in read(name).splitlines()
        if line.startswith("| ")
        for cell in line.split("|")[1].replace("`", "").split(", ")
    }


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every command that can be run, by its full name."""

    def walk(command: object, name: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
        if isinstance(command, typer.core.TyperGroup):
            context = typer.Context(command)
            for part in command.list_commands(context):
                yield from walk(command.get_command(context, part), f"{name} {part}")
        else:
            assert isinstance(command, typer.core.TyperCommand)
            yield name, command

    return walk(get_command(app), "astro-peer")


def requirements(lines: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;! ]", line)[0] for line in lines} - {"astro-peer"}


def test_the_reference_is_what_the_code_says() -> None:
    """All commands, options and variables, exit codes and fields: `make reference` writes it."""
    assert read("docs/reference.md") == reference.page()
    assert set(MEANINGS) == set(ExitCode)


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#]+\.md)", read("README.md") + read("CONTRIBUTING.md")))
    pages = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert pages <= linked


def test_a_commands_summary_is_how_its_help_begins() -> None:
    group: Any = get_command(app)
    context = typer.Context(group)
    assert group.summaries(context) == parsing.Group.summaries(group, context)


def test_an_option_and_its_variable_have_the_same_name() -> None:
    for name, command in commands():
        for option in command.params:
            if option.envvar:
                expected = "ASTRO_PEER_" + option.opts[0].removeprefix("--").replace("-", "_").upper()
                assert option.envvar == expected, f"{name} {option.opts[0]}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    needed = requirements(project["dependencies"] + extras["sandbox"] + extras["dev"])
    assert needed <= first_cells("CONTRIBUTING.md")


def test_every_make_target_is_explained() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)) - {"help"}
    explained = set(re.findall(r"make ([a-z-]+)", read("CONTRIBUTING.md")))
    assert targets <= explained


@pytest.mark.parametrize(
    "name",
    sorted(page.relative_to(ROOT).as_posix() for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))),
)
def test_links_within_the_repository_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", read(name))
    broken = [
        link
        for link in links
        if "://" not in link and not ((ROOT / name).parent / link.split("#")[0]).exists()
    ]
    assert broken == []


def test_architecture_names_only_files_that_exist() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_]+\.(?:py|json))`", read("docs/architecture.md"))
    assert named
    assert [name for name in named if not (ROOT / "src" / "astro_peer" / name).is_file()] == []


def test_every_promise_names_a_test_that_exists() -> None:
    promises = read("SECURITY.md").partition("## What holds each promise")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]
    named = [re.search(r"`(tests/[a-z_/0-9]+\.py)::(test_[a-z_0-9]+)`", row) for row in rows]
    assert len(named) > 20 and all(named)
    missing = [one.group() for one in named if one and f"\ndef {one[2]}(" not in f"\n{read(one[1])}"]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "page", "link"),
    [
        ("grant", "README.md", "docs/pictures/grant.svg"),
        ("dry-run", "docs/how-to/export.md", "../pictures/dry-run.svg"),
    ],
)
def test_a_picture_shows_text_and_fetches_nothing(name: str, page: str, link: str) -> None:
    assert f"]({link})" in read(page)
    svg = ElementTree.parse(PICTURES / f"{name}.svg").getroot()  # noqa: S314  (our own file)
    shown = "".join(svg.itertext()).replace("\xa0", " ")
    assert "astro-peer grant" in shown
    for element in svg.iter():
        tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        assert tag in ("svg", "style", "defs", "clipPath", "rect", "text", "circle", "g")
        fetched = " ".join(element.attrib.values()) + (element.text or "" if tag == "style" else "")
        assert "://" not in fetched
        assert "@import" not in fetched
        assert re.findall(r"url\((?!#)", fetched) == []


def test_workflows_use_actions_by_commit_with_their_version() -> None:
    used = [
        line.split("uses:", 1)[1].strip()
        for workflow in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in workflow.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    floating = [
        action
        for action in used
        if not action.startswith("./") and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    ]
    assert floating == []


def test_ci_tests_every_python_that_is_supported() -> None:
    oldest = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    tested = re.findall(
        r'"(3\.\d+)"', read(".github/workflows/ci.yml").partition("matrix:")[2].partition("steps:")[0]
    )
    assert tested[0] == oldest
    assert [int(version.split(".")[1]) for version in tested] == list(
        range(int(oldest.split(".")[1]), int(oldest.split(".")[1]) + len(tested))
    )


def test_only_what_is_on_main_is_released() -> None:
    """Seen before anything is built, in a checkout that has the history of main."""
    build = read(".github/workflows/release.yml").partition("\n  build:\n")[2].partition("\n  attest:\n")[0]
    ancestor = 'run: git merge-base --is-ancestor "$GITHUB_SHA" origin/main\n'
    assert "fetch-depth: 0" in build.partition(ancestor)[0]
    assert "make build" in build.partition(ancestor)[2]


def test_a_release_is_built_by_what_is_pinned() -> None:
    """Without isolation, so that the build backend is the one of the lock file, which is checked by its hash."""
    makefile = read("Makefile")
    assert "pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock" in makefile
    builds = re.findall(r"-m build.*", makefile)
    assert builds
    assert all("--no-isolation" in one for one in builds)
    (backend,) = tomllib.loads(read("pyproject.toml"))["build-system"]["requires"]
    assert backend in tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]["dev"]
    name = re.split(r"[<>=]", backend)[0]
    assert re.search(rf"^{name}==\S+ \\\n    --hash=sha256:", read("requirements.lock"), re.MULTILINE)


def test_how_a_release_is_checked_names_the_workflow_that_makes_it() -> None:
    section = read("SECURITY.md").partition("## Checking a release")[2]
    assert "gh attestation verify FILE --repo OWNER/REPOSITORY" in section
    assert "--signer-workflow OWNER/REPOSITORY/.github/workflows/release.yml" in section
    assert "attest-build-provenance@" in read(".github/workflows/release.yml")
