"""Role assignments that Azure ends itself: asked for, moved, removed, and read back until what is active agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, Conflict, Failed, TimedOut
from astro_peer.model import assignment as assignment_rules
from astro_peer.model.objects import RoleAssignment, same
from astro_peer.model.observed import Observed
from astro_peer.model.schedule import NO_LICENCE, RequestKind, Schedule, Scheduled
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import az, way_out
from astro_peer.steps import assignment as assignment_step
from astro_peer.waiting import insisting, until

_EXISTS = "RoleAssignmentExists"
_NEW_ROLE = frozenset({"RoleDefinitionDoesNotExist"})
_NEW_PRINCIPAL = frozenset({"SubjectNotFound", "PrincipalNotFound"})
_TOO_SHORT = "ActiveDurationTooShort"
_SHORTEST = timedelta(minutes=5)
"""How long Azure keeps one at least, once it is made."""
_MARGIN = timedelta(seconds=2)


# Observed


def observe(azure: Azure, wanted: Wanted, observed: Observed) -> Observed:
    """With the ends that Azure keeps: read where one is asked for, and where an assignment of ours may have one.

    Raises why they cannot be read only where one is asked for: no licence for it, say.
    """
    if not (wanted.enforce_until or assignment_rules.perhaps_scheduled(wanted, observed)):
        return observed
    holder = assignment_rules.principal_id(wanted, observed)
    try:
        active = azure.schedules.active(wanted.scope, holder)
    except AstroPeerError as error:
        if wanted.enforce_until:
            raise
        return replace(observed, schedules_unread=error)
    return replace(
        observed,
        assignments=tuple(_with_schedule(one, active) for one in observed.assignments),
        of_role=tuple(_with_schedule(one, active) for one in observed.of_role),
    )


def _with_schedule(one: RoleAssignment, active: tuple[Scheduled, ...]) -> RoleAssignment:
    found = _of(one, active)
    return replace(one, schedule=Schedule(found.ends)) if found and found.ends else one


def _of(one: RoleAssignment, active: tuple[Scheduled, ...]) -> Scheduled | None:
    """Azure has at most one assignment of a role to a principal at a scope."""
    for its in active:
        if (
            its.role_guid == one.role_guid
            and its.principal_id == one.principal_id
            and same(its.scope, one.scope)
        ):
            return its
    return None


# Made, and moved


def create(azure: Azure, after: RoleAssignment, *, principal_known: bool) -> RoleAssignment:
    """Made, and shown with its end. Raises Conflict where the role is assigned already by now, with another end.

    `principal_known` as in `assignment.create`.
    """
    passing = _NEW_ROLE | _NEW_PRINCIPAL if principal_known else _NEW_ROLE
    try:
        _assign(azure, after, passing)
    except AstroPeerError as error:
        # Its answer may have been lost, or somebody was quicker: what is there decides.
        if error.code != _EXISTS or not _agrees(after, _read(azure, after)):
            raise
    return _shown(azure, after)


def bind(azure: Azure, before: RoleAssignment, after: RoleAssignment) -> RoleAssignment:
    """The ordinary assignment that is there, made anew with an end.

    Asked for first as if there were none: so a refusal of any other kind leaves what is there. In between there is
    none; never two, and never one without an end.
    """
    try:
        _assign(azure, after, frozenset())
    except AstroPeerError as error:
        if error.code != _EXISTS:
            raise
        now = azure.authorization.assignment(before.id)
        if now and now != before:
            raise Conflict(
                "The role assignment changed meanwhile, so it was left alone.",
                meaning=f"It says: {now.description or 'nothing'}",
                next_step="Run the same command again: the plan is made anew.",
            ) from error
        if now:
            assignment_step.remove(azure, before.id)
        try:
            _assign(azure, after, frozenset({_EXISTS}))
        except AstroPeerError as refused:
            refused.meaning = (
                f"{refused.meaning} The assignment without an end was removed before that: Astronomer has no rights"
                " through it now."
            ).strip()
            raise
    return _shown(azure, after)


def move(azure: Azure, before: RoleAssignment, after: RoleAssignment) -> RoleAssignment:
    """The end that Azure keeps. Raises Conflict where it is not the one that was planned for."""
    now = _read(azure, before)
    if not (_agrees(before, now) or _agrees(after, now)):
        ends = f"Azure ends it at {Schedule(now.ends)}." if now and now.ends else "Azure keeps no end of it."
        raise Conflict(
            "The role assignment changed meanwhile, so its end was left alone.",
            meaning=ends,
            next_step="Run the same command again: the plan is made anew.",
        )
    if not _agrees(after, now):
        azure.schedules.ask(RequestKind.MOVE, after, _justification(after))
    return _shown(azure, after)


def describe(azure: Azure, made: RoleAssignment, after: RoleAssignment) -> RoleAssignment:
    """With the note of its end, too, where Azure lets that be written: `enforcing.remarks` says where it does not."""
    wanted = replace(made, description=after.description)
    if made.description == after.description:
        return made
    try:
        shown = assignment_step.describe(azure, made, wanted)
    except AstroPeerError:
        return made
    return replace(shown, schedule=made.schedule)  # which no read of an assignment shows


def require_end(azure: Azure, made: RoleAssignment) -> None:
    """After all has been written: Azure still ends it when it was to. Raises TimedOut while it does not show that."""
    until(
        lambda: _read(azure, made),
        lambda found: _agrees(made, found),
        azure.patience("Azure to show when it ends the role assignment"),
    )


def _assign(azure: Azure, after: RoleAssignment, passing: frozenset[str]) -> None:
    insisting(
        partial(azure.schedules.ask, RequestKind.ASSIGN, after, _justification(after)),
        passing,
        azure.patience("Azure to know the new role and the new service principal everywhere"),
    )


def _justification(after: RoleAssignment) -> str:
    """What stands in the description, too: the user's text and the last day."""
    return after.description or "Astronomer's access"


def _read(azure: Azure, one: RoleAssignment) -> Scheduled | None:
    return _of(one, azure.schedules.active(one.scope, one.principal_id))


def _agrees(wanted: RoleAssignment, found: Scheduled | None) -> bool:
    return bool(found and found.ends and wanted.schedule == Schedule(found.ends))


def _shown(azure: Azure, after: RoleAssignment) -> RoleAssignment:
    """The role assignment that belongs to the schedule, once both are shown."""
    found = until(
        lambda: _read(azure, after),
        lambda found: _agrees(after, found),
        azure.patience("Azure to show the role assignment with its end"),
    )
    made = None
    if found and found.assignment_id:
        known = found.assignment_id
        made = until(
            lambda: azure.authorization.assignment(known),
            lambda one: one is not None,
            azure.patience("Azure to show the role assignment"),
        )
    made = made or assignment_step.find_existing(azure, after)
    if _of(made, (found,) if found else ()) is None:
        raise Failed(
            "The role assignment does not say what was asked for.",
            meaning="Azure shows another role or another principal.",
            next_step="Run `astro-peer status` to see what is there.",
        )
    return describe(azure, replace(made, schedule=after.schedule), after)


# Removed


def remove(azure: Azure, before: RoleAssignment) -> None:
    """Removed, and read by ID until it is gone.

    Without a licence Azure takes no request any more, and the assignment has become an ordinary one: it is deleted as
    such. Raises TimedOut where it is too young to be removed, and there is not the time to wait.
    """
    try:
        _ask_to_remove(azure, before)
    except AstroPeerError as error:
        if error.code != NO_LICENCE:
            raise
        _delete(azure, before)
    until(
        lambda: azure.authorization.assignment(before.id),
        lambda found: found is None,
        azure.patience("Azure to let go of the role assignment"),
    )


def _ask_to_remove(azure: Azure, before: RoleAssignment) -> None:
    canceled = False
    while True:
        try:
            azure.schedules.ask(RequestKind.REMOVE, before, "Revoked with astro-peer.")
            return
        except AstroPeerError as error:
            if error.code == "RoleAssignmentDoesNotExist":
                return
            if error.code == _TOO_SHORT:
                _wait_until_old_enough(azure, before, error)
            elif error.code == "PendingRoleAssignmentRequest" and not canceled:
                azure.schedules.cancel_pending(before)
                canceled = True
            else:
                raise


def _wait_until_old_enough(azure: Azure, before: RoleAssignment, refused: AstroPeerError) -> None:
    """Its time is known, so Azure is not asked over and over."""
    now = azure.now()
    allowed = (before.created_on or now) + _SHORTEST + _MARGIN
    pause = max((allowed - now).total_seconds(), 5.0)
    patience = azure.patience("Azure to let the role assignment be removed: it is not five minutes old")
    if not patience.pause(pause):
        raise TimedOut(
            "The role assignment is too young to be removed.",
            meaning="Azure keeps a time-bound assignment for five minutes, and --timeout does not allow to wait.",
            next_step=f"Run the same command again after {_clock(now, pause)} (UTC).",
            answer=refused.answer,
        ) from refused


def _clock(now: datetime, pause: float) -> str:
    return f"{now + timedelta(seconds=pause):%H:%M:%S}"


def _delete(azure: Azure, before: RoleAssignment) -> None:
    try:
        azure.authorization.unassign(before.id)
    except AstroPeerError as error:
        error.meaning = (
            f"{error.meaning} The tenant has no licence for Privileged Identity Management any more, so the assignment"
            " stays for good, and Azure did not let it be deleted as an ordinary one."
        ).strip()
        error.next_step = way_out(
            "Have somebody who may assign roles run ",
            az("role", "assignment", "delete", "--ids", before.id),
            ", or remove it in the Azure portal, under Access control (IAM) of the subscription.",
        )
        raise
