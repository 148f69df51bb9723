"""What a role says, in the lines that the shell function of the same name makes of az's answer: sorted, each once."""

from __future__ import annotations

from collections.abc import Iterable

from astro_peer.model.objects import RoleDefinition
from astro_peer.output.export.az.text import as_az_says


def permission_lines(role: RoleDefinition) -> str:
    """Each with the number of its entry: a notAction counts in its own entry only."""
    return _sorted(_permissions(role))


def scope_lines(role: RoleDefinition) -> str:
    return _sorted(_scopes(role))


def state_lines(role: RoleDefinition) -> str:
    """All that is written back when the role is changed."""
    words = [f"name {as_az_says(role.role_name)}", f"description {as_az_says(role.description)}"]
    return _sorted([*_permissions(role), *_scopes(role), *words])


def _permissions(role: RoleDefinition) -> list[str]:
    return [
        f"{number} {kind} {as_az_says(action)}".lower()
        for number, entry in enumerate(role.permissions, 1)
        for kind, actions in (
            ("action", entry.actions),
            ("notAction", entry.not_actions),
            ("dataAction", entry.data_actions),
            ("notDataAction", entry.not_data_actions),
        )
        for action in actions
    ]


def _scopes(role: RoleDefinition) -> list[str]:
    return [f"scope {as_az_says(scope.rstrip('/'))}" for scope in role.assignable_scopes]


def _sorted(lines: Iterable[str]) -> str:
    """As `sort -fu` does in the C locale; all is ASCII."""
    return "\n".join(sorted({line.upper(): line for line in lines}.values(), key=str.upper))
