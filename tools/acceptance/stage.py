"""What a run asks its questions with: applications, principals, roles and assignments of its own.

Everything carries the run's name or a GUID chosen here, and stands in the ledger before Azure is asked to make it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from acceptance.calls import SIGNED_IN, Caller, Reply, sign_in_as, sign_in_refusal
from acceptance.ledger import Ledger, Made, first_refusal
from acceptance.watch import Seen, Watch, until
from astro_peer import secrets_in_use

PATIENCE_SECONDS = 120
_AUTHORIZATION = "providers/Microsoft.Authorization"
_HARMLESS = "Microsoft.Resources/subscriptions/resourceGroups/read"
MORE = "Microsoft.Resources/subscriptions/read"
_SHOWN_WITHIN_SECONDS = 30
_NEW = frozenset({"PrincipalNotFound", "RoleDefinitionDoesNotExist"})


class CannotAsk(Exception):
    """Why a question cannot be put to Azure in this run; what Azure said to what had to be there first."""

    def __init__(self, why: str, reply: Reply | None = None) -> None:
        super().__init__(f"{why} ({reply.status} {reply.code}: {reply.message})" if reply else why)


@dataclass(frozen=True)
class Run:
    """What somebody asked for, and where."""

    id: str
    """Eight hexadecimal digits."""
    subscription_id: str
    other_subscription_id: str | None = None
    hub_id: str | None = None
    with_lock: bool = False

    @property
    def name(self) -> str:
        return f"Astro acceptance {self.id}"

    @property
    def scope(self) -> str:
        return f"/subscriptions/{self.subscription_id}"


@dataclass(frozen=True)
class Application:
    name: str
    object_id: str
    application_id: str


@dataclass(frozen=True)
class Principal:
    application: Application
    object_id: str


@dataclass(frozen=True)
class Role:
    name: str
    guid: str
    scopes: tuple[str, ...]
    actions: tuple[str, ...] = (_HARMLESS,)

    @property
    def path(self) -> str:
        return f"{self.scopes[0]}/{_AUTHORIZATION}/roleDefinitions/{self.guid}"


@dataclass(frozen=True)
class Assignment:
    scope: str
    name: str
    role_id: str
    principal_id: str

    @property
    def path(self) -> str:
        return f"{self.scope}/{_AUTHORIZATION}/roleAssignments/{self.name}"


class Stage:
    def __init__(self, caller: Caller, run: Run, watch: Watch) -> None:
        self.caller = caller
        self.run = run
        self.scope = run.scope
        self.watch = watch
        self.ledger = Ledger(watch)
        self._principals: dict[str, Principal] = {}
        self._roles: dict[str, Role] = {}
        self._deleted: set[str] = set()
        self._known = False
        self._numbers = 0

    def until(
        self, ask: Callable[[], Reply], agrees: Callable[[Reply], bool], seconds: float = PATIENCE_SECONDS
    ) -> Seen:
        return until(self.watch, ask, agrees, seconds)

    def other_scope(self) -> str:
        if not self.run.other_subscription_id:
            raise CannotAsk("needs --other-subscription")
        return f"/subscriptions/{self.run.other_subscription_id}"

    # Applications and their principals

    def new_application(self) -> Application:
        """Without a principal."""
        name = self._numbered()
        ids: list[str] = []
        entry = Made(
            f'application registration "{name}"',
            lambda: self._remove("applications", "displayName", name, ids),
            lambda: _az_for_good(
                "app", ids[0] if ids else f"$(az ad app list --display-name '{name}' --query '[].id' -o tsv)"
            ),
        )
        reply = self._made_in_graph(
            entry, "applications", {"displayName": name, "signInAudience": "AzureADMyOrg"}, ids
        )
        if not reply.ok:
            raise CannotAsk("no application could be registered", reply)
        return Application(name, ids[0], str(reply.body["appId"]))

    def create_principal(self, application: Application) -> Reply:
        """Also where Graph does not know the application at once."""
        return self.until(
            lambda: self.try_principal(application), lambda reply: reply.code != "NoBackingApplicationObject"
        ).reply

    def try_principal(self, application: Application) -> Reply:
        ids: list[str] = []
        entry = Made(
            f'service principal of "{application.name}"',
            lambda: self._remove("servicePrincipals", "appId", application.application_id, ids),
            lambda: _az_for_good("sp", ids[0] if ids else application.application_id),
        )
        return self._made_in_graph(entry, "servicePrincipals", {"appId": application.application_id}, ids)

    def _made_in_graph(self, entry: Made, kind: str, body: dict[str, str], ids: list[str]) -> Reply:
        """Written down before, struck out again where Graph says no; the ID it gives goes into `ids`."""
        self.ledger.intend(entry)
        reply = self.caller.graph("POST", kind, dict(body))
        if reply.ok:
            ids.append(str(reply.body["id"]))
        elif reply.status < 500:
            self.ledger.strike_out(entry)
        return reply

    def fresh_principal(self) -> Principal:
        """Made a moment ago, and not looked for since."""
        application = self.new_application()
        reply = self.create_principal(application)
        if not reply.ok:
            raise CannotAsk("no service principal could be made", reply)
        return Principal(application, str(reply.body["id"]))

    def principal(self, which: str = "first") -> Principal:
        """One that Graph shows; the same each time it is asked for."""
        if which not in self._principals:
            made = self.fresh_principal()
            seen = self.until(
                lambda: self.caller.graph("GET", f"servicePrincipals/{made.object_id}"), lambda r: r.ok
            )
            if not seen.agreed:
                raise CannotAsk("Graph did not show the new service principal", seen.reply)
            self._principals[which] = made
        return self._principals[which]

    def delete_principal(self, principal: Principal) -> Reply:
        return self.caller.graph("DELETE", f"servicePrincipals/{principal.object_id}")

    def secret_of(self, application: Application) -> str:
        """A new one, kept in memory alone. It ends with the application."""
        reply = self.caller.graph(
            "POST",
            f"applications/{application.object_id}/addPassword",
            {"passwordCredential": {"displayName": self.run.name}},
        )
        if not reply.ok:
            raise CannotAsk("the application was given no secret", reply)
        secret = str(reply.body["secretText"])
        secrets_in_use.remember([secret])
        return secret

    def sign_in(self, application: Application, secret: str) -> Caller:
        """As soon as Entra lets it in."""
        seen = self.sign_in_says(application, secret, lambda says: says == SIGNED_IN)
        if not seen.agreed:
            raise CannotAsk(f"the application could not sign in: {seen.reply.message}")
        return sign_in_as(self.caller.azure, application.application_id, secret)

    def sign_in_says(self, application: Application, secret: str, agrees: Callable[[str], bool]) -> Seen:
        azure = self.caller.azure
        return self.until(
            lambda: Reply(0, message=sign_in_refusal(azure, application.application_id, secret)),
            lambda reply: agrees(reply.message),
        )

    # Roles

    def new_role(self, *scopes: str) -> Role:
        """Named, not written."""
        role = Role(self._numbered(), str(uuid4()), scopes or (self.scope,))
        return self._written_down(role)

    def of_the_same_name(self, role: Role) -> Role:
        return self._written_down(Role(role.name, str(uuid4()), role.scopes))

    def _written_down(self, role: Role) -> Role:
        self.ledger.intend(
            Made(
                f'role "{role.name}" ({role.guid})',
                lambda: self.caller.arm("DELETE", role.path),
                lambda: f"az role definition delete --name {role.guid} --scope {role.scopes[0]}",
            )
        )
        return role

    def put_role(self, role: Role) -> Reply:
        return self.caller.arm(
            "PUT",
            role.path,
            {
                "properties": {
                    "roleName": role.name,
                    "description": "Made by a test, which removes it.",
                    "type": "CustomRole",
                    "permissions": [{"actions": list(role.actions), "notActions": []}],
                    "assignableScopes": list(role.scopes),
                }
            },
        )

    def role(self, which: str = "first", *scopes: str) -> Role:
        """Written, and shown by a read by ID; the same each time it is asked for."""
        if which not in self._roles:
            role = self.new_role(*scopes)
            reply = self.put_role(role)
            if not reply.ok:
                raise CannotAsk("no role could be made", reply)
            if not self.until(lambda: self.caller.arm("GET", role.path), lambda r: r.ok).agreed:
                raise CannotAsk("Azure did not show the new role")
            self._roles[which] = role
        return self._roles[which]

    def known(self) -> tuple[Role, Principal]:
        """Which Azure has assigned to each other before: neither is too new for anything."""
        role, principal = self.role("known"), self.principal("known")
        if not self._known:
            self.assignment(role, principal)
            self._known = True
        return role, principal

    def forget(self, which: str) -> None:
        """What was asked for by that word is deleted, or not to be used again."""
        self._roles.pop(which, None)
        self._principals.pop(which, None)

    # Assignments

    def new_assignment(
        self,
        role: Role | str,
        principal_id: str,
        *,
        scope: str | None = None,
        name: str | None = None,
    ) -> Assignment:
        """Named, not written. A role that is built in is given by its GUID."""
        scope = scope or self.scope
        guid = role if isinstance(role, str) else role.guid
        role_id = f"{scope}/{_AUTHORIZATION}/roleDefinitions/{guid}"
        assignment = Assignment(scope, name or str(uuid4()), role_id, principal_id)
        self.ledger.intend(
            Made(
                f"role assignment {assignment.name}",
                lambda: self.caller.arm("DELETE", assignment.path),
                lambda: f"az role assignment delete --ids {assignment.path}",
            )
        )
        return assignment

    def put_assignment(
        self, assignment: Assignment, *, typed: bool = True, description: str | None = None
    ) -> Reply:
        properties = {
            "roleDefinitionId": assignment.role_id,
            "principalId": assignment.principal_id,
            "principalType": "ServicePrincipal" if typed else None,
            "description": description,
        }
        content = {key: value for key, value in properties.items() if value is not None}
        return self.caller.arm("PUT", assignment.path, {"properties": content})

    def assigned(self, assignment: Assignment) -> Seen:
        """As soon as Azure knows role and principal; what it said before."""
        return self.until(lambda: self.put_assignment(assignment), lambda reply: reply.code not in _NEW)

    def assignment(self, role: Role | str, principal: Principal, *, scope: str | None = None) -> Assignment:
        """Written, and shown by a read by ID."""
        assignment = self.new_assignment(role, principal.object_id, scope=scope)
        seen = self.assigned(assignment)
        if not seen.reply.ok:
            raise CannotAsk("the role could not be assigned", seen.reply)
        if not self.until(lambda: self.read(assignment), lambda reply: reply.ok).agreed:
            raise CannotAsk("Azure did not show the assignment")
        return assignment

    def read(self, assignment: Assignment) -> Reply:
        return self.caller.arm("GET", assignment.path)

    def delete(self, assignment: Assignment) -> Reply:
        return self.caller.arm("DELETE", assignment.path)

    # Removing

    def _remove(self, kind: str, key: str, own: str, ids: list[str]) -> Reply:
        """By the ID that Graph gave it; where that answer was lost, by what this run alone says of it."""
        if not ids:
            listed = self.until(
                lambda: self.caller.graph("GET", kind, filter=f"{key} eq '{own}'"),
                lambda reply: bool(reply.value) or not reply.ok,
                _SHOWN_WITHIN_SECONDS,
            ).reply
            if not listed.ok:
                return listed
            ids.extend(str(one["id"]) for one in listed.value if one.get(key) == own)
        return first_refusal([self._delete_for_good(kind, one) for one in ids])

    def _delete_for_good(self, kind: str, object_id: str) -> Reply:
        """Else Entra keeps it for thirty days, and counts it. One 404 is no proof: it may be too new to be shown, or
        to be listed as deleted.
        """

        def once() -> Reply:
            deleted = self.caller.graph("DELETE", f"{kind}/{object_id}")
            if not deleted.ok and deleted.status != 404:
                return deleted
            return self.caller.graph("DELETE", f"directory/deletedItems/{object_id}")

        if object_id in self._deleted:
            return Reply(204)
        reply = self.until(once, lambda reply: reply.status != 404, _SHOWN_WITHIN_SECONDS).reply
        if reply.ok or reply.status == 404:
            self._deleted.add(object_id)
        return reply

    def _numbered(self) -> str:
        self._numbers += 1
        return f"{self.run.name} {self._numbers}"


def _az_for_good(kind: str, object_id: str) -> str:
    url = f"https://graph.microsoft.com/v1.0/directory/deletedItems/{object_id}"
    return f'az ad {kind} delete --id "{object_id}"; az rest --method DELETE --url "{url}"'
