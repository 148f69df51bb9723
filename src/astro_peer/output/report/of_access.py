"""What a report says of Astronomer's principal: who it is, what it holds, and what it can write to."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.access import Holding
from astro_peer.model.outcome import Outcome
from astro_peer.model.peering import Peerings
from astro_peer.model.result import Result
from astro_peer.model.status import Status
from astro_peer.model.watch import How, spelt
from astro_peer.model.write_access import ending
from astro_peer.output.report.content import (
    Exact,
    Paragraph,
    Part,
    Point,
    Points,
    Row,
    Table,
    Tone,
    facts,
)
from astro_peer.output.report.of_plan import NONE


def principal(result: Result) -> Iterator[Part]:
    one = result.principal
    if one:
        yield facts(
            ("Application", f"{one.display_name} ({one.application_id})"),
            ("Object ID", Exact(one.object_id)),
            ("Home tenant", Exact(one.home_tenant_id) if one.home_tenant_id else "not said"),
            (
                "Publisher",
                f"{one.verified_publisher} (verified)" if one.verified_publisher else "not verified",
            ),
            ("Can sign in", "yes" if one.usable else "no: it is disabled"),
        )
        return
    plan = result.plan
    if plan is None:
        return
    if plan.wanted.principal_id:
        why = f" ({plan.observed.unchecked.code})" if plan.observed.unchecked else ""
        yield Paragraph(
            f"The service principal with object ID {plan.wanted.principal_id}, as given. Nobody has checked whose it"
            f" is: Microsoft Graph does not answer{why}.",
            Tone.NOTE,
        )
    elif plan.wanted.granted:
        yield Paragraph(
            f"Astronomer's application {plan.wanted.application_id}. Its name, home tenant and publisher can be read"
            " only once its service principal exists."
        )


def access(result: Result) -> Iterator[Part]:
    """Of a status, what it judges; of a plan, through what else Astronomer can write here."""
    found = result.access
    if found is None:
        return
    if result.status and result.watch:  # else the report begins with it
        yield Paragraph(found.says, Tone.NOTE if found.outcome is Outcome.DRIFTED else Tone.GOOD)
    lines = found.lines if result.status else found.not_known
    listed = (
        *(Point(line, tone=Tone.NOTE) for line in lines),
        *(
            Point(f"It can write here through {one}.", "Beside the grant", Tone.NOTE, (ending(one),))
            for one in found.others
        ),
        *(Point(f"It can write here through {one}.", "Known and wanted") for one in found.known),
    )
    if listed:
        yield Points(listed)
    elif not result.status:
        yield Paragraph("It can write here through nothing else.")


def holdings(result: Result) -> Iterator[Part]:
    if result.holdings is None:
        return
    if not result.holdings.listed:
        yield Paragraph("It holds nothing above, at or beneath the subscription.")
        return
    yield Table(
        ("Role", "Scope", "Writes here", "Since (UTC)", "By", "Until", "Description", "Assignment"),
        tuple(
            Row(
                (
                    one.role_name + (" (the grant)" if one.ours else ""),
                    Exact(one.assignment.scope)
                    if not one.through_group
                    else f"{one.assignment.scope}, by a group",
                    "yes" if one.writes else "no",
                    f"{one.assignment.created_on:%Y-%m-%d %H:%M}" if one.assignment.created_on else NONE,
                    Exact(one.assignment.created_by) if one.assignment.created_by else NONE,
                    "; ".join(_ends(one)) or NONE,
                    one.note.text or NONE,
                    Exact(one.assignment.name or NONE),
                ),
                Tone.NOTE if one.writes and not one.ours and not one.known else Tone.PLAIN,
            )
            for one in result.holdings
        ),
    )


def _ends(one: Holding) -> Iterator[str]:
    """As the note has it, and as Azure does."""
    if one.note.until:
        yield one.note.until.isoformat()
    if one.assignment.schedule:
        yield f"Azure ends it at {one.assignment.schedule}"


def subscriptions(result: Result) -> Iterator[Part]:
    if result.overview is None:
        return
    yield Table(
        ("Subscription", "ID", "Astronomer's access", "Through", "What to know"),
        tuple(
            Row(
                (
                    one.subscription.name,
                    Exact(one.subscription.id),
                    one.in_short,
                    "; ".join(map(str, one.found.access.through)) or NONE
                    if isinstance(one.found, Status)
                    else NONE,
                    (" ".join(one.found.access.lines) or NONE)
                    if isinstance(one.found, Status)
                    else one.found.summary,
                ),
                Tone.NOTE if one.outcome in (Outcome.DRIFTED, Outcome.FAILED) else Tone.PLAIN,
            )
            for one in result.overview.listed
        ),
    )


def connections(result: Result) -> Iterator[Part]:
    if result.connections is None:
        return
    if not result.connections:
        yield Paragraph("There are none.")
        return
    yield Table(
        ("Name", "State", "Network"),
        tuple(Row((one.name, one.state, Exact(one.remote_network_id))) for one in result.connections),
    )


def watched(result: Result) -> Iterator[Part]:
    watch = result.watch
    if watch is None:
        return
    words = watch.procedure.connection
    yield Paragraph(
        f"{watch.procedure.resource.title} {watch.name} was watched for {spelt(watch.elapsed_seconds)}."
        f" New {words.many} were told by {watch.before.says}."
    )
    if not watch.seen.sightings:
        yield Paragraph(f"No {words.one} was made or changed.")
        return
    yield Table(
        (words.title, "What", "By Astronomer", "State", "Network", "Whose"),
        tuple(
            Row(
                (
                    one.connection.name,
                    one.how.value,
                    "yes" if one.astronomers else "no",
                    one.connection.state,
                    Exact(one.connection.remote_network_id),
                    str(one.peering.owner),
                ),
                Tone.PLAIN if one.how is How.MADE and one.astronomers else Tone.NOTE,
            )
            for one in watch.seen.sightings
        ),
    )


def staying(result: Result) -> Iterator[Part]:
    """Of a revoke."""
    plan = result.plan
    found = plan.around.peerings if plan and not plan.wanted.granted else None
    if plan is None or not isinstance(found, Peerings):
        return
    words, them = plan.wanted.procedure.connection, plan.wanted.procedure.short.many
    if found.of_astronomer:
        yield Points(tuple(Point(f"{words.title} {one}.") for one in found.of_astronomer))
    elif found.read:
        yield Paragraph(f"No {words.one} by Astronomer was found on {', '.join(found.read)}.")
    for name, error in found.not_read:
        yield Paragraph(f"The {words.many} of {name} could not be read ({error.code}).", Tone.NOTE)
    if found.too_many:
        yield Paragraph(f"There are {found.too_many} {them}, which were not looked at one by one.", Tone.NOTE)
