"""One run: ask for consent, ask Azure, remove what was made, and say what came out.

Exit codes: 0 everything was removed and nothing is otherwise than assumed; 1 something may be left, 3 something is
otherwise; 2 not started; 130 interrupted.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from acceptance import report
from acceptance.answers import Answer, Question, Verdict, redacted
from acceptance.calls import AzureError, Caller, NotOurs
from acceptance.ledger import Left
from acceptance.questions import ALL
from acceptance.stage import CannotAsk, Run, Stage
from acceptance.watch import WallClock, Watch
from astro_peer import names
from astro_peer.azure import Azure
from astro_peer.azure.auth import Auth
from astro_peer.connecting import connect
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Subscription
from astro_peer.plain import one_line

_TIMEOUT_SECONDS = 120


def main(arguments: Sequence[str] | None = None, watch: Watch | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.list:
        sys.stdout.write(report.markdown(ALL, {}))
        return 0
    try:
        run, questions = _wanted(options)
    except ValueError as error:
        return _not_started(str(error))
    try:
        azure = connect(auth=options.auth, tenant_id=options.tenant, timeout_seconds=_TIMEOUT_SECONDS)
        places = [azure.subscriptions.get(one) for one in _subscriptions(run)]
    except AstroPeerError as error:
        return _not_started(" ".join(filter(None, [error.summary, error.meaning])))
    if not _consents(azure, places, run, yes=options.yes):
        return _not_started("Nothing was written.")
    return _carry_out(azure, run, questions, options.out, watch or WallClock())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make acceptance", description="Asks a real test subscription what is only assumed of Azure."
    )
    parser.add_argument("--subscription", metavar="ID", help="where to ask; there is no default")
    parser.add_argument("--other-subscription", metavar="ID", help="a second one, for questions about two")
    parser.add_argument("--hub-id", metavar="ID", help="a virtual hub that exists; it is only read")
    parser.add_argument(
        "--with-lock", action="store_true", help="also lock the subscription, for half a minute"
    )
    parser.add_argument("--tenant", metavar="ID", help="the tenant to sign in to")
    parser.add_argument("--auth", choices=[way.value for way in Auth], default=Auth.AUTO.value)
    parser.add_argument("--only", metavar="ID", action="append", help="ask this question; can be repeated")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the answers as Markdown [acceptance-RUN.md]"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before writing")
    parser.add_argument("--list", action="store_true", help="print all questions as Markdown, and ask none")
    return parser


def _wanted(options: argparse.Namespace) -> tuple[Run, tuple[Question, ...]]:
    """Raises ValueError with a sentence."""
    if not options.subscription:
        raise ValueError("Name the test subscription: --subscription ID.")
    if options.hub_id:
        names.hub_id(options.hub_id)
    unknown = set(options.only or ()) - {one.id for one in ALL}
    if unknown:
        raise ValueError(f"There is no question {', '.join(sorted(unknown))}; --list shows all.")
    run = Run(
        id=secrets.token_hex(4),
        subscription_id=names.guid(options.subscription),
        other_subscription_id=names.guid(options.other_subscription) if options.other_subscription else None,
        hub_id=options.hub_id,
        with_lock=options.with_lock,
    )
    if run.subscription_id == run.other_subscription_id:
        raise ValueError("--other-subscription is the same as --subscription.")
    return run, tuple(one for one in ALL if not options.only or one.id in options.only)


def _subscriptions(run: Run) -> list[str]:
    return [run.subscription_id, *([run.other_subscription_id] if run.other_subscription_id else [])]


def _not_started(why: str) -> int:
    print(one_line(why), file=sys.stderr)
    return 2


def _consents(azure: Azure, places: Sequence[Subscription], run: Run, *, yes: bool) -> bool:
    account = azure.session.account
    first = places[0]
    print(f"Account       {one_line(account.name)}, in {azure.session.cloud.name}")
    print(f"Tenant        {first.tenant_id}")
    for place in places:
        print(f"Subscription  {one_line(place.name)} ({place.id})")
    print(f'Everything made carries the name "{run.name}", or is assigned to what does:')
    print(
        "application registrations with service principals (some are given a secret, which is kept in memory"
    )
    print("alone), custom roles, and role assignments to these principals alone, one of them Reader.")
    if run.with_lock:
        print("A CanNotDelete lock holds for the whole subscription for half a minute.")
    print("All of it is removed at the end.")
    if yes:
        return True
    if not sys.stdin.isatty():
        print("Nobody is there to be asked: --yes does without.", file=sys.stderr)
        return False
    try:
        return input("Type the name of the subscription to begin: ").strip() == first.name.strip()
    except (EOFError, KeyboardInterrupt):
        return False


def _carry_out(azure: Azure, run: Run, questions: Sequence[Question], out: Path | None, watch: Watch) -> int:
    stage = Stage(Caller(azure), run, watch)
    answers: dict[str, Answer] = {}
    interrupted = unsure = False
    with _ending_as_interrupted():
        try:
            for question in questions:
                print(f"asking {question.id}", file=sys.stderr)
                answers[question.id], lost = _asked(question, stage)
                unsure |= lost
        except KeyboardInterrupt:
            interrupted = True
            print("interrupted: removing what was made; once more leaves it", file=sys.stderr)
        left = stage.ledger.clean_up(
            unsure=interrupted or unsure, tell=lambda line: print(line, file=sys.stderr)
        )
    answered = [
        report.Answered(one, answers.get(one.id, Answer(Verdict.NOT_ANSWERED, "interrupted")))
        for one in questions
    ]
    print(report.screen(answered))
    print(report.counted(answered))
    path = out or Path(f"acceptance-{run.id}.md")
    path.write_text(report.markdown(ALL, answers, run.id, datetime.now(UTC).date()), encoding="utf-8")
    print(f"written to {path}")
    _tell_left(left)
    if left:
        return 1
    if interrupted:
        return 130
    return 3 if any(one.answer.verdict is Verdict.OTHERWISE for one in answered) else 0


def _asked(question: Question, stage: Stage) -> tuple[Answer, bool]:
    """And whether an answer of Azure's was lost, so that nobody knows what was made."""
    try:
        return question.ask(stage), False
    except CannotAsk as why:
        return Answer(Verdict.NOT_ANSWERED, redacted(str(why))), False
    except AzureError as error:
        return Answer(Verdict.NOT_ANSWERED, redacted(f"no answer: {error.message}")), True
    except (NotOurs, LookupError, TypeError, ValueError, AttributeError) as error:
        says = redacted(f"not understood: {type(error).__name__} {error}")
        return Answer(Verdict.NOT_ANSWERED, says), True


def _tell_left(left: Sequence[Left]) -> None:
    if not left:
        print("Everything that was made is removed.")
        return
    print("These may be left. To remove them by hand, in this order:")
    for one in left:
        print(f"  {one.made.what}: {redacted(one.why)}")
        print(f"    {one.made.az()}")


@contextmanager
def _ending_as_interrupted() -> Iterator[None]:
    """A request to end, and a closed terminal, are as Ctrl-C: there is something to remove first."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
