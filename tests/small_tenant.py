"""A tenant in a few dictionaries, as the steps ask it: where what Azure shows, and when, is up to the test."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from astro_peer.errors import AstroPeerError, AzureAnswer, Conflict, NotPermitted
from astro_peer.model.objects import (
    Permission,
    RoleAssignment,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    same,
    within,
)
from astro_peer.model.receipt import Receipt
from astro_peer.model.schedule import RequestKind, Scheduled
from astro_peer.model.surroundings import DirectoryRole, Lock
from astro_peer.waiting import Patience, Silent
from made_up import ASTRONOMER, SUBSCRIPTION

PATIENCE_SECONDS = 300.0
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def refusal(code: str, kind: type[AstroPeerError] = Conflict) -> AstroPeerError:
    return kind("Azure refused it.", answer=AzureAnswer(code, "no", 409))


class SmallTenant:
    """`shows` has the next reads of a kind answered otherwise than by what is there, one after another; `refuses` has
    the next writes of a kind fail; `before` is what others do just before them.
    """

    def __init__(self, *held: RoleDefinition | RoleAssignment | ServicePrincipal) -> None:
        self.roles = {one.guid: one for one in held if isinstance(one, RoleDefinition)}
        self.held = {one.id.lower(): one for one in held if isinstance(one, RoleAssignment)}
        self.principals = [one for one in held if isinstance(one, ServicePrincipal)]
        self.shows: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.refuses: defaultdict[str, deque[AstroPeerError]] = defaultdict(deque)
        self.before: defaultdict[str, deque[Callable[[], None]]] = defaultdict(deque)
        self.after_first_write: Callable[[], None] = lambda: None
        """What others do just after the role was written once."""
        self.always: dict[str, Any] = {}
        """What every read of a kind shows."""
        self.unreadable: set[str] = set()
        """Scopes in which the caller may read no role."""
        self.subscriptions_seen: list[Subscription] = [SUBSCRIPTION]
        self.reads: defaultdict[str, int] = defaultdict(int)
        self.written_from: list[str] = []
        """The scopes through which roles were written and deleted."""
        self.makes = ASTRONOMER
        self.deleted_principals: frozenset[str] = frozenset()
        self.new: set[datetime] = set()
        """Moments that are not long ago."""
        self.receipts: list[Receipt] = []
        self.permissions_here: tuple[Permission, ...] = (Permission(("*",)),)
        self.session: Any = SimpleNamespace(
            sign_in=None, account=SimpleNamespace(tenant_id=SUBSCRIPTION.tenant_id)
        )
        self.network = SimpleNamespace(hubs=self._hubs)
        self.authorization = self.graph = self.subscriptions = self.schedules = self
        self.asked: list[RequestKind] = []
        """Of Privileged Identity Management, in vain as well."""
        self.canceled = 0

    # How it is asked

    def start(self, call: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*args, **named))
        except AstroPeerError as error:
            done.set_exception(error)
        return done

    beside = start

    def _hubs(self, subscription_id: str) -> list[Any]:
        assert subscription_id == SUBSCRIPTION.id
        return self._shown("hubs", [])  # type: ignore[no-any-return]

    def today(self) -> date:
        return NOW.date()

    def younger_than(self, seconds: float, moment: datetime | None) -> bool:
        assert seconds == 600
        return moment in self.new

    def patience(self, what_for: str, at_most_seconds: float | None = None) -> Patience:
        return Patience(what_for, min(PATIENCE_SECONDS, at_most_seconds or PATIENCE_SECONDS), Silent())

    def _shown(self, kind: str, truth: Any) -> Any:
        self.reads[kind] += 1
        answer = self.shows[kind].popleft() if self.shows[kind] else self.always.get(kind, truth)
        if isinstance(answer, AstroPeerError):
            raise answer
        return answer

    def _written(self, kind: str) -> None:
        if self.before[kind]:
            self.before[kind].popleft()()
        if self.refuses[kind]:
            raise self.refuses[kind].popleft()

    # Roles

    def role(self, scope: str, guid: str) -> RoleDefinition | None:
        """As Azure does, it shows a role only where it can be assigned."""
        assert scope.startswith("/") and guid
        if scope in self.unreadable:
            raise NotPermitted("You may not read there.")
        found = self.roles.get(guid)
        return self._shown("role", found if found and found.can_be_assigned_in(scope) else None)  # type: ignore[no-any-return]

    def roles_named(self, scope: str, role_name: str) -> list[RoleDefinition]:
        if scope in self.unreadable:
            raise NotPermitted("You may not read there.")
        named = [one for one in self.roles.values() if same(one.role_name, role_name)]
        return self._shown("named", [one for one in named if one.can_be_assigned_in(scope)])  # type: ignore[no-any-return]

    def roles_named_anywhere(self, role_name: str) -> list[RoleDefinition]:
        return self._shown("anywhere", [one for one in self.roles.values() if same(one.role_name, role_name)])  # type: ignore[no-any-return]

    def look_ahead(self) -> None:
        """Nothing takes time here."""

    def visible(self) -> list[Subscription]:
        return self._shown("visible", self.subscriptions_seen)  # type: ignore[no-any-return]

    def write_role(self, scope: str, role: RoleDefinition) -> None:
        self._written("write_role")
        self.written_from.append(scope)
        self.roles[role.guid] = role
        if len(self.written_from) == 1:
            self.after_first_write()

    def delete_role(self, scope: str, role: RoleDefinition) -> None:
        self._written("delete_role")
        self.written_from.append(scope)
        self.roles.pop(role.guid, None)

    # Assignments

    def assignment(self, assignment_id: str) -> RoleAssignment | None:
        """As Azure shows it: without its end."""
        found = self.held.get(assignment_id.lower())
        return self._shown("assignment", found and replace(found, schedule=None))  # type: ignore[no-any-return]

    def assignments_of(self, scope: str, principal_id: str) -> list[RoleAssignment]:
        assert principal_id
        listed = [one for one in self.held.values() if one.principal_id == principal_id]
        return self._shown("listed", [one for one in listed if within(one.scope, scope)])  # type: ignore[no-any-return]

    def assignments(self, scope: str) -> list[RoleAssignment]:
        return self._shown("everybodys", [one for one in self.held.values() if within(one.scope, scope)])  # type: ignore[no-any-return]

    def assignments_through_groups(self, scope: str, principal_id: str) -> tuple[RoleAssignment, ...]:
        assert scope and principal_id
        return self._shown("through_groups", ())  # type: ignore[no-any-return]

    def locks(self, scope: str) -> tuple[Lock, ...]:
        return self._shown("locks", ())  # type: ignore[no-any-return]

    def permissions(self, subscription_id: str) -> tuple[Permission, ...]:
        return self._shown(f"permissions {subscription_id}", self.permissions_here)  # type: ignore[no-any-return]

    def assign(self, wanted: RoleAssignment, name: str) -> RoleAssignment | None:
        self._written("assign")
        alike = (wanted.scope, wanted.role_guid, wanted.principal_id)
        others = [one for one in self.held.values() if one.name != name]
        if any((one.scope, one.role_guid, one.principal_id) == alike for one in others):
            return None
        made = replace(
            wanted,
            id=f"{wanted.scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
            name=name,
        )
        known = self.held.get(made.id.lower())
        made = replace(made, schedule=known.schedule if known else None)
        self.held[made.id.lower()] = made
        return self._shown("assigned", made)  # type: ignore[no-any-return]

    def active(self, scope: str, principal_id: str | None) -> tuple[Scheduled, ...]:
        shown = (one for one in self.held.values() if one.principal_id == principal_id)
        return self._shown(  # type: ignore[no-any-return]
            "active",
            tuple(
                Scheduled(
                    one.scope,
                    one.role_guid,
                    one.principal_id,
                    one.schedule.ends if one.schedule else None,
                    one.id,
                )
                for one in shown
                if within(one.scope, scope)
            ),
        )

    def ask(self, kind: RequestKind, assignment: RoleAssignment, justification: str) -> None:
        assert justification
        self.asked.append(kind)
        self._written(kind)
        key = (assignment.scope, assignment.role_guid, assignment.principal_id)
        there = [one for one in self.held.values() if (one.scope, one.role_guid, one.principal_id) == key]
        if kind is RequestKind.ASSIGN:
            if there:
                raise refusal("RoleAssignmentExists")
            made = replace(assignment, description=None)
            name = f"made-{len(self.asked)}"
            self.held[name] = replace(
                made, id=f"{made.scope}/providers/Microsoft.Authorization/roleAssignments/{name}", name=name
            )
            self.held = {one.id.lower(): one for one in self.held.values()}
            return
        if not there:
            raise refusal("RoleAssignmentDoesNotExist")
        del self.held[there[0].id.lower()]
        if kind is RequestKind.MOVE:
            self.held[there[0].id.lower()] = replace(there[0], schedule=assignment.schedule)

    def cancel_pending(self, assignment: RoleAssignment) -> None:
        assert assignment.id
        self.canceled += 1

    def now(self) -> datetime:
        return NOW

    def unassign(self, assignment_id: str) -> None:
        self._written("unassign")
        self.held.pop(assignment_id.lower(), None)

    # Principals

    def create(self, application_id: str) -> ServicePrincipal | None:
        self._written("create")
        if self.principals:
            return None
        self.principals.append(replace(self.makes, application_id=application_id))
        return self.principals[0]

    def find(self, application_id: str) -> ServicePrincipal | None:
        found = [one for one in self.principals if same(one.application_id, application_id)]
        return self._shown("find", found[0] if found else None)  # type: ignore[no-any-return]

    def principal(self, object_id: str) -> ServicePrincipal | None:
        found = [one for one in self.principals if one.object_id == object_id]
        return self._shown("principal", found[0] if found else None)  # type: ignore[no-any-return]

    def deleted(self, application_id: str) -> frozenset[str]:
        assert application_id
        return self._shown("deleted", self.deleted_principals)  # type: ignore[no-any-return]

    def directory_roles(self) -> tuple[DirectoryRole, ...]:
        return self._shown("directory_roles", ())  # type: ignore[no-any-return]
