"""The only package that prints: text for people, one JSON document for programs, and scripts."""

from __future__ import annotations

import sys
import traceback
from functools import cached_property
from typing import TYPE_CHECKING, Any

from astro_peer.model.outcome import Outcome
from astro_peer.output import streams

if TYPE_CHECKING:
    from astro_peer.errors import AstroPeerError, ExitCode
    from astro_peer.model.change import Change
    from astro_peer.model.plan import Plan
    from astro_peer.model.result import Applied, Result
    from astro_peer.output.export import Language
    from astro_peer.output.prompter import Prompter
    from astro_peer.output.report.recording import Recording
    from astro_peer.output.screen import Screen


class Output:
    """Where one run's results go: results to stdout, everything else to stderr.

    The result is filled in as a command goes on, so that a failure still says what was known. The screen, and the
    results it knows of, are loaded when they are first used: see `loading`.
    """

    def __init__(self, *, no_color: bool = False) -> None:
        self.json = False
        self.begun = False
        """Whether the command line was understood."""
        self.debug = False
        self.silent = False
        """The command prints a document of another kind (`role`), or none."""
        self._no_color = no_color
        self._verbose = False
        self._command: str | None = None
        self._undelivered: OSError | None = None
        self.recording: Recording | None = None
        """Where a report was asked for."""
        self.report_lost = False
        """Whether it could not be written."""

    def begin(
        self,
        command: str,
        *,
        json: bool,
        no_color: bool,
        verbose: bool,
        debug: bool,
        recording: Recording | None = None,
    ) -> None:
        self.json, self.begun, self.recording = json, True, recording
        self.debug = debug
        self._no_color, self._verbose, self._command = no_color, verbose, command

    @cached_property
    def result(self) -> Result:
        from astro_peer.model.result import Result

        return Result(command=self._command)

    @cached_property
    def screen(self) -> Screen:
        from astro_peer.output.screen import Screen

        verbose = self._verbose or self.debug
        screen = Screen(no_color=self._no_color, results=not self.json, verbose=verbose)
        if verbose:
            screen.show_requests(headers=self.debug)
        return screen

    @cached_property
    def prompter(self) -> Prompter:
        from astro_peer.output.prompter import Prompter

        return Prompter(self.screen)

    def note(self, **known: Any) -> None:
        """More of the result is known."""
        self.result = self.result.having(**known)

    def progress(self, change: Change, applied: Applied) -> None:
        """A change was carried out."""
        self.note(applied=applied)
        self.screen.progress(change, applied)

    def document(self, text: str) -> None:
        """Exactly this text on stdout, for another program to read."""
        from astro_peer.secrets_in_use import blotted

        text = blotted(text if text.endswith("\n") else text + "\n")
        self._undelivered = self._undelivered or streams.deliver(sys.stdout, text)

    def export(self, plan: Plan, language: Language, change_reference: str | None) -> None:
        """The result of a run that does nothing: the plan in that language on stdout, or in the JSON document."""
        from astro_peer.output.export import export

        text = export(plan, language, change_reference)
        self.note(script=text, language=language.value, outcome=Outcome.PLANNED)
        if not self.json:
            if sys.stdout.isatty():
                self.screen.say()  # between the plan and what it is spelled as
            self.document(text)

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

    def finish(self, code: int) -> None:
        """`code`: what the run ends with."""
        if "result" in vars(self) and not self.silent:
            from astro_peer.model import next_steps

            if not (
                self.json and self.result.script
            ):  # the document holds the script, and not standard output
                self.screen.next_steps(next_steps.after(self.result))
        if self.recording:
            self._report(self.recording, code)
        if self.json and not self.silent:
            from astro_peer.output.document import document

            self.document(document(self.result))
        if lost := self.lost:
            self.screen.warn(f"standard output takes no more ({lost.strerror}): results are missing.")

    def _report(self, recording: Recording, code: int) -> None:
        """A command line that was refused before anything was asked of Azure leaves no report."""
        from astro_peer.errors import UsageError

        if isinstance(self.result.error, UsageError) and self.result.account is None:
            return
        self.note(run=recording.run(code))
        try:
            written = recording.write(self.result)
        except (OSError, KeyboardInterrupt) as error:
            self.report_lost = True
            why = getattr(error, "strerror", None) or "interrupted"
            self.screen.warn(f"the report could not be written to {recording.path} ({why}).")
            return
        self.note(report=str(written))
        other = "" if written == recording.path else f" ({recording.path.name} was there already)"
        self.screen.say(f"Report: {written}{other}")

    @property
    def lost(self) -> OSError | None:
        """Why results could not be written, although there was somebody to read them."""
        failed = self._undelivered or (self.screen.out.failed if "screen" in vars(self) else None)
        return None if isinstance(failed, BrokenPipeError) else failed

    @property
    def wrote_to_azure(self) -> bool:
        return "result" in vars(self) and bool(self.result.applied.done)
