"""The only package that prints: text for people, one JSON document for programs."""

from __future__ import annotations

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.output.report import Report
from astro_peer.output.screen import Screen


class Output:
    """Where one run's results go: results to stdout, everything else to stderr."""

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.debug = False
        self.report = Report()
        self.screen = Screen(results=not json)

    def begin(self, command: str, *, json: bool, no_color: bool, verbose: bool, debug: bool) -> None:
        self.json = json
        self.report.command = command
        self.screen = Screen(no_color=no_color, results=not json)
        self.debug = debug
        if verbose or debug:
            self.screen.show_requests(headers=debug)

    def script(self, text: str) -> None:
        """The dry run's result: the script itself on stdout, or in the JSON document."""
        self.report.script(text)
        if not self.json:
            self.screen.document(text)

    def fail(self, error: AstroPeerError) -> ExitCode:
        """Show an error, in both forms where JSON was asked for; returns the exit code."""
        self.screen.error(error)
        self.report.failed(error)
        return error.exit_code

    def finish(self) -> None:
        if self.json and not self.report.silent:
            self.screen.document(self.report.as_json())
