"""A plan as Markdown, for a comment beside a change. What others wrote is text in it, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from astro_peer.model.finding import Level
from astro_peer.output.shell import command_line
from astro_peer.output.spelling import spelled
from astro_peer.plain import one_line

if TYPE_CHECKING:
    from astro_peer.model.change import Change
    from astro_peer.model.plan import Plan
    from astro_peer.model.result import Result

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&@:$]|(?<=www)\.", re.IGNORECASE)
"""What can mean anything within a line; none of these texts begins one. A colon makes a URL a link."""
_MENTIONS = re.compile("&#(?:64|35);")
"""@ and #: what is read later than Markdown makes them links to people and issues, but not across an element."""


def markdown(result: Result) -> str:
    """Of a result with a plan and where that was saved."""
    return "\n".join(_lines(result)) + "\n"


def text(words: str) -> str:
    """As it is: every character that could mean anything is written as itself. One line stays one line."""
    return _MENTIONS.sub(r"<span>\g<0></span>", _escaped(words))


def code(words: str) -> str:
    """The same, in a face where every character counts. Not between backticks, which a text could close."""
    return f"<code>{_escaped(words)}</code>"


def _escaped(words: str) -> str:
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", one_line(words))


def _lines(result: Result) -> Iterator[str]:
    plan = result.plan
    if plan is None:
        return
    wanted, saved = plan.wanted, result.saved
    what = "grant: what Astronomer would be given" if wanted.granted else "revoke: what Astronomer would lose"
    yield f"## {what}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in _facts(result):
        yield f"| {name} | {value} |"
    if saved and saved.carried_out:
        note = saved.carried_out
        yield ""
        yield f"**Carried out on {note.on:%Y-%m-%d %H:%M} (UTC) by {text(note.by)}.**"
    yield from _section("Changes", _changes(plan))
    if wanted.granted and wanted.place and plan.writes:
        yield from _section("What the role allows", _allowed(plan))
        yield from _section("How far it reaches", _reached(plan))
    yield from _section("To be known", _findings(result))
    if plan.undo_command:
        yield from _section("How to undo it", [_command(command_line(plan.undo_command.words))])


def _section(title: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield from ("", f"### {title}", "", *listed)


def _facts(result: Result) -> Iterator[tuple[str, str]]:
    plan, saved = result.plan, result.saved
    if plan is None:
        return
    if saved:
        yield "Planned", f"{saved.on:%Y-%m-%d %H:%M} (UTC) by {text(saved.account.name)}"
        if saved.change_reference:
            yield "Change", text(saved.change_reference)
    yield "Tenant", code(plan.wanted.tenant_id)
    if place := plan.wanted.place:
        yield "Subscription", f"{text(place.subscription.name)} {code(place.subscription.id)}"
        if place.resource:
            yield "Resource", code(place.resource.id)
        yield "Firewall", code(place.firewall_ip) if place.firewall_ip else "none"
    yield from _who(plan)
    if plan.wanted.granted and plan.wanted.place:
        by_azure = f"; Azure ends it itself at {plan.schedule}" if plan.schedule else ""
        yield "Until", (str(plan.until) if plan.until else "no end") + by_azure


def _who(plan: Plan) -> Iterator[tuple[str, str]]:
    found = plan.observed.principal
    name = f"{text(found.display_name)} " if found else ""
    yield "Application", f"{name}{code(plan.wanted.application_id)}"
    if found:
        yield "Home tenant", code(found.home_tenant_id) if found.home_tenant_id else "not said"
        publisher = (
            f"{text(found.verified_publisher)} (verified)" if found.verified_publisher else "not verified"
        )
        yield "Publisher", publisher
    elif plan.wanted.principal_id:
        yield "Object ID", f"{code(plan.wanted.principal_id)}, as given: nobody has checked whose it is"
    else:
        yield "Publisher", "can be read only once its service principal exists"


def _changes(plan: Plan) -> Iterator[str]:
    if not plan.changes:
        yield "None."
    for one in plan.changes:
        yield f"- **{one.action}** {one.thing.kind} {code(one.thing.label)}: {text(one.says)}"
        yield from _details(one)


def _details(change: Change) -> Iterator[str]:
    for line in change.details:
        yield f"  - {code(line)}"


def _allowed(plan: Plan) -> Iterator[str]:
    facts = plan.wanted.procedure
    for action, words in facts.actions_in_words:
        kind = facts.kind_of(action)
        yield f"- {'**write**' if kind == 'write' else kind}: {text(words)} ({code(action)})"


def _reached(plan: Plan) -> Iterator[str]:
    yield text(plan.reach_in_words)
    if warning := plan.wanted.procedure.warning:
        yield ""
        yield f"**{text(warning)}**"
    yield ""
    for one in plan.observed.reach:
        yield f"- {code(one.id)}"


def _findings(result: Result) -> Iterator[str]:
    for one in result.findings or ():
        if one.level is Level.PASS:
            continue
        yield f"- **{one.level}** {text(' '.join(f'{one.says} {one.fact}'.split()))}"
        if one.way_out:
            yield f"  - {text(' '.join(spelled(one.way_out).split()))}"
    them = result.plan.wanted.procedure.short.many if result.plan else ""
    for other in result.access.others if result.access else ():
        yield f"- **warning** Astronomer's principal can write to {them} here through {text(str(other))}, too."


def _command(line: str) -> str:
    return f"<pre>{_escaped(line)}</pre>"
