"""A text becomes one word of a command, and nothing else."""

from __future__ import annotations

import shlex

import pytest

from astro_peer.output.shell import command_line, quoted


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("plain", "plain"),
        ("", "''"),
        ("two words", "'two words'"),
        ("it's", '"it\'s"'),
        ("$(touch x)", "'$(touch x)'"),
        ("it's $HOME", "'it'\"'\"'s $HOME'"),
        ("it's `x`", "'it'\"'\"'s `x`'"),
        ('it\'s "x"', "'it'\"'\"'s \"x\"'"),
        ("it's \\", "'it'\"'\"'s \\'"),
        ("it's !x", "'it'\"'\"'s !x'"),
        ("it's\nx", "'it'\"'\"'s\nx'"),
    ],
)
def test_only_what_is_inert_there_stands_in_double_quotes(text: str, word: str) -> None:
    assert quoted(text) == word
    assert shlex.split(word) == [text]


def test_words_stay_apart() -> None:
    words = ["az", "--name", "it's mine", "$(x)", ""]
    assert command_line(words) == "az --name \"it's mine\" '$(x)' ''"
    assert shlex.split(command_line(words)) == words
