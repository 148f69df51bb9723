"""The report of a run, from its result: what it holds, and in which order. One result, and nothing is read anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from astro_peer.model.conclusion import Weight, conclude
from astro_peer.model.place import Place
from astro_peer.model.result import Result
from astro_peer.model.run import Run
from astro_peer.model.undo import undo
from astro_peer.output.report import of_access, of_audit, of_findings, of_plan
from astro_peer.output.report.content import (
    Commands,
    Exact,
    Facts,
    Paragraph,
    Part,
    Report,
    Section,
    Tone,
    facts,
    in_one_line,
)
from astro_peer.output.shell import command_line

_TITLES = {
    "grant": "Grant to Astronomer",
    "revoke": "Revoke of Astronomer's rights",
    "status": "Status of Astronomer's rights",
    "check": "Check before a grant to Astronomer",
    "apply": "A saved plan for Astronomer",
    "audit": "Audit of what Astronomer did",
}
_TONES = {
    Weight.IN_ORDER: Tone.GOOD,
    Weight.TO_LOOK_AT: Tone.NOTE,
    Weight.NOT_IN_ORDER: Tone.BAD,
    Weight.NEITHER: Tone.PLAIN,
}


def composed(result: Result) -> Report:
    conclusion = conclude(result)
    title = _TITLES.get(result.command or "", f"astro-peer {result.command}")
    where = result.place.subscription.name if result.place else ""
    simulated = " (simulated)" if result.run and result.run.simulated else ""
    return Report(
        title=(f"{title}: {where}" if where else title) + simulated,
        says=conclusion.says,
        tone=_TONES[conclusion.weight],
        facts=_head(result),
        sections=tuple(section for section in _sections(result) if section.parts),
        made_by=_made_by(result.run),
    )


def _made_by(run: Run | None) -> str:
    version = f" {run.version}" if run else ""
    return f"Made by astro-peer{version} from what Azure answered during this run. It holds no secret."


def _head(result: Result) -> Facts:
    run, account = result.run, result.account
    saved = result.saved if result.command == "apply" else None
    note = result.saved.carried_out if result.saved and not saved else None
    clock = "" if run and run.azures_clock else " (by this machine's clock)"
    return facts(
        ("Change", run.change_reference if run else None),
        ("Command", f"astro-peer {result.command}" + (" (dry run)" if result.script is not None else "")),
        ("Outcome", f"{result.outcome.value} (exit code {run.exit_code})" if run else result.outcome.value),
        ("Began", f"{_time(run.began)}{clock}" if run else None),
        ("Ended", f"{_time(run.ended)}{clock}" if run else None),
        ("Planned", f"{_time(saved.on)}, by {saved.account.name} ({saved.account.how})" if saved else None),
        (
            "Carried out",
            f"{_time(note.on)} by {note.by}" if note else None,
        ),
        ("Run by", f"{account.name} ({account.how})" if account else "nobody was signed in"),
        ("Object ID", Exact(account.object_id) if account and account.object_id else None),
        ("Tenant", Exact(account.tenant_id) if account else None),
        (
            "Cloud",
            f"{run.cloud}: a simulated tenant, nothing of this is real"
            if run and run.simulated
            else run.cloud
            if run
            else None,
        ),
        *(_place(result.place) if result.place else ()),
    )


def _place(place: Place) -> tuple[tuple[str, str | None], ...]:
    resource = place.resource
    return (
        ("Subscription", f"{place.subscription.name} ({place.subscription.id})"),
        ("Resource group", place.resource_group),
        (
            place.procedure.resource.title,
            f"{resource.name} ({resource.location}, {resource.state})" if resource else place.name,
        ),
        ("Its resource ID", Exact(resource.id) if resource else None),
        (
            "Firewall",
            f"{place.firewall_ip or 'none'} ({place.firewall_note})" if place.firewall_note else None,
        ),
    )


def _sections(result: Result) -> Iterator[Section]:
    """What was asked for comes first, then what it rests on."""
    found = (
        Section("Astronomer's access", tuple(of_access.access(result))),
        Section("Everything its principal holds here", tuple(of_access.holdings(result))),
        Section("Subscriptions", tuple(of_access.subscriptions(result))),
        Section(_connections(result), tuple(of_access.connections(result))),
    )
    yield Section("What went wrong", tuple(_error(result)))
    yield Section("What was watched", tuple(of_access.watched(result)))
    yield Section("What the activity log shows", tuple(of_audit.writes(result)))
    yield Section("Who made, changed and removed the grant", tuple(of_audit.granting(result)))
    yield Section("What the log cannot show", tuple(of_audit.not_shown(result)))
    if result.plan is None:
        yield from found
    yield Section("Findings", tuple(of_findings.findings(result)))
    yield Section("What the caller may do", tuple(of_findings.rights(result)))
    yield Section("Changes", tuple(of_plan.changes(result)))
    yield Section("Before and after", tuple(of_plan.before_and_after(result)))
    yield Section("Azure's records of the writes", tuple(of_plan.receipts(result)))
    yield Section("Verification", tuple(of_plan.verification(result)))
    yield Section("What the role allows", tuple(of_plan.allowed(result)))
    yield Section("How far it reaches", tuple(of_plan.reach(result)))
    yield Section(_who(result), tuple(of_access.principal(result)))
    if result.plan:
        yield from found
    yield Section("What Astronomer has connected, which stays", tuple(of_access.staying(result)))
    yield Section("Support request", tuple(of_plan.request(result)))
    yield Section("How to undo it", tuple(_undo(result)))
    if result.script is not None:
        yield Section("The script", (Commands(tuple(result.script.rstrip("\n").split("\n"))),))


def _connections(result: Result) -> str:
    words = result.place.procedure.connection.titles if result.place else "Connections"
    return f"{words} before the grant" if result.plan else words


def _who(result: Result) -> str:
    if result.plan and not result.check:
        return "Who gets it" if result.plan.wanted.granted else "Who loses it"
    return "Astronomer's service principal"


def _error(result: Result) -> Iterator[Part]:
    error = result.error
    if error is None:
        return
    yield Paragraph(error.summary, Tone.BAD)
    answer = error.answer
    yield facts(
        ("Azure answered", f"{answer.code}: {answer.message}" if answer else None),
        ("Correlation ID", Exact(answer.correlation_id) if answer and answer.correlation_id else None),
        ("Meaning", in_one_line(error.meaning)),
        ("Next", in_one_line(error.next_step)),
    )


def _undo(result: Result) -> Iterator[Part]:
    commands = undo(result)
    if commands:
        yield Commands(tuple(command_line(one.words) for one in commands))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
