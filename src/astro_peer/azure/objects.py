"""What Azure holds, as far as a grant is concerned: frozen dataclasses that travel, free of any SDK."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Subscription:
    id: str
    name: str
    tenant_id: str
    state: str
    """Enabled, Warned, PastDue, Disabled or Deleted; only the first three accept writes."""

    @property
    def scope(self) -> str:
        return f"/subscriptions/{self.id}"


@dataclass(frozen=True)
class VirtualHub:
    id: str
    name: str
    resource_group: str
    subscription_id: str
    location: str
    provisioning_state: str
    routing_state: str
    """None, Provisioning, Provisioned or Failed. It lags behind the provisioning state."""
    firewall_id: str | None
    in_virtual_wan: bool
    """False for a Route Server, which Azure keeps as a virtual hub without a WAN."""

    @property
    def ready(self) -> bool:
        return self.provisioning_state == "Succeeded" and self.routing_state == "Provisioned"


@dataclass(frozen=True)
class HubConnection:
    id: str
    name: str
    provisioning_state: str
    remote_network_id: str


@dataclass(frozen=True)
class ServicePrincipal:
    object_id: str
    application_id: str
    display_name: str
    home_tenant_id: str | None
    verified_publisher: str | None
    account_enabled: bool
    disabled_by_microsoft: str | None
    """Microsoft's reason (such as DisabledDueToViolationOfServicesAgreement), None when not disabled."""

    created_on: datetime | None = field(default=None, compare=False)

    @property
    def usable(self) -> bool:
        return self.account_enabled and not self.disabled_by_microsoft


@dataclass(frozen=True)
class Permission:
    """One permission entry of a role definition: `actions` without `not_actions`; data actions apart.

    Actions compare without case; `*` in them stands for any run of characters.
    """

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


def allowed(permissions: Iterable[Permission], action: str) -> bool:
    """Whether one of the entries allows the action: a notAction in another entry does not take it away."""
    return any(permission.allows(action) for permission in permissions)


def _any_matches(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]")) for pattern in patterns)


@dataclass(frozen=True)
class RoleDefinition:
    guid: str
    """The role's name in Azure's sense. Its resource ID differs with the scope it is seen from."""
    role_name: str
    is_custom: bool
    description: str
    permissions: tuple[Permission, ...]
    assignable_scopes: tuple[str, ...]
    updated_on: datetime | None = field(default=None, compare=False)
    """When it was last written, by Azure's clock."""


@dataclass(frozen=True)
class RoleAssignment:
    id: str
    name: str
    scope: str
    role_guid: str
    principal_id: str
    principal_type: str
    description: str | None = None
    created_on: datetime | None = field(default=None, compare=False)
    """By Azure's clock."""


_ASSIGNMENT_ID = re.compile(
    r"(/subscriptions/[^/?#]+(/[^?#]+)?|/providers/Microsoft\.Management/managementGroups/[^/?#]+)?"
    r"/providers/Microsoft\.Authorization/roleAssignments/[0-9a-f-]{32,36}",
    re.IGNORECASE,
)


def is_assignment_id(resource_id: str) -> bool:
    """Whether a resource ID is a role assignment's, and of nothing else: asked before anything is deleted by it."""
    return bool(_ASSIGNMENT_ID.fullmatch(resource_id)) and ".." not in resource_id


def same(one: str, other: str) -> bool:
    """Resource IDs, scopes and names compare without case in Azure."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def within(scope: str, outer: str) -> bool:
    """Whether a scope is the outer scope or lies beneath it."""
    return same(scope, outer) or scope.lower().startswith(outer.rstrip("/").lower() + "/")
