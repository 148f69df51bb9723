"""What is wanted and what was observed, made up: for decisions, which ask nobody."""

from __future__ import annotations

from dataclasses import replace

from astro_peer import procedure
from astro_peer.errors import NotPermitted
from astro_peer.model.objects import (
    Permission,
    RoleAssignment,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    VirtualHub,
)
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place
from astro_peer.model.wanted import Wanted

FACTS = procedure.load()
SUBSCRIPTION = Subscription(
    "11111111-2222-3333-4444-555555555555", "prod", "22222222-2222-3333-4444-555555555555", "Enabled"
)
SCOPE = SUBSCRIPTION.scope
GROUP = f"{SCOPE}/resourceGroups/rg"
OTHER = "/subscriptions/99999999-2222-3333-4444-555555555555"
THIRD = "/subscriptions/77777777-2222-3333-4444-555555555555"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/contoso"

GRANT = Wanted(FACTS, SUBSCRIPTION.tenant_id, Place(SUBSCRIPTION.tenant_id, SUBSCRIPTION))
REVOKE = replace(GRANT, granted=False)
ROLE = GRANT.role
ASTRONOMER = ServicePrincipal("aaaaaaaa-0000-0000-0000-000000000001", FACTS.application_id)
SOMEBODY = "bbbbbbbb-0000-0000-0000-000000000002"
NOBODY_ASKED = NotPermitted("Microsoft Graph does not answer.")


def role(*permissions: Permission, scopes: tuple[str, ...] = (SCOPE,)) -> RoleDefinition:
    return RoleDefinition("guid", FACTS.role_name, True, "", permissions, scopes)


def held(
    principal: str = ASTRONOMER.object_id,
    *,
    scope: str = SCOPE,
    role: str = ROLE.guid,
    kind: str = "ServicePrincipal",
    name: str = "",
) -> RoleAssignment:
    """An assignment as Azure shows it; by default its name follows from the principal."""
    name = name or f"c{principal[1:]}"
    return RoleAssignment(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        name,
        scope,
        role,
        principal,
        kind,
    )


def hub(name: str = "hub") -> VirtualHub:
    resource_id = f"{GROUP}/providers/Microsoft.Network/virtualHubs/{name}"
    return VirtualHub(
        resource_id, name, "rg", SUBSCRIPTION.id, "westeurope", "Succeeded", "Provisioned", None, "wan"
    )


def observed(*of_role: RoleAssignment, **more: object) -> Observed:
    """A tenant in which the principal and the documented role are there, and these assignments of the role."""
    facts: dict[str, object] = {"principal": ASTRONOMER, "role": ROLE, "of_role": of_role}
    return Observed(**(facts | more))  # type: ignore[arg-type]
