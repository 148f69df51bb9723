"""What a person reads: who and where, plans, progress, results and errors, in words. Each in a module of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.model.change import Action
from astro_peer.output import (
    audits,
    checklist,
    failures,
    hubs,
    plans,
    results,
    statuses,
    support,
    vnets,
    where,
)
from astro_peer.output import saved as saved_plans
from astro_peer.output.terminal import Terminal
from astro_peer.output.waits import Waits
from astro_peer.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from astro_peer.azure.session import Session
    from astro_peer.errors import AstroPeerError
    from astro_peer.model.access import Holdings
    from astro_peer.model.audit import Audit
    from astro_peer.model.change import Change
    from astro_peer.model.check import Check
    from astro_peer.model.next_steps import NextStep
    from astro_peer.model.objects import ServicePrincipal
    from astro_peer.model.overview import Overview
    from astro_peer.model.plan import Plan
    from astro_peer.model.request import SupportRequest
    from astro_peer.model.result import Applied, Result
    from astro_peer.model.saved_plan import SavedPlan
    from astro_peer.model.status import Status
    from astro_peer.model.survey import NetworkSurvey, Survey
    from astro_peer.model.write_access import WriteAccess

_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "removed"}


class Screen(Terminal):
    """The terminal, and how each thing this program knows of is shown on it."""

    def __init__(self, *, no_color: bool = False, results: bool = True, verbose: bool = False) -> None:
        super().__init__(no_color=no_color, results=results, verbose=verbose)
        self._waits = Waits(self)
        self._begun = False
        utf = (sys.stderr.encoding or "").lower().replace("-", "").startswith("utf")
        self._tick = "✓" if utf else "done:"

    def session(self, session: Session) -> None:
        self._begun = True
        where.session(self, session)

    def grant_plan(self, plan: Plan, already: WriteAccess | None) -> None:
        """`already`: through what else the principal can write to hubs."""
        plans.grant(self, plan, already)

    def revoke_plan(self, plan: Plan, remaining: WriteAccess) -> None:
        plans.revoke(self, plan, remaining)

    def plan_saved(self, saved: SavedPlan, file: Path) -> None:
        saved_plans.written(self, saved, file)

    def saved_plan(self, result: Result, saved: SavedPlan, file: Path, now: datetime) -> None:
        saved_plans.shown(self, result, saved, file, now)

    def applying(self, saved: SavedPlan, file: Path, now: datetime) -> None:
        saved_plans.origin(self, saved, file, now)

    def progress(self, change: Change, applied: Applied) -> None:
        self._waits.done()
        if change.key not in applied.done:
            return  # the plan has said it, or an error will
        thing = applied.made.get(change.key, change.thing)
        text = f"{_DONE[change.action]} {thing.kind} {plain(thing.label)}"
        self.err.print(Text.assemble((f"{self._tick} ", "green"), text))

    def identity(self, principal: ServicePrincipal) -> None:
        self.heading("The application that gets the role")
        where.principal(self, principal)

    def waiting(self, what_for: str, at_most_seconds: float) -> None:
        self._waits.going_on(what_for, at_most_seconds)

    def granted(self, result: Result) -> None:
        results.granted(self, result)

    def revoked(self, plan: Plan, access: WriteAccess, remaining: Holdings) -> None:
        results.revoked(self, plan, access, remaining)

    def hubs(self, survey: Survey, *, ids: bool = False) -> None:
        hubs.show(self, survey, ids=ids)

    def vnets(self, survey: NetworkSurvey, *, ids: bool = False) -> None:
        vnets.show(self, survey, ids=ids)

    def audit(self, audit: Audit) -> None:
        audits.show(self, audit)

    def status(self, status: Status, held: Holdings) -> None:
        statuses.status(self, status, held)

    def overview(self, overview: Overview) -> None:
        statuses.overview(self, overview)

    def request(self, request: SupportRequest) -> None:
        support.show(self, request)

    def checked(self, check: Check) -> None:
        if check.plan.wanted.place:
            where.place(self, check.plan.wanted.place)
        checklist.show(self, check)

    def next_steps(self, steps: Sequence[NextStep]) -> None:
        if steps:
            self.heading("Next")
        for one in steps:
            self.paragraph(one.says)
            for command in one.commands:
                self.command("    ", command)

    def error(self, error: AstroPeerError, result: Result) -> None:
        if self._begun:
            self.err.print()
        failures.show(self, error, result)
