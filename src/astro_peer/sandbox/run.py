"""Starting a sandbox: around a block of code in this process, or around a command."""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from astro_peer.sandbox import az as az_client
from astro_peer.sandbox import demo, environment, faults
from astro_peer.sandbox.app import App
from astro_peer.sandbox.clock import Clock
from astro_peer.sandbox.personas import Persona
from astro_peer.sandbox.server import Server
from astro_peer.sandbox.tenant import Tenant


class Sandbox:
    """A running sandbox. `tenant` may be arranged directly while no request is under way."""

    def __init__(self, tenant: Tenant, server: Server, app: App, persona: Persona, directory: Path) -> None:
        self.tenant = tenant
        self.clock = tenant.clock
        self.url = server.url
        self.persona = persona
        self.ca_bundle = directory / "ca.pem"
        self._app = app
        self._azure_config = directory / "azure"
        self._azure_config.mkdir(mode=0o700)
        environment.write_bundle(self.ca_bundle, server.ca_pem, os.environ)

    def environment(self, parent: Mapping[str, str], persona: Persona | None = None) -> dict[str, str]:
        """The environment for a command inside, signed in as the sandbox's persona or as another one."""
        identity = self.tenant.applications[demo.persona_app_id(persona or self.persona)]
        return environment.build(parent, self.tenant, identity, self.url, self.ca_bundle, self._azure_config)

    def state(self) -> dict[str, Any]:
        """The JSON of `astro-peer sandbox state`."""
        return self._app.state()


@contextmanager
def serving(
    persona: Persona | str = Persona.OWNER, faults_wanted: Sequence[str] = (), *, port: int = 0
) -> Iterator[Sandbox]:
    """A sandbox in this process. Everything it made, files included, is gone afterwards.

    Raises faults.UnknownFault; OSError when the port is taken.
    """
    moods = faults.parse(faults_wanted)
    tenant = demo.build(Clock())
    with tempfile.TemporaryDirectory(prefix="astro-peer-sandbox-") as directory, Server(port) as server:
        app = App(tenant, server.url, moods)
        server.start(app.answer)
        yield Sandbox(tenant, server, app, Persona(persona), Path(directory))


def run(
    command: Sequence[str], *, persona: Persona | str = Persona.OWNER, faults: Sequence[str] = (), az: bool = False
) -> int:
    """Runs a command inside a sandbox of its own and returns its exit code, 128 + N if signal N killed it.

    Raises FileNotFoundError or PermissionError when the command cannot be started, az.AzMissing and az.AzFailed
    when `az` is wanted and cannot be had.
    """
    with serving(persona, faults) as sandbox:
        inside = sandbox.environment(os.environ)
        if az:
            az_client.sign_in(inside)
        return _wait_for(command, inside)


def _wait_for(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Ctrl-C reaches the command from the terminal by itself; we only have to outlive it."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    with subprocess.Popen(list(command), env=env) as process:
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread else None
        try:
            code = process.wait()
        finally:
            if in_main_thread:
                signal.signal(signal.SIGINT, previous)
    return 128 - code if code < 0 else code
