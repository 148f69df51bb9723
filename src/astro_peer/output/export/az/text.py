"""What every template is made of: sections, and the ways in which a text of somebody else's enters one.

Beside `quoted` these are the only ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from astro_peer.model.change import Change
from astro_peer.model.plan import Plan
from astro_peer.plain import one_line


@dataclass(frozen=True)
class Section:
    title: str
    """A sentence of ours, with no text of anybody else's in it."""
    body: str
    functions: tuple[str, ...] = ()
    """The shell functions that it calls, each after those that it calls itself."""


Template = Callable[[Plan, Change, bool], Section]
"""How a change of one kind of object is written; told whether the object must be there already, made by others."""


def filled(template: str, **values: str) -> str:
    """The template with texts in the place of their names, all at once: no text is searched for the name of another."""
    return re.sub("|".join(values), lambda found: values[found[0]], template)


def comment(text: str) -> str:
    """One comment line: a line break in a name would end the comment and begin a command."""
    return "# " + one_line(text)


def as_az_says(value: str) -> str:
    """A text as the shell function `as_lines` has it: its JSON in ASCII, without the quotation marks."""
    return json.dumps(value)[1:-1]


def here_document(document: str) -> str:
    """JSON in ASCII: none of its lines can be the delimiter, and the shell leaves them as they are."""
    return f"<<'JSON'\n{document.strip()}\nJSON"
