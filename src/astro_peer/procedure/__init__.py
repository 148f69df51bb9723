"""WHAT Astronomer's documentation asks for, as data: two files for each procedure, its facts and its role file.

All in which one procedure differs from another stands in them, words included. Nothing else knows which there are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

VHUB = "vhub"
VNET = "vnet"
_SUBSCRIPTION_PLACEHOLDER = "{customer-subscription-id}"


@dataclass(frozen=True)
class Words:
    """What a thing is called, one and several of it."""

    one: str
    many: str

    @property
    def title(self) -> str:
        """At the beginning of a line."""
        return _capital(self.one)

    @property
    def titles(self) -> str:
        return _capital(self.many)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Procedure:
    """The documented facts; `actions` in the documented order."""

    key: str
    title: str
    """What it leads to, in two words."""
    application_id: str
    role_name: str
    role_description: str
    actions: tuple[str, ...]
    actions_in_words: tuple[tuple[str, str], ...]
    write_actions: tuple[str, ...]
    """Those of them that change anything: each lets a principal write to what is to be peered."""
    connects_by: tuple[str, ...]
    """What Astronomer is expected to do with it, once: the first makes the connection, the others belong to that."""
    reaches: tuple[str, ...]
    """What the writing actions let Astronomer do, a sentence each."""
    warning: str
    """What nobody who grants it may miss; "" for nothing."""
    earlier_actions: tuple[tuple[str, tuple[str, ...]], ...]
    """What the role was made of by older pages, by their year."""
    earlier_roles: tuple[tuple[str, str], ...]
    """Azure's own roles that older pages asked for, and which pages."""
    resource_type: str
    """Azure's name for what is to be peered."""
    json_name: str
    """The same in JSON."""
    flag: str
    """The option that names one; its ID has the same with `-id`."""
    resource: Words
    short: Words
    """The same where it was named in full before."""
    connection: Words
    addresses_meet_in: str
    """Where no two networks may have the same addresses."""
    request: tuple[tuple[str, str], ...]
    """What support asks for, in its order, and how it calls it."""
    support_url: str
    documented_role: str = field(repr=False)
    """The text of the role file."""

    def role_guid(self, tenant_id: str, role_name: str) -> str:
        """The GUID of the role definition: the same on every machine and in every subscription of a tenant.

        Role names are unique per tenant and compare without case, so the GUID is derived from just these.
        """
        return str(uuid5(UUID(tenant_id), role_name.lower()))

    @property
    def plural_in_json(self) -> str:
        return self.short.many.replace(" ", "_")

    def asks_for(self, name: str) -> bool:
        """Whether it is among what support asks for."""
        return any(one == name for one, _ in self.request)

    def kind_of(self, action: str) -> str:
        """write, read or act: what neither reads nor writes by itself."""
        if action in self.write_actions:
            return "write"
        return "read" if action.lower().endswith("/read") else "act"

    @property
    def option(self) -> tuple[str, ...]:
        """What to add to a command line that names no resource; the hubs' is what is meant without."""
        return () if self.key == VHUB else ("--procedure", self.key)


@cache
def load(key: str = VHUB, at: Path | None = None) -> Procedure:
    """`at`: a directory with its two files, in place of this package."""
    facts = tomllib.loads(_read(at, f"{key}.toml"))
    text = _read(at, facts["role_file"])
    role = json.loads(text)
    return Procedure(
        key=key,
        title=facts["title"],
        application_id=facts["application_id"],
        role_name=role["Name"],
        role_description=role["Description"],
        actions=tuple(role["Actions"]),
        actions_in_words=tuple((action, facts["actions_in_words"][action]) for action in role["Actions"]),
        write_actions=tuple(facts["write_actions"]),
        connects_by=tuple(facts["connects_by"]),
        reaches=tuple(facts["reaches"]),
        warning=facts.get("warning", ""),
        earlier_actions=tuple((year, tuple(actions)) for year, actions in _table(facts, "earlier_actions")),
        earlier_roles=tuple(_table(facts, "earlier_roles")),
        resource_type=facts["resource_type"],
        json_name=facts["json_name"],
        flag=facts["flag"],
        resource=Words(*facts["words"]["resource"]),
        short=Words(*facts["words"]["short"]),
        connection=Words(*facts["words"]["connection"]),
        addresses_meet_in=facts["words"]["addresses_meet_in"],
        request=tuple(_table(facts, "request")),
        support_url=facts["support_url"],
        documented_role=text,
    )


def _table(facts: dict[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    table: dict[str, Any] = facts.get(name, {})
    return table.items()


@cache
def known() -> tuple[str, ...]:
    """Which there are."""
    names = (one.name for one in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def every() -> tuple[Procedure, ...]:
    return tuple(map(load, known()))


def role_file(subscription_id: str, role_name: str | None = None, of: Procedure | None = None) -> str:
    """The documented role file for one subscription: JSON text, keys in the documented order."""
    role = json.loads((of or load()).documented_role)
    if role_name:
        role["Name"] = role_name
    role["AssignableScopes"] = [
        scope.replace(_SUBSCRIPTION_PLACEHOLDER, subscription_id) for scope in role["AssignableScopes"]
    ]
    return json.dumps(role, indent=2) + "\n"


def _read(at: Path | None, name: str) -> str:
    return (at or files(__name__)).joinpath(name).read_text(encoding="utf-8")
