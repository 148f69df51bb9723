"""What can go wrong, as one kind of exception that carries everything a person needs to go on.

Every error says, in this order: what could not be done, what Azure answered, what that means, and what
to do now, as data (`model.way_out`). `cli.main` is the only place that catches them; `output` renders them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from astro_peer.model.way_out import WayOut, way_out


class ExitCode(IntEnum):
    """The process's exit codes; documented in the README and stable."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CANCELLED = 3
    SIGN_IN = 4
    NOT_PERMITTED = 5
    NOT_FOUND = 6
    CONFLICT = 7
    TIMED_OUT = 8
    NOT_GRANTED = 10
    """`status` only: Astronomer's principal cannot write to hubs here."""
    DRIFTED = 11
    """`status` and `revoke`: it can, otherwise than documented; `status` also where nobody can tell; `audit`: it wrote
    more than one connection.
    """
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done, or nothing to do; status: granted as documented, and nothing else",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "usage: an option is wrong, or a question could not be asked",
    ExitCode.CANCELLED: "cancelled at a question",
    ExitCode.SIGN_IN: "not signed in, or the sign-in is not enough (another tenant, multi-factor authentication)",
    ExitCode.NOT_PERMITTED: "not permitted",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.CONFLICT: "a conflict that needs a decision; check --strict: a warning, or something that could not be"
    " read",
    ExitCode.TIMED_OUT: "timed out waiting for Azure",
    ExitCode.NOT_GRANTED: "status: Astronomer cannot write to hubs here",
    ExitCode.DRIFTED: "status: it can, otherwise than documented or past its end, or that could not be read; revoke: it"
    " still can, in another way; audit: it wrote more than one connection",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True)
class AzureAnswer:
    """What Azure said when it refused: its error code, its message, and the ID its support asks for."""

    code: str
    message: str
    status: int | None = None
    correlation_id: str | None = None


class AstroPeerError(Exception):
    """Base of every error shown to the user.

    `code` is Azure's error code where Azure refused, else the name of the class of problem.
    """

    exit_code = ExitCode.FAILED
    default_code = "Failed"

    def __init__(
        self,
        summary: str,
        *,
        meaning: str = "",
        next_step: WayOut | str = "",
        answer: AzureAnswer | None = None,
    ) -> None:
        super().__init__(summary)
        self.summary = summary
        self.meaning = meaning
        self.next_step = way_out(next_step or None)
        self.answer = answer

    @property
    def code(self) -> str:
        return self.answer.code if self.answer else self.default_code


class Failed(AstroPeerError):
    """Azure, or the way to it, failed in a manner that no other class names."""


class UsageError(AstroPeerError):
    """The command line (or its environment variables) asks for something that cannot be."""

    exit_code = ExitCode.USAGE
    default_code = "Usage"


class Cancelled(AstroPeerError):
    """The user said no."""

    exit_code = ExitCode.CANCELLED
    default_code = "Cancelled"


class SignInNeeded(AstroPeerError):
    """Not signed in, or the sign-in is not enough: another tenant, or MFA."""

    exit_code = ExitCode.SIGN_IN
    default_code = "SignInNeeded"


class NotPermitted(AstroPeerError):
    """Azure or Entra does not allow the caller to do this."""

    exit_code = ExitCode.NOT_PERMITTED
    default_code = "NotPermitted"


class NotFound(AstroPeerError):
    """Something named on the command line does not exist, or cannot be seen by the caller."""

    exit_code = ExitCode.NOT_FOUND
    default_code = "NotFound"


class Conflict(AstroPeerError):
    """What exists in Azure contradicts what is wanted, and only a person can decide."""

    exit_code = ExitCode.CONFLICT
    default_code = "Conflict"


class TimedOut(AstroPeerError):
    """Azure did not answer in time, or accepted a write and did not show it."""

    exit_code = ExitCode.TIMED_OUT
    default_code = "TimedOut"


class Interrupted(AstroPeerError):
    """Ctrl-C."""

    exit_code = ExitCode.INTERRUPTED
    default_code = "Interrupted"
