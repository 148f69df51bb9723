"""What is measured: each candidate's commands, and the sandbox in which they run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from astro_peer import procedure
from astro_peer.sandbox.tenant import demo

OURS = str(Path(sys.executable).with_name("astro-peer"))
_SCOPE = f"/subscriptions/{demo.PROD}"
_HUB = (
    "--hub-id",
    f"{_SCOPE}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs/vhub-prod-weu",
)
AZ = "the four az commands"
AZ_HELP, AZ_VERSION = "az --help", "az --version"

Command = tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    name: str
    commands: tuple[Command, ...]
    beside: str
    """The candidate that it is compared with."""


@dataclass(frozen=True)
class Life:
    """Candidates that run one after another in one sandbox, each of which finds what those before it have left."""

    candidates: tuple[Candidate, ...]
    signs_in_az: bool = False
    subscriptions: int = 0
    """How many the tenant has at least."""


def lives(role_file: str) -> tuple[Life, ...]:
    """In a tenant whose answers take their time."""
    return (
        Life((Candidate(AZ, _documented(role_file), AZ),), signs_in_az=True),
        Life((_ours("grant, az sign-in", "grant", "--yes", *_HUB, "--auth", "cli"),), signs_in_az=True),
        Life(
            (
                _ours("grant, secret", "grant", "--yes", *_HUB),
                _ours("second grant", "grant", "--yes", *_HUB),
                _ours("status", "status", *_HUB),
                _ours("check", "check", *_HUB),
                _ours("revoke", "revoke", "--yes", *_HUB),
            )
        ),
        *(
            Life((Candidate(_hubs(number), ((OURS, "hubs"),), _hubs(10)),), subscriptions=number)
            for number in (10, 1_000, 10_000)
        ),
    )


def _hubs(subscriptions: int) -> str:
    return f"hubs, {subscriptions:,} subscriptions"


WITHOUT_AZURE = (
    Candidate(AZ_HELP, (("az", "--help"),), AZ_HELP),
    Candidate("--help", ((OURS, "--help"),), AZ_HELP),
    Candidate(AZ_VERSION, (("az", "--version"),), AZ_VERSION),
    Candidate("--version", ((OURS, "--version"),), AZ_VERSION),
)
"""No answer is waited for: measured once a round."""


def _ours(name: str, *arguments: str) -> Candidate:
    return Candidate(name, ((OURS, *arguments),), AZ)


def _documented(role_file: str) -> tuple[Command, ...]:
    facts = procedure.load()
    assignee: Sequence[str] = ("--assignee", facts.application_id)
    return (
        ("az", "ad", "sp", "create", "--id", facts.application_id),
        ("az", "role", "definition", "create", "--role-definition", role_file),
        ("az", "role", "assignment", "create", *assignee, "--role", facts.role_name, "--scope", _SCOPE),
        ("az", "role", "assignment", "list", *assignee, "--all", "-o", "table"),
    )
