"""What was seen of Astronomer's connections, as parts of the JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astro_peer.model.audit import LoggedWrite
    from astro_peer.model.peering import Peering
    from astro_peer.model.watch import Sighting, Watch


def watched(watch: Watch) -> dict[str, Any]:
    return {
        f"{watch.procedure.json_name}_id": watch.resource_id,
        "verdict": watch.verdict.value,
        "elapsed_seconds": round(watch.elapsed_seconds),
        "at_most_seconds": round(watch.at_most_seconds),
        "baseline": watch.before.basis.value,
        "connections": [_sighting(one) for one in watch.seen.sightings],
        "refused": [_refused(one) for one in watch.seen.refused],
        "log_read": watch.log_unread is None,
        f"other_{watch.procedure.plural_in_json}_awaited": None
        if watch.awaited is None
        else list(watch.awaited),
        "go_on": list(watch.again.words),
        "revoke": list(watch.revoke.words),
    }


def peerings(found: Iterable[Peering]) -> list[dict[str, Any]]:
    return [peering(one) for one in found]


def peering(one: Peering) -> dict[str, Any]:
    connection = one.connection
    return {
        "id": connection.id,
        "name": connection.name,
        "provisioning_state": connection.provisioning_state,
        "remote_network_id": connection.remote_network_id,
        "network": one.owner.kind,
        "network_tenant_id": one.owner.tenant_id,
        "by_astronomer": True if one.write else False if one.by_others else None,
        "since": one.since.isoformat(timespec="seconds") if one.since else None,
    }


def _sighting(one: Sighting) -> dict[str, Any]:
    return {
        **peering(one.peering),
        "what": one.how.value,
        "astronomers": one.astronomers,
        "network_before": one.before.remote_network_id if one.before else None,
    }


def _refused(one: LoggedWrite) -> dict[str, Any]:
    return {
        "began": one.began.isoformat(timespec="seconds"),
        "resource_id": one.resource_id,
        "code": one.code,
        "message": one.message,
        "correlation_id": one.correlation_id,
    }
