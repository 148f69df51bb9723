"""The repository's address, OWNER/REPOSITORY: pyproject.toml holds it, under [tool.astro-peer].

`make address` writes it into the pages that name it. With --check, as a release runs it, it fails while the address is
not set, or is not the one that GITHUB_REPOSITORY says, or a page still has the placeholder.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tomllib
from pathlib import Path

PLACEHOLDER = "OWNER/REPOSITORY"
_PAGES = ("*.md", "docs/**/*.md", "action/*.md", ".github/**/*.yml")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1])
    options = parser.parse_args()
    repository = address(options.root)
    if not options.check:
        if not repository:
            sys.exit("pyproject.toml does not say the repository's address: set it under [tool.astro-peer].")
        for page in pages(options.root):
            text = page.read_text(encoding="utf-8")
            page.write_text(text.replace(PLACEHOLDER, repository), encoding="utf-8")
        return
    if wrong := list(faults(options.root, repository, os.environ.get("GITHUB_REPOSITORY"))):
        sys.exit("\n".join(wrong))


def address(root: Path) -> str:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["astro-peer"]["repository"])


def pages(root: Path) -> list[Path]:
    """Those that have the placeholder."""
    found = sorted({page for pattern in _PAGES for page in root.glob(pattern)})
    return [page for page in found if PLACEHOLDER in page.read_text(encoding="utf-8")]


def faults(root: Path, repository: str, actual: str | None) -> list[str]:
    """A sentence for each; none for a repository that can be released."""
    found = []
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        found.append("pyproject.toml does not say the repository's address, under [tool.astro-peer].")
    elif actual and repository.lower() != actual.lower():
        found.append(f"pyproject.toml says that this is {repository}, and it is {actual}.")
    found += [
        f"{page.relative_to(root)} still has {PLACEHOLDER}: `make address` writes the address into it."
        for page in pages(root)
    ]
    return found


if __name__ == "__main__":
    main()
