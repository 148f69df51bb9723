"""Azure Resource Manager: what belongs to a virtual hub: route tables, route maps and routing intent."""

from collections.abc import Mapping
from typing import Any

from werkzeug.routing import Rule

from astro_peer.sandbox.http.arm import Call, rule
from astro_peer.sandbox.http.arm_network import HUB, find_readable_hub, hub_id_of
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant import guards, network, refusals
from astro_peer.sandbox.tenant.shown import shown_properties
from astro_peer.sandbox.tenant.state import Resource

_KINDS = ("hubRouteTables", "routeMaps", "routingIntent")


def _body(call: Call, part: Resource) -> Mapping[str, Any]:
    return {
        "name": part.name,
        "id": part.id,
        "etag": part.etag,
        "type": part.type,
        "properties": shown_properties(call.tenant, part),
    }


def _rules(kind: str) -> list[Rule]:
    full = f"Microsoft.Network/virtualHubs/{kind}"

    def list_parts(call: Call, subscription: str, group: str, hub: str) -> Answer:
        hub_id = find_readable_hub(call, f"{full}/read", subscription, group, hub)
        return call.page([_body(call, p) for p in network.parts_of(call.tenant, hub_id, full)])

    def read(call: Call, subscription: str, group: str, hub: str, name: str) -> Answer:
        hub_id = find_readable_hub(call, f"{full}/read", subscription, group, hub)
        for part in network.parts_of(call.tenant, hub_id, full):
            if part.name.lower() == name.lower():
                return Answer(200, _body(call, part), {"etag": part.etag})
        raise refusals.not_found(f"{hub_id}/{kind}/{name}")

    def delete(call: Call, subscription: str, group: str, hub: str, name: str) -> Answer:
        """At once; it takes minutes in Azure."""
        part_id = f"{hub_id_of(call, subscription, group, hub)}/{kind}/{name}"
        call.require(f"{full}/delete", part_id)
        guards.check_delete(call.tenant, part_id)
        return Answer(204 if call.tenant.hub_parts.pop(part_id.lower(), None) is None else 200)

    low = f"{HUB}/{kind.lower()}"
    return [rule(low, list_parts), rule(f"{low}/<name>", read), rule(f"{low}/<name>", delete, "DELETE")]


RULES = [r for kind in _KINDS for r in _rules(kind)]
