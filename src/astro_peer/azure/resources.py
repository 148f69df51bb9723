"""Resources of one type, as Azure Resource Manager lists and shows all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from astro_peer.azure import api_versions
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.model.objects import Resource
from astro_peer.procedure import Words

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/.+/[^/]+",
    re.IGNORECASE,
)
READ = "the Reader role on the subscription, or on the resource group"


class Resources(Asking):
    """`resource_type` is one of Microsoft.Network's."""

    def __init__(self, azure: Azure, resource_type: str, words: Words) -> None:
        self._azure = azure
        self._explaining = azure.explaining
        self._type = resource_type
        self._words = words

    def listed(self, subscription_id: str) -> list[Resource]:
        """Those of a subscription."""
        with self._explaining(
            f"The {self._words.many} of subscription {subscription_id} could not be listed.", needs=READ
        ):
            return [
                resource(one)
                for one in self._pages(f"/subscriptions/{subscription_id}/providers/{self._type}")
            ]

    def read(self, subscription_id: str, resource_group: str, name: str) -> Resource:
        with self._explaining(f"The {self._words.one} {name} could not be read.", needs=READ):
            return resource(self._get(self._id(subscription_id, resource_group, name)))

    def _id(self, subscription_id: str, resource_group: str, name: str) -> str:
        group, resource = quote(resource_group, safe="()"), quote(name, safe="")
        return f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/{self._type}/{resource}"

    def _get(self, resource_id: str) -> dict[str, Any]:
        return self._azure.rest.get(resource_id, {"api-version": api_versions.NETWORK})

    def _pages(self, path: str) -> list[dict[str, Any]]:
        return list(self._azure.rest.pages(path, {"api-version": api_versions.NETWORK}))


def resource(found: Mapping[str, Any]) -> Resource:
    where = _RESOURCE_ID.fullmatch(text(found["id"]))
    if where is None:
        raise ValueError("An ID is not one of a resource.")
    return Resource(
        id=text(found["id"]),
        name=text(found["name"]),
        resource_group=where["group"],
        subscription_id=guid(where["subscription"]),
        location=str(found.get("location") or ""),
        provisioning_state=str((found.get("properties") or {}).get("provisioningState") or "None"),
    )
