"""What is built into a release beside the code: the README with links that lead somewhere from anywhere, and the
repository's address. Both follow from `[tool.astro-peer] repository` in pyproject.toml; without it neither is there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(?P<picture>!?)(?P<text>\[[^\]]*\])\((?P<to>(?![a-z]+:|#)[^)]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        repository = settings["tool"]["astro-peer"]["repository"]
        readme = (root / "README.md").read_text(encoding="utf-8")
        if repository:
            address = f"https://github.com/{repository}"
            metadata["urls"] = {
                "Repository": address,
                "Documentation": f"{address}/tree/main/docs",
                "Changelog": f"{address}/blob/main/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }
            readme = absolute(
                readme, repository, f"v{metadata['version']}" if "version" in metadata else "main"
            )
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}


def absolute(page: str, repository: str, version: str) -> str:
    """A page of the repository's root with links to the files of a version, and pictures as they are."""

    def lead(link: re.Match[str]) -> str:
        raw = f"https://raw.githubusercontent.com/{repository}/{version}/{link['to']}"
        page = f"https://github.com/{repository}/blob/{version}/{link['to']}"
        return f"{link['picture']}{link['text']}({raw if link['picture'] else page})"

    return _LINK.sub(lead, page)
