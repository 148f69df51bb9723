"""The only package that prints: text for people, one JSON document for programs, and scripts."""

from __future__ import annotations

import traceback
from typing import Any

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model.change import Change
from astro_peer.model.outcome import Outcome
from astro_peer.model.result import Applied, Result
from astro_peer.output.prompter import Prompter
from astro_peer.output.screen import Screen


class Output:
    """Where one run's results go: results to stdout, everything else to stderr.

    The result is filled in as a command goes on, so that a failure still says what was known.
    """

    def __init__(self, *, no_color: bool = False) -> None:
        self.json = False
        self.begun = False
        """Whether the command line was understood."""
        self.debug = False
        self.silent = False
        """The command prints a document of another kind (`role`), or none."""
        self.result = Result()
        self.screen = Screen(no_color=no_color)
        self.prompter = Prompter(self.screen)

    def begin(self, command: str, *, json: bool, no_color: bool, verbose: bool, debug: bool) -> None:
        self.json, self.begun = json, True
        self.screen = Screen(no_color=no_color, results=not json)
        self.prompter = Prompter(self.screen)
        self.debug = debug
        self.note(command=command)
        if verbose or debug:
            self.screen.show_requests(headers=debug)

    def note(self, **known: Any) -> None:
        """More of the result is known."""
        self.result = self.result.having(**known)

    def progress(self, change: Change, applied: Applied) -> None:
        """A change was carried out."""
        self.note(applied=applied)
        self.screen.progress(change, applied)

    def script(self, text: str) -> None:
        """The dry run's result: the script itself on stdout, or in the JSON document."""
        self.note(script=text, outcome=Outcome.PLANNED)
        if not self.json:
            self.screen.document(text)

    def trace(self, error: BaseException) -> None:
        """Where an error comes from, for --debug."""
        if self.debug:
            self.screen.trace(traceback.format_exception(error))

    def fail(self, error: AstroPeerError) -> ExitCode:
        """Show an error, in both forms where JSON was asked for; returns the exit code."""
        self.note(error=error, outcome=Outcome.FAILED)
        self.silent = False
        self.screen.error(error, self.result)
        return error.exit_code

    def finish(self) -> None:
        if self.json and not self.silent:
            from astro_peer.output.document import document

            self.screen.document(document(self.result))
        if self.screen.lost:
            self.screen.warn(
                f"standard output takes no more ({self.screen.lost.strerror}): results are missing."
            )

    @property
    def wrote_to_azure(self) -> bool:
        return bool(self.result.applied.done)
