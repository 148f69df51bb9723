"""`astro-peer sandbox`: a simulated tenant to try things in, which never talks to Azure."""

import json
import os
import re
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from astro_peer import names, urls
from astro_peer.commands import parsing
from astro_peer.errors import Failed, UsageError
from astro_peer.model.place import Where
from astro_peer.plain import one_line
from astro_peer.sandbox.faults.catalogue import FAULTS
from astro_peer.sandbox.tenant.beginnings import TenantState
from astro_peer.sandbox.tenant.personas import Persona

app = typer.Typer(
    cls=parsing.Group,
    add_completion=False,
    help="A simulated Azure tenant on this machine, with Azure's rules and without Azure.",
    no_args_is_help=True,
)


def _faults(incomplete: str) -> list[tuple[str, str]]:
    """As far as their arguments, which are for whoever types."""
    found = []
    for usage, does in FAULTS.items():
        name, colon, _ = usage.partition(":")
        if name.startswith(incomplete):
            found.append((name + colon, does))
    return found


As = Annotated[
    Persona,
    typer.Option(
        "--as",
        metavar="WHO",
        help="Who you are inside: owner (of both subscriptions, may create service principals), uaa (User Access"
        " Administrator), rbac-admin (Role Based Access Control Administrator: assigns roles, cannot define them),"
        " contributor, reader, entra-admin (may create service principals, holds no role in Azure). People, who"
        " sign in by name and password: user (owner through a group), app-admin, cloud-app-admin and custom-admin (the"
        " same, each with a directory role), global-admin (holds no role in Azure).",
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="NAME[:ARG]",
        autocompletion=_faults,
        help="How Azure misbehaves: one of the faults below. Can be given several times.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="Another arrangement of the same faults: what is counted, which reads lag."),
]
State = Annotated[
    TenantState,
    typer.Option(
        "--tenant-state",
        metavar="STATE",
        help="What the tenant is like at first: ready (nothing stands in the way), everything-wrong (whatever can"
        " does), large (200 subscriptions more, 100 connections on the demo hub).",
    ),
]
Subscriptions = Annotated[
    int,
    typer.Option(
        "--subscriptions",
        metavar="N",
        min=0,
        max=20_000,
        help="So many subscriptions in all, if the tenant has fewer, with a virtual hub in every tenth.",
    ),
]
_FAULTS = "Faults:\n\n" + "\n".join(f"- **{usage}**: {does}" for usage, does in FAULTS.items())


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what can go wrong in starting a sandbox into an error for the user."""
    try:
        import trustme  # noqa: F401
        import werkzeug  # noqa: F401
    except ImportError:
        raise Failed(
            "The sandbox needs two packages that are not installed.",
            next_step="pip install 'astro-peer[sandbox]'",
        ) from None
    from astro_peer.sandbox.az import AzFailed, AzMissing
    from astro_peer.sandbox.faults.catalogue import UnknownFault

    try:
        yield
    except UnknownFault as error:
        raise UsageError(str(error)) from None
    except (AzMissing, AzFailed) as error:
        raise Failed(str(error)) from None


@app.command(cls=parsing.Command, epilog=_FAULTS)
def serve(
    persona: As = Persona.OWNER,
    fault: Faults = None,
    seed: Seed = 0,
    tenant_state: State = TenantState.READY,
    subscriptions: Subscriptions = 0,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
) -> None:
    """Keeps a sandbox running until Ctrl-C, for use from another terminal."""
    with _explained():
        from astro_peer.sandbox.run import serving

        try:
            with serving(
                persona, fault or (), port=port, seed=seed, state=tenant_state, subscriptions=subscriptions
            ) as sandbox:
                inside = sandbox.environment(os.environ)
                exports = {k: v for k, v in inside.items() if os.environ.get(k) != v}
                typer.echo(f"A sandbox is running at {sandbox.url}, and stops with Ctrl-C.", err=True)
                typer.echo(
                    "Paste this into another terminal to work in it, and close that one to leave:\n", err=True
                )
                for name in exports:
                    typer.echo(f"export {name}={shlex.quote(exports[name])}", err=True)
                _wait_for_interrupt()
        except OSError as error:
            raise Failed(f"The sandbox could not start: {error.strerror or error}.") from None


def _wait_for_interrupt() -> None:
    """Until Ctrl-C, or a polite request to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(0.2):  # in steps, so that Windows delivers the signal
        pass


@app.command(cls=parsing.Command, epilog=_FAULTS, context_settings={"allow_interspersed_args": False})
def run(
    context: typer.Context,
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="The command, after two dashes.")
    ],
    persona: As = Persona.OWNER,
    fault: Faults = None,
    seed: Seed = 0,
    tenant_state: State = TenantState.READY,
    subscriptions: Subscriptions = 0,
    az: Annotated[
        bool, typer.Option("--az", help="Sign the az client in as well, beside your own sign-in.")
    ] = False,
) -> None:
    """Runs one command in a sandbox of its own and exits with the command's exit code."""
    context.obj.silent = True  # what there is to say, the command says
    if sys.stderr.isatty():
        typer.echo(
            "Inside a simulated tenant, with its demo hub as ASTRO_PEER_HUB_ID; it ends with the command.",
            err=True,
        )
    raise typer.Exit(
        run_inside(
            command,
            persona,
            fault or [],
            seed=seed,
            state=tenant_state,
            subscriptions=subscriptions,
            az=az,
        )
    )


def run_inside(
    command: list[str],
    persona: Persona = Persona.OWNER,
    faults: Sequence[str] = (),
    *,
    seed: int = 0,
    state: TenantState = TenantState.READY,
    subscriptions: int = 0,
    az: bool = False,
) -> int:
    """The command's exit code."""
    with _explained(), _as_a_command(command):
        from astro_peer.sandbox import run

        return run.run(
            command,
            persona=persona,
            faults=faults,
            seed=seed,
            state=state,
            subscriptions=subscriptions,
            az=az,
        )


@contextmanager
def inside_a_sandbox() -> Iterator[tuple[str, Where]]:
    """This very process, in a sandbox of its own: its metadata URL, and its demo hub."""
    with _explained():
        from astro_peer.sandbox.run import serving

        with serving() as sandbox:
            outside = dict(os.environ)
            try:
                os.environ.clear()
                os.environ.update(sandbox.environment(outside))
                yield os.environ["ASTRO_PEER_CLOUD"], names.hub_id(os.environ["ASTRO_PEER_HUB_ID"])
            finally:
                os.environ.clear()
                os.environ.update(outside)


_RUN = "astro-peer sandbox run -- COMMAND"
_ONE_OF = "Give one of --hub-id, --vnet and --vnet-id."
_VNET_ID = re.compile(
    "/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/?",
    re.IGNORECASE,
)
_VNET_ID_IS = (
    "It has the form"
    " /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/VNET."
)


def _inside() -> tuple[str, str]:
    """The sandbox's address, on this machine's loopback, and the secret that its own pages ask for."""
    url, secret = os.environ.get("ASTRO_PEER_SANDBOX_URL"), os.environ.get("ASTRO_PEER_SANDBOX_SECRET")
    if not url or not secret:
        raise UsageError("This works inside a sandbox only.", next_step=_RUN)
    try:
        return urls.origin(names.loopback_metadata_url(url)), secret
    except ValueError:
        raise UsageError(
            "ASTRO_PEER_SANDBOX_URL is not a sandbox's.",
            meaning="A sandbox's address is https on this machine's loopback address, such as"
            " https://127.0.0.1:8443: its secret is sent nowhere else.",
            next_step=_RUN,
        ) from None


@app.command("as", cls=parsing.Command, context_settings={"allow_interspersed_args": False})
def run_as(
    context: typer.Context,
    persona: Annotated[Persona, typer.Argument(metavar="WHO", help="As --as of sandbox run.")],
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="The command, after two dashes.")
    ],
) -> None:
    """Runs a command as another person, inside a sandbox that is running, and exits with its exit code.

    WHO is one of those of `astro-peer sandbox run --as`. Where az was signed in, it is signed in as them, too.
    """
    import requests

    context.obj.silent = True
    url, secret = _inside()
    command = command[1:] if command[0] == "--" else command
    if not command:
        raise UsageError("There is no command to run.", next_step="astro-peer sandbox as WHO -- COMMAND")
    with _explained(), _as_a_command(command):
        from astro_peer.sandbox.person import run_as as run_as_person

        try:
            code = run_as_person(persona, command, url, secret, os.environ)
        except requests.RequestException as error:
            raise Failed(f"The sandbox at {url} could not be reached: {type(error).__name__}.") from None
    raise typer.Exit(code)


@contextmanager
def _as_a_command(command: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UsageError(f"There is no command '{command[0]}'.") from None
    except PermissionError:
        raise UsageError(f"'{command[0]}' is not a command that can be run.") from None


@app.command(cls=parsing.Command)
def state() -> None:
    """Prints what the sandbox holds now, and every request it was sent, as JSON."""
    import requests

    from astro_peer.sandbox import client

    url, secret = _inside()
    try:
        with client.session() as session:
            answer = session.get(f"{url}/sandbox/state", headers={"x-sandbox-secret": secret}, timeout=30)
        answer.raise_for_status()
        held = answer.json()
    except requests.RequestException as error:
        raise Failed(f"The sandbox at {url} could not be reached: {type(error).__name__}.") from None
    json.dump(held, sys.stdout, indent=2)
    sys.stdout.write("\n")


@app.command(cls=parsing.Command)
def connect(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The connection's or the peering's name.")] = "astro-peering",
    hub_id: Annotated[
        str | None,
        typer.Option(
            "--hub-id", envvar="ASTRO_PEER_HUB_ID", help="The hub's resource ID; the demo hub if not given."
        ),
    ] = None,
    vnet: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Instead of a hub: a virtual network of the demo subscription, to be peered."
        ),
    ] = None,
    vnet_id: Annotated[
        str | None,
        typer.Option("--vnet-id", metavar="ID", help="Instead of a hub: a virtual network's resource ID."),
    ] = None,
) -> None:
    """Acts as Astronomer: connects to the hub, or peers the network, if Azure's rules let it, else exits with 5."""
    from astro_peer.sandbox.astronomer import Outcome, Result
    from astro_peer.sandbox.astronomer import connect as connect_as_astronomer
    from astro_peer.sandbox.astronomer_peering import peer, peer_by_name

    url, secret = _inside()
    source = context.get_parameter_source("hub_id")
    hub_given = source is not None and source.name == "COMMANDLINE"
    if sum((hub_given, vnet is not None, vnet_id is not None)) > 1:
        raise UsageError("Astronomer connects to one thing: a hub or a virtual network.", next_step=_ONE_OF)
    outcome: Outcome
    if vnet_id is not None:
        if not _VNET_ID.fullmatch(vnet_id):
            raise UsageError(f"'{vnet_id}' is not the ID of a virtual network.", meaning=_VNET_ID_IS)
        outcome = peer(url, secret, vnet_id, name)
    elif vnet is not None:
        subscription = os.environ.get("AZURE_SUBSCRIPTION_ID", "")
        outcome = peer_by_name(url, secret, subscription, vnet, name)
    elif hub_id:
        outcome = connect_as_astronomer(url, secret, hub_id, name)
    else:
        raise UsageError(
            "There is no hub to connect to.", next_step="Give --hub-id, or set ASTRO_PEER_HUB_ID."
        )
    if outcome.says:
        typer.echo(outcome.says, err=True)
    typer.echo(one_line(outcome.message), err=outcome.result is not Result.MADE)
    raise typer.Exit(int(outcome.result))
