"""The custom role: the documented actions, assignable in the subscription.

Role names are unique in a tenant, and one role serves all its subscriptions. So a role of the documented name that
exists is only ever merged with: what others need of it is never lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from astro_peer.errors import ExitCode
from astro_peer.model import assignment
from astro_peer.model.change import Action, Change, Reason
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import Permission, RoleDefinition, allowed, same, without
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import way_out
from astro_peer.procedure import Procedure, every

KEY = "role"


@dataclass(frozen=True)
class Drift:
    """How a role's permissions differ from the documented ones."""

    missing: tuple[str, ...]
    broader: tuple[str, ...]
    """Everything it allows that is not documented: actions and data actions."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.broader)


def drift(documented: RoleDefinition, role: RoleDefinition) -> Drift:
    """Compared as sets, without case, every permission entry; a notAction counts where it takes something away."""
    actions = [action for entry in documented.permissions for action in entry.actions]
    known = {action.lower() for action in actions}
    broader = [
        action for entry in role.permissions for action in entry.actions if action.lower() not in known
    ]
    broader += [f"{action} (data action)" for entry in role.permissions for action in entry.data_actions]
    missing = [action for action in actions if not allowed(role.permissions, action)]
    return Drift(missing=tuple(missing), broader=tuple(dict.fromkeys(broader)))


def earlier(procedure: Procedure, role: RoleDefinition) -> str:
    """Which older page of the documentation its actions are those of, in words; "" for none."""
    allows = {action.lower() for entry in role.permissions for action in entry.actions}
    takes_away = any(entry.not_actions for entry in role.permissions)
    for year, actions in procedure.earlier_actions:
        if not takes_away and allows == {action.lower() for action in actions}:
            return f"the role that the documentation had in {year}, with {len(actions)} actions"
    return ""


def another_procedures(wanted: Wanted, observed: Observed) -> Procedure | None:
    """Whose role it is that is meant, by its name or by what it allows, where it is not this procedure's."""
    found = observed.role
    documented = documented_by(wanted.procedure, found)
    for one in _known(wanted.procedure):
        named = same(one.role_name, wanted.role.role_name)
        if one.key != wanted.procedure.key and (named or (documented and documented.key == one.key)):
            return one
    return None


def left_over(wanted: Procedure, role: RoleDefinition) -> str:
    """The same, of whichever procedure; and Azure's own roles that older pages asked for."""
    for one in _known(wanted):
        if found := earlier(one, role):
            return found
        for name, says in one.earlier_roles:
            if not role.is_custom and same(role.role_name, name):
                return says
    return ""


def documented_by(wanted: Procedure, role: RoleDefinition | None) -> Procedure | None:
    """The procedure whose role it is, by what it allows."""
    if role is None or not role.is_custom:
        return None
    allows = permission_sets(role.permissions)
    return next(
        (one for one in _known(wanted) if allows == permission_sets((Permission(actions=one.actions),))), None
    )


def writes(procedure: Procedure, role: RoleDefinition) -> bool:
    """Whether it lets somebody write to what the procedure is about."""
    return any(allowed(role.permissions, action) for action in procedure.write_actions)


def _known(wanted: Procedure) -> tuple[Procedure, ...]:
    """The one that is looked for first."""
    return (wanted, *(one for one in every() if one.key != wanted.key))


def assignable_here(wanted: Wanted, observed: Observed) -> bool:
    return observed.role_listed_here or bool(observed.role and observed.role.can_be_assigned_in(wanted.scope))


def decide(wanted: Wanted, observed: Observed) -> Change:
    """Towards a role as documented that can be assigned here. Whether that may be done is a finding."""
    documented, found = wanted.role, observed.role
    if found is None:
        return Change(KEY, before=None, after=documented, reason=Reason.ROLE_ABSENT)
    lacks = bool(drift(documented, found).missing)
    elsewhere = not assignable_here(wanted, observed)
    after = replace(
        found,
        permissions=documented.permissions if lacks else found.permissions,
        assignable_scopes=(*found.assignable_scopes, wanted.scope) if elsewhere else found.assignable_scopes,
    )
    reason = {
        (False, False): Reason.ROLE_AS_DOCUMENTED,
        (True, False): Reason.ROLE_LACKS_ACTIONS,
        (False, True): Reason.ROLE_NOT_ASSIGNABLE_HERE,
        (True, True): Reason.ROLE_LACKS_BOTH,
    }[lacks, elsewhere]
    others = without(found.assignable_scopes, [wanted.scope]) if after != found else ()
    return Change(
        KEY, before=found, after=after, reason=reason, facts=others, keeps=tuple(_kept(documented, found))
    )


def _kept(documented: RoleDefinition, found: RoleDefinition) -> Iterator[str]:
    """A role that others made speaks for them too: its description is theirs, and is not changed unseen."""
    if found.description != documented.description:
        yield f"keeps its description: {found.description or 'none'}"


def decide_removal(wanted: Wanted, observed: Observed) -> Change | None:
    """Delete the role, or take only this subscription out of a shared one; None where there is none here.

    A role that must stay is kept, with the reason.
    """
    found = observed.role
    if not observed.looked_up:
        return Change(KEY, before=wanted.role, after=None, reason=Reason.ROLE_UNUSED)
    if found is None or not assignable_here(wanted, observed):
        return None
    own = {
        one.id.lower() for one in (*assignment.ours(wanted, observed), *assignment.orphans(wanted, observed))
    }
    users = tuple(
        f"{one.principal_type or 'principal'} {one.principal_id}"
        for one in observed.of_role
        if one.id.lower() not in own
    )
    if users:
        return Change(KEY, before=found, after=found, reason=Reason.ROLE_ASSIGNED, facts=users)
    if drift(wanted.role, found).broader:
        return Change(KEY, before=found, after=found, reason=Reason.ROLE_BROADER)
    others = without(found.assignable_scopes, [wanted.scope])
    if not others:
        return Change(KEY, before=found, after=None, reason=Reason.ROLE_UNUSED)
    smaller = replace(found, assignable_scopes=others)
    reason = Reason.ROLE_SHARED
    return Change(KEY, before=found, after=smaller, reason=reason, facts=others)


def merged(
    before: RoleDefinition | None, after: RoleDefinition, now: RoleDefinition | None
) -> RoleDefinition:
    """What to write, where Azure meanwhile holds `now`: the change that was planned, made to what is there.

    Scopes that were added or taken away by others stay so; name and description are whatever they are.
    """
    if now is None:
        return after
    gone = without(before.assignable_scopes if before else (), after.assignable_scopes)
    came = without(after.assignable_scopes, before.assignable_scopes if before else ())
    kept = without(now.assignable_scopes, gone)
    changes_permissions = before is None or before.permissions != after.permissions
    return replace(
        now,
        permissions=after.permissions if changes_permissions else now.permissions,
        assignable_scopes=(*kept, *without(came, kept)),
    )


def shows(seen: RoleDefinition, target: RoleDefinition, *, gone: tuple[str, ...] = ()) -> bool:
    """Whether a read shows what was written: its permissions, at least its scopes, and none of those taken out."""
    return (
        not without(target.assignable_scopes, seen.assignable_scopes)
        and without(gone, seen.assignable_scopes) == gone
        and permission_sets(seen.permissions) == permission_sets(target.permissions)
    )


def listed_in(
    wanted: Wanted, observed: Observed, before: RoleDefinition, after: RoleDefinition | None
) -> str:
    """A scope in which a role that exists is listed, before it is written and after: the subscription, if it can be."""
    gone = without(before.assignable_scopes, after.assignable_scopes) if after else ()
    if assignable_here(wanted, observed) and not any(same(one, wanted.scope) for one in gone):
        return wanted.scope
    lasting = (one for one in without(before.assignable_scopes, gone) if one.startswith("/"))
    return next(lasting, wanted.scope)


def permission_sets(permissions: tuple[Permission, ...]) -> set[tuple[frozenset[str], ...]]:
    """As Azure compares them: in any order, without case."""
    return {
        tuple(
            frozenset(action.lower() for action in actions)
            for actions in (entry.actions, entry.not_actions, entry.data_actions, entry.not_data_actions)
        )
        for entry in permissions
    }


# What stands in the way


def findings(wanted: Wanted, observed: Observed, change: Change | None) -> Iterator[Finding]:
    """`change`: what is planned for the role; None where it is left to others."""
    found = observed.role
    another = another_procedures(wanted, observed)
    if another:
        yield Finding(
            "role-of-another-procedure",
            Level.FAIL,
            f'The role "{(found or wanted.role).role_name}" is the one that is documented for {another.title}, so it'
            " was left alone.",
            Blocks.GRANT if wanted.granted else Blocks.REVOKE,
            fact=f"This is about {wanted.procedure.title}, which has a role of its own.",
            way_out=way_out(
                f"Leave --role-name out; or name the other procedure: --procedure {another.key}."
            ),
            who="you",
            exit_code=ExitCode.USAGE,
        )
        return
    if found is None:
        return
    if not found.is_custom:
        yield Finding(
            "role-name-built-in",
            Level.FAIL,
            f'"{found.role_name}" is the name of one of Azure\'s built-in roles, so it was left alone.',
            Blocks.GRANT if wanted.granted else Blocks.REVOKE,
            fact="Role names are unique in a tenant, built-in ones included.",
            way_out=way_out("Choose another name with --role-name."),
            who="you",
        )
    elif wanted.granted:
        yield from not_broader(wanted.role, found)
        if change and change.action is Action.UPDATE and not wanted.update_shared_role:
            yield from _shared(wanted, found, change)


def not_broader(documented: RoleDefinition, role: RoleDefinition) -> Iterator[Finding]:
    """A role that allows more than documented is never given to Astronomer: the one rule for it."""
    broader = drift(documented, role).broader
    if broader:
        yield Finding(
            "role-broader",
            Level.FAIL,
            f'The role "{role.role_name}" allows more than the documented one, so it is not given to Astronomer.',
            Blocks.GRANT,
            fact="Not documented:\n" + _lines(broader),
            way_out=way_out(
                f"Find out whose role it is (GUID {role.guid}). Make a role of your own beside it with --role-name,"
                " or have these actions removed from it."
            ),
            who="whoever made the role",
        )


def _shared(wanted: Wanted, role: RoleDefinition, change: Change) -> Iterator[Finding]:
    others = without(role.assignable_scopes, [wanted.scope])
    if others:
        yield Finding(
            "role-shared",
            Level.FAIL,
            f'The role "{role.role_name}" would have to be changed, and other scopes use it too.',
            Blocks.GRANT,
            fact="The change:\n"
            + _lines(change.details)
            + "\nThe role can also be assigned in:\n"
            + _lines(others),
            way_out=way_out(
                "Ask the owners of those scopes, then run the command again with --update-shared-role;"
                " or make a role of another name with --role-name."
            ),
            who="the owners of those scopes",
        )


def _lines(texts: tuple[str, ...]) -> str:
    return "\n".join(f"  {text}" for text in texts)
