"""The service principal: Astronomer's application gets an identity in the customer's tenant."""

from __future__ import annotations

from astro_peer.azure import Azure
from astro_peer.azure.objects import ServicePrincipal
from astro_peer.azure.retries import until
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import Conflict


def plan(application_id: str, found: ServicePrincipal | None) -> Change:
    if found is None:
        return Change(
            Kind.PRINCIPAL,
            Action.CREATE,
            name=application_id,
            reason="Astronomer's application has no identity in this tenant yet",
        )
    return Change(
        Kind.PRINCIPAL,
        Action.KEEP,
        name=found.display_name or application_id,
        id=found.object_id,
        reason="exists",
    )


def create(azure: Azure, application_id: str) -> ServicePrincipal:
    """Made, or found where somebody else was quicker."""
    made = azure.graph.create(application_id)
    if made is not None:
        return made
    found = until(
        lambda: azure.graph.find(application_id),
        lambda principal: principal is not None,
        azure.patience("Microsoft Graph to show the service principal that exists"),
    )
    assert found is not None  # noqa: S101  (what `until` waited for)
    return found


def require_usable(principal: ServicePrincipal) -> None:
    """Raises Conflict for a principal that is disabled: with it, nobody could use the role."""
    if principal.disabled_by_microsoft:
        raise Conflict(
            "Astronomer's service principal is disabled by Microsoft, so the role was not assigned.",
            meaning=f"Microsoft Entra ID gives as its status {principal.disabled_by_microsoft}.",
            next_step="Do not go on. Ask Astronomer support, and your Entra administrator, about it.",
        )
    if not principal.account_enabled:
        raise Conflict(
            "Astronomer's service principal is disabled in this tenant, so the role was not assigned.",
            meaning="Its account is not enabled: Astronomer could not sign in, and the grant would be of no use.",
            next_step="Ask your Entra administrator why. To enable it:"
            f" az ad sp update --id {principal.object_id} --set accountEnabled=true",
        )
