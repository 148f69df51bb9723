"""The tenant's state: what exists in it, and nothing about HTTP or about who may do what.

Objects are frozen and replaced as a whole, so a reader never sees half of a change.
Keys of the dictionaries are GUIDs or resource IDs in lower case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from astro_peer.sandbox.tenant.astro import Organization
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.quirks import Lags, Limits, Quirks

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Subscription:
    id: str
    name: str
    state: str = "Enabled"
    """Enabled, Warned, PastDue, Disabled or Deleted. Disabled ones are read-only."""


@dataclass(frozen=True)
class ResourceGroup:
    subscription_id: str
    name: str
    location: str

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.name}"


@dataclass(frozen=True)
class Resource:
    """A virtual WAN, a hub or something in it, a firewall, a virtual network: what is there before anybody calls."""

    id: str
    type: str
    location: str
    properties: Json
    etag: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]


@dataclass(frozen=True)
class OperationFailure:
    """How an asynchronous operation ends that Azure had accepted."""

    code: str
    message: str
    cause: str
    cause_message: str
    """The code and the message of what Azure names as the detail."""


@dataclass(frozen=True)
class Connection:
    """A hub virtual network connection. It reaches Succeeded by itself when `ready_at` has passed."""

    id: str
    hub_id: str
    properties: Json
    ready_at: datetime
    etag: str
    ready_etag: str
    failure: OperationFailure | None = None
    """What it comes to instead of Succeeded."""

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]


class PeeringState(StrEnum):
    """What one side of a peering knows of the other."""

    INITIATED = "Initiated"
    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"
    """The other side was there, and is gone."""


@dataclass(frozen=True)
class Peering:
    """One side of a virtual network peering, which belongs to its own virtual network alone."""

    id: str
    remote_id: str
    """The other virtual network, of whatever tenant."""
    state: PeeringState
    remote_prefixes: tuple[str, ...]
    """The other network's address space, as of when this side was last brought in step with it."""
    resource_guid: str
    """The same on both sides."""
    ready_at: datetime
    """It reaches Succeeded by itself when this has passed."""
    etag: str
    allow_virtual_network_access: bool = True
    allow_forwarded_traffic: bool = False
    allow_gateway_transit: bool = False
    use_remote_gateways: bool = False

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]

    @property
    def network_id(self) -> str:
        return self.id.rpartition("/virtualNetworkPeerings/")[0]


@dataclass(frozen=True)
class Application:
    """An application registration, in this tenant or, multi-tenant, in somebody else's."""

    app_id: str
    object_id: str
    display_name: str
    home_tenant_id: str
    secret: str = field(repr=False)
    multi_tenant: bool = False
    publisher: str | None = None
    publisher_id: str | None = None
    deleted: datetime | None = None


@dataclass(frozen=True)
class ServicePrincipal:
    """An application's identity in this tenant. Made again, it gets another object ID."""

    id: str
    app_id: str
    created: datetime
    account_enabled: bool = True
    disabled_by_microsoft: str | None = None
    deleted: datetime | None = None
    owners: tuple[str, ...] = ()
    """Object IDs. An application that makes a service principal does not own it, unless it says so."""
    details: Json = field(default_factory=dict)
    """What callers wrote into the properties that no rule depends on: description, notes, tags and such."""


@dataclass(frozen=True)
class User:
    id: str
    display_name: str
    user_principal_name: str
    password: str | None = field(default=None, repr=False)
    """None for one that nobody signs in as."""


@dataclass(frozen=True)
class Group:
    id: str
    display_name: str
    members: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DirectoryRole:
    """A role of Microsoft Entra, which has nothing to do with those of Azure."""

    template_id: str
    display_name: str
    members: frozenset[str] = frozenset()
    """Object IDs of users and of groups."""
    custom: bool = False
    """One of the tenant's own is no directoryRole in Microsoft Graph: nobody's memberships tell of it."""


@dataclass(frozen=True)
class Permission:
    """One entry of a role: allowed is what its actions match and its own notActions do not."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoleDefinition:
    """One object in the whole tenant, whatever scope it is seen from."""

    guid: str
    name: str
    permissions: tuple[Permission, ...]
    assignable_scopes: tuple[str, ...]
    custom: bool
    description: str
    created: datetime
    updated: datetime
    created_by: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True)
class RoleAssignment:
    name: str
    scope: str
    role: str
    """The role definition's GUID."""
    principal_id: str
    principal_type: str
    created: datetime
    updated: datetime
    created_by: str | None = None
    updated_by: str | None = None
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None

    @property
    def id(self) -> str:
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{self.name}"


@dataclass(frozen=True)
class ScheduleRequest:
    """What somebody asked Privileged Identity Management for. It is kept, whatever became of it."""

    name: str
    scope: str
    role: str
    """The role definition's GUID."""
    principal_id: str
    principal_type: str
    type: str
    """AdminAssign, AdminUpdate and so on."""
    status: str
    created: datetime
    requestor: str
    """An object ID."""
    start: datetime | None = None
    end: datetime | None = None
    expiration: Json = field(default_factory=dict)
    """As it was asked for."""
    justification: str | None = None
    ticket: Json = field(default_factory=dict)
    condition: str | None = None
    condition_version: str | None = None
    schedule: str = ""
    """The name of the schedule that it made or changed."""

    @property
    def id(self) -> str:
        return f"{self.scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{self.name}"


@dataclass(frozen=True)
class Schedule:
    """From when until when Privileged Identity Management keeps a role assignment; with no end, for good."""

    name: str
    request: str
    """The name of the request that made it, or changed it last."""
    scope: str
    role: str
    principal_id: str
    principal_type: str
    start: datetime
    end: datetime | None
    created: datetime
    updated: datetime
    condition: str | None = None
    condition_version: str | None = None
    assignment_id: str | None = None
    """The role assignment, once it has begun."""


@dataclass(frozen=True)
class DenyAssignment:
    name: str
    """A GUID."""
    scope: str
    display_name: str
    description: str
    permission: Permission
    """What its actions match and its notActions do not is forbidden."""
    principals: tuple[str, ...]
    excluded: tuple[str, ...]
    """Object IDs it does not apply to."""
    created: datetime

    @property
    def id(self) -> str:
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/denyAssignments/{self.name}"


@dataclass(frozen=True)
class Lock:
    scope: str
    name: str
    level: str
    """CanNotDelete or ReadOnly."""
    notes: str | None = None

    @property
    def id(self) -> str:
        return f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/locks/{self.name}"


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for: an application, through its service principal in this tenant, or a user."""

    app_id: str
    """A user's principal name instead: both are what Azure calls the client."""
    object_id: str


@dataclass
class Tenant:
    id: str
    name: str
    domain: str
    clock: Clock = field(compare=False)
    demo_subscription_id: str
    demo_hub_id: str
    astro: Organization
    """On Astro: whose clusters are to be peered with this tenant's hubs."""
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    resource_groups: dict[str, ResourceGroup] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    peerings: dict[str, Peering] = field(default_factory=dict)
    hub_parts: dict[str, Resource] = field(default_factory=dict)
    """Route tables, route maps and routing intent: children of hubs, which no list of resources shows."""
    foreign_networks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The address prefixes of virtual networks in tenants that are not simulated, by their IDs."""
    others: dict[str, "Tenant"] = field(default_factory=dict, repr=False, compare=False)
    """The other simulated tenants, by ID: Astronomer's own beside the customer's, and the customer's beside that."""
    operations: dict[str, datetime] = field(default_factory=dict)
    """Asynchronous operations and when each of them is done."""
    deployments: dict[str, Any] = field(default_factory=dict)
    """Of templates, by their IDs."""
    what_if_results: dict[str, Json] = field(default_factory=dict)
    """By the operation that worked each of them out."""
    failing_operations: dict[str, OperationFailure] = field(default_factory=dict)
    """Those that come to nothing."""
    applications: dict[str, Application] = field(default_factory=dict)
    """By application ID: every application an endpoint may come to need, wherever it is registered."""
    deleted_applications: dict[str, Application] = field(default_factory=dict)
    """By object ID, as all deleted items."""
    service_principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    deleted_principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    directory_roles: dict[str, DirectoryRole] = field(default_factory=dict)
    """By template ID."""
    directory_readers: set[str] = field(default_factory=set)
    directory_writers: set[str] = field(default_factory=set)
    """Object IDs that may read Microsoft Graph, or also create, change and delete service principals."""
    role_definitions: dict[str, RoleDefinition] = field(default_factory=dict)
    role_assignments: dict[str, RoleAssignment] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    schedule_requests: dict[str, ScheduleRequest] = field(default_factory=dict)
    """Of Privileged Identity Management, by their names."""
    deny_assignments: dict[str, DenyAssignment] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    unregistered_providers: set[tuple[str, str]] = field(default_factory=set)
    """Subscription ID and namespace, in lower case."""
    reads_of_new: dict[str, int] = field(default_factory=dict)
    """How often each thing was read while reads lag behind its last write."""
    superseded_roles: dict[str, RoleDefinition] = field(default_factory=dict)
    """Each changed role as it was before, for reads that lag behind."""
    dying_roles: dict[str, tuple[RoleDefinition, datetime]] = field(default_factory=dict)
    dying_assignments: dict[str, tuple[RoleAssignment, datetime]] = field(default_factory=dict)
    """What was deleted and is shown until then, by the same keys. Written again before, it goes all the same."""
    assignment_names: list[str] = field(default_factory=list)
    """The GUIDs of all assignments that anybody tried to make, in that order."""
    activity: list[Any] = field(default_factory=list)
    """The activity log's events, as they came."""
    policy_tokens: dict[str, object] = field(default_factory=dict)
    """What Azure Policy agreed to, by the token it gave for it."""
    denied_actions: set[str] = field(default_factory=set)
    """Actions that nobody may do, whatever roles say."""
    quirks: Quirks = field(default_factory=Quirks)
    limits: Limits = field(default_factory=Limits)
    lags: Lags = field(default_factory=Lags)

    def add(self, *things: object) -> None:
        """Puts objects in as they are, asking no rule: for setting a tenant up."""
        for thing in things:
            match thing:
                case Subscription():
                    self.subscriptions[thing.id.lower()] = thing
                case ResourceGroup():
                    self.resource_groups[thing.id.lower()] = thing
                case Resource() if thing.type.lower().startswith("microsoft.network/virtualhubs/"):
                    self.hub_parts[thing.id.lower()] = thing
                case Resource():
                    self.resources[thing.id.lower()] = thing
                case Connection():
                    self.connections[thing.id.lower()] = thing
                case Peering():
                    self.peerings[thing.id.lower()] = thing
                case Application():
                    self.applications[thing.app_id.lower()] = thing
                case ServicePrincipal():
                    self.service_principals[thing.id.lower()] = thing
                case User():
                    self.users[thing.id.lower()] = thing
                case Group():
                    self.groups[thing.id.lower()] = thing
                case DirectoryRole():
                    self.directory_roles[thing.template_id.lower()] = thing
                case RoleDefinition():
                    self.role_definitions[thing.guid.lower()] = thing
                case RoleAssignment():
                    self.role_assignments[thing.id.lower()] = thing
                case DenyAssignment():
                    self.deny_assignments[thing.id.lower()] = thing
                case Lock():
                    self.locks[thing.id.lower()] = thing
                case _:
                    raise TypeError(f"a tenant holds no {type(thing).__name__}")

    def within(self, seconds: float, moment: datetime) -> bool:
        """Whether the moment is not yet so long ago; never with a lag of nothing."""
        return seconds > 0 and self.clock.now() - moment < timedelta(seconds=seconds)

    def application_of(self, principal: ServicePrincipal) -> Application:
        """Deleted ones too, as a deleted principal goes on showing its application's name."""
        known = (*self.applications.values(), *self.deleted_applications.values())
        return next(a for a in known if a.app_id == principal.app_id)

    def principal_of(self, app_id: str) -> ServicePrincipal | None:
        return next((p for p in self.service_principals.values() if p.app_id == app_id.lower()), None)

    def type_of(self, principal_id: str) -> str | None:
        """User, Group or ServicePrincipal; None when nobody has this object ID."""
        key = principal_id.lower()
        if key in self.service_principals:
            return "ServicePrincipal"
        if key in self.users:
            return "User"
        return "Group" if key in self.groups else None

    def identities(self, object_id: str) -> set[str]:
        """The object ID and those of the groups it belongs to, directly or through another group."""
        found, new = set[str](), {object_id.lower()}
        while new:
            found |= new
            new = {g.id.lower() for g in self.groups.values() if g.members & new} - found
        return found

    def resources_of(self, kind: str) -> Iterable[Resource]:
        return [r for r in self.resources.values() if r.type.lower() == kind.lower()]
