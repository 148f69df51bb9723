"""The service principal: Astronomer's application gets an identity in the customer's tenant."""

from __future__ import annotations

from typing import NamedTuple

from astro_peer.azure import Azure
from astro_peer.azure.objects import ServicePrincipal, same
from astro_peer.azure.retries import until
from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import AstroPeerError, Conflict, NotFound


class LookedUp(NamedTuple):
    """`unchecked` says why Microsoft Graph could not be asked, if it could not."""

    principal: ServicePrincipal | None
    unchecked: AstroPeerError | None = None


def look_up(azure: Azure, application_id: str, object_id: str) -> LookedUp:
    """The principal that a user names by its object ID, checked whenever Microsoft Graph answers.

    `principal` is None, with `unchecked`, where it does not; None alone where it knows no such principal.
    Raises Conflict for another application's.
    """
    try:
        found = azure.graph.principal(object_id)
    except AstroPeerError as error:
        return LookedUp(None, error)
    if found and not same(found.application_id, application_id):
        raise Conflict(
            f"The object ID {object_id} is not that of Astronomer's service principal.",
            meaning=f'It belongs to "{found.display_name}", application {found.application_id};'
            f" Astronomer's is {application_id}.",
            next_step="Leave --principal-object-id out: your account may read Microsoft Graph.",
        )
    return LookedUp(found)


def require_found(object_id: str, looked_up: LookedUp) -> None:
    """Raises NotFound where Graph answers and knows no such principal: nobody is given rights unseen."""
    if looked_up.principal is None and looked_up.unchecked is None:
        raise NotFound(
            f"There is no service principal with the object ID {object_id} in this tenant.",
            meaning="Microsoft Graph answers and does not show it: the ID is wrong, or it was made a moment ago.",
            next_step="Leave --principal-object-id out, or run the same command again in a minute.",
        )


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
