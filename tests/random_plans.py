"""Random tenants for plans, and what a plan says will be there afterwards.

Used twice: against what the command itself leaves, and against what its script leaves when az runs it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

import astro_peer
from astro_peer import procedure
from astro_peer.model.change import Action
from astro_peer.model.objects import RoleAssignment as PlannedAssignment
from astro_peer.model.objects import RoleDefinition as PlannedRole
from astro_peer.model.objects import ServicePrincipal as PlannedPrincipal
from astro_peer.model.place import Where
from astro_peer.model.plan import Plan
from astro_peer.procedure import Procedure
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.demo_networks import AIRFLOW
from astro_peer.sandbox.tenant.state import (
    Permission,
    RoleAssignment,
    RoleDefinition,
    Schedule,
    ServicePrincipal,
    Tenant,
)
from conftest import DEV, PROD, ROLE, Inside

DOCUMENTED = procedure.load().actions
SCOPE, DEV_SCOPE = f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"
GROUP_SCOPE = f"{SCOPE}/resourceGroups/rg-connectivity-prod"
NEXT_MONTH = (datetime.now(UTC) + timedelta(days=30)).date()
NAMES = st.one_of(
    st.just(ROLE),
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9 _.()-]{0,30}[A-Za-z0-9_.)])?", fullmatch=True),
)
"""Role names with every character that is allowed."""


@dataclass(frozen=True)
class RandomRole:
    derived_guid: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    scopes: tuple[str, ...]
    lower_case: bool


@dataclass(frozen=True)
class RandomTenant:
    principal: str
    """absent, present, disabled, deleted, forgotten, or made again after it was deleted."""
    role_name: str
    role: RandomRole | None
    assigned_at: tuple[str, ...]
    """The scopes at which Astronomer's principal, alive or gone, holds the role."""
    assigned_to_others: bool
    command: tuple[str, ...]
    described: str | None = None
    """What the description says of the assignments that Astronomer's principal has."""
    ends: date | None = None
    """The last day of the one on the subscription, where the principal lives and Azure ends it itself."""
    procedure: str = "vhub"
    """The role's actions are told as the hubs' are, and translated."""

    @property
    def facts(self) -> Procedure:
        return procedure.load(self.procedure)

    def where(self, inside: Inside) -> Where:
        if self.command[0] == "revoke":
            return astro_peer.where(subscription=PROD, procedure=self.facts)
        return astro_peer.where(**self._resource(inside))

    def options(self, inside: Inside) -> tuple[str, ...]:
        """The same on the command line; a hub is known from the environment."""
        if self.procedure == "vhub":
            return ()
        if self.command[0] == "revoke":
            return ("--subscription", PROD, "--procedure", self.procedure)
        return ("--vnet-id", self._resource(inside)["vnet_id"])

    def _resource(self, inside: Inside) -> dict[str, str]:
        if self.procedure == "vhub":
            return {"hub_id": inside.tenant.demo_hub_id}
        return {
            "vnet_id": next(one.id for one in inside.tenant.resources.values() if one.id.endswith(AIRFLOW))
        }

    def translated(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """From the hubs' role to the same one's of the procedure: as documented stays as documented."""
        there = [one.lower() for one in DOCUMENTED]
        known = dict(zip(there, self.facts.actions, strict=False))
        upper = any(one.isupper() for one in actions)
        whole = set(there) <= {one.lower() for one in actions}
        found = [known.get(one.lower(), one) for one in actions]
        found += self.facts.actions[len(there) :] if whole else ()
        return tuple(one.upper() if upper else one for one in found)


ROLES = st.builds(
    RandomRole,
    derived_guid=st.booleans(),
    actions=st.sampled_from(
        [
            DOCUMENTED,
            tuple(action.upper() for action in reversed(DOCUMENTED)),
            DOCUMENTED[:5],
            (*DOCUMENTED, "Microsoft.Network/virtualHubs/delete"),
        ]
    ),
    not_actions=st.sampled_from([(), (), ("Microsoft.Network/virtualHubs/delete",), (DOCUMENTED[3],)]),
    scopes=st.sampled_from([(SCOPE,), (SCOPE,), (SCOPE, DEV_SCOPE), (DEV_SCOPE,)]),
    lower_case=st.booleans(),
)
COMMANDS = st.sampled_from(
    [
        ("grant",),
        ("grant", "--update-shared-role"),
        ("grant", "--update-shared-role", "--description", 'CHG-4711 by O\'Brien: "100 %" $(true)'),
        ("grant", "--update-shared-role", "--until", "14d"),
        ("grant", "--update-shared-role", "--until", f"{NEXT_MONTH}"),
        ("grant", "--update-shared-role", "--until", f"{NEXT_MONTH}", "--description", 'ID AFTER "$x" \\ ä'),
        ("grant", "--only", "assignment", "--until", "30d"),
        ("grant", "--update-shared-role", "--until", "14d", "--enforce-until"),
        ("grant", "--until", f"{NEXT_MONTH}", "--enforce-until", "--description", "CHG-1 \"$x\" \\ 'y' ä"),
        ("grant", "--only", "principal"),
        ("grant", "--only", "role"),
        ("grant", "--only", "assignment"),
        ("revoke",),
        ("revoke", "--delete-role"),
    ]
)
TENANTS = st.builds(
    RandomTenant,
    principal=st.sampled_from(
        ["absent", "present", "present", "disabled", "deleted", "forgotten", "made again"]
    ),
    role_name=NAMES,
    role=st.none() | ROLES | ROLES,
    assigned_at=st.sampled_from([(), (SCOPE,), (GROUP_SCOPE,), (SCOPE, GROUP_SCOPE)]),
    assigned_to_others=st.booleans(),
    command=COMMANDS,
    described=st.sampled_from(
        [
            None,
            None,
            "CHG-4711",
            "[astro-peer until 2026-01-05]",
            f"ID AFTER 'of' \"them\" [astro-peer until {NEXT_MONTH}] $(true)\n\\second line ä",
        ]
    ),
    ends=st.sampled_from([None, None, NEXT_MONTH, NEXT_MONTH + timedelta(days=7)]),
    procedure=st.sampled_from(["vhub", "vhub", "vnet"]),
)

_AS_DOCUMENTED = RandomRole(False, DOCUMENTED, (), (SCOPE,), False)
EVERY_REASON = [
    RandomTenant("absent", ROLE, None, (), False, ("grant",)),
    RandomTenant("present", ROLE, _AS_DOCUMENTED, (SCOPE,), False, ("grant",)),
    RandomTenant("present", ROLE, replace(_AS_DOCUMENTED, actions=DOCUMENTED[:5]), (), False, ("grant",)),
    RandomTenant(
        "made again",
        ROLE,
        replace(_AS_DOCUMENTED, scopes=(DEV_SCOPE,), not_actions=(DOCUMENTED[3],)),
        (),
        False,
        ("grant", "--update-shared-role"),
    ),
    RandomTenant(
        "made again",
        ROLE,
        replace(_AS_DOCUMENTED, scopes=(DEV_SCOPE,)),
        (),
        False,
        ("grant", "--update-shared-role"),
    ),
    RandomTenant("made again", ROLE, _AS_DOCUMENTED, (SCOPE,), False, ("grant",), procedure="vnet"),
    RandomTenant(
        "present",
        ROLE,
        _AS_DOCUMENTED,
        (SCOPE,),
        False,
        ("grant", "--until", f"{NEXT_MONTH}"),
        "CHG-4711, 'theirs' \\ [astro-peer until 2026-01-05]\n\"and\" more",
    ),
    RandomTenant(
        "present", ROLE, _AS_DOCUMENTED, (SCOPE,), False, ("grant", "--until", "14d", "--enforce-until")
    ),
    RandomTenant(
        "present",
        ROLE,
        _AS_DOCUMENTED,
        (SCOPE,),
        False,
        ("grant", "--until", f"{NEXT_MONTH}", "--enforce-until"),
        "CHG-4711",
        NEXT_MONTH - timedelta(days=7),
    ),
    RandomTenant(
        "present",
        ROLE,
        replace(_AS_DOCUMENTED, not_actions=("Microsoft.Network/virtualHubs/delete",)),
        (),
        False,
        ("grant",),
    ),
    RandomTenant(
        *("present", ROLE, _AS_DOCUMENTED, (SCOPE, GROUP_SCOPE), False, ("revoke", "--delete-role")),
        procedure="vnet",
    ),
    RandomTenant("deleted", ROLE, _AS_DOCUMENTED, (SCOPE,), True, ("revoke", "--delete-role")),
    RandomTenant(
        "present",
        ROLE,
        replace(_AS_DOCUMENTED, scopes=(DEV_SCOPE, SCOPE)),
        (SCOPE,),
        False,
        ("revoke", "--delete-role"),
    ),
    RandomTenant(
        "present",
        ROLE,
        replace(_AS_DOCUMENTED, actions=(*DOCUMENTED, "Microsoft.Network/virtualHubs/delete")),
        (SCOPE,),
        False,
        ("revoke", "--delete-role"),
    ),
]
"""Tenants in which, together, every reason of the closed set occurs but the one that offline plans have."""


def arrange(inside: Inside, wanted: RandomTenant) -> tuple[str, ...]:
    """Builds the tenant and returns the command line."""
    tenant = inside.tenant
    role_name = wanted.facts.role_name if wanted.role_name == ROLE else wanted.role_name
    now = inside.sandbox.clock.now() - timedelta(hours=1)  # nothing is so new that it might not be listed yet
    former = ServicePrincipal(str(uuid4()), demo.ASTRONOMER_APP_ID, now)
    if wanted.principal in ("present", "disabled"):
        tenant.add(replace(former, account_enabled=wanted.principal == "present"))
    if wanted.principal in ("deleted", "made again"):
        tenant.deleted_principals[former.id] = replace(former, deleted=now)
    if wanted.principal == "made again":
        tenant.add(ServicePrincipal(str(uuid4()), demo.ASTRONOMER_APP_ID, now))
    if wanted.role:
        name = role_name.lower() if wanted.role.lower_case else role_name
        guid = wanted.facts.role_guid(tenant.id, name) if wanted.role.derived_guid else str(uuid4())
        tenant.add(
            RoleDefinition(
                guid,
                name,
                (
                    Permission(
                        wanted.translated(wanted.role.actions), wanted.translated(wanted.role.not_actions)
                    ),
                ),
                wanted.role.scopes,
                custom=True,
                description="Made by hand.",
                created=now,
                updated=now,
            )
        )
        if SCOPE in wanted.role.scopes:
            holders = [(former.id, "ServicePrincipal", scope) for scope in wanted.assigned_at]
            if wanted.principal == "absent":
                holders = []
            if wanted.assigned_to_others:
                holders.append((next(iter(tenant.groups)), "Group", SCOPE))
            for holder, kind, scope in holders:
                made = RoleAssignment(str(uuid4()), scope, guid, holder, kind, now, now)
                of_astronomer = kind == "ServicePrincipal"
                tenant.add(replace(made, description=wanted.described if of_astronomer else None))
                alive = of_astronomer and wanted.principal in ("present", "disabled")
                if wanted.ends and alive and scope == SCOPE:
                    tenant.schedules[made.name] = _schedule(made, wanted.ends)
    name = () if wanted.role_name == ROLE else ("--role-name", wanted.role_name)
    return (*wanted.command, *wanted.options(inside), *name)


def _schedule(made: RoleAssignment, last: date) -> Schedule:
    return Schedule(
        made.name,
        "",
        made.scope,
        made.role,
        made.principal_id,
        made.principal_type,
        made.created,
        datetime.combine(last + timedelta(days=1), time(), UTC),
        made.created,
        made.created,
        assignment_id=made.id,
    )


def shape(tenant: Tenant) -> dict[str, list[Any]]:
    """All but the IDs and times that Azure picks."""
    ends = {(one.assignment_id or "").lower(): one.end for one in tenant.schedules.values()}
    return {
        "principals": sorted((one.app_id, one.account_enabled) for one in tenant.service_principals.values()),
        "roles": sorted(
            _role(one.name, one.description, one.assignable_scopes, one.permissions)
            for one in tenant.role_definitions.values()
            if one.custom
        ),
        "assignments": sorted(
            (
                _holder(tenant, one.principal_id),
                one.principal_type,
                tenant.role_definitions[one.role].name,
                one.scope.lower(),
                one.description or "",
                str(ends.get(one.id.lower()) or ""),
            )
            for one in tenant.role_assignments.values()
        ),
    }


def _holder(tenant: Tenant, principal_id: str) -> str:
    known = tenant.service_principals.get(principal_id)
    return known.app_id if known else principal_id


def _role(name: str, description: str, scopes: tuple[str, ...], permissions: Any) -> tuple[Any, ...]:
    allowed = [[sorted(action.lower() for action in part) for part in _parts(entry)] for entry in permissions]
    return (name, description, sorted(scope.lower() for scope in scopes), allowed)


def _parts(entry: Any) -> tuple[tuple[str, ...], ...]:
    return entry.actions, entry.not_actions, entry.data_actions, entry.not_data_actions


def promised(tenant: Tenant, plan: Plan) -> dict[str, list[Any]]:
    """What the plan says: the tenant as it is, with every change's `before` replaced by its `after`."""
    there = copy.deepcopy(shape(tenant))
    roles = {one.guid: one.name for one in tenant.role_definitions.values()}
    for change in plan.changes:
        if isinstance(change.thing, PlannedRole):
            roles[change.thing.guid] = change.thing.role_name
    for change in plan.changes:
        if change.action is Action.KEEP:
            continue
        for thing, there_then in ((change.before, False), (change.after, True)):
            if thing is None:
                continue
            part, entry = _entry(tenant, roles, plan, thing)
            if there_then:
                there[part].append(entry)
            else:
                there[part].remove(entry)
    return {part: sorted(entries) for part, entries in there.items()}


def _entry(tenant: Tenant, roles: dict[str, str], plan: Plan, thing: object) -> tuple[str, tuple[Any, ...]]:
    match thing:
        case PlannedPrincipal():
            return "principals", (thing.application_id, thing.account_enabled)
        case PlannedRole():
            entry = _role(thing.role_name, thing.description, thing.assignable_scopes, thing.permissions)
            return "roles", entry
        case PlannedAssignment():
            holder = _holder(tenant, thing.principal_id) if thing.principal_id else plan.wanted.application_id
            name = roles[thing.role_guid]
            return "assignments", (
                holder,
                thing.principal_type,
                name,
                thing.scope.lower(),
                thing.description or "",
                str(thing.schedule.ends if thing.schedule else ""),
            )
    raise TypeError(thing)


def snapshot(tenant: Tenant) -> dict[str, Any]:
    """Everything the tenant holds; its clock goes on."""
    return {
        field.name: copy.copy(getattr(tenant, field.name))
        for field in fields(tenant)
        if field.name != "clock"
    }


def restore(tenant: Tenant, held: dict[str, Any]) -> None:
    for name, value in held.items():
        setattr(tenant, name, copy.copy(value))
