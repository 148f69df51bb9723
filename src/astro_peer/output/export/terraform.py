"""A grant as a Terraform configuration, for azurerm 4 and 5 and azuread 3.

The service principal is read, never managed: the resource for it would enable one that was disabled, overwrite what
others wrote in it, and delete it in the end. Providers are left to whoever uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from textwrap import wrap

from astro_peer import __version__
from astro_peer.model import assignment as assignments
from astro_peer.model import role as roles
from astro_peer.model.change import Change, Reason
from astro_peer.model.objects import Permission, RoleAssignment, RoleDefinition, ServicePrincipal, without
from astro_peer.model.plan import Plan
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import astro_peer, az
from astro_peer.output.export.az.frame import reach
from astro_peer.output.export.az.text import comment
from astro_peer.output.export.hcl import attributes, block, listed, quoted
from astro_peer.output.shell import command_line

PRINCIPAL = "data.azuread_service_principal.astronomer"
ROLE = "azurerm_role_definition.astronomer"
ASSIGNMENT = "azurerm_role_assignment.astronomer"


def configuration(plan: Plan, change_reference: str | None = None) -> str:
    """Ends with a line break."""
    parts = [_head(plan, change_reference), _requirements(plan), *_objects(plan)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _objects(plan: Plan) -> Iterator[list[str]]:
    if _reads_principal(plan):
        yield from _principal(plan)
    for change in plan.rests_on:
        if isinstance(change.after, RoleDefinition):
            yield _role_of_others(plan, change.after)
    for change in plan.changes:
        match change.after:
            case RoleDefinition() as role:
                yield from _role(plan, change, role)
            case RoleAssignment() as assignment:
                yield from _assignment(plan, change, assignment)
            case ServicePrincipal() | None:
                pass  # read above; and what goes is named in the head
            case other:
                raise TypeError(f"Terraform has no word for a {other.kind}")


# Who reads it, and what for


def _head(plan: Plan, change_reference: str | None) -> list[str]:
    wanted, target = plan.wanted, plan.wanted.target
    lines = [
        "# Gives Astronomer the right to connect an Astro cluster to your network, until it is taken away again.",
        f"# Written by astro-peer {__version__} for review on {datetime.now(UTC):%Y-%m-%d}.",
    ]
    if wanted.only is None:
        lines += reach(plan)
    if not plan.observed.looked_up:
        lines.append("# Written offline: what is there today was not looked up, and nothing is imported.")
    lines += ["#", comment(f"Tenant: {wanted.tenant_id}")]
    lines.append(comment(f"Subscription: {target.subscription.id} {target.subscription.name}".rstrip()))
    lines += ["#", "# What it does not do:"]
    for text, command in _limits(plan, change_reference):
        lines += [comment(line) for line in wrap(text, 108, initial_indent="- ", subsequent_indent="  ")]
        lines += [comment(f"    {command}")] if command else []
    return lines


def _limits(plan: Plan, change_reference: str | None) -> Iterator[tuple[str, str]]:
    """What the command does beyond this, for whoever decides which to take; some with a command that does it."""
    wanted = plan.wanted
    if _reads_principal(plan):
        making = az("ad", "sp", "create", "--id", wanted.application_id)
        yield (
            "It makes no service principal. Where there is none yet, an Entra administrator runs:",
            command_line(making.words),
        )
        yield (
            "It does not show who the application is: its publisher, and whether Microsoft has disabled it.",
            "",
        )
    if wanted.includes(Part.ASSIGNMENT):
        yield (
            "It ends nothing by itself: an end is a note in the description. An end that Azure enforces is not in it.",
            "",
        )
        yield (
            "It takes away no other assignment of the role, and waits for no list of Azure's. What Astronomer holds"
            " is shown by:",
            command_line(astro_peer("status", "--subscription", wanted.target.subscription.id).words),
        )
    for one in _left_behind(plan):
        yield (
            "It leaves what a deleted service principal of Astronomer's left behind. To be removed before:",
            command_line(az("role", "assignment", "delete", "--ids", one.id).words),
        )
    if wanted.includes(Part.ROLE):
        yield (
            "It keeps no change that others make in the role: it writes the whole role, assignable scopes included.",
            "",
        )
    if change_reference:
        yield "It gets no policy token: where an Azure Policy asks for one with a write, use --export az.", ""
    yield (
        "It sets up no provider. azurerm 4 registers resource providers when it starts, unless its"
        " resource_provider_registrations is none.",
        "",
    )


def _left_behind(plan: Plan) -> Iterator[RoleAssignment]:
    for change in plan.changes:
        if change.reason is Reason.LEFT_BEHIND and isinstance(change.before, RoleAssignment):
            yield change.before


def _requirements(plan: Plan) -> list[str]:
    """Import blocks, and conditions that are checked after a read, want Terraform 1.5."""
    azuread = attributes({"source": quoted("hashicorp/azuread"), "version": quoted(">= 3.0, < 4.0")})
    azurerm = attributes({"source": quoted("hashicorp/azurerm"), "version": quoted(">= 4.0, < 6.0")})
    providers = block("azuread =", azuread) if _reads_principal(plan) else []
    return block(
        "terraform",
        attributes({"required_version": quoted(">= 1.5")}),
        block("required_providers", [*providers, *block("azurerm =", azurerm)]),
    )


# The service principal


def _reads_principal(plan: Plan) -> bool:
    """Not where its object ID was given: whoever gives it may not read it."""
    return plan.wanted.includes(Part.ASSIGNMENT) and plan.wanted.principal_id is None


def _principal(plan: Plan) -> Iterator[list[str]]:
    found = plan.observed.principal
    yield [
        "# Stops where azuread is signed in to another tenant.",
        *block(
            'data "azuread_client_config" "astronomer"',
            _lifecycle(
                _condition(
                    "postcondition",
                    f"self.tenant_id == {quoted(plan.wanted.tenant_id)}",
                    f"The azuread provider is signed in to another tenant than {plan.wanted.tenant_id}.",
                )
            ),
        ),
    ]
    conditions = _condition(
        "postcondition", "self.account_enabled", "Astronomer's service principal is disabled in this tenant."
    )
    today = "# It must be there before this is planned."
    if found:
        today = comment(f"Today: {found.label}, object ID {found.object_id}.")
        conditions += _condition(
            "postcondition",
            f"self.object_id == {quoted(found.object_id)}",
            f"The service principal is not {found.object_id}, as reviewed: it was made again since.",
        )
    yield [
        "# Astronomer's service principal. It is read, and never changed or deleted.",
        today,
        *block(
            'data "azuread_service_principal" "astronomer"',
            attributes({"client_id": quoted(plan.wanted.application_id)}),
            _lifecycle(conditions),
        ),
    ]


def _condition(kind: str, condition: str, message: str) -> list[str]:
    return block(kind, attributes({"condition": condition, "error_message": quoted(message)}))


def _lifecycle(lines: list[str]) -> list[str]:
    return block("lifecycle", lines)


# The role


def _role(plan: Plan, change: Change, role: RoleDefinition) -> Iterator[list[str]]:
    before = change.before if isinstance(change.before, RoleDefinition) else None
    scope = roles.listed_in(plan.wanted, plan.observed, before, role) if before else plan.wanted.scope
    others = without(role.assignable_scopes, [plan.wanted.scope])
    lines = ["# The custom role, exactly as Astronomer documents it."]
    if before:
        lines[0] = "# The custom role: it exists, so it is imported, and not made."
        lines += [comment(f"It is changed: {'; '.join(change.details)}")] if change.writes else []
    lines += [
        "# Destroying it deletes the role in the whole tenant; Azure refuses that while it is assigned."
    ]
    if others:
        lines += [
            "# Other scopes use it too, so it cannot be destroyed from here: to take this subscription out of it, run",
            "# astro-peer revoke --delete-role, then terraform state rm " + ROLE,
        ]
    named = {
        "role_definition_id": quoted(role.guid),
        "name": quoted(role.role_name),
        "scope": quoted(scope),
        **({"description": quoted(role.description)} if role.description else {}),
    }
    yield [
        *lines,
        *block(
            _resource(ROLE),
            attributes(named),
            *(_permissions(entry) for entry in role.permissions),
            listed("assignable_scopes", role.assignable_scopes),
            _lifecycle(attributes({"prevent_destroy": "true"})) if others else (),
        ),
    ]
    if before:
        yield _import(ROLE, f"{_role_id(scope, role.guid)}|{scope}")


def _permissions(entry: Permission) -> list[str]:
    return block("permissions", *(listed(name, texts) for name, texts in _lists(entry).items() if texts))


def _lists(entry: Permission) -> dict[str, tuple[str, ...]]:
    return {
        "actions": entry.actions,
        "not_actions": entry.not_actions,
        "data_actions": entry.data_actions,
        "not_data_actions": entry.not_data_actions,
    }


def _role_id(scope: str, guid: str) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def _role_of_others(plan: Plan, role: RoleDefinition) -> list[str]:
    """Read only, and held to what it must say."""
    conditions = [f"length(self.permissions) == {len(role.permissions)},"]
    for number, entry in enumerate(role.permissions):
        for name, texts in _lists(entry).items():
            conditions += _says(f"self.permissions[{number}].{name}", texts)
    return [
        "# The custom role, which somebody else has made.",
        *block(
            'data "azurerm_role_definition" "astronomer"',
            attributes(
                {
                    _NAMED[plan.observed.looked_up]: quoted(_name(plan, role)),
                    "scope": quoted(plan.wanted.scope),
                }
            ),
            _lifecycle(
                block(
                    "postcondition",
                    [
                        "condition = alltrue([",
                        *(f"  {condition}" for condition in conditions),
                        "])",
                        "error_message = "
                        + quoted("The role is not as it was reviewed, so it is not assigned."),
                    ],
                )
            ),
        ),
    ]


_NAMED = {True: "role_definition_id", False: "name"}


def _says(expression: str, texts: tuple[str, ...]) -> list[str]:
    """Compared as Azure does, in any order and without case; an empty set has no type, so it equals no other."""
    if not texts:
        return [f"length({expression}) == 0,"]
    return [
        f"toset([for one in {expression} : lower(one)]) == toset([",
        *(f"  {quoted(one.lower())}," for one in texts),
        "]),",
    ]


def _name(plan: Plan, role: RoleDefinition) -> str:
    """Offline its GUID is not known: somebody may have made it under another."""
    return role.guid if plan.observed.looked_up else role.role_name


# The assignment


def _assignment(plan: Plan, change: Change, after: RoleAssignment) -> Iterator[list[str]]:
    before = change.before if isinstance(change.before, RoleAssignment) else None
    name = (
        before.name if before else assignments.names_to_give(plan.wanted, after.principal_id, plan.changes)[0]
    )
    # The data source's role_definition_id is a GUID in some versions only.
    of_others = plan.wanted.only is Part.ASSIGNMENT
    role_guid = f"basename(data.{ROLE}.id)" if of_others else f"{ROLE}.role_definition_id"
    values = {
        "name": quoted(name),
        "scope": quoted(after.scope),
        # Built here, as the ID that a role's own resource has differs with the scope that it is read from.
        "role_definition_id": f'"{_role_id(after.scope, f"${{{role_guid}}}")}"',
        "principal_id": quoted(plan.wanted.principal_id)
        if plan.wanted.principal_id
        else f"{PRINCIPAL}.object_id",
        "principal_type": quoted(after.principal_type),
        "description": quoted(after.description) if after.description else "",
        "condition": quoted(after.condition) if after.condition else "",
        "condition_version": quoted(after.condition_version or "2.0") if after.condition else "",
    }
    lines = [
        "# Its assignment to Astronomer's service principal, on the subscription.",
        "# Destroying it revokes the grant: Astronomer's connection stays.",
    ]
    if plan.wanted.principal_id:
        lines.append(
            "# The object ID is as it was given: nobody has checked that it is that of Astronomer's principal."
        )
    if before and change.writes:
        lines.append(comment(f"It is changed: {'; '.join(change.details)}"))
    yield [
        *lines,
        *block(_resource(ASSIGNMENT), attributes({key: one for key, one in values.items() if one})),
    ]
    if before:
        yield _import(ASSIGNMENT, before.id)


def _resource(address: str) -> str:
    kind, name = address.split(".")
    return f'resource "{kind}" "{name}"'


def _import(address: str, resource_id: str) -> list[str]:
    return [
        "# It exists, so Terraform takes it over. To be removed once it was applied; in the root module only.",
        *block("import", attributes({"to": address, "id": quoted(resource_id)})),
    ]
