"""The service principal: made in Microsoft Entra ID."""

from __future__ import annotations

from astro_peer.azure import Azure
from astro_peer.model.objects import ServicePrincipal
from astro_peer.waiting import until


def create(azure: Azure, application_id: str) -> ServicePrincipal:
    """Made, or found where somebody else was quicker."""
    made = azure.graph.create(application_id)
    if made is not None:
        return made
    found = until(
        lambda: azure.graph.find(application_id),
        lambda found: found is not None,
        azure.patience("Microsoft Graph to show the service principal that exists"),
    )
    assert found is not None  # noqa: S101  (what `until` waited for)
    return found
