"""The dry run: a plan's changes as a bash script of az commands, to be reviewed and run by hand.

It may be run days later, so it looks before it writes, each time, and what was there when it was written stands in it.
It needs bash and az only, can be run twice, and stops before its first write when az is signed in elsewhere.

The sections talk to one another by shell variables and functions: `principal`, `role` and `require_role` are made by
what comes first and used by what follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.model.objects import RoleAssignment, RoleDefinition, ServicePrincipal
from astro_peer.model.plan import Plan
from astro_peer.output.export.az import assignment, frame, principal, role
from astro_peer.output.export.az.text import Section, Template

_TEMPLATES: dict[type, Template] = {
    ServicePrincipal: principal.render,
    RoleDefinition: role.render,
    RoleAssignment: assignment.render,
}


def script(plan: Plan, change_reference: str | None = None) -> str:
    """Ends with a line break; the same plan gives the same script on the same day.

    With a reference every write is for that change, where an Azure Policy asks for one.
    """
    sections = [*_sections(plan), *frame.closing(plan)]
    functions = dict.fromkeys(text for section in sections for text in section.functions)
    numbered = [f"# {number}. {section.title}\n{section.body}" for number, section in enumerate(sections, 1)]
    parts = (
        frame.head(plan, change_reference),
        *(("steps() {", *numbered, *frame.afterwards(plan), "}") if numbered else frame.afterwards(plan)),
        *((_FUNCTIONS, *functions) if functions else ()),
        *(("steps",) if numbered else ()),
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


_FUNCTIONS = """\
# What the steps use to read what az says, and to stop. Of what follows, only `remove` writes, where there is one."""


def _sections(plan: Plan) -> Iterator[Section]:
    if plan.wanted.principal_id and plan.observed.principal is None and plan.wanted.granted:
        yield principal.as_given(plan.wanted.principal_id)
    for change in plan.rests_on:
        yield _TEMPLATES[type(change.thing)](plan, change, True)
    for change in plan.changes:
        yield _TEMPLATES[type(change.thing)](plan, change, False)
