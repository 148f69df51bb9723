"""The caller's rights: what Azure would refuse half-way is found before the first write, and who can do it instead.

Azure's list of a caller's permissions is advisory: it shows neither conditions nor deny assignments, and no role that
Privileged Identity Management has not activated. But a right that is missing from it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model import assignment
from astro_peer.model.change import Action, Change, Right
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import RoleAssignment, allowed, within
from astro_peer.model.observed import Observed
from astro_peer.model.surroundings import DenyAssignment, SignIn, Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import Command, Role, WayOut, astro_peer, way_out

EVERYBODY = "00000000-0000-0000-0000-000000000000"
DIRECTORY_ROLES = {
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
}
"""Template IDs of Microsoft Entra's roles that may create the principal of an application from another tenant."""
GRAPH_PERMISSIONS = ("Application.ReadWrite.All", "Directory.ReadWrite.All")
"""The same for an application. Application.ReadWrite.OwnedBy is for applications of its own tenant only."""
PIM = "A role that Privileged Identity Management makes you eligible for counts once you have activated it."
LIMITS = "Your permissions, as Azure lists them, do not show conditions or deny assignments."
REVOKE = "revoke"


class Verdict(StrEnum):
    CAN = "you can"
    PROBABLY = "probably"
    PROBABLY_NOT = "probably not"
    CANNOT = "you cannot"
    UNKNOWN = "unknown"
    NOT_NEEDED = "nothing to do"


HINDERED = (Verdict.UNKNOWN, Verdict.PROBABLY_NOT, Verdict.CANNOT)


@dataclass(frozen=True)
class Ability:
    """Whether the caller can do one part of the work, and if not who can: a row of the table."""

    part: str
    """principal, role, assignment or revoke."""
    does: str
    verdict: Verdict
    because: str = ""
    right: Right | None = None
    """What it takes."""
    hand_over: Command | None = None
    """What to have somebody run who can."""


def needed(changes: Iterable[Change]) -> tuple[Right, ...]:
    """Each once, in the order of the changes: those that Azure Resource Manager decides on."""
    rights = (right for change in changes for right in change.rights if not right.directory)
    return tuple(dict.fromkeys(rights))


# The table


def abilities(
    wanted: Wanted, observed: Observed, changes: tuple[Change, ...], around: Surroundings
) -> tuple[Ability, ...]:
    """A row for each part that is wanted, and one for taking it all away again. None where nobody asked Azure."""
    if not observed.looked_up or (around.sign_in is None and not observed.permissions):
        return ()
    rows = [_ability(wanted, observed, change, around) for change in changes]
    if wanted.granted and wanted.place and wanted.only in (None, Part.ASSIGNMENT):
        rows.append(_revoking(wanted, observed, around))
    worst_of_part: dict[str, Ability] = {}
    for row in rows:
        known = worst_of_part.get(row.part)
        if known is None or _WORSE.index(row.verdict) > _WORSE.index(known.verdict):
            worst_of_part[row.part] = row
    return tuple(worst_of_part.values())


def _ability(wanted: Wanted, observed: Observed, change: Change, around: Surroundings) -> Ability:
    part = change.key.split()[0] if wanted.granted else REVOKE
    does = f"{change.action} the {change.thing.kind}"
    if not change.writes:
        return Ability(part, f"the {change.thing.kind}", Verdict.NOT_NEEDED, change.says)
    return _judged(wanted, observed, around, part, does, change.rights)


def _revoking(wanted: Wanted, observed: Observed, around: Surroundings) -> Ability:
    whichever = RoleAssignment("", "", wanted.scope, "", "", assignment.SERVICE_PRINCIPAL)
    rights = whichever.rights(Action.DELETE, None)
    return _judged(wanted, observed, around, REVOKE, "take it away again", rights)


def _judged(
    wanted: Wanted, observed: Observed, around: Surroundings, part: str, does: str, rights: tuple[Right, ...]
) -> Ability:
    """By the right that the caller has least of."""
    judged = [(right, *_verdict(observed, around, right)) for right in rights]
    right, verdict, because = max(judged, key=lambda one: _WORSE.index(one[1]))
    return Ability(part, does, verdict, because, right, _hand_over(wanted, part))


_WORSE = (
    Verdict.NOT_NEEDED,
    Verdict.CAN,
    Verdict.PROBABLY,
    Verdict.UNKNOWN,
    Verdict.PROBABLY_NOT,
    Verdict.CANNOT,
)


def _verdict(observed: Observed, around: Surroundings, right: Right) -> tuple[Verdict, str]:
    return _in_directory(around) if right.directory else _in_azure(observed, around, right)


def _in_directory(around: Surroundings) -> tuple[Verdict, str]:
    """Whether Microsoft Entra ID lets the caller make a principal."""
    caller = around.sign_in
    if caller is None:
        return Verdict.PROBABLY, "who is signed in is not known"
    if caller.is_application:
        held = [one for one in caller.graph_permissions if one in GRAPH_PERMISSIONS]
        if held:
            return Verdict.PROBABLY, f"your application's token has {held[0]}"
        return (
            Verdict.PROBABLY_NOT,
            f"your application's token has none of {', '.join(GRAPH_PERMISSIONS)}; a role in Microsoft Entra ID, which"
            " the token does not show, would do too",
        )
    roles = around.directory_roles
    if isinstance(roles, AstroPeerError):
        return Verdict.UNKNOWN, f"your roles in Microsoft Entra ID could not be read ({roles.code})"
    if roles is None:
        return Verdict.UNKNOWN, "your roles in Microsoft Entra ID were not read"
    for one in roles:
        if one.template_id in DIRECTORY_ROLES:
            return Verdict.CAN, f"you are {one.name}"
    return (
        Verdict.PROBABLY_NOT,
        "you hold none of Microsoft Entra's roles that are known to allow it; a custom one may. " + PIM,
    )


def _in_azure(observed: Observed, around: Surroundings, right: Right) -> tuple[Verdict, str]:
    held = observed.permissions.get(right.scope.lower())
    if held is None:
        return Verdict.PROBABLY, f"your permissions on {right.scope} were not read"
    if not allowed(held, right.action):
        return Verdict.CANNOT, f"your account lacks {right.action} on {right.scope}. {PIM}"
    denials, own = around.denials, around.own_assignments
    if not isinstance(denials, tuple) or not isinstance(own, tuple):
        return Verdict.PROBABLY, LIMITS
    for denial in denials:
        if allowed(denial.permissions, right.action) and within(right.scope, denial.scope):
            if directly_denied(denial, around.sign_in):
                return Verdict.CANNOT, f'the deny assignment "{denial.name}" on {denial.scope} forbids it'
            if denies_everybody(denial, around.sign_in):
                return Verdict.PROBABLY_NOT, f'the deny assignment "{denial.name}" forbids it to most'
    if any(one.condition for one in own):
        return Verdict.PROBABLY, "a condition on your own role assignment may limit what you can assign"
    return Verdict.CAN, ""


def directly_denied(denial: DenyAssignment, caller: SignIn | None) -> bool:
    return bool(caller and caller.object_id in denial.principals and caller.object_id not in denial.excluded)


def denies_everybody(denial: DenyAssignment, caller: SignIn | None) -> bool:
    """As far as can be known: groups are not looked into, neither those denied nor those excluded."""
    excluded = caller is not None and caller.object_id in denial.excluded
    return EVERYBODY in denial.principals and not excluded


def _hand_over(wanted: Wanted, part: str) -> Command:
    tenant = ("--tenant", wanted.tenant_id)
    if part == Part.PRINCIPAL:
        return astro_peer("grant", "--only", "principal", *tenant)
    place = ("--subscription", wanted.target.subscription.id, *wanted.procedure.option)
    named = ("--role-name", wanted.role_name) if wanted.role_name else ()
    given = ("--principal-object-id", wanted.principal_id) if wanted.principal_id else ()
    if part == REVOKE:
        deleting = ("--delete-role",) if wanted.delete_role else ()
        return astro_peer("revoke", *place, *tenant, *named, *given, *deleting)
    if part == Part.ROLE:
        shared = ("--update-shared-role",) if wanted.update_shared_role else ()
        return astro_peer("grant", "--only", "role", *place, *tenant, *named, *shared)
    return astro_peer("grant", "--only", part, *place, *tenant, *named, *given)


# Findings


def findings(wanted: Wanted, observed: Observed, table: tuple[Ability, ...]) -> Iterator[Finding]:
    for row in table:
        if row.right and _elsewhere(wanted, row):
            yield _in_other_scopes(wanted, observed, row)
        else:
            yield _finding(wanted, row)


def _elsewhere(wanted: Wanted, row: Ability) -> bool:
    right = row.right
    return bool(
        right
        and not right.directory
        and row.verdict is Verdict.CANNOT
        and not within(right.scope, wanted.scope)
    )


def _finding(wanted: Wanted, row: Ability) -> Finding:
    later = wanted.granted and row.part == REVOKE
    blocks = Blocks.REVOKE if row.part == REVOKE else Blocks.GRANT
    level = {
        Verdict.PROBABLY_NOT: Level.WARNING,
        Verdict.CANNOT: Level.WARNING if later else Level.FAIL,
        Verdict.UNKNOWN: Level.UNKNOWN,
    }.get(row.verdict, Level.PASS)
    fact = row.because[:1].upper() + row.because[1:]
    fact += "." if fact and not fact.endswith(".") else ""
    if level is Level.PASS:
        says = (
            f"To {row.does}: {row.verdict}."
            if row.right
            else f"{row.does[:1].upper()}{row.does[1:]}: {row.verdict}."
        )
        return Finding(f"rights-{row.part}", level, says, fact=fact, exit_code=ExitCode.DONE, tabulated=True)
    says = {
        Verdict.PROBABLY_NOT: f"You probably cannot {row.does}.",
        Verdict.UNKNOWN: f"Whether you may {row.does} is not known.",
    }.get(row.verdict, f"You do not have the rights to {row.does}.")
    return Finding(
        f"rights-{row.part}",
        level,
        says,
        blocks,
        fact=fact,
        way_out=_way_out(wanted, row),
        who=_who(row),
        exit_code=ExitCode.NOT_PERMITTED,
        reviewable=True,
        tabulated=True,
    )


def _way_out(wanted: Wanted, row: Ability) -> WayOut:
    right = row.right
    if right is None:
        return way_out()
    if right.directory:
        return way_out(
            f"Ask for Microsoft Entra's role {right.roles[0]}, or have somebody who holds it run ",
            row.hand_over,
            ".",
        )
    return way_out(
        "Ask an Owner of the subscription for the role ",
        Role(role_to_ask_for(right), wanted.scope),
        ", or have somebody who holds it run ",
        row.hand_over,
        ".",
    )


def role_to_ask_for(right: Right) -> str:
    """The least that allows it, with the others that do."""
    least, *others = right.roles
    return least + (f" (or {', or '.join(others)})" if others else "")


def _who(row: Ability) -> str:
    return "an Entra administrator" if row.right and row.right.directory else "an Owner of the subscription"


def _in_other_scopes(wanted: Wanted, observed: Observed, row: Ability) -> Finding:
    """A role is changed in all its assignable scopes or not at all."""
    name = observed.role.role_name if observed.role else wanted.role.role_name
    scope, action = (row.right.scope, row.right.action) if row.right else ("", "")
    return Finding(
        "rights-in-other-scopes",
        Level.FAIL,
        f'The role "{name}" would have to be changed, and you may not do that in {scope}, where it can be'
        " assigned too.",
        Blocks.GRANT if wanted.granted else Blocks.REVOKE,
        fact=f"A role is changed in all its assignable scopes or not at all, and you lack {action} there.",
        way_out=way_out(
            "Ask someone who is User Access Administrator or Owner in all of them to run this command, or use a role of"
            " your own with --role-name."
        ),
        who="a User Access Administrator or Owner of all of the role's scopes",
        reviewable=True,
    )
