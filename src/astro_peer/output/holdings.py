"""The assignments that Astronomer's principal holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.output.terminal import as_table
from astro_peer.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.model.access import Holding
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, title: str, holdings: Iterable[Holding], principal: str) -> None:
    """A table like that of `az role assignment list --all --output table`."""
    rows = as_table("Principal", "Role", "Scope", title=title)
    for one in holdings:
        style = "" if one.ours else "dim"
        through = " (through a group)" if one.through_group else ""
        rows.add_row(
            Text(plain(principal) + through, style),
            Text(plain(one.role_name), style),
            Text(plain(one.assignment.scope), style),
        )
    terminal.out.print(rows)
