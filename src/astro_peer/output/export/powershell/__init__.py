"""A plan's changes as a PowerShell script, with the checks of the script of az commands, to be reviewed and run.

It is for Windows PowerShell 5.1 and PowerShell 7, and needs the module Az.Accounts alone. Roles and assignments are
written by Invoke-AzRestMethod: the cmdlets that write them choose GUIDs of their own, and fold the entries of a role's
permissions into one, so they could not leave what the plan says.

The sections talk to one another by variables: `$principal`, `$role` and `$expected` are made by what comes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.output.export.az.text import Section, Template
from astro_peer.output.export.powershell import assignment, frame, principal, role
from astro_peer.output.export.powershell.functions import ASK

_TEMPLATES: dict[type, Template] = {
    ServicePrincipal: principal.render,
    RoleDefinition: role.render,
    RoleAssignment: assignment.render,
}


def script(plan: Plan, change_reference: str | None = None) -> str:
    """ASCII; ends with a line break. All of it is read before any of it is run."""
    sections = [*_sections(plan), *frame.closing(plan)]
    functions = dict.fromkeys((ASK, *(text for section in sections for text in section.functions)))
    numbered = [f"# {number}. {section.title}\n{section.body}" for number, section in enumerate(sections, 1)]
    parts = (
        frame.head(plan, change_reference),
        "& {\n" + frame.settings(plan).strip("\n"),
        *functions,
        frame.right_account(plan),
        *numbered,
        *frame.afterwards(plan),
        "}",
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _sections(plan: Plan) -> Iterator[Section]:
    if plan.wanted.principal_id and plan.observed.principal is None and plan.wanted.granted:
        yield principal.as_given(plan.wanted.principal_id)
    for change in plan.rests_on:
        yield _TEMPLATES[type(change.thing)](plan, change, True)
    for change in plan.changes:
        yield _TEMPLATES[type(change.thing)](plan, change, False)
