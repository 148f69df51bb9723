"""What every test may use: a simulated tenant of its own, and the installed command run inside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from astro_peer.output.report import schema
from astro_peer.sandbox import demo
from astro_peer.sandbox.run import Sandbox, serving

COMMAND = str(Path(sys.executable).with_name("astro-peer"))
ROLE = "Astro VHub Peering Contributor"
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
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def environment(self, persona: str | None = None) -> dict[str, str]:
        return self.sandbox.environment(os.environ, demo.Persona(persona) if persona else None)

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
