"""The role assignment: Astronomer's service principal holds the custom role on the subscription.

Which assignments are ours, which were left behind, and which nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID, uuid5

from astro_peer.model import end, enforcing, principal
from astro_peer.model.change import Change, Reason
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import RoleAssignment, ServicePrincipal, same, within
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import az, way_out

KEY = "assignment"
SERVICE_PRINCIPAL = "ServicePrincipal"


# Names


def name(wanted: Wanted) -> str:
    """The GUID under which we assign: the same on every machine, so that a second grant meets the first one's.

    It follows from the GUID that we derive for the role, whichever it has, and from the application's ID. So it is
    known before the principal is made, a script can give it too, and it can be read by ID even where no list shows
    the role yet.
    """
    return _derived(wanted, wanted.application_id)


def names(wanted: Wanted, principal_id: str) -> tuple[str, str]:
    """The same, and a second one for where Azure refuses the first, or still holds another principal's under it."""
    return name(wanted), _derived(wanted, principal_id)


def names_to_give(wanted: Wanted, principal_id: str, changes: Iterable[Change]) -> tuple[str, ...]:
    """In the order to try them; the second needs the principal's ID.

    One that the same plan deletes comes last: Azure may act on the dying assignment when it is given again at once.
    """
    known = names(wanted, principal_id) if principal_id else (name(wanted),)
    deleted = {
        change.before.name.lower()
        for change in changes
        if change.after is None and isinstance(change.before, RoleAssignment)
    }
    return tuple(sorted(known, key=lambda one: one in deleted))


def _derived(wanted: Wanted, content: str) -> str:
    return str(uuid5(UUID(wanted.target.subscription.id), f"{wanted.role.guid}|{content}".lower()))


def resource_id(scope: str, name: str) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"


def perhaps_scheduled(wanted: Wanted, observed: Observed) -> bool:
    """Whether an assignment of ours may be one that Azure ends itself: those have names of Azure's choosing."""
    return any(one.name.lower() not in names(wanted, one.principal_id) for one in ours(wanted, observed))


# Whose they are


def principal_id(wanted: Wanted, observed: Observed) -> str | None:
    """Astronomer's object ID: as Microsoft Graph shows it, else as the user gave it."""
    return observed.principal.object_id if observed.principal else wanted.principal_id


def ours(wanted: Wanted, observed: Observed) -> tuple[RoleAssignment, ...]:
    """The role's assignments to Astronomer's principal at or beneath the subscription, whatever their GUIDs."""
    holder = principal_id(wanted, observed)
    if holder is None or observed.role is None:
        return ()
    known: dict[str, RoleAssignment] = {}
    for one in (*observed.assignments, *observed.of_role):
        if (
            one.role_guid == observed.role.guid
            and one.principal_id == holder
            and within(one.scope, wanted.scope)
        ):
            known.setdefault(one.id.lower(), one)
    return tuple(known.values())


def suspects(wanted: Wanted, observed: Observed) -> tuple[RoleAssignment, ...]:
    """The role's assignments here to service principals that are not known to be Astronomer's."""
    holder = principal_id(wanted, observed)
    return tuple(
        one
        for one in observed.of_role
        if one.principal_type == SERVICE_PRINCIPAL
        and one.principal_id != holder
        and within(one.scope, wanted.scope)
    )


def may_be_astronomers(wanted: Wanted, observed: Observed) -> tuple[str, ...]:
    """Object IDs of the service principals that hold the role here, where nobody could ask whose they are: one of them
    is Astronomer's.
    """
    if wanted.principal_id or not observed.unchecked:
        return ()
    return tuple(dict.fromkeys(one.principal_id for one in suspects(wanted, observed)))


def may_be_ours(wanted: Wanted, observed: Observed, one: RoleAssignment) -> bool:
    """By its name, which only we derive so; any, where Astronomer's principal is not known."""
    return observed.principal is None or one.name.lower() in names(wanted, one.principal_id)


def orphans(wanted: Wanted, observed: Observed) -> tuple[RoleAssignment, ...]:
    """Left behind by a principal of Astronomer's that Entra lists as deleted: Azure keeps them, nobody can use them."""
    return tuple(one for one in suspects(wanted, observed) if one.principal_id in observed.deleted)


def unknown(wanted: Wanted, observed: Observed) -> tuple[RoleAssignment, ...]:
    """Perhaps Astronomer's: Microsoft Graph neither shows their principals nor lists them as deleted."""
    return tuple(
        one
        for one in suspects(wanted, observed)
        if one.principal_id in observed.not_shown - observed.deleted and may_be_ours(wanted, observed, one)
    )


# What becomes of them


def decide(wanted: Wanted, observed: Observed) -> Iterator[Change]:
    """One assignment on the subscription; what a deleted principal left behind goes."""
    yield from _removals(orphans(wanted, observed), Reason.LEFT_BEHIND)
    there = granted(wanted, observed)
    after = _wanted(wanted, observed, there)
    reason = Reason.NOT_ASSIGNED if after.principal_id else Reason.FOLLOWS_PRINCIPAL
    yield Change(KEY, before=there, after=after, reason=enforcing.reason(there, after) if there else reason)


def _wanted(wanted: Wanted, observed: Observed, there: RoleAssignment | None) -> RoleAssignment:
    """The grant as it is to be. One that is made anew gets another ID, and keeps its condition."""
    description = end.described(
        there.description if there else None,
        wanted.description,
        enforcing.noted_end(wanted, there),
        observed.today,
    )
    schedule = enforcing.scheduled(wanted, there, description)
    if there:
        kept = replace(there, description=description, schedule=schedule)
        return replace(kept, id="", name="") if schedule and not there.schedule else kept
    holder = principal_id(wanted, observed)
    return RoleAssignment(
        id="",
        name="",
        scope=wanted.scope,
        role_guid=observed.role.guid if observed.role else wanted.role.guid,
        principal_id=holder or "",
        principal_type=SERVICE_PRINCIPAL,
        description=description,
        schedule=schedule,
        principal_of=None if holder else principal.KEY,
    )


def granted(wanted: Wanted, observed: Observed) -> RoleAssignment | None:
    """The grant itself: ours on the subscription."""
    return next((one for one in ours(wanted, observed) if same(one.scope, wanted.scope)), None)


def decide_removal(wanted: Wanted, observed: Observed) -> Iterator[Change]:
    if not observed.looked_up:
        whichever = RoleAssignment(
            id="",
            name="",
            scope=wanted.scope,
            role_guid=wanted.role.guid,
            principal_id=wanted.principal_id or "",
            principal_type=SERVICE_PRINCIPAL,
            principal_of=None if wanted.principal_id else principal.KEY,
        )
        yield Change(KEY, before=whichever, after=None, reason=Reason.NOT_LOOKED_UP)
    yield from _removals(ours(wanted, observed), Reason.GIVES_THE_ROLE)
    yield from _removals(orphans(wanted, observed), Reason.LEFT_BEHIND)


def _removals(found: tuple[RoleAssignment, ...], reason: Reason) -> Iterator[Change]:
    for one in found:
        yield Change(f"{KEY} {one.id.lower()}", before=one, after=None, reason=reason)


def resolved(after: RoleAssignment, made: Mapping[str, object]) -> RoleAssignment:
    """With the principal that another change has made meanwhile."""
    holder = made.get(after.principal_of) if after.principal_of else None
    if isinstance(holder, ServicePrincipal):
        return replace(after, principal_id=holder.object_id, principal_of=None)
    return after


def others(wanted: Wanted, observed: Observed) -> tuple[RoleAssignment, ...]:
    """The role's assignments here that are not Astronomer's: nothing of ours, and never touched."""
    known = (*ours(wanted, observed), *orphans(wanted, observed), *unknown(wanted, observed))
    ids = {one.id.lower() for one in known}
    return tuple(
        one for one in observed.of_role if within(one.scope, wanted.scope) and one.id.lower() not in ids
    )


def findings(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    if wanted.granted and wanted.includes(Part.ASSIGNMENT):
        there = granted(wanted, observed)
        yield from end.findings(there.description if there else None, wanted.until, observed.today)
        yield from enforcing.findings(wanted, observed, there, _wanted(wanted, observed, there))
    for one in others(wanted, observed):
        yield Finding(
            "role-held-by-others",
            Level.WARNING,
            f"The role is also assigned to the {one.principal_type or 'principal'} {one.principal_id} on {one.scope}.",
            fact="That is not Astronomer's service principal, as far as can be known: it is not touched.",
            way_out=way_out("If it should not be: ", az("role", "assignment", "delete", "--ids", one.id)),
            who="you",
        )
    for one in unknown(wanted, observed):
        yield Finding(
            "assignment-of-unknown-principal",
            Level.UNKNOWN,
            f"The role is also assigned to the service principal {one.principal_id}; whether that is Astronomer's is"
            " not known, so it is kept.",
            Blocks.NOTHING,
            fact="Microsoft Graph neither shows it nor lists it as deleted.",
            way_out=way_out("To remove it: ", az("role", "assignment", "delete", "--ids", one.id)),
            who="you",
        )
