"""What a run makes, written down before it is made, so that all of it can be removed whatever happens on the way.

Nothing is removed that was not written down here: addresses hold GUIDs that this run chose, or that Azure gave to
what it made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acceptance.calls import AzureError, Reply
from acceptance.watch import Watch, until

_AT_MOST_SECONDS = 120
_IN_FLIGHT_SECONDS = 5
_NEVER = frozenset({401, 403})


@dataclass(frozen=True)
class Made:
    what: str
    remove: Callable[[], Reply]
    """Answers 2xx or 404 for what is gone, and for what was never there."""
    az: Callable[[], str]
    """The command that removes it by hand."""
    at_most_seconds: float = _AT_MOST_SECONDS


@dataclass(frozen=True)
class Left:
    """Something that may still be there."""

    made: Made
    why: str


class Ledger:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._made: list[Made] = []

    @property
    def entries(self) -> tuple[Made, ...]:
        return tuple(self._made)

    def intend(self, made: Made) -> None:
        """Before the request that makes it: its answer may be lost, or waited for no more."""
        self._made.append(made)

    def strike_out(self, made: Made) -> None:
        """Azure said that it does not make it."""
        self._made.remove(made)

    def clean_up(self, *, unsure: bool, tell: Callable[[str], None]) -> tuple[Left, ...]:
        """Removes everything, the last made first, and says what may be left.

        `unsure`: a request whose answer nobody waited for may still be under way, and make its object late; so all is
        done twice. A Ctrl-C ends it.
        """
        order = list(reversed(list(enumerate(self._made))))
        left = {number: Left(made, "not reached") for number, made in order}
        try:
            for _ in range(2 if unsure else 1):
                if unsure:
                    self._watch.pause(_IN_FLIGHT_SECONDS)
                left = {number: Left(made, "not reached") for number, made in order}
                for number, made in order:
                    tell(f"removing {made.what}")
                    why = self._removed(made)
                    if why:
                        left[number] = Left(made, why)
                    else:
                        del left[number]
        except KeyboardInterrupt:
            tell("interrupted again: the rest is left")
        return tuple(left[number] for number, _ in order if number in left)

    def _removed(self, made: Made) -> str:
        """Why not; empty when it is gone."""
        try:
            seen = until(
                self._watch,
                made.remove,
                lambda reply: reply.ok or reply.status == 404 or reply.status in _NEVER,
                made.at_most_seconds,
            )
        except AzureError as error:
            return str(error.message)
        reply = seen.reply
        return (
            "" if reply.ok or reply.status == 404 else f"{reply.status} {reply.code} {reply.message}".strip()
        )


def first_refusal(replies: Sequence[Reply]) -> Reply:
    """Of several removals the one that failed, else the last."""
    refused = [reply for reply in replies if not reply.ok and reply.status != 404]
    return refused[0] if refused else (replies[-1] if replies else Reply(404))
