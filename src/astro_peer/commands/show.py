"""`astro-peer show`: a saved plan, as it was decided. Nothing of Azure is asked, and nobody signs in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from astro_peer.commands.options import OutputOptions, SavedPlanArgument, begin, command
from astro_peer.errors import ExitCode, UsageError


class Form(StrEnum):
    """What a saved plan can be shown as, beside `--output`, which says how a result is printed."""

    PLAN = "plan"
    MARKDOWN = "markdown"
    SCRIPT = "script"


@command
def show(
    context: typer.Context,
    file: SavedPlanArgument,
    show: OutputOptions,
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            metavar="FORM",
            help="plan: as the command that saved it showed it; markdown: for a pull request; script: of az commands.",
        ),
    ] = Form.PLAN,
) -> int:
    """Show a plan that was saved with grant --plan or revoke --plan.

    Nothing is asked of Azure: it is what was decided then. A file that was edited so that it does not hold together is
    refused, with exit code 7.
    """
    output = begin(context, "show", show)
    if form is Form.MARKDOWN and output.json:
        raise UsageError(
            "Markdown is a document of its own.",
            meaning="--output json was asked for as well.",
            next_step="Leave one or the other out.",
        )

    from datetime import UTC, datetime

    from astro_peer.model.result import planned
    from astro_peer.saved.file import read

    saved = read(file)
    output.result = planned(saved).having(command="show", saved=saved)
    if form is Form.SCRIPT:
        from astro_peer.output.export.az import script

        output.script(script(saved.plan, saved.change_reference))
    elif form is Form.MARKDOWN:
        from astro_peer.output.plan_markdown import markdown

        output.document(markdown(output.result))
    else:
        output.screen.saved_plan(output.result, saved, file, datetime.now(UTC))
    return ExitCode.DONE
