"""What a command's result comes to, in a sentence: the first thing to read of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from astro_peer.errors import ExitCode
from astro_peer.model.outcome import Outcome
from astro_peer.model.result import Result


class Weight(StrEnum):
    IN_ORDER = "in order"
    TO_LOOK_AT = "to look at"
    NOT_IN_ORDER = "not in order"
    NEITHER = "neither"


@dataclass(frozen=True)
class Conclusion:
    says: str
    weight: Weight


_WEIGHTS = {
    Outcome.DONE: Weight.IN_ORDER,
    Outcome.GRANTED: Weight.IN_ORDER,
    Outcome.NOT_GRANTED: Weight.IN_ORDER,
    Outcome.CONNECTED: Weight.IN_ORDER,
    Outcome.PLANNED: Weight.NEITHER,
    Outcome.FAILED: Weight.NOT_IN_ORDER,
}


def conclude(result: Result) -> Conclusion:
    if result.error:
        left = result.error.exit_code in (ExitCode.CANCELLED, ExitCode.INTERRUPTED)
        return Conclusion(
            result.error.summary + _how_far(result), Weight.TO_LOOK_AT if left else Weight.NOT_IN_ORDER
        )
    weight = _WEIGHTS.get(result.outcome, Weight.TO_LOOK_AT)
    if result.check:
        return Conclusion(result.check.says, _of_check(result))
    return Conclusion(_says(result), weight)


def _how_far(result: Result) -> str:
    if not result.carrying_out:
        return " Nothing was written." if result.plan else ""
    done, open_ = len(result.changes(done=True)), len(result.changes(done=False))
    return f" {done} of {done + open_} changes were made."


def _of_check(result: Result) -> Weight:
    if result.outcome is Outcome.FAILED:
        return Weight.NOT_IN_ORDER
    passed = result.check is not None and not result.check.plan.not_passed
    return Weight.IN_ORDER if passed else Weight.TO_LOOK_AT


def _says(result: Result) -> str:
    if result.outcome is Outcome.PLANNED:
        return "Planned only: nothing was written."
    if result.watch:
        return result.watch.says
    if result.status:
        return result.status.access.says
    if result.overview:
        counted = Counter(one.in_short for one in result.overview.listed)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
        return f"Astronomer's access in the subscriptions that can be seen: {verdicts or 'there are none'}."
    if result.audit:
        return result.audit.says
    if result.plan and not result.plan.wanted.granted:
        return _revoked(result)
    return _granted(result)


def _granted(result: Result) -> str:
    plan = result.plan
    if plan is None:
        return "Done."
    if plan.wanted.only and result.verified is None:
        return f"Done: the part of the grant that was asked for, {plan.wanted.only.value}."
    if not result.verified:
        return "Granted. Nobody could check whose the service principal is that has the role."
    already = "" if result.applied.done else " It was so already: nothing was written."
    return f"Granted as documented, and read back from Azure.{already}"


def _revoked(result: Result) -> str:
    if result.access and result.access.others:
        return "Revoked, but Astronomer can still write here in another way."
    if not result.applied.done:
        return "There was nothing to revoke."
    if result.access and result.access.complete:
        return "Revoked completely: nothing is left that lets Astronomer write here."
    return "Revoked. Whether anything else lets Astronomer write here could not be read completely."
