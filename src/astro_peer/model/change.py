"""A change: one object of Azure's, before and after.

All that is shown of it, and the rights it takes, follow from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    DELETE = "delete"


class Reason(StrEnum):
    """Why an object is created, changed, kept or deleted: all there is. The words may name facts, as `{}`."""

    PRINCIPAL_ABSENT = "Astronomer's application has no identity in this tenant yet"
    PRINCIPAL_EXISTS = "exists"
    ROLE_ABSENT = "no role of this name was found in the tenant"
    ROLE_AS_DOCUMENTED = "exists, as documented"
    ROLE_LACKS_ACTIONS = "lacks actions the documentation asks for"
    ROLE_NOT_ASSIGNABLE_HERE = "cannot be assigned in this subscription yet"
    ROLE_LACKS_BOTH = (
        "lacks actions the documentation asks for and cannot be assigned in this subscription yet"
    )
    ROLE_UNUSED = "nothing else uses it"
    ROLE_SHARED = "other scopes use it too: {}"
    ROLE_ASSIGNED = "still assigned to {}"
    ROLE_BROADER = "allows more than the documented role, so it was not made for this alone"
    NOT_ASSIGNED = "the role is not assigned yet"
    FOLLOWS_PRINCIPAL = "follows the service principal"
    ASSIGNED = "the role is assigned already"
    DESCRIBED_ANEW = "the role is assigned already; what its description says changes"
    ENDS_ANEW = "the role is assigned already; when Azure ends it changes"
    MADE_TO_END = (
        "the role is assigned already, with no end that Azure keeps: replaced by an assignment that has one"
    )
    GIVES_THE_ROLE = "gives Astronomer the role"
    LEFT_BEHIND = "left behind by a principal that was deleted"
    NOT_LOOKED_UP = "not looked up: whatever gives Astronomer the role"


@dataclass(frozen=True)
class Right:
    """An action that a caller must be allowed in a scope."""

    action: str
    scope: str
    roles: tuple[str, ...]
    """Azure's built-in roles that allow it, the least first; Microsoft Entra's for a right in the directory."""
    directory: bool = False
    """Whether Microsoft Entra ID decides on it, not Azure Resource Manager."""


class Thing(Protocol):
    """What a plan is about: an object that can be created, changed, kept and deleted."""

    @property
    def kind(self) -> str:
        """What it is, in Azure's words."""

    @property
    def label(self) -> str:
        """What a person calls it."""

    @property
    def azure_id(self) -> str | None:
        """What Azure calls it; None while Azure has not given it an ID."""

    def differences(self, before: Any) -> tuple[str, ...]:
        """What an update adds and removes, a line each."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is to be known of it as it stands, a line each."""

    def rights(self, action: Action, before: Any) -> tuple[Right, ...]:
        """What whoever carries it out must be allowed."""


@dataclass(frozen=True)
class Change:
    """What becomes of one object.

    `key` is unique in a plan and stays the same when the change is carried out. `after` may refer to what another
    change makes, by that one's key. `facts` are what the reason's words name.
    """

    key: str
    before: Thing | None
    after: Thing | None
    reason: Reason
    facts: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    """What an update leaves as it is although one might expect otherwise, a line each."""

    @property
    def thing(self) -> Thing:
        thing = self.after or self.before
        if thing is None:
            raise ValueError("a change is of something")
        return thing

    @property
    def action(self) -> Action:
        if self.after is None:
            return Action.DELETE
        if self.before is None:
            return Action.CREATE
        return Action.KEEP if self.before == self.after else Action.UPDATE

    @property
    def writes(self) -> bool:
        return self.action is not Action.KEEP

    @property
    def details(self) -> tuple[str, ...]:
        if self.action is not Action.UPDATE:
            return self.thing.notes
        return (*self.thing.differences(self.before), *self.keeps)

    @property
    def rights(self) -> tuple[Right, ...]:
        return self.thing.rights(self.action, self.before) if self.writes else ()

    @property
    def says(self) -> str:
        """The reason in words."""
        words = self.reason.value.format(", ".join(self.facts))
        shared = "{}" not in self.reason.value and self.facts
        return f"{words}; also assignable in {', '.join(self.facts)}" if shared else words
