"""`astro-peer help`: a command's help, or one of the topics that belong to none."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from astro_peer.commands import parsing, topics
from astro_peer.commands.help_text import bold, rendered, table
from astro_peer.errors import ExitCode, UsageError
from astro_peer.model.similar import did_you_mean

_TOPICS = {
    "exit-codes": "Exit codes",
    "environment": "Variables that are read (the command line goes before them)",
    "permissions": "Who needs which rights, to",
}

app = typer.Typer(add_completion=False)


def _offered(context: typer.Context, incomplete: str) -> list[str]:
    root: Any = context.find_root().command
    return [one for one in (*_TOPICS, *root.list_commands(context)) if one.startswith(incomplete)]


@app.command("help", cls=parsing.Command)
def show(
    context: typer.Context,
    about: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND | TOPIC]", autocompletion=_offered)
    ] = None,
) -> int:
    """Show a command's help, or a topic: exit-codes, environment or permissions."""
    context.obj.silent = True
    root: Any = context.find_root()
    asked = " ".join(about or ())
    if asked in _TOPICS:
        rows = topics.PERMISSIONS
        if asked == "exit-codes":
            rows = topics.exit_codes()
        elif asked == "environment":
            rows = topics.environment(root.command, root)
        typer.echo("\n".join([bold(f"{_TOPICS[asked]}:"), *table(rows)]))
        return ExitCode.DONE
    command, path = root.command, root
    for word in about or ():
        found = command.get_command(path, word) if hasattr(command, "list_commands") else None
        if found is None:
            there = (*_TOPICS, *root.command.list_commands(root))
            raise UsageError(
                f"There is no help about '{asked}'.{did_you_mean(asked, there)}",
                meaning=f"There is help about {', '.join(there)}.",
                next_step="Name one of these.",
            )
        command, path = found, typer.Context(found, info_name=word, parent=path)
    typer.echo(rendered(command, path))
    return ExitCode.DONE
