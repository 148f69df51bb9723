"""The JSON document a command prints with `-o json`: on success, on failure, and for usage errors.

Its schema is `schema.json` beside this module. A command leaves out what it has nothing to say about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from astro_peer.model import next_steps
from astro_peer.model.objects import NetworkPeering, VirtualHub, VirtualNetwork
from astro_peer.model.peering import Peerings
from astro_peer.model.saved_plan import FORMAT, SavedPlan
from astro_peer.model.status import Status
from astro_peer.model.way_out import Command, Role, WayOut
from astro_peer.output.peering_documents import peerings, watched
from astro_peer.output.spelling import spelled

if TYPE_CHECKING:
    from astro_peer.errors import AstroPeerError
    from astro_peer.model.access import Holding
    from astro_peer.model.audit import Audit, LoggedWrite
    from astro_peer.model.change import Change, Thing
    from astro_peer.model.finding import Finding
    from astro_peer.model.objects import (
        Connection,
        Resource,
        RoleDefinition,
        ServicePrincipal,
        Subscription,
    )
    from astro_peer.model.overview import SubscriptionStatus
    from astro_peer.model.place import Place
    from astro_peer.model.plan import Plan
    from astro_peer.model.receipt import Receipt
    from astro_peer.model.request import SupportRequest
    from astro_peer.model.result import Applied, Result
    from astro_peer.model.rights import Ability
    from astro_peer.model.run import Run
    from astro_peer.model.survey import NetworkSurvey, Survey
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.procedure import Procedure

SCHEMA_VERSION = 1
"""Grows when a field changes its meaning or goes; new fields may come with any version."""


def document(result: Result) -> str:
    """One JSON object, in ASCII."""
    return json.dumps(contents(result), indent=2)


def contents(result: Result) -> dict[str, Any]:
    """The same, before it is written down."""
    head: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "command": result.command,
        "outcome": result.outcome.value,
    }
    return head | dict(_sections(result))


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of every document that `-o json` prints."""
    found = json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))
    return dict(found)


def _sections(result: Result) -> Iterator[tuple[str, Any]]:
    if result.account:
        yield "account", asdict(result.account)
    if result.procedure:
        yield "procedure", result.procedure.key
    if result.place:
        yield "target", _place(result.place)
    if result.plan:
        yield from _plan(result.plan, result.applied)
    if result.planned_on:
        yield "planned_on", _moment(result.planned_on)
    if result.saved:
        yield "saved_plan", _saved(result.saved)
    if result.findings is not None:
        yield "findings", [_finding(one) for one in result.findings]
    if result.abilities:
        yield "rights", [_ability(one) for one in result.abilities]
    if result.principal:
        yield "principal", _principal(result.principal)
    if result.reach is not None:
        yield "reach", [_reached(one) for one in result.reach]
    if result.reach is not None and result.plan:
        yield "reach_in_words", _sentences(result.plan.reach_in_words, result.plan.wanted.procedure.warning)
    if result.verified is not None:
        yield "verified", result.verified
    if result.access and result.verified and result.plan and not result.plan.wanted.granted:
        yield "complete", result.access.complete
    if result.access:
        yield "access", _access(result.access)
    if result.plan and result.plan.wanted.granted:
        yield "until", result.plan.until.isoformat() if result.plan.until else None
        yield "ends", _moment(result.plan.schedule.ends if result.plan.schedule else None)
    if result.status and result.status.observed.role:
        yield "role", _role(result.status.observed.role)
    if result.status:
        yield "drift", list(result.status.access.assessment.drift)
    if result.holdings:
        yield "assignments", [_holding(one, result.procedure) for one in result.holdings]
    if result.connections is not None:
        yield "connections", [_connection(one) for one in result.connections]
    if result.plan and isinstance(result.plan.around.peerings, Peerings):
        yield "peerings", peerings(result.plan.around.peerings.of_astronomer)
    if result.watch:
        yield "watch", watched(result.watch)
    if result.request:
        yield "request", _request(result.request)
    if result.script is not None:
        yield "export", result.language
        yield "script", result.script
    if result.survey:
        yield from _survey(result.survey)
    if result.networks:
        yield from _networks(result.networks)
    if result.overview:
        yield "subscriptions", [_subscription(one) for one in result.overview.listed]
    if result.audit:
        yield "audit", _audit(result.audit)
    if result.script is None and (steps := next_steps.after(result)):
        yield (
            "next",
            [{"says": one.says, "commands": [list(its.words) for its in one.commands]} for one in steps],
        )
    if result.run:
        yield "run", _run(result.run)
    if result.report:
        yield "report", result.report
    if result.error:
        yield "error", _error(result.error)


def _place(place: Place) -> dict[str, Any]:
    """`firewall_ip` is always said: null means there is none."""
    found = place.resource
    known = {
        "resource_group": place.resource_group,
        place.procedure.json_name: place.name,
        f"{place.procedure.json_name}_id": found.id if found else None,
        "location": found.location if found else None,
    }
    return {
        "tenant_id": place.tenant_id,
        "subscription_id": place.subscription.id,
        **{name: value for name, value in known.items() if value is not None},
        "firewall_ip": place.firewall_ip,
    }


def _plan(plan: Plan, applied: Applied) -> Iterator[tuple[str, Any]]:
    yield "changes", [_change(change, applied) for change in plan.changes]
    undo = plan.undo_command
    yield "undo", list(undo.words) if undo else None
    if plan.wanted.granted and plan.wanted.place:
        yield "grants", _grants(plan)


def _grants(plan: Plan) -> dict[str, Any]:
    """What Astronomer is given, exactly, and who that is."""
    wanted, facts = plan.wanted, plan.wanted.procedure
    return {
        "application_id": wanted.application_id,
        "holder_checked": plan.holder_checked,
        "role": wanted.role.role_name,
        "scope": wanted.scope,
        "actions": [
            {"action": action, "says": says, "writes": action in facts.write_actions}
            for action, says in facts.actions_in_words
        ],
    }


def _saved(saved: SavedPlan) -> dict[str, Any]:
    note = saved.carried_out
    return {
        "format": FORMAT,
        "astro_peer": saved.version,
        "cloud": saved.cloud,
        "command": saved.command,
        "saved_on": _moment(saved.on),
        "saved_by": saved.account.name,
        "change_reference": saved.change_reference,
        "carried_out": {"on": _moment(note.on), "by": note.by, "done": list(note.done)} if note else None,
    }


def _thing(thing: Thing | None) -> dict[str, Any] | None:
    """All that counts when two of its kind are compared, under its own names."""
    if thing is None:
        return None
    compared = {one.name for one in fields(thing) if one.compare}  # type: ignore[arg-type]  # all are dataclasses
    every = asdict(thing)  # type: ignore[call-overload]
    return {name: _plain_value(value) for name, value in every.items() if name in compared}


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain_value(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain_value(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _change(change: Change, applied: Applied) -> dict[str, Any]:
    thing = applied.made.get(change.key, change.thing)
    return {
        "key": change.key,
        "object": change.thing.kind,
        "action": change.action.value,
        "name": change.thing.label,
        "id": thing.azure_id,
        "reason": change.says,
        "details": list(change.details),
        "before": _thing(change.before),
        "after": _thing(change.after),
        "done": change.key in applied.done,
        "receipts": [_receipt(one) for one in applied.receipts.get(change.key, ())],
    }


def _receipt(one: Receipt) -> dict[str, Any]:
    return {
        "moment": _moment(one.moment),
        "method": one.method,
        "status": one.status,
        "correlation_id": one.correlation_id or None,
        "request_id": one.request_id or None,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "version": run.version,
        "began": _moment(run.began),
        "ended": _moment(run.ended),
        "azures_clock": run.azures_clock,
        "exit_code": run.exit_code,
        "change_reference": run.change_reference,
        "cloud": run.cloud,
        "simulated": run.simulated,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "level": finding.level.value,
        "blocks": finding.blocks.value,
        "says": finding.says,
        "fact": finding.fact,
        "way_out": _way_out(finding.way_out),
        "who": finding.who,
        "exit_code": int(finding.exit_code),
    }


def _ability(one: Ability) -> dict[str, Any]:
    return {
        "part": one.part,
        "does": one.does,
        "verdict": one.verdict.value,
        "because": one.because,
        "action": one.right.action if one.right else None,
        "scope": one.right.scope if one.right else None,
        "roles": list(one.right.roles) if one.right else [],
        "hand_over": list(one.hand_over.words) if one.hand_over else None,
    }


def _way_out(way: WayOut) -> list[dict[str, Any]]:
    spelled_out: list[dict[str, Any]] = []
    for part in way.parts:
        match part:
            case Command(words):
                spelled_out.append({"command": list(words)})
            case Role(name, scope):
                spelled_out.append({"role": name, "scope": scope})
            case text:
                spelled_out.append({"text": text})
    return spelled_out


def _principal(principal: ServicePrincipal) -> dict[str, Any]:
    return {
        "object_id": principal.object_id,
        "application_id": principal.application_id,
        "name": principal.display_name,
        "home_tenant_id": principal.home_tenant_id,
        "verified_publisher": principal.verified_publisher,
        "enabled": principal.usable,
    }


def _reached(one: Resource) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "location": one.location,
        "provisioning_state": one.provisioning_state,
    }
    match one:
        case VirtualHub():
            known["routing_state"] = one.routing_state
        case VirtualNetwork():
            known["address_prefixes"] = list(one.prefixes)
    return known


def _sentences(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def _request(request: SupportRequest) -> dict[str, Any]:
    warning = {"warning": request.procedure.warning} if request.procedure.warning else {}
    return {
        "subject": request.subject,
        **request.answers,
        "url": request.url,
        "until": request.until,
        **warning,
    }


def _holding(one: Holding, looked_for: Procedure | None) -> dict[str, Any]:
    known = f"writes_{looked_for.plural_in_json}" if looked_for else "writes"
    return {
        "id": one.assignment.id,
        "role": one.role_name,
        "scope": one.assignment.scope,
        "ours": one.ours,
        known: one.writes,
        "procedure": one.procedure.key if one.procedure else None,
        "through_group": one.through_group,
        "known": one.known,
        "earlier": one.earlier or None,
        "since": _moment(one.assignment.created_on),
        "by": one.assignment.created_by,
        "until": one.note.until.isoformat() if one.note.until else None,
        "ends": _moment(one.assignment.schedule.ends if one.assignment.schedule else None),
        "description": one.assignment.description,
    }


def _access(access: WriteAccess) -> dict[str, Any]:
    return {
        "can_write": access.can_write,
        "otherwise": [one.assignment.id for one in access.others],
        "known": [one.assignment.id for one in access.known],
        "not_known": list(access.not_known),
    }


def _subscription(one: SubscriptionStatus) -> dict[str, Any]:
    read = {}
    if isinstance(one.found, Status):
        read = {
            "access": _access(one.found.access),
            "drift": list(one.found.access.assessment.drift),
            "assignments": [_holding(its, one.found.wanted.procedure) for its in one.holdings],
        }
    return {
        "id": one.subscription.id,
        "name": one.subscription.name,
        "outcome": one.outcome.value,
        "exit_code": int(one.exit_code),
        **read,
        **({} if isinstance(one.found, Status) else {"error": _error(one.found)}),
    }


def _role(role: RoleDefinition) -> dict[str, Any]:
    return {
        "guid": role.guid,
        "name": role.role_name,
        "since": _moment(role.created_on),
        "by": role.created_by,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _connection(one: Connection) -> dict[str, Any]:
    known = {
        "id": one.id,
        "name": one.name,
        "provisioning_state": one.provisioning_state,
        "remote_network_id": one.remote_network_id,
        "etag": one.etag,
    }
    if isinstance(one, NetworkPeering):
        known |= {"peering_state": one.peering_state, "peering_sync_level": one.sync_level}
    return known


def _survey(survey: Survey) -> Iterator[tuple[str, Any]]:
    yield "as_of", _moment(survey.as_of)
    yield (
        "hubs",
        [
            {
                "id": one.hub.id,
                "name": one.hub.name,
                "resource_group": one.hub.resource_group,
                "subscription_id": one.subscription.id,
                "subscription": one.subscription.name,
                "location": one.hub.location,
                "provisioning_state": one.hub.provisioning_state,
                "routing_state": one.hub.routing_state,
                "firewall_ip": one.firewall_ip,
                "connections": one.connections,
            }
            for one in survey.hubs
        ],
    )
    yield "unread", _unread(survey.unread)


def _networks(survey: NetworkSurvey) -> Iterator[tuple[str, Any]]:
    yield "as_of", _moment(survey.as_of)
    yield (
        "virtual_networks",
        [
            {
                "id": one.network.id,
                "name": one.network.name,
                "resource_group": one.network.resource_group,
                "subscription_id": one.subscription.id,
                "subscription": one.subscription.name,
                "location": one.network.location,
                "provisioning_state": one.network.provisioning_state,
                "address_prefixes": list(one.network.prefixes),
                "peerings": one.network.peerings,
            }
            for one in survey.networks
        ],
    )
    yield "unread", _unread(survey.unread)


def _unread(unread: Iterable[tuple[Subscription, AstroPeerError]]) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "name": one.name, "code": error.code, "message": error.summary}
        for one, error in unread
    ]


def _audit(audit: Audit) -> dict[str, Any]:
    return {
        "since": _moment(audit.since),
        "until": _moment(audit.until),
        "since_grant": audit.since_grant,
        "writes": [_logged(one) for one in audit.writes],
        "granting": [_logged(one) for one in audit.granting],
        "not_shown": list(audit.not_shown),
    }


def _logged(one: LoggedWrite) -> dict[str, Any]:
    return {
        "began": _moment(one.began),
        "action": one.action,
        "what": one.what,
        "resource_id": one.resource_id,
        "result": one.result,
        "caller": one.caller,
        "address": one.address,
        "correlation_id": one.correlation_id,
        "stands_out": one.stands_out or None,
    }


def _error(error: AstroPeerError) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": error.answer.message if error.answer else error.summary,
        "meaning": " ".join(part for part in (error.summary if error.answer else "", error.meaning) if part),
        "next": spelled(error.next_step),
        "way_out": _way_out(error.next_step),
        "correlation_id": error.answer.correlation_id if error.answer else None,
    }
