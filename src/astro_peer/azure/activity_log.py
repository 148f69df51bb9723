"""Azure's activity log: who tried to change what in a subscription, kept for 90 days.

Plain REST, as azure-mgmt-monitor would be as large as what else is needed. Of the filter only times are promised.
https://learn.microsoft.com/rest/api/monitor/activity-logs/list
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from astro_peer.azure import api_versions
from astro_peer.azure.shapes import Asking, text
from astro_peer.model.audit import Event

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


class ActivityLog(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._explaining = azure.explaining

    def events(self, subscription_id: str, since: datetime, until: datetime) -> tuple[Event, ...]:
        """All writes that anybody tried between these times, both included. `since`: at most 90 days ago."""
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.Insights/eventtypes/management/values"
        query = {
            "api-version": api_versions.ACTIVITY_LOG,
            "$filter": f"eventTimestamp ge '{_spelt(since)}' and eventTimestamp le '{_spelt(until)}'",
        }
        with self._explaining(f"The activity log of subscription {subscription_id} could not be read."):
            return tuple(map(_event, self._azure.rest.pages(path, query)))


def _spelt(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _event(found: Mapping[str, Any]) -> Event:
    claims, request = found.get("claims") or {}, found.get("httpRequest") or {}
    properties, authorization = found.get("properties") or {}, found.get("authorization") or {}
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
    )


def _value(localizable: Any) -> str:
    return str(localizable.get("value") or "") if localizable else ""


def _moment(spelt: str) -> datetime:
    """ISO 8601, in UTC where it says no zone. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(spelt)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
