from collections.abc import Callable, Iterator

import pytest

from astro_peer.sandbox.run import Sandbox, serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.state import Tenant

from .client import Client


@pytest.fixture
def tenant() -> Tenant:
    return demo.build(Clock())


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes with the faults given; all of them end with the test."""
    running = []

    def start(*faults: str) -> Sandbox:
        context = serving(faults=faults)
        running.append(context)
        return context.__enter__()

    yield start
    for context in reversed(running):
        context.__exit__(None, None, None)


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start()


@pytest.fixture
def signed_in() -> Iterator[Callable[..., Client]]:
    """Clients by persona, or by the application ID of anybody else; their connections end with the test."""
    clients: list[Client] = []

    def signed_in(sandbox: Sandbox, who: Persona | str) -> Client:
        client = Client.of(sandbox, who) if isinstance(who, Persona) else Client(sandbox, who)
        clients.append(client)
        return client

    yield signed_in
    for client in clients:
        client.session.close()


@pytest.fixture
def owner(sandbox: Sandbox, signed_in: Callable[..., Client]) -> Client:
    return signed_in(sandbox, Persona.OWNER)


@pytest.fixture
def as_persona(sandbox: Sandbox, signed_in: Callable[..., Client]) -> Callable[[Persona], Client]:
    return lambda persona: signed_in(sandbox, persona)
