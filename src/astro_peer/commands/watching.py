"""`--watch` of `status` and `grant`: its options, and what is done when Astronomer has connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astro_peer import names
from astro_peer.commands.options import checked
from astro_peer.errors import Cancelled, ExitCode, Interrupted, UsageError
from astro_peer.output import Output

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.model.baseline import Baseline
    from astro_peer.model.observed import Observed
    from astro_peer.model.place import Place
    from astro_peer.model.wanted import Wanted

_PANEL = "Waiting for Astronomer"
_AT_MOST = timedelta(hours=4)
_LONGEST_REPORT_BYTES = 50_000_000


@dataclass(frozen=True)
class WatchOptions:
    """Whether to wait for Astronomer's connection, and how long."""

    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Wait until Astronomer has connected to it; exits with 0 then, with 1 if it failed.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    watch_for: Annotated[
        timedelta | None,
        typer.Option(
            "--for",
            parser=checked(names.duration),
            metavar="DURATION",
            help="With --watch: how long at most, such as 30m, 4h or 2d; then it exits with 8. Left out: 4h.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            metavar="REPORT",
            help="With --watch: the JSON document of an earlier grant or status, to tell what is new.",
            rich_help_panel=_PANEL,
        ),
    ] = None

    def __post_init__(self) -> None:
        for option, given in (("--for", self.watch_for), ("--baseline", self.baseline)):
            if given is not None and not self.watch:
                raise UsageError(
                    f"{option} goes with --watch.",
                    meaning="Without it nothing is waited for.",
                    next_step=f"Add --watch, or leave {option} out.",
                )

    @property
    def at_most(self) -> timedelta:
        return self.watch_for or _AT_MOST

    def report(self) -> str | None:
        """The text of the baseline, read before anything is done. Raises UsageError."""
        if self.baseline is None:
            return None
        try:
            with self.baseline.open("rb") as file:
                read = file.read(_LONGEST_REPORT_BYTES + 1)
            if len(read) > _LONGEST_REPORT_BYTES:
                raise ValueError("it is larger than any report")
            return read.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise _no_baseline(self.baseline, f"It could not be read: {why}.") from None

    def reported(self, text: str, place: Place) -> Baseline:
        """Raises UsageError."""
        from astro_peer.model.baseline import NoBaseline, of_report

        try:
            return of_report(text, place.resource.id if place.resource else "", place.procedure)
        except NoBaseline as error:
            raise _no_baseline(self.baseline, str(error)) from None


def _no_baseline(path: Path | None, why: str) -> UsageError:
    return UsageError(
        f"The report {path} cannot be the baseline.",
        meaning=why,
        next_step="Name another file with --baseline, or leave it out: then the activity log says what is new.",
    )


def require_resource(place: Place, reach: tuple[str, ...]) -> None:
    """Raises UsageError. `reach`: resource IDs of what there is."""
    if place.resource is None:
        words, flag = place.procedure.short, place.procedure.flag
        listed = "".join(f"\n  {flag}-id {one}" for one in reach)
        raise UsageError(
            f"It is not known which {place.procedure.resource.one} to watch.",
            meaning=f"--watch looks at the {place.procedure.connection.many} of one {words.one}."
            + (f" These are there:{listed}" if reach else ""),
            next_step=f"Name it with {flag}-id, or with --resource-group and {flag}.",
        )


@dataclass(frozen=True)
class ToWatch:
    """What is known when the watching begins."""

    wanted: Wanted
    observed: Observed
    before: Baseline
    began: datetime
    """By Azure's clock: when that was listed."""
    principal_id: str | None = None


def watch(
    output: Output,
    azure: Azure,
    options: WatchOptions,
    known: ToWatch,
    revoke: Callable[[Place], int] | None,
) -> int:
    """Watches, and shows it. `revoke` is offered when Astronomer has connected; None where nobody is to be asked.

    Raises the error that says how else it ended.
    """
    from astro_peer import library
    from astro_peer.output.watching import Watching, ended

    target = known.wanted.target
    observer = Watching(output.screen, target.name or "")
    again, _ = library.after(known.wanted)
    try:
        observer.begins(known.before.says, options.at_most.total_seconds())
        result = library.watch(
            azure,
            known.wanted,
            known.observed,
            before=known.before,
            began=known.began,
            at_most=options.at_most,
            observer=observer,
            principal_id=known.principal_id,
        )
    except KeyboardInterrupt:
        from astro_peer.model.way_out import way_out

        raise Interrupted(
            "Interrupted while waiting for Astronomer.",
            meaning="Nothing is lost: the grant stays as it is.",
            next_step=way_out("To go on watching: ", again),
        ) from None
    output.note(watch=result)
    if error := result.as_error():
        raise error
    from astro_peer.model.outcome import Outcome

    output.note(outcome=Outcome.CONNECTED)
    asks = revoke is not None and output.prompter.somebody_there and not output.json
    output.screen.say()
    ended(output.screen, result)
    if revoke and asks and result.may_offer_revoke:
        try:
            output.prompter.confirm("Has Astronomer confirmed, and are the rights to be revoked now?")
        except Cancelled:
            output.screen.say("The rights stay.")
            return ExitCode.DONE
        return revoke(target)
    return ExitCode.DONE
