"""`astro-peer show`: a saved plan, as it was decided. Nothing of Azure is asked, and nobody signs in."""

from __future__ import annotations

from typing import Annotated

import typer

from astro_peer.commands.options import ExportOption, OutputOptions, SavedPlanArgument, begin, command
from astro_peer.errors import ExitCode, UsageError


@command
def show(
    context: typer.Context,
    file: SavedPlanArgument,
    show: OutputOptions,
    export: ExportOption = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, for a comment in a pull request.")
    ] = False,
) -> int:
    """Show a plan that was saved with grant --plan or revoke --plan.

    Nothing is asked of Azure: it is what was decided then. A file that was edited so that it does not hold together is
    refused, with exit code 7.
    """
    output = begin(context, "show", show)
    if markdown and (output.json or export):
        raise UsageError(
            "Markdown is a document of its own.",
            meaning="--output json was asked for as well." if output.json else "--export was given as well.",
            next_step="Leave one or the other out.",
        )

    from datetime import UTC, datetime

    from astro_peer.model.result import planned
    from astro_peer.saved.file import read

    saved = read(file)
    output.result = planned(saved).having(command="show", saved=saved, plan_file=str(file))
    if export:
        output.export(saved.plan, export, saved.change_reference)
    elif markdown:
        from astro_peer.output.report.composed import composed
        from astro_peer.output.report.markdown import markdown as spelled

        output.silent = True
        output.document(spelled(composed(planned(saved).having(saved=saved, run=saved.run))))
    else:
        output.screen.saved_plan(output.result, saved, file, datetime.now(UTC))
    return ExitCode.DONE
