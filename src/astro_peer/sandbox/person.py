"""Another person in a sandbox that is running: a command signed in as them, and az as well where it was signed in."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from astro_peer.sandbox import az as az_client
from astro_peer.sandbox import client, environment, files
from astro_peer.sandbox.run import wait_for
from astro_peer.sandbox.tenant.personas import Persona


def run_as(persona: Persona, command: Sequence[str], url: str, secret: str, parent: Mapping[str, str]) -> int:
    """The command's exit code, as `run.run` has it. az gets a folder of its own: the first person stays signed in.

    Raises requests.RequestException where the sandbox does not answer, and what `run.run` raises.
    """
    with client.session() as session:
        answer = session.get(
            f"{url}/sandbox/people/{persona}", headers={"x-sandbox-secret": secret}, timeout=30
        )
    answer.raise_for_status()
    with files.directory() as directory:
        inside = environment.signed_in_as(parent, answer.json())
        config = directory / "azure"
        config.mkdir(mode=0o700)
        inside["AZURE_CONFIG_DIR"] = os.fspath(config)
        if (Path(parent.get("AZURE_CONFIG_DIR", "")) / "clouds.config").is_file():
            az_client.sign_in(inside)
        return wait_for(command, inside)
