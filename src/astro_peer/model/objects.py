"""What Azure holds, as far as a grant is concerned: frozen dataclasses that travel, free of any SDK.

A service principal, a role definition and a role assignment are what plans are about: see `change.Thing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from astro_peer.model import end
from astro_peer.model.change import Action, Right
from astro_peer.model.schedule import Schedule
from astro_peer.plain import one_line

_MAY_CREATE = ("Cloud Application Administrator", "Application Administrator")
_MAY_DEFINE = ("User Access Administrator", "Owner")
_MAY_ASSIGN = ("Role Based Access Control Administrator", *_MAY_DEFINE)


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
class Resource:
    """Something in a subscription that can be peered, as far as all of that have it in common."""

    id: str
    name: str
    resource_group: str
    subscription_id: str
    location: str
    provisioning_state: str

    @property
    def ready(self) -> bool:
        return self.provisioning_state == "Succeeded"

    @property
    def state(self) -> str:
        """For people."""
        return self.provisioning_state


@dataclass(frozen=True)
class VirtualHub(Resource):
    routing_state: str
    """None, Provisioning, Provisioned or Failed. It lags behind the provisioning state."""
    firewall_id: str | None
    wan_id: str | None
    """None for a Route Server, which Azure keeps as a virtual hub without a WAN."""
    address_prefix: str = ""
    """CIDR; "" where Azure does not say."""

    @property
    def in_virtual_wan(self) -> bool:
        return self.wan_id is not None

    @property
    def ready(self) -> bool:
        return super().ready and self.routing_state == "Provisioned"

    @property
    def state(self) -> str:
        """The routing state only where it is news."""
        routing = "" if self.ready else f", routing {self.routing_state}"
        return self.provisioning_state + routing


@dataclass(frozen=True)
class NextHop:
    """Something in a hub that traffic can be sent to: a firewall, by whichever name."""

    id: str
    kind: str
    name: str
    address: str
    appliance_id: str | None = None
    """The network virtual appliance that it is run on, where it manages one."""

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class VirtualNetwork(Resource):
    prefixes: tuple[str, ...] = ()
    """Of its address space, in CIDR; () where one of them could not be read."""
    peerings: int = 0
    """How many it has."""
    gateway: bool = False
    """Whether a virtual network gateway stands in it."""


@dataclass(frozen=True)
class Connection:
    """Of a resource that is peered with a virtual network."""

    id: str
    name: str
    provisioning_state: str
    remote_network_id: str
    etag: str = ""
    """Another one after every change, whoever made it; "" where it is not known."""

    @property
    def settled(self) -> bool:
        """Whether nothing goes on by itself any more."""
        return self.made or self.failed

    @property
    def made(self) -> bool:
        return self.provisioning_state == "Succeeded"

    @property
    def failed(self) -> bool:
        return self.provisioning_state in ("Failed", "Canceled")

    @property
    def azures_own(self) -> bool:
        """Whether Azure itself has made it, of something else that somebody made."""
        return False

    @property
    def state(self) -> str:
        """For people."""
        return self.provisioning_state


@dataclass(frozen=True)
class HubConnection(Connection):
    """A hub virtual network connection."""


@dataclass(frozen=True)
class NetworkPeering(Connection):
    """One side of a virtual network peering: the other belongs to the other network."""

    peering_state: str = ""
    """Initiated until both sides are there, then Connected; Disconnected when the other one is gone."""
    sync_level: str = ""
    """FullyInSync, unless an address space has changed since: "" where Azure does not say."""
    remote_prefixes: tuple[str, ...] = ()
    """Of the other network, as this side knows it; () where it is not said."""
    use_remote_gateways: bool = False
    allow_gateway_transit: bool = False

    @property
    def azures_own(self) -> bool:
        """To a virtual hub, which stands in a network of Microsoft's."""
        return self.name.startswith("RemoteVnetToHubPeering_")

    @property
    def made(self) -> bool:
        return super().made and self.peering_state == "Connected"

    @property
    def failed(self) -> bool:
        return super().failed or self.peering_state == "Disconnected"

    @property
    def state(self) -> str:
        """The provisioning state only where it is news."""
        return (
            self.peering_state
            if self.provisioning_state == "Succeeded"
            else f"{self.peering_state} ({self.provisioning_state})"
        )


@dataclass(frozen=True)
class ServicePrincipal:
    """`object_id` is "" while Azure has not given one; the names of an application can be read only then."""

    object_id: str
    application_id: str
    display_name: str = ""
    home_tenant_id: str | None = None
    verified_publisher: str | None = None
    account_enabled: bool = True
    disabled_by_microsoft: str | None = None
    """Microsoft's reason (such as DisabledDueToViolationOfServicesAgreement), None when not disabled."""

    kind = "service principal"

    @property
    def label(self) -> str:
        return self.display_name or self.application_id

    @property
    def azure_id(self) -> str | None:
        return self.object_id or None

    @property
    def usable(self) -> bool:
        return self.account_enabled and not self.disabled_by_microsoft

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def differences(self, before: ServicePrincipal) -> tuple[str, ...]:
        return ()

    def rights(self, action: Action, before: ServicePrincipal | None) -> tuple[Right, ...]:
        """Microsoft Entra ID decides on it, and for certain only when it is tried."""
        if action is not Action.CREATE:
            return ()
        return (Right("microsoft.directory/servicePrincipals/create", "/", _MAY_CREATE, directory=True),)


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
    created_on: datetime | None = field(default=None, compare=False)
    created_by: str | None = field(default=None, compare=False)
    """The object ID of whoever made it."""

    kind = "custom role"

    @property
    def label(self) -> str:
        return self.role_name

    @property
    def azure_id(self) -> str | None:
        return self.guid

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def can_be_assigned_in(self, scope: str) -> bool:
        """By its assignable scopes. Which management groups a subscription lies in, they do not tell."""
        return any(within(scope, assignable) for assignable in self.assignable_scopes)

    def differences(self, before: RoleDefinition) -> tuple[str, ...]:
        """Actions as far as they are allowed, and assignable scopes."""
        own, former = _allowed_actions(self), _allowed_actions(before)
        return (
            *(f"- {action}" for action in former if not allowed(self.permissions, action)),
            *(f"+ {action}" for action in own if not allowed(before.permissions, action)),
            *(
                f"- assignable scope {one}"
                for one in without(before.assignable_scopes, self.assignable_scopes)
            ),
            *(
                f"+ assignable scope {one}"
                for one in without(self.assignable_scopes, before.assignable_scopes)
            ),
        )

    def rights(self, action: Action, before: RoleDefinition | None) -> tuple[Right, ...]:
        """In every scope where it can be assigned: a role is changed in all of them or not at all."""
        scopes = dict.fromkeys((*self.assignable_scopes, *(before.assignable_scopes if before else ())))
        needed = "delete" if action is Action.DELETE else "write"
        return tuple(
            Right(f"Microsoft.Authorization/roleDefinitions/{needed}", scope, _MAY_DEFINE) for scope in scopes
        )


def _allowed_actions(role: RoleDefinition) -> list[str]:
    named = dict.fromkeys(action for entry in role.permissions for action in entry.actions)
    return [action for action in named if allowed(role.permissions, action)]


def without(scopes: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The scopes that are not among the others."""
    known = {one.rstrip("/").lower() for one in others}
    return tuple(scope for scope in scopes if scope.rstrip("/").lower() not in known)


@dataclass(frozen=True)
class RoleAssignment:
    """`id` and `name` are "" while Azure has not given them, `principal_id` while the principal is still to be made."""

    id: str
    name: str
    scope: str
    role_guid: str
    principal_id: str
    principal_type: str
    description: str | None = None
    schedule: Schedule | None = None
    """When Azure ends it itself; None where it does not, or nobody asked."""
    principal_of: str | None = None
    """The key of the change that makes the principal, where that is still to come."""
    created_on: datetime | None = field(default=None, compare=False)
    """By Azure's clock."""
    created_by: str | None = field(default=None, compare=False)
    """The object ID of whoever made it."""
    condition: str | None = field(default=None, compare=False)
    """What Azure lets the holder do with it only, in Azure's language for conditions."""
    condition_version: str | None = field(default=None, compare=False)

    kind = "role assignment"

    @property
    def label(self) -> str:
        return self.scope

    @property
    def azure_id(self) -> str | None:
        return self.id or None

    @property
    def notes(self) -> tuple[str, ...]:
        """The end, and the user's own text."""
        note = end.read(self.description)
        return (
            *((f"until {note.until}",) if note.until else ()),
            *((f"ended by Azure at {self.schedule}",) if self.schedule else ()),
            *((f"description: {one_line(note.text)}",) if note.text else ()),
        )

    def differences(self, before: RoleAssignment) -> tuple[str, ...]:
        return (
            *(f"- {line}" for line in before.notes if line not in self.notes),
            *(f"+ {line}" for line in self.notes if line not in before.notes),
        )

    def rights(self, action: Action, before: RoleAssignment | None) -> tuple[Right, ...]:
        """A schedule takes the right to write also where it goes; what gets one in place is made anew."""
        deletes = action is Action.DELETE or bool(self.schedule and before and not before.schedule)
        writes = action is not Action.DELETE or bool(self.schedule)
        return tuple(
            Right(f"Microsoft.Authorization/roleAssignments/{needed}", self.scope, _MAY_ASSIGN)
            for needed, takes in (("write", writes), ("delete", deletes))
            if takes
        )


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
