"""What an object of Azure's is, as names and values for people: before a change and after it."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.change import Thing
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal

Attributes = tuple[tuple[str, tuple[str, ...]], ...]
"""Of each name all its values; none where there is nothing to say."""


def attributes(thing: Thing | None) -> Attributes:
    return tuple((name, values) for name, values in _all(thing) if values) if thing else ()


def _all(thing: Thing) -> Iterator[tuple[str, tuple[str, ...]]]:
    match thing:
        case ServicePrincipal():
            yield "Name", _one(thing.display_name)
            yield "Application ID", _one(thing.application_id)
            yield "Object ID", _one(thing.object_id)
            yield "Home tenant", _one(thing.home_tenant_id)
            yield "Verified publisher", _one(thing.verified_publisher)
            yield "Can sign in", _one("yes" if thing.usable else "no") if thing.object_id else ()
        case RoleDefinition():
            yield "Name", _one(thing.role_name)
            yield "GUID", _one(thing.guid)
            yield "Description", _one(thing.description)
            for number, entry in enumerate(thing.permissions, 1):
                which = f" (entry {number})" if len(thing.permissions) > 1 else ""
                yield f"Allows{which}", entry.actions
                yield f"Except{which}", entry.not_actions
                yield f"Allows on data{which}", entry.data_actions
                yield f"Except on data{which}", entry.not_data_actions
            yield "Can be assigned in", thing.assignable_scopes
        case RoleAssignment():
            yield "Scope", _one(thing.scope)
            yield "Role", _one(thing.role_guid)
            yield (
                "Principal",
                _one(thing.principal_id or ("the one that is created" if thing.principal_of else "")),
            )
            yield "Principal's type", _one(thing.principal_type)
            yield "Description", _one(thing.description)
            yield "Condition", _one(thing.condition)
            yield "ID", _one(thing.id)
        case _:
            yield "Name", _one(thing.label)
            yield "ID", _one(thing.azure_id)
            yield "Also", thing.notes


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()
