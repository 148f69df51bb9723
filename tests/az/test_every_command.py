"""No az command is printed that az was not seen to carry out.

`make test-az` runs this after the other tests here, which note each command that az was content with.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import astro_peer

from .conftest import RECORD

SOURCE = Path(astro_peer.__file__).parent
COMMAND = re.compile(r"(?<![\w.-])az((?: [a-z][a-z-]*)+)(.*)")
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")
PROSE = re.compile(
    r" (client|commands|is|was|gets|to|compares|and|or|cannot|session|sign-in|again|lists|printed|says|shows|would)\b"
)
"""What follows az where a sentence speaks of it, and no command."""


@dataclass(frozen=True)
class AzCommand:
    words: str
    options: frozenset[str]

    def __str__(self) -> str:
        return " ".join(("az", self.words, *sorted(self.options)))


EXCEPTIONS = {
    # For users who lack MFA; a sandbox has applications only, and Azure exempts them. What astro-peer says there:
    # tests/azure/explained.txt.
    AzCommand("logout", frozenset()),
    AzCommand("login", frozenset({"--tenant", "--scope", "--claims-challenge"})),
}


def texts(source: Path) -> Iterator[str]:
    """Every text in a module but its docstrings, with an X for what is filled in."""
    tree = ast.parse(source.read_text())
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                skipped.add(docstring)
            case ast.JoinedStr(values=parts):
                skipped.update(parts)
                yield "".join(
                    part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "X"
                    for part in parts
                )
            case ast.Constant(value=str(text)) if node not in skipped:
                yield text
            case ast.Call(func=ast.Name(id="az"), args=arguments):  # a command as data: model/way_out.py
                yield " ".join(["az", *words(arguments)])


def words(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        match argument:
            case ast.Constant(value=str(word)):
                yield word
            case ast.Starred(value=ast.Tuple(elts=more)):
                yield from words(more)
            case _:
                yield "X"


def commands_in(text: str) -> Iterator[AzCommand]:
    for part in re.split(r"\n|`|;|&&|\|", text.replace("\\\n", " ")):
        for words, rest in COMMAND.findall(part):
            if not PROSE.match(words):
                yield AzCommand(words.strip(), frozenset(OPTION.findall(rest)))


def printable() -> set[AzCommand]:
    return {
        command for source in SOURCE.rglob("*.py") for text in texts(source) for command in commands_in(text)
    }


@pytest.fixture(scope="module")
def carried_out() -> set[AzCommand]:
    gathered = os.environ.get(RECORD)
    if not gathered:
        pytest.skip("make test-az runs this, after the other tests")
    commands = set()
    for line in Path(gathered).read_text().splitlines():
        words, dashes, options = line.partition(" --")
        commands.add(AzCommand(words, frozenset((dashes + options).split())))
    return commands


def test_commands_are_found_in_the_sources() -> None:
    """Else the comparison below would be of nothing with nothing."""
    found = printable()
    assert len(found) > 15
    assert {
        AzCommand("ad sp create", frozenset({"--id", "--query", "--output"})),
        AzCommand("account set", frozenset({"--subscription"})),
        AzCommand("login", frozenset({"--tenant"})),
    } <= found
    assert "definition update" in " ".join(map(str, found))


def test_the_exceptions_are_still_printed() -> None:
    assert printable() >= EXCEPTIONS


def test_every_command_that_is_printed_was_carried_out(carried_out: set[AzCommand]) -> None:
    """With all of its options at once."""
    unseen = {
        wanted
        for wanted in printable() - EXCEPTIONS
        if not any(wanted.words == one.words and wanted.options <= one.options for one in carried_out)
    }
    assert not unseen, "never carried out by az: " + "; ".join(sorted(map(str, unseen)))
