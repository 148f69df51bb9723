"""What a report says of a plan: its changes, Azure's answers to them, and what follows for who gets the rights."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.change import Action, Change
from astro_peer.model.described import Attributes, attributes
from astro_peer.model.result import Result
from astro_peer.model.wanted import Part as PartOfGrant
from astro_peer.output.report.content import (
    Exact,
    Facts,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
    Tone,
    facts,
)

NONE = "–"
_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "removed"}


def changes(result: Result) -> Iterator[Part]:
    """Of a check there are none: it plans for the sake of what it finds."""
    plan = result.plan
    if plan is None or result.check:
        return
    if not plan.changes:
        yield Paragraph("There is nothing to change.")
        return
    yield Table(
        ("Change", "Object", "Why", "Done"),
        tuple(
            Row(
                (
                    change.action.value,
                    f"{change.thing.kind} {change.thing.label}",
                    "; ".join((change.says, *change.details)),
                    _how_far(change, result),
                )
            )
            for change in plan.changes
        ),
    )
    if plan.ending:
        yield Paragraph(plan.ending)


def _how_far(change: Change, result: Result) -> str:
    if not change.writes:
        return "kept as it is"
    if change.key in result.applied.done:
        return _DONE[change.action]
    return "not done" if result.carrying_out else "planned"


def before_and_after(result: Result) -> Iterator[Part]:
    if result.plan is None or result.check:
        return
    for change in result.plan.changes:
        after = result.applied.made.get(change.key, change.after) if change.after else None
        yield Heading(f"{change.thing.kind[:1].upper()}{change.thing.kind[1:]} {change.thing.label}")
        before, now = attributes(change.before), attributes(after)
        match change.action:
            case Action.CREATE:
                yield from _state("Before, it was not there. After:", now)
            case Action.DELETE:
                yield from _state("After, it is not there. Before:", before)
            case Action.KEEP:
                yield from _state("Before and after, unchanged:", now)
            case Action.UPDATE:
                yield _difference(before, now)


def _state(title: str, described: Attributes) -> Iterator[Part]:
    yield Paragraph(title)
    yield Facts(tuple((name, Exact(value)) for name, values in described for value in values))


def _difference(before: Attributes, after: Attributes) -> Table:
    """Of a name with several values a row for each of them: what comes and what goes stands out."""
    former, latter = dict(before), dict(after)
    rows = []
    for name in dict.fromkeys((*former, *latter)):
        old, new = former.get(name, ()), latter.get(name, ())
        if len(old) == len(new) == 1:
            pairs = [(old[0], new[0])]
        else:
            pairs = [
                (value if value in old else NONE, value if value in new else NONE)
                for value in dict.fromkeys((*old, *new))
            ]
        rows += [
            Row((name, Exact(one), Exact(other)), Tone.PLAIN if one == other else Tone.NOTE)
            for one, other in pairs
        ]
    return Table(("What", "Before", "After"), tuple(rows))


def receipts(result: Result) -> Iterator[Part]:
    """Of what was sent to write, refusals and repetitions among it."""
    if result.plan is None or not result.applied.receipts:
        return
    yield Paragraph("By these IDs Azure's support and its activity log find each write.")
    kinds = {change.key: f"{change.action.value} {change.thing.kind}" for change in result.plan.changes}
    yield Table(
        ("Change", "When (UTC)", "Sent", "Answer", "Correlation ID", "Request ID"),
        tuple(
            Row(
                (
                    kinds.get(key, key),
                    f"{one.moment:%Y-%m-%d %H:%M:%S}",
                    one.method,
                    f"HTTP {one.status}",
                    Exact(one.correlation_id) if one.correlation_id else NONE,
                    Exact(one.request_id) if one.request_id else NONE,
                ),
                Tone.NOTE if one.status >= 400 else Tone.PLAIN,
            )
            for key, answers in result.applied.receipts.items()
            for one in answers
        ),
    )


def verification(result: Result) -> Iterator[Part]:
    if result.verified:
        yield Paragraph("Read back from Azure after the changes, and it is as it should be.", Tone.GOOD)
    elif result.verified is not None:
        yield Paragraph(
            "Read back from Azure after the changes. Nobody could check whose the service principal is.",
            Tone.NOTE,
        )
    elif result.carrying_out:
        yield Paragraph("It was not read back: the run did not come so far, or had no need to.", Tone.NOTE)


def allowed(result: Result) -> Iterator[Part]:
    """What writes first."""
    plan = result.plan
    if plan is None or not plan.wanted.granted or not plan.wanted.place:
        return
    procedure = plan.wanted.procedure
    yield facts(("Role", plan.wanted.role.role_name), ("GUID", Exact(plan.wanted.role.guid)))
    yield Table(
        ("Kind", "In words", "Exactly"),
        tuple(
            Row((kind, words, Exact(action)), Tone.NOTE if kind == "write" else Tone.PLAIN)
            for kind in ("write", "act", "read")
            for action, words in procedure.actions_in_words
            if procedure.kind_of(action) == kind
        ),
    )


def reach(result: Result) -> Iterator[Part]:
    plan = result.plan
    if plan is None or result.reach is None or plan.wanted.only is PartOfGrant.ROLE:
        return
    yield Paragraph(" ".join((plan.reach_in_words, plan.wanted.procedure.warning)).strip())
    yield Table(
        (plan.wanted.procedure.resource.title, "Region", "State", "Resource ID"),
        tuple(Row((one.name, one.location, one.state, Exact(one.id))) for one in result.reach),
    )


def request(result: Result) -> Iterator[Part]:
    asked = result.request
    if asked is None:
        return
    yield facts(("Where", asked.url), *asked.lines)
