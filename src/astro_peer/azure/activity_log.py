"""Azure's activity log: who tried to change what in a subscription, kept for 90 days.

Plain REST, as azure-mgmt-monitor would be as large as what else is needed. Of the filter only times are promised.
https://learn.microsoft.com/rest/api/monitor/activity-logs/list
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from astro_peer.azure import api_versions
from astro_peer.azure.shapes import Asking, text
from astro_peer.model.audit import Event
from astro_peer.plain import one_line

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


class ActivityLog(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._explaining = azure.explaining

    def events(
        self,
        subscription_id: str,
        since: datetime,
        until: datetime,
        *,
        provider: str | None = None,
        resource_id: str | None = None,
    ) -> tuple[Event, ...]:
        """All writes that anybody tried between these times, both included. `since`: at most 90 days ago.

        Of one resource provider, or to one resource, where that is said: these are the other conditions that Azure
        documents.
        """
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.Insights/eventtypes/management/values"
        query = {
            "api-version": api_versions.ACTIVITY_LOG,
            "$filter": f"eventTimestamp ge '{_spelt(since)}' and eventTimestamp le '{_spelt(until)}'"
            + (f" and resourceProvider eq '{provider}'" if provider else "")
            + (f" and resourceUri eq '{_quoted(resource_id)}'" if resource_id else ""),
        }
        with self._explaining(f"The activity log of subscription {subscription_id} could not be read."):
            return tuple(map(_event, self._azure.rest.pages(path, query)))


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _spelt(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _event(found: Mapping[str, Any]) -> Event:
    claims, request = found.get("claims") or {}, found.get("httpRequest") or {}
    properties, authorization = found.get("properties") or {}, found.get("authorization") or {}
    code, message = _why(properties.get("statusMessage") or properties.get("responseBody"))
    return Event(
        moment=_moment(text(found["eventTimestamp"])),
        action=_value(found.get("operationName")) or text(authorization["action"]),
        resource_id=str(found.get("resourceId") or authorization.get("scope") or ""),
        status=_value(found.get("status")),
        http_status=_value(found.get("subStatus")),
        caller=str(found.get("caller") or ""),
        object_id=str(claims.get(_OBJECT_ID) or ""),
        application_id=str(claims.get("appid") or ""),
        address=str(request.get("clientIpAddress") or claims.get("ipaddr") or ""),
        correlation_id=str(found.get("correlationId") or ""),
        category=_value(found.get("category")),
        operation_id=str(found.get("operationId") or ""),
        body=" ".join(str(properties.get(name) or "") for name in ("requestbody", "responseBody")).strip(),
        code=code,
        message=message,
    )


def _value(localizable: Any) -> str:
    return str(localizable.get("value") or "") if localizable else ""


def _why(status_message: object) -> tuple[str, str]:
    """Code and message of the innermost error in JSON that stands in a string; two empty texts where there is none."""
    try:
        found = json.loads(str(status_message or "null"))
    except (ValueError, RecursionError):
        return "", ""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return "", ""
    details = error.get("details")
    inner = details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}
    told = inner if inner.get("code") and inner.get("message") else error
    return one_line(str(told.get("code") or "")), one_line(str(told.get("message") or ""))


def _moment(spelt: str) -> datetime:
    """ISO 8601, in UTC where it says no zone. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(spelt)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
