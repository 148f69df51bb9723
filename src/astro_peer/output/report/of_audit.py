"""What a report says of the activity log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from astro_peer.model.audit import LoggedWrite
from astro_peer.model.result import Result
from astro_peer.output.report.content import (
    Exact,
    Paragraph,
    Part,
    Point,
    Points,
    Row,
    Table,
    Tone,
)
from astro_peer.output.report.of_plan import NONE


def writes(result: Result) -> Iterator[Part]:
    audit = result.audit
    if audit is None:
        return
    since = " (the grant)" if audit.since_grant else ""
    yield Paragraph(
        f"Writes by Astronomer's principal from {audit.since:%Y-%m-%d %H:%M} UTC{since} to"
        f" {audit.until:%Y-%m-%d %H:%M} UTC."
    )
    if audit.standing_out:
        yield Points(
            tuple(
                Point(f"{one.what} {one.on}: {one.stands_out}.", "Stands out", Tone.NOTE)
                for one in audit.standing_out
            )
        )
    yield _table(audit.writes) if audit.writes else Paragraph("There are none.")


def granting(result: Result) -> Iterator[Part]:
    if result.audit:
        yield (
            _table(result.audit.granting)
            if result.audit.granting
            else Paragraph("The log shows nothing of it in that time.")
        )


def not_shown(result: Result) -> Iterator[Part]:
    if result.audit:
        yield Points(tuple(map(Point, result.audit.not_shown)))


def _table(logged: Sequence[LoggedWrite]) -> Table:
    return Table(
        ("When (UTC)", "What", "Resource", "By", "From", "Result", "Correlation ID"),
        tuple(
            Row(
                (
                    f"{one.began:%Y-%m-%d %H:%M:%S}",
                    one.what,
                    Exact(one.resource_id),
                    Exact(one.caller),
                    Exact(one.address or NONE),
                    one.result,
                    Exact(one.correlation_id),
                ),
                Tone.NOTE if one.stands_out else Tone.PLAIN,
            )
            for one in logged
        ),
    )
