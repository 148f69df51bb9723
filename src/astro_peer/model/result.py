"""What a command ends with, whole or as far as it came. Text and JSON are two renderings of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from astro_peer.errors import AstroPeerError
from astro_peer.model import assignment, enforcing, write_access
from astro_peer.model import principal as principal_rules
from astro_peer.model.access import Holdings
from astro_peer.model.account import Account
from astro_peer.model.audit import Audit
from astro_peer.model.change import Change, Thing
from astro_peer.model.check import Check
from astro_peer.model.finding import Finding
from astro_peer.model.objects import Connection, Resource, RoleAssignment, ServicePrincipal
from astro_peer.model.outcome import Outcome
from astro_peer.model.overview import Overview
from astro_peer.model.place import Place
from astro_peer.model.plan import Plan
from astro_peer.model.receipt import Receipt
from astro_peer.model.request import SupportRequest
from astro_peer.model.rights import Ability
from astro_peer.model.run import Run
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.model.status import Status
from astro_peer.model.survey import NetworkSurvey, Survey
from astro_peer.model.watch import Watch
from astro_peer.model.write_access import WriteAccess
from astro_peer.procedure import Procedure


@dataclass(frozen=True)
class Applied:
    """How far a plan was carried out. `done`: the keys of the changes that were written; `made`: what Azure holds for
    a change by now, by its key; `receipts`: Azure's answers to what was sent to write it, whatever came of that.
    """

    done: frozenset[str] = frozenset()
    made: dict[str, Thing] = field(default_factory=dict)
    receipts: dict[str, tuple[Receipt, ...]] = field(default_factory=dict)

    def principal(self, plan: Plan) -> ServicePrincipal | None:
        """Who gets the role: as it was made by the plan, else as it was observed."""
        made = self.made.get(principal_rules.KEY)
        return made if isinstance(made, ServicePrincipal) else plan.observed.principal


@dataclass(frozen=True)
class Result:
    """None where a command has nothing to say about it, or did not come so far."""

    command: str | None = None
    outcome: Outcome = Outcome.DONE
    account: Account | None = None
    place: Place | None = None
    plan: Plan | None = None
    carrying_out: bool = False
    """Whether the plan was begun to be carried out."""
    applied: Applied = field(default_factory=Applied)
    verified: bool | None = None
    """Read back from Azure after the changes, as it should be, and to a principal that was checked."""
    holdings: Holdings | None = None
    access: WriteAccess | None = None
    """Through what Astronomer's principal can write to hubs; of a plan, when it is carried out."""
    status: Status | None = None
    check: Check | None = None
    request: SupportRequest | None = None
    script: str | None = None
    """The plan in the language of another tool, which is `language`."""
    language: str | None = None
    survey: Survey | None = None
    networks: NetworkSurvey | None = None
    overview: Overview | None = None
    audit: Audit | None = None
    planned_on: datetime | None = None
    """When the plan was made, by Azure's clock."""
    saved: SavedPlan | None = None
    """What the plan came from, or was written as."""
    plan_file: str | None = None
    """The file of that."""
    connections: tuple[Connection, ...] | None = None
    """Of the hub: before a grant, or as `status` found them."""
    watch: Watch | None = None
    error: AstroPeerError | None = None
    run: Run | None = None
    """Only where a report is made of it."""
    report: str | None = None
    """The file that the report was written to."""

    @property
    def findings(self) -> tuple[Finding, ...] | None:
        """All of a check's; else those that did not pass."""
        if self.check:
            return self.check.findings
        if self.overview:
            return self.overview.remarks
        found = self.plan.not_passed if self.plan else self.status.findings if self.status else None
        if found is None:
            return None
        more = (self.access, self.watch)
        return (*found, *(finding for one in more if one for finding in one.findings), *self.remarks)

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What did not come out as planned, and is no failure."""
        made = self.applied.made.get(assignment.KEY)
        return tuple(
            remark
            for one in (self.plan.changes if self.plan else ())
            if isinstance(made, RoleAssignment) and isinstance(one.after, RoleAssignment)
            for remark in enforcing.remarks(one.after, made)
        )

    @property
    def procedure(self) -> Procedure | None:
        """What it is all about, where it is about one."""
        if self.plan:
            return self.plan.wanted.procedure
        return self.place.procedure if self.place else None

    @property
    def abilities(self) -> tuple[Ability, ...]:
        plan = self.check.plan if self.check else self.plan
        return plan.abilities if plan else ()

    @property
    def principal(self) -> ServicePrincipal | None:
        """Astronomer's, made or found."""
        if self.plan:
            return self.applied.principal(self.plan)
        if self.audit:
            return self.audit.principal
        return self.status.observed.principal if self.status else None

    @property
    def reach(self) -> tuple[Resource, ...] | None:
        """What the role covers, where it was listed."""
        return (
            self.plan.observed.reach
            if self.plan and self.plan.wanted.granted and self.plan.wanted.place
            else None
        )

    def having(self, **known: Any) -> Result:
        """With more of it known."""
        return replace(self, **known)

    def merged(self, other: Result) -> Result:
        """With what is known of the other one."""
        return self.having(
            **{
                one.name: value
                for one in fields(other)
                if (value := getattr(other, one.name)) is not None and value != one.default
            }
        )

    def changes(self, *, done: bool) -> tuple[Change, ...]:
        """The changes that write, carried out by now or not."""
        planned = self.plan.changes if self.plan else ()
        return tuple(one for one in planned if one.writes and (one.key in self.applied.done) is done)


def planned(saved: SavedPlan) -> Result:
    """What the command said that saved the plan. Nothing of it is taken from the file but what it was decided from."""
    plan = saved.plan
    return Result(
        command=saved.command,
        outcome=Outcome.PLANNED,
        account=saved.account,
        place=plan.wanted.place,
        plan=plan,
        access=write_access.decide(plan.wanted, plan.observed, saved.holdings) if saved.holdings else None,
        planned_on=saved.on,
    )
