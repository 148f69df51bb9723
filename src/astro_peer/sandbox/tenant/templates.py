"""Templates of Azure Resource Manager for a subscription: what they say, once their parameters are put in.

Of the template language the sandbox knows `parameters('NAME')`, alone in its string, and no other expression.
https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.state import Json

ROLES = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_TYPES = {kind.lower(): kind for kind in (ROLES, ASSIGNMENTS)}
"""What the sandbox deploys."""
_SCHEMA = re.compile(r"https://schema\.management\.azure\.com/schemas/[0-9-]+/(\w+)\.json#?", re.IGNORECASE)
_PARAMETER = re.compile(r"\[\s*parameters\(\s*'([^']*)'\s*\)\s*\]", re.IGNORECASE)
_PARAMETER_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "bool": bool,
    "int": int,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class Resource:
    """One of a template's, with nothing left to work out."""

    id: str
    type: str
    name: str
    api_version: str
    properties: Json
    depends_on: tuple[str, ...]
    """IDs of others of the template."""


@dataclass(frozen=True)
class Template:
    parameters: Mapping[str, Json]
    """Type and value of each, by its name; no value for a secure one."""
    resources: tuple[Resource, ...]
    hash: str


def read_template(scope: str, content: Json) -> Template:
    """What the properties of a deployment to the scope contain. Raises a refusal for what no template can be."""
    template, given = content.get("template"), content.get("parameters") or {}
    if not isinstance(template, Mapping) or not isinstance(given, Mapping):
        raise refusals.invalid_template("the template and its parameters are objects")
    if content.get("mode", "Incremental") != "Incremental":
        raise refusals.invalid_template("a deployment to a subscription has the mode 'Incremental'")
    schema = _SCHEMA.fullmatch(str(template.get("$schema")))
    if schema is None or schema[1].lower() not in ("subscriptiondeploymenttemplate", "deploymenttemplate"):
        raise refusals.invalid_template(f"the template's schema '{template.get('$schema')}' is not supported")
    values = _values(_mapping(template, "parameters"), given)
    resources = template.get("resources", [])
    if not isinstance(resources, list) or not all(isinstance(r, Mapping) for r in resources):
        raise refusals.invalid_template("the template's resources are a list of objects")
    unlinked = [_resource(scope, _evaluated(r, values)) for r in resources if r.get("condition") is not False]
    shown = {
        name: {"type": kind.capitalize(), **({} if kind.startswith("secure") else {"value": values[name]})}
        for name, kind in _types(_mapping(template, "parameters")).items()
    }
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    linked = tuple(_linked(resource, unlinked) for resource in unlinked)
    return Template(shown, linked, str(int.from_bytes(digest[:8])))


def waves(template: Template) -> Iterator[list[Resource]]:
    """What is made at once, and then what waits for that. Azure promises no order among what does not depend on each
    other, so here it is the one that a template must not rely on: assignments come before roles.
    """
    left = list(template.resources)
    while left:
        waiting = {r.id for r in left}
        wave = [r for r in left if not waiting & set(r.depends_on)]
        if not wave:
            raise refusals.invalid_template(
                f"Circular dependency detected on resource: '{left[0].id}'. Please see "
                "https://aka.ms/arm-syntax-resources for usage details."
            )
        yield sorted(wave, key=lambda r: r.type)
        left = [r for r in left if r not in wave]


def _mapping(owner: Json, key: str) -> Json:
    value = owner.get(key) or {}
    if not isinstance(value, Mapping):
        raise refusals.invalid_template(f"the template's {key} are an object")
    return value


def _types(declared: Json) -> dict[str, str]:
    return {
        name: str(one.get("type", "")).lower() for name, one in declared.items() if isinstance(one, Mapping)
    }


def _values(declared: Json, given: Json) -> dict[str, Any]:
    types = _types(declared)
    unknown = [name for name in given if name not in types]
    if unknown:
        raise refusals.invalid_template(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they are not "
            "present in the original template and can therefore not be provided at deployment time. The only supported "
            f"parameters for this template are '{', '.join(types)}'. Please see "
            "https://aka.ms/arm-pass-parameter-values for usage details."
        )
    values: dict[str, Any] = {}
    for name, kind in types.items():
        one = given.get(name)
        if isinstance(one, Mapping) and "value" in one:
            value = one["value"]
        elif "defaultValue" in declared[name]:
            value = _evaluated(declared[name]["defaultValue"], values)
        else:
            raise refusals.invalid_template(
                f"The value for the template parameter '{name}' is not provided. Please see "
                "https://aka.ms/arm-create-parameter-file for usage details."
            )
        if not isinstance(value, _PARAMETER_TYPES.get(kind, ())):
            raise refusals.invalid_template(
                f"The provided value for the template parameter '{name}' is not valid. Expected a value of type "
                f"'{kind.capitalize()}', but received a value of type '{type(value).__name__.capitalize()}'."
            )
        values[name] = value
    return values


def _evaluated(value: Any, parameters: Json) -> Any:
    """What stands in brackets from end to end is an expression, but for two brackets at the beginning."""
    if isinstance(value, Mapping):
        return {key: _evaluated(one, parameters) for key, one in value.items()}
    if isinstance(value, list):
        return [_evaluated(one, parameters) for one in value]
    if not isinstance(value, str) or not value.startswith("[") or not value.endswith("]"):
        return value
    if value.startswith("[["):
        return value[1:]
    match = _PARAMETER.fullmatch(value)
    named = {name.lower(): one for name, one in parameters.items()}
    if match is None or match[1].lower() not in named:
        raise refusals.invalid_template(
            f"Unable to process template language expressions for '{value}': the sandbox knows parameters('NAME') of a "
            "parameter that is declared"
        )
    return named[match[1].lower()]


def _resource(scope: str, content: Json) -> Resource:
    kind, name, version = (content.get(key) for key in ("type", "name", "apiVersion"))
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(version, str) or not name:
        raise refusals.invalid_template("a resource has a type, a name and an apiVersion")
    if kind.lower() not in _TYPES:
        raise refusals.invalid_template(
            f"the sandbox deploys role definitions and role assignments, and no resource of type '{kind}'"
        )
    at = content.get("scope", scope)
    if not isinstance(at, str) or split(at.lower()) != split(scope.lower()):
        raise refusals.invalid_template(f"the sandbox deploys to the subscription itself, not to '{at}'")
    properties, depends_on = content.get("properties"), content.get("dependsOn", [])
    if not isinstance(properties, Mapping) or not isinstance(depends_on, list):
        raise refusals.invalid_template(f"the resource '{name}' has properties, and a list as its dependsOn")
    kind = _TYPES[kind.lower()]
    return Resource(
        f"{scope}/providers/{kind}/{name}", kind, name, version, properties, tuple(map(str, depends_on))
    )


def _linked(resource: Resource, all_of_them: list[Resource]) -> Resource:
    """Another resource is named by its ID, by its type and name, or by its name."""
    found = []
    for named in resource.depends_on:
        key = "/".join(split(named)).lower()
        ids = [
            r.id
            for r in all_of_them
            if key in ("/".join(split(r.id)).lower(), f"{r.type}/{r.name}".lower(), r.name.lower())
        ]
        if not ids:
            raise refusals.invalid_template(
                f"The resource '{named}' is not defined in the template. Please see https://aka.ms/arm-syntax for "
                "usage details."
            )
        found += ids
    return Resource(
        resource.id, resource.type, resource.name, resource.api_version, resource.properties, tuple(found)
    )
