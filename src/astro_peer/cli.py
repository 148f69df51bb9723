"""The Typer app, and the one place where errors become exit codes.

Command modules import no SDK at their top, so `--help` answers at once.
"""

from __future__ import annotations

import gc
import math
import os
import re
import signal
import sys
import time
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.main import get_command

from astro_peer import __version__
from astro_peer.commands import parsing
from astro_peer.errors import AstroPeerError, ExitCode, Failed, Interrupted, UsageError
from astro_peer.model.similar import did_you_mean
from astro_peer.model.way_out import Command, way_out
from astro_peer.output import Output, streams
from astro_peer.plain import one_line

_SECONDS_TO_SAY_SO = 1.0

_COMMANDS = {
    "check": "Look at everything that would stop a grant, or the peering after it, and say who can mend it.",
    "grant": "Give Astronomer the rights it needs to connect an Astro cluster to your virtual hub, or to a virtual"
    " network.",
    "revoke": "Take Astronomer's rights away again, once Astronomer has confirmed the connection.",
    "show": "Show a plan that was saved with grant --plan or revoke --plan.",
    "apply": "Carry out a plan that was saved with grant --plan or revoke --plan, exactly.",
    "status": "Show whether Astronomer can write to the hubs (or virtual networks) of a subscription, and through"
    " what.",
    "audit": "Show what Astronomer's principal changed in a subscription since the grant, and who made and changed the"
    " grant.",
    "request": "Print what Astronomer support asks for to make the connection, ready to paste.",
    "hubs": "List the virtual hubs you can see, over all subscriptions or in one, with what a peering needs to know.",
    "vnets": "List the virtual networks you can see, over all subscriptions or in one, with what a peering needs to"
    " know.",
    "role": "Print the documented custom role for a subscription, as `az role definition create` takes it.",
    "sandbox": "A simulated Azure tenant on this machine, with Azure's rules and without Azure.",
    "help": "Show a command's help, or a topic: exit-codes, environment or permissions.",
}
"""In the order of `--help`, with how the help of each begins; each has a module in `commands`, which calls it so, or
`app`.
"""


class _Commands(parsing.Group):
    """Loads the command that is run, and no other: all of them take longer than all the rest of a start."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def summaries(self, ctx: Any) -> dict[str, str]:
        return _COMMANDS

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]


def _load(name: str) -> Any:
    module = import_module(f"astro_peer.commands.{name}")
    group = getattr(module, "app", None)  # a command with commands of its own
    if group is None:
        group = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        group.command(cls=parsing.Command)(getattr(module, name))
    command = get_command(group)
    command.name = name
    return command


app = typer.Typer(
    name="astro-peer",
    cls=_Commands,
    help="Give Astronomer the temporary rights it needs to connect a dedicated Astro cluster to your Azure"
    " Virtual WAN hub, and take them away again.",
    epilog="A first run: `astro-peer grant`. Nothing is written before you have seen the plan and said yes.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"astro-peer {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def astro_peer(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        context.obj.silent = True
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and exit; every error ends here, with its exit code."""
    gc.disable()  # there is none while things are loaded: see `loading`, which ends it
    interrupt = _Interrupt()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    streams.prepare()
    output = Output(no_color="--no-color" in sys.argv)  # a command line that is refused has no colours either
    code: int = _run(output)
    output.finish(code)
    if code == ExitCode.DONE and (output.lost or output.report_lost) and not output.wrote_to_azure:
        code = ExitCode.FAILED  # what it was run for was to be read
    streams.leave(code)


class _Interrupt:
    """Once: who presses Ctrl-C twice is still told what was done."""

    def __init__(self) -> None:
        self._raised = -math.inf

    def __call__(self, *_: object) -> None:
        now = time.monotonic()
        if now - self._raised > _SECONDS_TO_SAY_SO:
            self._raised = now
            raise KeyboardInterrupt


def _run(output: Output) -> int:
    try:
        code = app(prog_name="astro-peer", standalone_mode=False, obj=output)
        if code == ExitCode.INTERRUPTED and not output.silent:  # typer's answer to Ctrl-C
            return _fail(output, Interrupted("Interrupted."))
        return int(code or ExitCode.DONE)
    except AstroPeerError as error:
        output.trace(error)
        return _fail(output, error)
    except typer.TyperException as error:
        return _usage(output, error)
    except KeyboardInterrupt:
        return _fail(output, Interrupted("Interrupted."))
    except Exception as error:  # noqa: BLE001  (the last resort: a person gets a sentence, not a traceback)
        output.trace(error)
        return _fail(
            output,
            Failed(
                f"astro-peer itself failed: {type(error).__name__}.",
                meaning=f"This is a bug, or an answer of Azure nobody expected: {one_line(str(error))}",
                next_step="Run the same command again: it goes on where it stopped. Please report it with the"
                " output of --debug.",
            ),
        )


def _usage(output: Output, error: typer.TyperException) -> int:
    if not error.format_message().strip():  # a group without a command: typer has printed its help
        output.silent = True
        return ExitCode.USAGE
    context = getattr(error, "ctx", None)
    if context is not None and context.parent is not None:
        output.note(command=context.command_path.split(" ", 1)[-1])
    help_of = context.command_path if context is not None else "astro-peer"
    help_command = Command((*help_of.split(), "--help"))
    shown = "commands" if isinstance(getattr(context, "command", None), parsing.Group) else "options"
    return _fail(
        output, UsageError(_one_sentence(error), next_step=way_out(help_command, f" shows the {shown}."))
    )


def _fail(output: Output, error: AstroPeerError) -> int:
    if not output.begun:
        output.json = _asks_for_json(sys.argv[1:])
    return output.fail(error)


def _one_sentence(error: typer.TyperException) -> str:
    """Typer's message on one line, without its validator's words, and long values shortened."""
    if hasattr(error, "possibilities"):  # an option that there is not
        context, option = getattr(error, "ctx", None), getattr(error, "option_name", "")
        known = [name for one in context.command.params for name in one.opts] if context else []
        return f"There is no option {one_line(option)}.{did_you_mean(option, known)}"
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    return re.sub(r"'([^']{50})[^']{11,}'", r"'\1...'", message)


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether JSON was asked for: a second look at a command line that could not be parsed.

    As Typer reads it: a flag's letters may stand together (`-yo json`), and a value may follow at once (`-ojson`).
    """
    chosen = os.environ.get("ASTRO_PEER_OUTPUT", "text")
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--":
            break
        if argument == "--output":
            chosen = following
        elif argument.startswith("--output="):
            chosen = argument.removeprefix("--output=")
        elif match := _SHORT_OUTPUT.fullmatch(argument):
            chosen = match[1] or following
    return chosen == "json"


_SHORT_OUTPUT = re.compile(r"-[a-fh-np-rt-zA-Z]*o(.*)")
"""-o behind any letters but its own and those of short options that take a value themselves."""
