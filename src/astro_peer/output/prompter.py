"""Questions to a person, and the one place that knows whether there is anybody to ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from astro_peer.errors import Cancelled, Interrupted
from astro_peer.output.terminal import Terminal
from astro_peer.plain import one_line
from astro_peer.waiting import Deadline

_Choice = TypeVar("_Choice")
_Answer = TypeVar("_Answer")


class Prompter:
    """Questions are shown on stderr, as stdout is for results."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.deadline = Deadline()
        """The command's: it stands still while a question is open."""

    @property
    def somebody_there(self) -> bool:
        """Whether a question would be seen by a person who can answer it."""
        return sys.stdin.isatty()

    @property
    def can_offer_choices(self) -> bool:
        """A list to choose from is drawn on the terminal itself."""
        return self.somebody_there and sys.stderr.isatty()

    def confirm(self, question: str) -> None:
        """Raises Cancelled unless the answer is yes, Interrupted on Ctrl-C."""
        self._terminal.say()
        while (answer := self._answer(f"{question} [y/N] ").lower()) not in ("y", "yes"):
            if answer in ("", "n", "no"):
                raise Cancelled("Cancelled.", next_step="Run the same command again when it should go on.")
            self._terminal.warn("please answer y or n.")

    def ask_for(self, what: str, check: Callable[[str], _Answer]) -> _Answer | None:
        """What the check makes of the answer; it raises ValueError for one that does not pass. None for no answer."""
        while answer := self._answer(f"{what}: "):
            try:
                return check(answer)
            except ValueError as error:
                self._terminal.warn(f"{error}.")
        return None

    def choose(self, question: str, choices: Sequence[tuple[str, _Choice]]) -> _Choice:
        """One of them, by the arrow keys, or by its number where no list can be drawn.

        Raises Cancelled where there is no answer, Interrupted on Ctrl-C.
        """
        titles = [one_line(title) for title, _ in choices]
        self._terminal.say()
        if not self._terminal.err.is_terminal or self._terminal.err.is_dumb_terminal:
            return choices[self._number_of(question, titles)][1]
        import questionary
        from prompt_toolkit.output import ColorDepth, create_output

        listed = [questionary.Choice(title, value=number) for number, title in enumerate(titles)]
        no_color = ColorDepth.DEPTH_1_BIT if self._terminal.err.no_color else None
        asked = questionary.select(
            question, choices=listed, output=create_output(stdout=sys.stderr), color_depth=no_color
        )
        with self.deadline.paused():
            chosen: int | None = asked.ask(kbi_msg="")
        if chosen is None:
            raise Interrupted("Interrupted.")
        return choices[chosen][1]

    def _number_of(self, question: str, titles: Sequence[str]) -> int:
        for number, title in enumerate(titles, 1):
            self._terminal.say(f"{number:3}  {title}")
        while answer := self._answer(f"{question} [1-{len(titles)}] "):
            if answer in map(str, range(1, len(titles) + 1)):
                return int(answer) - 1
            self._terminal.warn("please answer with one of the numbers.")
        raise Cancelled("Cancelled.", next_step="Run the same command again when it should go on.")

    def _answer(self, prompt: str) -> str:
        self._terminal.prompt(prompt)
        try:
            with self.deadline.paused():
                return input().strip()
        except EOFError:
            self._terminal.say()
            return ""
        except KeyboardInterrupt:
            self._terminal.say()
            raise Interrupted("Interrupted.") from None
