"""Starting a sandbox: around a block of code in this process, or around a command."""

import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from astro_peer.sandbox import az as az_client
from astro_peer.sandbox import environment, files
from astro_peer.sandbox.faults.catalogue import parse
from astro_peer.sandbox.http.app import App
from astro_peer.sandbox.http.server import Server
from astro_peer.sandbox.tenant import demo, tenant_states
from astro_peer.sandbox.tenant.beginnings import TenantState
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import Tenant


class Sandbox:
    """A running sandbox. `tenant` may be arranged directly while no request is under way."""

    def __init__(
        self, tenant: Tenant, server: Server, app: App, secret: str, persona: Persona, directory: Path
    ) -> None:
        self.tenant = tenant
        self.clock = tenant.clock
        self.url = server.url
        self.persona = persona
        self.secret = secret
        """What the sandbox's own pages under /sandbox ask for."""
        self.ca_certificate = directory / "ca.pem"
        """The sandbox's own authority alone."""
        self.ca_bundle = directory / "bundle.pem"
        """What the caller trusts anyway, and the sandbox's own authority."""
        self._app = app
        self._azure_config = directory / "azure"
        self._azure_config.mkdir(mode=0o700)
        self.ca_certificate.write_bytes(server.ca_pem)
        environment.write_bundle(self.ca_bundle, server.ca_pem, os.environ)

    def environment(self, parent: Mapping[str, str], persona: Persona | None = None) -> dict[str, str]:
        """The environment for a command inside, signed in as the sandbox's persona or as another one."""
        identity = demo.identity_of(self.tenant, persona or self.persona)
        return environment.build(
            parent, self.tenant, identity, self.url, self.secret, self.ca_bundle, self._azure_config
        )

    def state(self) -> dict[str, Any]:
        """The JSON of `astro-peer sandbox state`."""
        return self._app.state()


@contextmanager
def serving(
    persona: Persona | str = Persona.OWNER,
    faults: Sequence[str] = (),
    *,
    port: int = 0,
    seed: int = 0,
    state: TenantState | str = TenantState.READY,
    subscriptions: int = 0,
) -> Iterator[Sandbox]:
    """A sandbox in this process. Everything it made, files included, is gone afterwards. `subscriptions`: how many
    the tenant has at least.

    Raises faults.UnknownFault; OSError when the port is taken.
    """
    arranged = parse(faults, seed)
    tenant = tenant_states.build(TenantState(state), Clock(), subscriptions)
    secret = secrets.token_urlsafe(32)
    with files.directory() as directory, Server(port) as server:
        app = App(tenant, server.url, secret, arranged)
        server.start(app.answer)
        yield Sandbox(tenant, server, app, secret, Persona(persona), directory)


def run(
    command: Sequence[str],
    *,
    persona: Persona | str = Persona.OWNER,
    faults: Sequence[str] = (),
    seed: int = 0,
    state: TenantState | str = TenantState.READY,
    subscriptions: int = 0,
    az: bool = False,
) -> int:
    """Runs a command inside a sandbox of its own and returns its exit code, 128 + N if signal N killed it.

    Raises OSError when the command cannot be started, az.AzMissing and az.AzFailed when `az` is wanted
    and cannot be had.
    """
    with serving(persona, faults, seed=seed, state=state, subscriptions=subscriptions) as sandbox:
        inside = sandbox.environment(os.environ)
        if az:
            az_client.sign_in(inside)
        return wait_for(command, inside)


def wait_for(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Ctrl-C reaches the command from the terminal by itself, a request to end is passed on; we outlive both."""
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(*_: object) -> None:
        for process in started:
            process.terminate()

    # Handlers and not SIG_IGN, which the command would inherit
    handlers: dict[signal.Signals, Callable[..., None]] = {
        signal.SIGINT: lambda *_: None,
        signal.SIGTERM: pass_on,
    }
    with _handling(handlers), subprocess.Popen(list(command), env=env) as process:
        started.append(process)
        code = process.wait()
    return 128 - code if code < 0 else code


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Callable[..., None]]) -> Iterator[None]:
    """Signals can be handled in the main thread only; elsewhere this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
