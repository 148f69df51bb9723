"""What is loaded when: whoever asks for help, or is told of a typing mistake, does not wait for an SDK."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from astro_peer.sandbox.tenant import demo

SDKS = frozenset({"azure", "msal", "requests", "urllib3", "cryptography", "pydantic", "werkzeug"})
RUN = """
import json, sys
from astro_peer import cli
from astro_peer.output import streams
def leave(code):
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
    raise SystemExit(code)
streams.leave = leave
cli.main()
"""


def loaded(*arguments: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-P", "-c", RUN, *arguments], capture_output=True, text=True, check=False
    )
    return set(json.loads(ran.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("role", "--subscription", demo.PROD),
        ("--help",),
        ("grant", "--help"),
        ("grant", "--no-such-option"),
        ("grant", "--offline", "--tenant", demo.TENANT, "--subscription", demo.PROD),
    ],
)
def test_what_needs_no_azure_loads_no_sdk(arguments: tuple[str, ...]) -> None:
    assert not loaded(*arguments) & SDKS


@pytest.mark.parametrize("arguments", [("--version",), ("role", "--subscription", demo.PROD)])
def test_what_is_printed_as_it_is_needs_no_terminal(arguments: tuple[str, ...]) -> None:
    assert "rich" not in loaded(*arguments)
