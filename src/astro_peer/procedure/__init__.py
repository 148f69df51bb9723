"""WHAT Astronomer's documentation asks for, as data: read from the two files beside this module."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import UUID, uuid5

_SUBSCRIPTION_PLACEHOLDER = "{customer-subscription-id}"


@dataclass(frozen=True)
class Procedure:
    """The documented facts; `actions` in the documented order."""

    application_id: str
    role_name: str
    role_description: str
    actions: tuple[str, ...]
    actions_in_words: tuple[tuple[str, str], ...]
    write_action: str
    earlier_actions: tuple[tuple[str, tuple[str, ...]], ...]
    """What the role was made of by older pages, by their year."""
    support_url: str

    def role_guid(self, tenant_id: str, role_name: str) -> str:
        """The GUID of the role definition: the same on every machine and in every subscription of a tenant.

        Role names are unique per tenant and compare without case, so the GUID is derived from just these.
        """
        return str(uuid5(UUID(tenant_id), role_name.lower()))


@cache
def load() -> Procedure:
    facts = tomllib.loads(_read("vhub.toml"))
    role = json.loads(_read(facts["role_file"]))
    return Procedure(
        application_id=facts["application_id"],
        role_name=role["Name"],
        role_description=role["Description"],
        actions=tuple(role["Actions"]),
        actions_in_words=tuple((action, facts["actions_in_words"][action]) for action in role["Actions"]),
        write_action=facts["write_action"],
        earlier_actions=tuple((year, tuple(actions)) for year, actions in facts["earlier_actions"].items()),
        support_url=facts["support_url"],
    )


def role_file(subscription_id: str, role_name: str | None = None) -> str:
    """The documented role file for one subscription: JSON text, keys in the documented order."""
    role = json.loads(_read("astro-vhub-peering-creator-role.json"))
    if role_name:
        role["Name"] = role_name
    role["AssignableScopes"] = [
        scope.replace(_SUBSCRIPTION_PLACEHOLDER, subscription_id) for scope in role["AssignableScopes"]
    ]
    return json.dumps(role, indent=2) + "\n"


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
