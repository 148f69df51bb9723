"""Azure Resource Manager: the activity log of a subscription."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.arm_authorization import parse_filter
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import activity_log
from astro_peer.sandbox.tenant.activity_log import Event
from astro_peer.sandbox.tenant.clock import timestamp
from astro_peer.sandbox.tenant.paths import resource_group_of, split
from astro_peer.sandbox.tenant.refusals import Refusal

_FILTERS = {
    "since": re.compile(r"eventTimestamp\s+ge\s+'?([^'\s]+)'?", re.IGNORECASE),
    "until": re.compile(r"eventTimestamp\s+le\s+'?([^'\s]+)'?", re.IGNORECASE),
    "group": re.compile(r"resourceGroupName\s+eq\s+'([^']*)'", re.IGNORECASE),
    "provider": re.compile(r"resourceProvider\s+eq\s+'([^']*)'", re.IGNORECASE),
    "resource": re.compile(r"(?:resourceUri|resourceId)\s+eq\s+'([^']*)'", re.IGNORECASE),
    "correlation": re.compile(r"correlationId\s+eq\s+'([^']*)'", re.IGNORECASE),
    "caller": re.compile(r"caller\s+eq\s+'([^']*)'", re.IGNORECASE),
    "status": re.compile(r"status\s+eq\s+'([^']*)'", re.IGNORECASE),
}
_CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_TEXTS: dict[str, Callable[[Call, Event], str]] = {
    "group": lambda _, event: resource_group_of(event.write.resource_id) or "",
    "provider": lambda _, event: event.write.action.split("/")[0],
    "resource": lambda _, event: event.write.resource_id,
    "correlation": lambda _, event: event.write.correlation_id,
    "caller": lambda call, event: _caller(call, event),
    "status": lambda _, event: event.status,
}


def _list(call: Call, subscription: str) -> Answer:
    call.require("Microsoft.Insights/eventtypes/values/read", f"/subscriptions/{subscription}")
    conditions = parse_filter(call.filter, _FILTERS)
    if "since" not in conditions:
        raise _bad_request("The start time is required: $filter=eventTimestamp ge '...'.")
    now = call.tenant.clock.now()
    since = _moment(conditions.pop("since"))
    until = _moment(conditions.pop("until")) if "until" in conditions else now
    if now - since > activity_log.KEPT:
        raise _bad_request("The start time cannot be more than 90 days in the past.")
    if until < since:
        raise _bad_request("The end time is before the start time.")
    found = [
        event
        for event in activity_log.shown(call.tenant, subscription)
        if since <= event.moment <= until
        and all(_TEXTS[name](call, event).lower() == text.lower() for name, text in conditions.items())
    ]
    asked = [one.strip() for one in call.request.args.get("$select", "").split(",") if one.strip()]
    bodies = [_body(call, event) for event in found]
    return call.page(
        [{name: one[name] for name in asked if name in one} for one in bodies] if asked else bodies
    )


def _bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise _bad_request(f"'{text}' is no time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _caller(call: Call, event: Event) -> str:
    """A user's principal name, an application's object ID."""
    who = event.write.caller
    return who.app_id if who.object_id in call.tenant.users else who.object_id


def _body(call: Call, event: Event) -> dict[str, Any]:
    write = event.write
    is_user = write.caller.object_id in call.tenant.users
    claims = {_CLAIM: write.caller.object_id, "ipaddr": write.address} | (
        {"name": write.caller.app_id} if is_user else {"appid": write.caller.app_id}
    )
    phrase = HTTPStatus(event.http_status).phrase if event.http_status else ""
    shown = f"{phrase} (HTTP Status Code: {event.http_status})" if event.http_status else ""
    properties = {"entity": write.resource_id, "message": write.action, "eventCategory": "Administrative"}
    if event.status == "Started" and write.request_body:
        properties["requestbody"] = write.request_body
    if event.response_body:
        properties |= {"statusCode": phrase.replace(" ", ""), "responseBody": event.response_body}
    if event.status_message:
        properties["statusMessage"] = event.status_message
    namespace, *kinds = write.action.split("/")
    return {
        "authorization": {"action": write.action, "scope": write.resource_id},
        "caller": _caller(call, event),
        "channels": "Operation",
        "claims": claims,
        "correlationId": write.correlation_id,
        "description": "",
        "eventDataId": event.id,
        "eventName": {"value": "BeginRequest" if event.status == "Started" else "EndRequest"},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "eventTimestamp": timestamp(event.moment),
        "httpRequest": {"clientIpAddress": write.address, "method": write.method},
        "id": f"{write.resource_id}/events/{event.id}/ticks/{int(event.moment.timestamp() * 10**7)}",
        "level": "Error" if event.status == "Failed" else "Informational",
        "operationId": write.correlation_id,
        "operationName": _localized(write.action),
        "properties": properties,
        "resourceGroupName": resource_group_of(write.resource_id) or "",
        "resourceId": write.resource_id,
        "resourceProviderName": _localized(namespace),
        "resourceType": _localized("/".join([namespace, *kinds[:-1]])),
        "status": _localized(event.status),
        "subStatus": {"value": phrase.replace(" ", ""), "localizedValue": shown},
        "submissionTimestamp": timestamp(event.moment),
        "subscriptionId": split(write.resource_id)[1],
        "tenantId": call.tenant.id,
    }


def _localized(text: str) -> dict[str, str]:
    return {"value": text, "localizedValue": text}


RULES = [
    rule("/subscriptions/<subscription>/providers/microsoft.insights/eventtypes/management/values", _list)
]
