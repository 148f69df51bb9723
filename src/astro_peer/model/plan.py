"""The plan: what is wanted, and what was observed, make changes and findings. It is all that apply and output need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from astro_peer.errors import ExitCode
from astro_peer.model import assignment, end, principal, rights, role
from astro_peer.model.change import Action, Change, Reason
from astro_peer.model.checks import (
    address_space,
    astro,
    firewall,
    grant_objects,
    hub,
    locks,
    network,
    of_error,
    peerings,
    sign_in,
    subscription,
)
from astro_peer.model.checks import principal as principal_checks
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import RoleAssignment
from astro_peer.model.observed import Observed
from astro_peer.model.rights import Ability
from astro_peer.model.schedule import Schedule
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import Command, astro_peer, way_out


@dataclass(frozen=True)
class Plan:
    wanted: Wanted
    observed: Observed
    changes: tuple[Change, ...]
    """In the order they are carried out."""
    rests_on: tuple[Change, ...] = ()
    """What others have made and must still be so, where only a part is wanted: kept, and not this plan's."""
    findings: tuple[Finding, ...] = ()
    """In the order of the work, those that passed too."""
    abilities: tuple[Ability, ...] = ()
    """What the caller can do of it."""
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def not_passed(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.level is not Level.PASS)

    @property
    def writes(self) -> bool:
        return any(change.writes for change in self.changes)

    @property
    def stopped_by(self) -> Finding | None:
        """The first finding that keeps it from being carried out."""
        return next((one for one in self.findings if one.stops), None)

    @property
    def cannot_be_made(self) -> Finding | None:
        """The first finding for which there is no plan to review."""
        return next((one for one in self.findings if one.stops and not one.reviewable), None)

    @property
    def until(self) -> date | None:
        """The last day of the grant, as it is to be."""
        return end.read(self._grant.description).until if self._grant else None

    @property
    def schedule(self) -> Schedule | None:
        """When Azure is to end the grant itself."""
        return self._grant.schedule if self._grant else None

    @property
    def time_bound(self) -> bool:
        """Whether it is about an assignment that Azure ends itself, be it made or removed."""
        return any(
            isinstance(thing, RoleAssignment) and thing.schedule
            for change in self.changes
            for thing in (change.before, change.after)
        )

    @property
    def ending(self) -> str:
        """How the grant ends, a sentence or two; where Azure ends it, a finding says so."""
        noted = self.until and not self.schedule
        return f"It is to end after {self.until}. {end.ONLY_A_NOTE}" if noted else ""

    @property
    def _grant(self) -> RoleAssignment | None:
        grant = next((one.after for one in self.changes if one.key == assignment.KEY), None)
        return grant if isinstance(grant, RoleAssignment) else None

    @property
    def reach_in_words(self) -> str:
        """What the role lets Astronomer do, and where."""
        procedure, name = self.wanted.procedure, self.wanted.target.name
        return (
            f"The role is assigned on the subscription, so it covers every {procedure.resource.one} in it"
            + (f", not only {name}" if name else "")
            + f": {' '.join(procedure.reaches)}"
        )

    @property
    def holder_checked(self) -> bool:
        """Whether the principal that gets the role is known to be Astronomer's."""
        return self.observed.unchecked is None

    @property
    def before_connection(self) -> bool:
        """Whether it takes the rights away before Astronomer has connected."""
        return any(one.id == peerings.NOT_CONNECTED for one in self.findings)

    @property
    def revoke_command(self) -> Command:
        return command_for(self.wanted, "revoke")

    @property
    def undo_command(self) -> Command | None:
        """None where nothing would be given or taken."""
        if self.wanted.place is None or self.wanted.only is Part.ROLE or not self.writes:
            return None
        if self.wanted.granted:
            return self.revoke_command
        return command_for(self.wanted, "grant") if takes_rights_away(self) else None


def command_for(wanted: Wanted, name: str) -> Command:
    """The command of that name for the same subscription, role and principal."""
    given = wanted.principal_id
    return astro_peer(
        *(name, *wanted.target.subscription_options),
        *role_option(wanted),
        *(("--principal-object-id", given) if given else ()),
    )


def role_option(wanted: Wanted) -> tuple[str, ...]:
    return ("--role-name", wanted.role_name) if wanted.role_name else ()


def decide(wanted: Wanted, observed: Observed, around: Surroundings | None = None) -> Plan:
    """A pure function: the same of the same. What stands in the way is a finding, never an exception."""
    around = around or Surroundings()
    changes, rests_on = (_grant if wanted.granted else _revoke)(wanted, observed)
    table = rights.abilities(wanted, observed, changes, around)
    found = tuple(_findings(wanted, observed, changes, table, around))
    return Plan(wanted, observed, changes, rests_on, found, table, around)


def _grant(wanted: Wanted, observed: Observed) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    parts: list[tuple[Part, Change]] = []
    if not (wanted.principal_id and observed.principal is None):
        parts.append((Part.PRINCIPAL, principal.decide(wanted, observed)))
    if wanted.only is not Part.PRINCIPAL:
        parts.append((Part.ROLE, role.decide(wanted, observed)))
        parts += [(Part.ASSIGNMENT, change) for change in assignment.decide(wanted, observed)]
    changes = tuple(change for part, change in parts if wanted.includes(part) and not _given(wanted, part))
    needs = (Part.PRINCIPAL, Part.ROLE) if wanted.only is Part.ASSIGNMENT else ()
    rests_on = tuple(change for part, change in parts if part in needs or _given(wanted, part))
    return changes, rests_on


def _given(wanted: Wanted, part: Part) -> bool:
    """A principal that the user names is made by others."""
    return part is Part.PRINCIPAL and wanted.principal_id is not None


def _revoke(wanted: Wanted, observed: Observed) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    changes = list(assignment.decide_removal(wanted, observed))
    if wanted.delete_role and (removal := role.decide_removal(wanted, observed)):
        changes.append(removal)
    return tuple(changes), ()


# What stands in the way, in the order of the work


def _findings(
    wanted: Wanted,
    observed: Observed,
    changes: tuple[Change, ...],
    table: tuple[Ability, ...],
    around: Surroundings,
) -> Iterator[Finding]:
    yield from sign_in.findings(around)
    if wanted.only is Part.PRINCIPAL:
        yield from rights.findings(wanted, observed, table)
        return
    if observed.looked_up:
        yield from subscription.findings(wanted, around)
    yield from rights.findings(wanted, observed, table)
    yield from locks.findings(wanted, around)
    yield from _about_objects(wanted, observed, changes, around)
    yield from grant_objects.denials(wanted, around)
    yield from grant_objects.number(around)
    if around.resource_missing:
        id = wanted.procedure.json_name.replace("_", "-")
        yield of_error(id, around.resource_missing, Blocks.PEERING, "you")
    yield from hub.findings(wanted, around)
    yield from network.findings(wanted, around)
    yield from firewall.findings(around)
    yield from address_space.findings(wanted, around)
    yield from astro.findings(wanted, around)
    if _takes_away(changes):
        yield from peerings.findings(wanted, around)


def _about_objects(
    wanted: Wanted, observed: Observed, changes: tuple[Change, ...], around: Surroundings
) -> Iterator[Finding]:
    yield from _principal_findings(wanted, observed)
    yield from principal_checks.findings(wanted, observed, around)
    of_role = next((change for change in changes if change.key == role.KEY), None)
    about_role = (
        tuple(role.findings(wanted, observed, of_role))
        if wanted.includes(Part.ROLE) or not wanted.granted
        else ()
    )
    yield from about_role
    yield from grant_objects.as_planned(changes, role.KEY, bool(about_role))
    if wanted.only is Part.ASSIGNMENT:
        yield from _missing_parts(wanted, observed)
    yield from grant_objects.as_planned(changes, assignment.KEY, stopped=False)
    yield from assignment.findings(wanted, observed)


def _principal_findings(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    """That the principal is disabled stops only what would give it the role."""
    for one in principal.findings(wanted, observed):
        if one.id != "principal-disabled" or (wanted.granted and wanted.includes(Part.ASSIGNMENT)):
            yield one


def _missing_parts(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    """`--only assignment` needs what others were to make, as documented."""
    if not observed.looked_up:
        return
    missing: list[str] = []
    ways = []
    who = []
    if assignment.principal_id(wanted, observed) is None:
        missing.append("Astronomer's service principal")
        who.append("an Entra administrator")
        ways.append(way_out("have an Entra administrator run ", astro_peer("grant", "--only", "principal")))
    if observed.role is None or not role.assignable_here(wanted, observed):
        missing.append(f'the custom role "{wanted.role.role_name}"')
        who.append("a User Access Administrator or Owner")
        ways.append(
            way_out(
                "; " if ways else None,
                "have a User Access Administrator or Owner run ",
                astro_peer(
                    *("grant", "--only", "role", "--subscription", wanted.target.subscription.id),
                    *wanted.procedure.option,
                    *role_option(wanted),
                ),
            )
        )
    if missing:
        yield Finding(
            "parts-missing",
            Level.FAIL,
            "The role cannot be assigned yet. Missing: " + " and ".join(missing) + ".",
            Blocks.GRANT,
            fact="--only assignment assigns what others have made.",
            way_out=way_out(*ways, "."),
            who=" and ".join(who),
            exit_code=ExitCode.NOT_FOUND,
        )
    elif observed.role and (difference := role.drift(wanted.role, observed.role)):
        yield Finding(
            "role-not-as-documented",
            Level.FAIL,
            f'The role "{observed.role.role_name}" is not as documented, so it was not assigned.',
            Blocks.GRANT,
            fact="It lacks "
            + (", ".join(difference.missing) or "nothing")
            + "; beyond the documentation it allows "
            + (", ".join(difference.broader) or "nothing")
            + ".",
            way_out=way_out(
                "Have a User Access Administrator or Owner run ",
                astro_peer("grant", "--only", "role", *wanted.procedure.option),
                ".",
            ),
            who="a User Access Administrator or Owner",
        )


# What a plan means


def takes_rights_away(plan: Plan) -> bool:
    """Whether carrying it out takes rights from a principal that lives: not a leftover, and not the role alone."""
    return _takes_away(plan.changes)


def _takes_away(changes: tuple[Change, ...]) -> bool:
    return any(
        change.action is Action.DELETE and change.reason in (Reason.GIVES_THE_ROLE, Reason.NOT_LOOKED_UP)
        for change in changes
    )
