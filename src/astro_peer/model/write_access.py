"""Whether Astronomer's principal can write to hubs here (or to what else a procedure is about), through what, and
whether that is the documented grant alone.

`status` and `revoke` end by it. What could not be read is never taken for "it cannot".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from astro_peer.errors import ExitCode
from astro_peer.model import access, assignment, end, enforcing
from astro_peer.model.access import Assessment, Holding, Holdings
from astro_peer.model.finding import Finding, Level
from astro_peer.model.objects import RoleAssignment, same
from astro_peer.model.observed import Observed
from astro_peer.model.outcome import Outcome
from astro_peer.model.plan import role_option
from astro_peer.model.schedule import TRAP
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import WayOut, astro_peer, az, way_out
from astro_peer.procedure import Procedure, load

NAMED_BY_KNOWN = "What is wanted is named with --known ASSIGNMENT_ID: then it is shown, and not counted."


@dataclass(frozen=True)
class WriteAccess:
    assessment: Assessment
    """Of the grant itself; after a revoke there is none."""
    through: tuple[Holding, ...]
    """Everything that lets the principal write to them."""
    not_known: tuple[str, ...] = ()
    """What could not be read, a sentence each."""
    perhaps: tuple[RoleAssignment, ...] = ()
    """Assignments of the role to somebody who may be Astronomer's principal. Plans have a finding for each."""
    overdue: tuple[Finding, ...] = ()
    """Where the grant's end is past. The assessment says so, too; here is the way out."""
    matching_nothing: tuple[str, ...] = ()
    """Assignments that were named with --known, and that it does not hold."""
    beside: tuple[Finding, ...] = ()
    """What else of Astronomer's documentation it holds here: the grants of other procedures, and leftovers."""
    procedure: Procedure = field(default_factory=load)

    @property
    def others(self) -> tuple[Holding, ...]:
        """Those that are neither the grant nor named with --known."""
        return tuple(one for one in self.through if not one.ours and not one.known)

    @property
    def known(self) -> tuple[Holding, ...]:
        return tuple(one for one in self.through if one.known)

    @property
    def can_write(self) -> bool | None:
        """What --known names is not counted. None where nobody can tell."""
        if self.others or any(one.ours for one in self.through):
            return True
        return None if self.not_known or self.perhaps else False

    @property
    def outcome(self) -> Outcome:
        granted = self.assessment.granted
        if self.can_write is False and not granted:
            return Outcome.NOT_GRANTED
        otherwise = self.others or self.not_known or self.assessment.drift
        return Outcome.DRIFTED if otherwise or not granted else Outcome.GRANTED

    @property
    def exit_code(self) -> ExitCode:
        return {
            Outcome.NOT_GRANTED: ExitCode.NOT_GRANTED,
            Outcome.DRIFTED: ExitCode.DRIFTED,
        }.get(self.outcome, ExitCode.DONE)

    @property
    def after_revoke(self) -> tuple[Outcome, ExitCode]:
        """What could not be read is said, and `complete` is false: the revoke itself is done."""
        return (Outcome.ACCESS_REMAINS, ExitCode.DRIFTED) if self.others else (Outcome.DONE, ExitCode.DONE)

    @property
    def complete(self) -> bool:
        """Whether nothing at all is left, and that is certain."""
        return self.can_write is False and not self.known

    @property
    def says(self) -> str:
        """The first thing to know, a sentence."""
        but = " but what --known names" if self.known else ""
        them = self.procedure.short.many
        if self.outcome is Outcome.NOT_GRANTED:
            through = f" through anything{but}" if self.known else ""
            return f"Not granted: Astronomer cannot write to {them} here{through}."
        if self.outcome is Outcome.GRANTED:
            role = next((one.role_name for one in self.through if one.ours), "the role")
            return (
                f"Granted as documented: Astronomer can write to {them} here through {role} on the subscription,"
                f" and through nothing else{but}."
            )
        if self.others:
            how = (
                "and not only through the grant"
                if self.assessment.granted
                else "although nothing is granted as documented"
            )
            return f"Astronomer can write to {them} here, {how}."
        if self.assessment.granted and not self.assessment.drift:
            return f"Granted as documented; whether Astronomer can write to {them} otherwise is not known:"
        if self.assessment.granted:
            return "Granted, but not as documented:"
        return f"It is not known whether Astronomer can write to {them} here:"

    @property
    def in_short(self) -> str:
        """The same in two words."""
        if self.outcome is Outcome.NOT_GRANTED:
            return "cannot write"
        if self.outcome is Outcome.GRANTED:
            return "as documented"
        return "not known" if self.can_write is None else "otherwise"

    @property
    def lines(self) -> tuple[str, ...]:
        """What is not as documented about the grant, and what is not known, a sentence each."""
        earlier = (f"It is {one.earlier}." for one in self.through if one.ours and one.earlier)
        told = self.assessment.drift
        return (*told, *earlier, *self.not_known)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (
            *self.overdue,
            *(self._otherwise(one) for one in self.others),
            *(Finding("access-not-known", Level.UNKNOWN, one) for one in self.not_known),
            *self.remarks,
            *self.beside,
        )

    def _otherwise(self, one: Holding) -> Finding:
        return Finding(
            "writes-otherwise",
            Level.WARNING,
            f"Astronomer's principal can write to {self.procedure.short.many} here through {one}.",
            fact=NAMED_BY_KNOWN,
            way_out=ending(one),
            who="whoever granted it",
            exit_code=ExitCode.DRIFTED,
        )

    @property
    def remarks(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                "known-matches-nothing",
                Level.WARNING,
                f"--known names {one}, which is nothing that Astronomer's principal holds here beside the grant.",
                fact="It may be removed by now, or be another subscription's.",
                who="you",
            )
            for one in self.matching_nothing
        )


def ending(one: Holding) -> WayOut:
    """How to take it away."""
    delete = az("role", "assignment", "delete", "--ids", one.assignment.id)
    if one.through_group:
        group = one.assignment.principal_id
        return way_out(
            f"To end it, take the principal out of the group {group}; for the whole group: ", delete
        )
    return way_out("To end it: ", delete)


def decide(wanted: Wanted, observed: Observed, held: Holdings) -> WriteAccess:
    """`held`: what the principal holds; for a revoke what it holds afterwards."""
    nothing = Assessment(granted=False, drift=())
    return WriteAccess(
        assessment=access.assess(wanted, observed) if wanted.granted else nothing,
        through=tuple(one for one in held if one.writes),
        beside=tuple(_beside(wanted, held)),
        procedure=wanted.procedure,
        not_known=tuple(_not_known(wanted, observed, held)),
        overdue=tuple(_overdue(wanted, observed)) if wanted.granted else (),
        perhaps=assignment.unknown(wanted, observed),
        matching_nothing=tuple(
            one for one in wanted.known if not any(its.known and same(its.assignment.id, one) for its in held)
        ),
    )


def _overdue(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    for one in assignment.ours(wanted, observed):
        if last := enforcing.overdue(one, observed.today):
            yield Finding(
                "grant-overdue",
                Level.WARNING,
                access.was_to_end(last),
                fact=TRAP if one.schedule else end.ONLY_A_NOTE,
                way_out=way_out(
                    "To end it: ",
                    astro_peer(
                        *("revoke", "--subscription", wanted.target.subscription.id),
                        *wanted.procedure.option,
                        *role_option(wanted),
                    ),
                ),
                who="you",
                exit_code=ExitCode.DRIFTED,
            )


def _beside(wanted: Wanted, held: Holdings) -> Iterator[Finding]:
    for one in held:
        if one.procedure and one.procedure.key != wanted.procedure.key:
            yield Finding(
                "another-grant",
                Level.PASS,
                f"It also holds what is documented for {one.procedure.title}: {one}.",
                fact=f"That lets it write to {one.procedure.short.many}.",
                way_out=way_out(
                    "Look at it with ",
                    astro_peer(
                        *("status", "--procedure", one.procedure.key),
                        *("--subscription", wanted.target.subscription.id),
                    ),
                    ".",
                ),
                exit_code=ExitCode.DONE,
            )
        elif one.earlier and not one.ours and not one.writes:
            yield Finding(
                "left-over",
                Level.WARNING,
                f"It also holds {one}.",
                fact="Older pages of the documentation asked for it; nothing needs it any more.",
                way_out=ending(one),
                who="whoever granted it",
            )


def _not_known(wanted: Wanted, observed: Observed, held: Holdings) -> Iterator[str]:
    if observed.unchecked and wanted.principal_id is None:
        yield f"Microsoft Graph does not say which principal is Astronomer's ({observed.unchecked.code})."
    if held.groups_unread:
        them = wanted.procedure.short.many
        yield (
            f"Whether Astronomer's principal can write to {them} through a group could not be read"
            f" ({held.groups_unread.code})."
        )
