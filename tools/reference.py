"""`make reference`: docs/reference.md, from the code. With --check, it fails where that page says something else.

Commands and options as Typer knows them, exit codes from `errors`, fields of the JSON document from its schema.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from astro_peer.cli import app
from astro_peer.commands import topics
from astro_peer.commands.help_text import says, spelling

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = page()
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/reference.md is not what the code says: `make reference` writes it.")


def page() -> str:
    commands = list(_commands(get_command(app), "astro-peer"))
    parts = [
        "# Reference",
        "Written by `make reference` from the code. Exit codes, options, variables and the JSON document are a"
        " contract: what exists keeps its meaning.",
        "## Commands",
        _table(
            ["command", "does"],
            ([f"[`{name}`](#{_anchor(name)})", _first_sentence(one)] for name, one in commands),
        ),
        "## Exit codes",
        _table(["code", "meaning"], map(list, topics.exit_codes())),
        "`sandbox run` exits with the code of the command it ran, `sandbox connect` with 0 for made, 5 for refused and"
        " 1 for anything else.",
        "## Who needs which rights",
        _table(["to", "you need"], map(list, topics.PERMISSIONS)),
        "## Variables",
        *_variables(commands),
        "## The JSON document",
        *_document(),
        *(part for name, one in commands for part in _command(name, one)),
    ]
    return "\n\n".join(parts) + "\n"


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(command, typer.core.TyperGroup):
        context = typer.Context(command)
        for part in command.list_commands(context):
            yield from _commands(command.get_command(context, part), f"{name} {part}")
    else:
        yield name, command


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}"
    yield command.help.strip()
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    if arguments:
        yield _table(["argument", "is"], ([_name_of(one), one.help or ""] for one in arguments))
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    yield _table(
        ["option", "variable", "does"],
        ([f"`{spelling(one)}`".replace("|", "\\|"), _variable(one), _one_line(says(one))] for one in options),
    )


def _name_of(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _variable(option: Any) -> str:
    return f"`{option.envvar}`" if option.envvar else ""


def _variables(commands: Iterable[tuple[str, Any]]) -> Iterator[str]:
    group: Any = get_command(app)
    read = topics.environment(group, typer.Context(group))
    yield _table(["variable", "says"], ([name, _one_line(says)] for name, says in read))
    unnamed = {
        max(option.opts, key=len)
        for name, command in commands
        if not name.startswith("astro-peer sandbox")
        for option in command.params
        if option.param_type_name == "option" and not option.envvar and option.name != "help"
    }
    yield (
        "If any option that names a place is on the command line, all variables that name one are ignored. These"
        " options have no variable, on purpose: they consent, destroy, say who gets the rights, or make it another kind"
        f" of run: {', '.join(f'`{flag}`' for flag in sorted(unnamed))}."
    )


def _document() -> Iterator[str]:
    schema = json.loads(files("astro_peer.output").joinpath("schema.json").read_text(encoding="utf-8"))
    yield (
        "With `--output json` standard output is one document, on failure and for usage errors too. Its schema is"
        " [schema.json](../src/astro_peer/output/schema.json), which ships with the package. A command leaves out what"
        " it has nothing to say about."
    )
    yield _table(
        ["field", "is"],
        (
            [f"`{name}`", _one_line(_described(field, schema["$defs"]))]
            for name, field in schema["properties"].items()
        ),
    )


def _described(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if said := field.get("description"):
        return str(said)
    inner = field.get("items", field)
    name = str(inner.get("$ref", "")).rpartition("/")[2]
    return str(definitions.get(name, {}).get("description", ""))


def _first_sentence(command: Any) -> str:
    return _one_line(command.help.strip().partition("\n\n")[0])


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
