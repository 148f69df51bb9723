"""What a plan consists of: the difference between what is wanted and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The three objects that a grant consists of, in the order they are made."""

    PRINCIPAL = "service principal"
    ROLE = "custom role"
    ASSIGNMENT = "role assignment"


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """One object and what is to become of it.

    `id` is None while Azure has not given one (a principal's object ID). `details` are lines for a person:
    what an update adds and removes.
    """

    object: Kind
    action: Action
    name: str
    reason: str
    id: str | None = None
    details: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.action is not Action.KEEP
