"""What the texts of an export say: read by parsers that know nothing of how they were written, back into objects."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import hcl2
import tree_sitter
import tree_sitter_powershell

from astro_peer.model import assignment as rules
from astro_peer.model.change import Change
from astro_peer.model.objects import Permission, RoleAssignment, RoleDefinition
from astro_peer.model.plan import Plan

ROLE_IDS = "/providers/Microsoft.Authorization/roleDefinitions/"


@dataclass
class Exported:
    """Comparable, whichever language it comes from."""

    roles: list[tuple[Any, ...]] = field(default_factory=list)
    assignments: list[tuple[Any, ...]] = field(default_factory=list)


def planned(plan: Plan, holder: str | None) -> Exported:
    """What the plan says there is to be; `holder`: by whom a language knows the principal."""
    found = Exported()
    for change in plan.changes:
        match change.after:
            case RoleDefinition() as role:
                found.roles.append(_role(role))
            case RoleAssignment() as one:
                name = one.name or rules.names_to_give(plan.wanted, one.principal_id, plan.changes)[0]
                text = one.description or ""
                found.assignments.append(
                    (name, one.scope, one.role_guid, holder, one.principal_type, text, one.condition or "")
                )
    return found


def _role(role: RoleDefinition) -> tuple[Any, ...]:
    entries = [
        (one.actions, one.not_actions, one.data_actions, one.not_data_actions) for one in role.permissions
    ]
    return (role.guid, role.role_name, role.description, entries, role.assignable_scopes)


# Terraform


_ESCAPED = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|.)")
_MEANT = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def text_of(literal: str) -> str:
    """A string of HCL's, as Terraform reads it; nothing in it is a template."""
    assert len(literal) > 1 and literal[0] == literal[-1] == '"', literal
    assert not re.search(r"[$%]\{", literal), literal
    return _ESCAPED.sub(
        lambda found: _MEANT[found[1]] if len(found[1]) == 1 else chr(int(found[1][1:], 16)), literal[1:-1]
    )


def of_terraform(text: str) -> Exported:
    document = hcl2.loads(text)
    data, resources = _by_kind(document, "data"), _by_kind(document, "resource")
    found = Exported()
    role = resources.get("azurerm_role_definition")
    if role:
        entries = [
            tuple(
                tuple(map(text_of, entry.get(name, ())))
                for name in ("actions", "not_actions", "data_actions", "not_data_actions")
            )
            for entry in role.get("permissions", ())
        ]
        found.roles.append(
            (
                text_of(role["role_definition_id"]),
                text_of(role["name"]),
                text_of(role.get("description", '""')),
                entries,
                tuple(map(text_of, role["assignable_scopes"])),
            )
        )
    if assignment := resources.get("azurerm_role_assignment"):
        scope, _, reference = assignment["role_definition_id"][1:-1].partition(ROLE_IDS)
        if role:
            assert reference == "${azurerm_role_definition.astronomer.role_definition_id}"
            guid = text_of(role["role_definition_id"])
        else:
            assert reference == "${basename(data.azurerm_role_definition.astronomer.id)}"
            guid = text_of(data["azurerm_role_definition"]["role_definition_id"])
        assert scope == text_of(assignment["scope"])
        holder = assignment["principal_id"]
        if holder == "${data.azuread_service_principal.astronomer.object_id}":
            holder = data["azuread_service_principal"]["client_id"]
        found.assignments.append(
            (
                text_of(assignment["name"]),
                scope,
                guid,
                text_of(holder),
                text_of(assignment["principal_type"]),
                text_of(assignment.get("description", '""')),
                text_of(assignment.get("condition", '""')),
            )
        )
    return found


def _by_kind(document: dict[str, Any], part: str) -> dict[str, dict[str, Any]]:
    blocks = {}
    for block in document.get(part, ()):
        ((kind, named),) = ((key, value) for key, value in block.items() if key != "__is_block__")
        blocks[kind.strip('"')] = named['"astronomer"']
    return blocks


def imports(text: str) -> dict[str, str]:
    """IDs by the address that they are imported to."""
    return {one["to"][2:-1]: text_of(one["id"]) for one in hcl2.loads(text).get("import", ())}


def imported(plan: Plan) -> set[str]:
    """The GUIDs of what is there, and so is to be imported."""
    there = (change.before for change in plan.changes if change.after is not None)
    return {
        one.guid if isinstance(one, RoleDefinition) else one.name
        for one in there
        if isinstance(one, RoleDefinition | RoleAssignment)
    }


# Templates of Azure Resource Manager


def of_arm(text: str) -> Exported:
    assert text.isascii()
    document = _evaluated(json.loads(text), {})
    parameters = {name: one.get("defaultValue") for name, one in document["parameters"].items()}
    document = _evaluated(json.loads(text), parameters)
    found = Exported()
    for resource in document["resources"]:
        says = resource["properties"]
        if resource["type"] == "Microsoft.Authorization/roleDefinitions":
            entries = [
                tuple(
                    tuple(entry[name]) for name in ("actions", "notActions", "dataActions", "notDataActions")
                )
                for entry in says["permissions"]
            ]
            scopes = tuple(says["assignableScopes"])
            found.roles.append((resource["name"], says["roleName"], says["description"], entries, scopes))
            continue
        scope, _, guid = says["roleDefinitionId"].partition(ROLE_IDS)
        assert resource.get("dependsOn", [says["roleDefinitionId"]]) == [says["roleDefinitionId"]]
        found.assignments.append(
            (
                resource["name"],
                scope,
                guid,
                says["principalId"],
                says["principalType"],
                says.get("description", ""),
                says.get("condition", ""),
            )
        )
    return found


def _evaluated(value: Any, parameters: dict[str, Any]) -> Any:
    """As Azure reads a template: what stands in brackets is an expression, unless it begins with two of them."""
    match value:
        case dict():
            return {_evaluated(key, {}): _evaluated(one, parameters) for key, one in value.items()}
        case list():
            return [_evaluated(one, parameters) for one in value]
        case str() if value.startswith("[") and value.endswith("]"):
            if value.startswith("[["):
                return value[1:]
            assert value == "[parameters('principalId')]"
            return parameters.get("principalId")
    return value


# PowerShell


@functools.cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def powershell_nodes(text: str) -> Iterator[tree_sitter.Node]:
    """Every node of the script; it must be one."""
    tree = _parser().parse(text.encode())
    assert not tree.root_node.has_error, text
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.children)


def powershell_parts(text: str, kind: str) -> list[str]:
    return [(node.text or b"").decode() for node in powershell_nodes(text) if node.type == kind]


def powershell_text(expression: str) -> str:
    """What an expression made by `quoted` is, as PowerShell reads it."""
    (literal,) = powershell_parts(expression, "verbatim_string_characters")
    text = literal[1:-1].replace("''", "'")
    if expression == literal:
        return text
    assert expression == f"([regex]::Unescape({literal}))"
    units = re.sub(
        r"\\(u[0-9a-f]{4}|\\)", lambda found: "\\" if found[1] == "\\" else chr(int(found[1][1:], 16)), text
    )
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def powershell_documents(text: str) -> list[dict[str, Any]]:
    """What the script sends, in its order."""
    return [
        json.loads(one.removeprefix("@'").removesuffix("'@"))
        for one in powershell_parts(text, "verbatim_here_string_characters")
    ]


def sent_by_powershell(plan: Plan) -> list[dict[str, Any]]:
    """What the plan's changes come to, as Azure is asked for it."""
    return [one for change in plan.changes if (one := _sent(plan, change))]


def _sent(plan: Plan, change: Change) -> dict[str, Any] | None:
    match change.after:
        case RoleDefinition() as role if change.writes:
            return {
                "properties": {
                    "roleName": role.role_name,
                    "description": role.description,
                    "type": "CustomRole",
                    "permissions": [_entry(entry) for entry in role.permissions],
                    "assignableScopes": list(role.assignable_scopes),
                }
            }
        case RoleAssignment() as one:
            conditions = {"condition": one.condition, "conditionVersion": one.condition_version or "2.0"}
            return {
                "properties": {
                    "roleDefinitionId": "",
                    "principalId": "",
                    "principalType": one.principal_type,
                    "description": one.description or "",
                    **(conditions if one.condition else {}),
                }
            }
        case None:
            return None
    return {"appId": plan.wanted.application_id} if change.writes else None


def _entry(entry: Permission) -> dict[str, list[str]]:
    return {
        "actions": list(entry.actions),
        "notActions": list(entry.not_actions),
        "dataActions": list(entry.data_actions),
        "notDataActions": list(entry.not_data_actions),
    }
