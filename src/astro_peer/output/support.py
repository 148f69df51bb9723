"""What to send to Astronomer support: as text to paste, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.plain import plain

if TYPE_CHECKING:
    from astro_peer.model.request import SupportRequest
    from astro_peer.output.terminal import Terminal


def show(terminal: Terminal, request: SupportRequest) -> None:
    from rich.text import Text

    terminal.out.print()
    terminal.out.print(Text("Support request", style="bold"))
    terminal.result(f"Open {request.url} and paste:\n")
    for name, value in (("Subject", request.subject), *request.lines):
        terminal.result(f"  {name + ':':<24}{plain(value)}")
    for what in request.missing:
        terminal.warn(f"fill in the blank: {what}.")
    if request.procedure.warning:
        terminal.warn(request.procedure.warning)


def markdown(request: SupportRequest) -> str:
    """With the subject as its heading."""
    from astro_peer.output.report.markdown import code, text_of

    fields = "\n".join(f"- {name}: {code(value)}" for name, value in request.lines)
    return f"# {text_of(request.subject)}\n\n{fields}\n"
