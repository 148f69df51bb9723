"""A grant as a template for Azure Resource Manager, to be deployed to the subscription.

The only expression in it is the parameter. What a template cannot do stands in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from astro_peer import __version__
from astro_peer.azure.api_versions import AUTHORIZATION
from astro_peer.model import assignment as assignments
from astro_peer.model.change import Change, Reason
from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import az
from astro_peer.output.export.az.frame import reach
from astro_peer.output.shell import command_line
from astro_peer.plain import one_line

_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
_PRINCIPAL = "principalId"


def template(plan: Plan, change_reference: str | None = None) -> str:
    """JSON in ASCII; ends with a line break."""
    document = {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"description": _PURPOSE, "notes": list(map(_literal, _notes(plan, change_reference)))},
        "parameters": _parameters(plan),
        "resources": list(_resources(plan)),
    }
    return json.dumps(document, indent=2) + "\n"


_PURPOSE = (
    "Gives Astronomer the right to connect an Astro cluster to your network, until it is taken away again."
)


def _literal(text: str) -> str:
    """Exactly this text. What stands in brackets from end to end is an expression, unless it begins with two."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def _notes(plan: Plan, change_reference: str | None) -> Iterator[str]:
    wanted, target = plan.wanted, plan.wanted.target
    yield f"Written by astro-peer {__version__} for review on {datetime.now(UTC):%Y-%m-%d}."
    if not plan.observed.looked_up:
        yield "Written offline: what is there today was not looked up."
    yield f"For the subscription {target.subscription.id} of the tenant {wanted.tenant_id}: deploy it to no other."
    resource = target.resource
    deploying = az(
        *("deployment", "sub", "create", "--subscription", target.subscription.id),
        *("--location", resource.location if resource else "LOCATION", "--template-file", "FILE"),
    )
    yield f"To deploy it: {command_line(deploying.words)}"
    if wanted.only is None:
        yield from (line.removeprefix("# ") for line in reach(plan) if line != "#")
    if wanted.includes(Part.ASSIGNMENT):
        yield from _about_the_assignment(plan)
    if wanted.includes(Part.ROLE):
        yield (
            "It writes the whole role, all of its assignable scopes included, as it was read or is documented: what"
            " others changed in it meanwhile is lost."
        )
    if change_reference:
        yield "It gets no policy token: where an Azure Policy asks for one with a write, use --export az."
    yield "It takes nothing away: astro-peer revoke does."


def _about_the_assignment(plan: Plan) -> Iterator[str]:
    if plan.observed.principal:
        yield (
            f"Astronomer's service principal is {plan.observed.principal.object_id} today. The template cannot look"
            " whose object ID it is, nor whether it is enabled."
        )
    elif plan.wanted.principal_id:
        yield "The object ID is as it was given: nobody has checked that it is that of Astronomer's service principal."
    else:
        yield (
            "It makes no service principal: an Entra administrator does, and the ID that it gets is the parameter. "
            + command_line(az("ad", "sp", "create", "--id", plan.wanted.application_id).words)
        )
    yield "It ends nothing by itself: an end is a note in the description. An end that Azure enforces is not in it."
    if plan.wanted.only is Part.ASSIGNMENT:
        yield "It does not look what the role allows, which somebody else has made."
    yield "It waits for nothing: right after the role was made Azure may not know it yet; deploy it again then."
    for change in plan.changes:
        if change.reason is Reason.LEFT_BEHIND and isinstance(change.before, RoleAssignment):
            removing = az("role", "assignment", "delete", "--ids", change.before.id)
            yield (
                "It leaves what a deleted service principal of Astronomer's left behind. Before it is deployed: "
                + one_line(command_line(removing.words))
            )


def _parameters(plan: Plan) -> dict[str, Any]:
    if not plan.wanted.includes(Part.ASSIGNMENT):
        return {}
    parameter: dict[str, Any] = {"type": "string"}
    if known := assignments.principal_id(plan.wanted, plan.observed):
        parameter["defaultValue"] = _literal(known)
    says = "The object ID of Astronomer's service principal in this tenant, not its application ID."
    return {_PRINCIPAL: parameter | {"metadata": {"description": says}}}


def _resources(plan: Plan) -> Iterator[dict[str, Any]]:
    for change in plan.changes:
        match change.after:
            case RoleDefinition() as role:
                yield _role(role)
            case RoleAssignment() as assignment:
                yield _assignment(plan, change, assignment)
            case ServicePrincipal() | None:
                pass  # a parameter; and what goes is named in the notes
            case other:
                raise TypeError(f"a template has no word for a {other.kind}")


def _role(role: RoleDefinition) -> dict[str, Any]:
    return {
        "type": "Microsoft.Authorization/roleDefinitions",
        "apiVersion": AUTHORIZATION,
        "name": _literal(role.guid),
        "properties": {
            "roleName": _literal(role.role_name),
            "description": _literal(role.description),
            "type": "CustomRole",
            "permissions": [
                {
                    "actions": list(map(_literal, entry.actions)),
                    "notActions": list(map(_literal, entry.not_actions)),
                    "dataActions": list(map(_literal, entry.data_actions)),
                    "notDataActions": list(map(_literal, entry.not_data_actions)),
                }
                for entry in role.permissions
            ],
            "assignableScopes": list(map(_literal, role.assignable_scopes)),
        },
    }


def _assignment(plan: Plan, change: Change, after: RoleAssignment) -> dict[str, Any]:
    name = after.name or assignments.names_to_give(plan.wanted, after.principal_id, plan.changes)[0]
    role_id = f"{plan.wanted.scope}/providers/Microsoft.Authorization/roleDefinitions/{after.role_guid}"
    properties = {
        "roleDefinitionId": role_id,
        "principalId": f"[parameters('{_PRINCIPAL}')]",
        "principalType": after.principal_type,
        **({"description": _literal(after.description)} if after.description else {}),
    }
    if after.condition:
        properties |= {
            "condition": _literal(after.condition),
            "conditionVersion": _literal(after.condition_version or "2.0"),
        }
    writes_role = any(isinstance(one.after, RoleDefinition) for one in plan.changes)
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": AUTHORIZATION,
        "name": _literal(name),
        **({"dependsOn": [role_id]} if writes_role else {}),
        "properties": properties,
    }
