"""What a person reads: who and where, plans, progress, results and errors, in words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model.change import Action, Change
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.plan import role_option, takes_rights_away
from astro_peer.model.rights import HINDERED
from astro_peer.model.role import KEY as ROLE
from astro_peer.model.status import Status
from astro_peer.model.wanted import Part
from astro_peer.model.way_out import astro_peer, az
from astro_peer.model.write_access import NAMED_BY_KNOWN, ending
from astro_peer.output import checklist
from astro_peer.output.shell import command_line
from astro_peer.output.spelling import spelled
from astro_peer.output.terminal import Terminal, as_table, indented
from astro_peer.plain import one_line, plain

if TYPE_CHECKING:
    from astro_peer.azure.session import Session
    from astro_peer.model.access import Holding, Holdings
    from astro_peer.model.audit import Audit, LoggedWrite
    from astro_peer.model.check import Check
    from astro_peer.model.objects import HubConnection, RoleDefinition, ServicePrincipal, VirtualHub
    from astro_peer.model.overview import Overview
    from astro_peer.model.place import Place
    from astro_peer.model.plan import Plan
    from astro_peer.model.request import SupportRequest
    from astro_peer.model.result import Applied, Result
    from astro_peer.model.survey import Survey
    from astro_peer.model.write_access import WriteAccess
    from astro_peer.procedure import Procedure

_MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "magenta"),
    Action.KEEP: ("=", ""),
    Action.DELETE: ("-", "red"),
}


class Screen(Terminal):
    """The terminal, and how each thing this program knows of is shown on it."""

    def __init__(self, *, no_color: bool = False, results: bool = True) -> None:
        super().__init__(no_color=no_color, results=results)
        self._waiting_for = ""
        self._begun = False
        utf = (sys.stderr.encoding or "").lower().replace("-", "").startswith("utf")
        self._tick = "✓" if utf else "done:"

    # Who and where

    def session(self, session: Session) -> None:
        self._begun = True
        account, cloud = session.account, session.cloud
        self.facts(
            self.err,
            [
                ("Signed in as", f"{account.name} ({account.how})"),
                ("Tenant", account.tenant_id),
                (
                    "Cloud",
                    cloud.name if cloud.is_azure else f"{cloud.name}: a simulated tenant, nothing is real",
                ),
            ],
        )

    def place(self, place: Place) -> None:
        facts = [("Subscription", f"{place.subscription.name} ({place.subscription.id})")]
        if place.resource_group:
            facts.append(("Resource group", place.resource_group))
        if place.hub:
            facts.append(("Virtual hub", _hub(place.hub)))
            if place.firewall_note:
                facts.append(("Firewall", f"{place.firewall_ip or 'none'} ({place.firewall_note})"))
        elif place.name:
            facts.append(("Virtual hub", place.name))
        self.facts(self.err, facts)

    # Plans

    def grant_plan(self, plan: Plan, already: WriteAccess | None) -> None:
        """`already`: through what else the principal can write to hubs."""
        wanted = plan.wanted
        if wanted.place:
            self.heading(
                "The custom role that Astronomer can be given later"
                if wanted.only is Part.ROLE
                else "Astronomer gets the right to connect an Astro cluster to your virtual hub"
            )
            self.place(wanted.place)
        self._changes(plan.changes)
        self._rights(plan)
        gives = bool(wanted.place) and plan.writes
        if gives:
            self._what_the_role_allows(wanted.procedure)
            exact = astro_peer("role", "--subscription", wanted.target.subscription.id, *role_option(wanted))
            self.command("  Its exact actions: ", exact)
        if wanted.only is Part.ROLE:
            self._findings(plan.findings)
            return
        if gives:
            self._reach(plan)
        self._who(plan)
        if already:
            self._writing_otherwise(already, "already")
        if gives:
            self.heading(f"How to take it back{'' if plan.schedule else ' (it lasts until then)'}")
            self.command("  ", plan.revoke_command)
            if plan.ending:
                self.paragraph(plan.ending)
        self._findings(plan.findings)

    def revoke_plan(self, plan: Plan, remaining: WriteAccess) -> None:
        writes = remaining.others or remaining.known
        what = f"the role {plan.wanted.role.role_name}" if writes else "the right to connect to virtual hubs"
        if takes_rights_away(plan):
            self.heading(f"Astronomer loses {what} in this subscription")
        elif plan.writes:
            self.heading(
                "Astronomer holds nothing to take away in this subscription; what was left behind goes"
            )
        else:
            self.heading("There is nothing to revoke")
        self.place(plan.wanted.target)
        if plan.changes:
            self._changes(plan.changes)
            self._rights(plan)
        if takes_rights_away(plan) and plan.observed.principal:
            self.heading("Who loses it")
            self._principal(plan.observed.principal)
        self._findings(plan.findings)
        if plan.changes:
            self._writing_otherwise(remaining, "still")

    def _findings(self, findings: Iterable[Finding]) -> None:
        """What a person must know before saying yes; what stops a plan is said as an error."""
        for one in findings:
            if one.level is Level.PASS or one.stops or one.tabulated:
                continue
            fact = f" {one.fact}" if one.blocks is not Blocks.PEERING else ""
            self.warn(one.says + fact)
            if one.blocks is not Blocks.PEERING:
                self.command("  " + spelled(one.way_out))

    def _writing_otherwise(self, access: WriteAccess, still: str) -> None:
        """Beside the grant."""
        if access.others:
            self.err.print()
            self.warn(f"Astronomer's principal can {still} write to hubs here through:")
            for one in access.others:
                self.command(f"  - {one}")
                self.command(f"    {spelled(ending(one))}")
            self.paragraph(NAMED_BY_KNOWN)
        for one in access.known:
            self.command(f"As --known says, it can write to hubs here through {one}.")
        for line in access.not_known:
            self.warn(line)
        for remark in access.remarks:
            self.warn(remark.says)

    def _rights(self, plan: Plan) -> None:
        if any(one.verdict in HINDERED for one in plan.abilities):
            checklist.rights(self.err, plan.abilities)

    def _changes(self, changes: Iterable[Change]) -> None:
        self.heading("Changes")
        for change in changes:
            mark, style = _MARKS[change.action]
            what = Text.assemble(
                (f"{mark} {change.action} {change.thing.kind}", style), f"  {plain(change.thing.label)}"
            )
            self.err.print(indented(what, 2))
            self.err.print(indented(Text(plain(change.says), style="dim"), 4))
            for detail in change.details:
                self.err.print(indented(Text(plain(detail), style=style), 4))

    def _what_the_role_allows(self, procedure: Procedure) -> None:
        self.heading("What the role allows")
        writes_first = sorted(procedure.actions_in_words, key=lambda pair: pair[0] != procedure.write_action)
        for action, words in writes_first:
            kind = ("write", "bold") if action == procedure.write_action else ("read", "dim")
            self.err.print(indented(Text.assemble((f"{kind[0]:<6}", kind[1]), words), 2))

    def _reach(self, plan: Plan) -> None:
        self.heading("How far it reaches")
        hub = plan.wanted.target.name
        self.paragraph(
            "The role is assigned on the subscription, so it covers every virtual hub in it"
            + (f", not only {hub}" if hub else "")
            + ": Astronomer can create connections on these hubs and overwrite existing ones, their routing"
            " included. It cannot delete connections, and reads only what is listed above."
        )
        for one in plan.observed.reach:
            self.paragraph(f"- {_hub(one)}")

    def _who(self, plan: Plan) -> None:
        self.heading("Who gets it")
        if plan.observed.principal:
            self._principal(plan.observed.principal)
        elif plan.wanted.principal_id:
            why = f" ({plan.observed.unchecked.code})" if plan.observed.unchecked else ""
            self.paragraph(
                f"The service principal with object ID {plan.wanted.principal_id}, as given. Nobody has checked whose"
                f" it is: Microsoft Graph does not answer you{why}."
            )
        else:
            self.paragraph(
                f"Astronomer's application {plan.wanted.application_id}. Its name, home tenant and publisher"
                " can be read only once its service principal exists: they are shown before the role is assigned."
            )

    def _principal(self, principal: ServicePrincipal) -> None:
        self.facts(
            self.err,
            [
                ("Application", f"{principal.display_name} ({principal.application_id})"),
                ("Object ID", principal.object_id),
                ("Home tenant", principal.home_tenant_id or "not said"),
                (
                    "Publisher",
                    f"{principal.verified_publisher} (verified)"
                    if principal.verified_publisher
                    else "not verified",
                ),
            ],
        )

    # Carrying a plan out

    def progress(self, change: Change, applied: Applied) -> None:
        done = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "removed"}
        self._waiting_for = ""
        if not change.writes:
            return  # the plan has said it
        thing = applied.made.get(change.key, change.thing)
        text = f"{done[change.action]} {thing.kind} {plain(thing.label)}"
        self.err.print(Text.assemble((f"{self._tick} ", "green"), text))

    def identity(self, principal: ServicePrincipal) -> None:
        self.heading("The application that gets the role")
        self._principal(principal)

    def waiting(self, what_for: str, at_most_seconds: float) -> None:
        if what_for != self._waiting_for:
            self._waiting_for = what_for
            self.say(f"Waiting for {what_for} (at most {at_most_seconds:.0f} s)", "dim")

    # Results

    def granted(self, result: Result) -> None:
        """What was verified, or what a part of it is good for."""
        plan = result.plan
        if plan is None:
            return
        if result.holdings is not None:
            principal = result.applied.principal(plan)
            self.out.print()
            title = "Verified" if result.verified else "Assigned"
            self.assignments(
                title, result.holdings, principal.label if principal else str(plan.wanted.principal_id)
            )
        self._findings(result.remarks)
        if plan.wanted.only:
            self._part_done(plan, result.applied)

    def _part_done(self, plan: Plan, applied: Applied) -> None:
        """After `--only`: what it is good for, and the command that shows the rest."""
        principal = applied.principal(plan)
        subscription = ("--subscription", plan.wanted.place.subscription.id) if plan.wanted.place else ()
        if plan.wanted.only is Part.PRINCIPAL and principal:
            self.heading("The application")
            self._principal(principal)
            self.say()
            self.say(
                "Next, a User Access Administrator or Owner of the subscription runs one of these; the second where"
            )
            self.say("they may not read service principals in Microsoft Entra ID:")
            self.command("  ", astro_peer("grant"))
            self.command("  ", astro_peer("grant", "--principal-object-id", principal.object_id))
        elif plan.wanted.only is Part.ROLE:
            self.say("\nNext, someone who may assign roles runs:")
            self.command(
                "  ", astro_peer("grant", "--only", "assignment", *subscription, *role_option(plan.wanted))
            )
        elif plan.wanted.only is Part.ASSIGNMENT:
            self.say("\nNext, what to send to Astronomer support:")
            self.command("  ", astro_peer("request"))

    def hubs(self, survey: Survey) -> None:
        """A table; on a terminal too narrow for it, a block for each hub."""
        columns = ["Name", "Resource group", "Subscription", "Region", "State", "Firewall"]
        if survey.counted:
            columns.append("Connections")
        lines = [
            (
                one.hub.name,
                one.hub.resource_group,
                one.subscription.name,
                one.hub.location,
                one.hub.state,
                one.firewall_ip or "-",
                *(["?" if one.connections is None else str(one.connections)] if survey.counted else []),
            )
            for one in survey.hubs
        ]
        self.err.print()
        if not lines:
            self.result("There are no virtual hubs in the subscriptions you can see.")
        else:
            self._rows(columns, lines)
        if survey.as_of:
            self.say(
                f"\nAs Azure Resource Graph had it at {survey.as_of:%Y-%m-%d %H:%M} UTC: states may be minutes old, and"
                " a new hub may be missing. As it is now, for one subscription:"
            )
            self.command("  ", astro_peer("hubs", "--subscription", "ID"))
        if not survey.counted:
            self.say("\nConnections are counted, with a request for each hub, by:")
            self.command("  ", astro_peer("hubs", "--connections"))
        for subscription, error in survey.unread:
            code = f" ({error.code})" if error.answer else ""
            self.warn(f"subscription {subscription.name} ({subscription.id}) could not be read{code}.")

    def _rows(self, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """A table; where it is wider than the terminal, a block for each line."""
        if sum(max(map(len, column)) + 2 for column in zip(columns, *lines, strict=True)) <= self.out.width:
            rows = as_table(*columns)
            for line in lines:
                rows.add_row(*(Text(plain(cell)) for cell in line))
            self.out.print(rows)
        else:
            for line in lines:
                self.out.print(Text(plain(line[0]), style="bold"))
                self.facts(self.out, list(zip(columns, line, strict=True))[1:])

    def audit(self, audit: Audit) -> None:
        """What Astronomer did, a line for each write; what stands out first said, then marked."""
        since = " (the grant)" if audit.since_grant else ""
        self.say(f"\nBy the activity log, since {audit.since:%Y-%m-%d %H:%M} UTC{since}")
        self.result(audit.says)
        for one in audit.standing_out:
            self.result(f"  ! {one.began:%Y-%m-%d %H:%M:%S}  {one.what} {one.on}: {one.stands_out}")
        if audit.writes:
            self.result("")
            self._rows(*_logged(audit.writes))
        self.result("\nWho made and changed the grant")
        if audit.granting:
            self._rows(*_logged(audit.granting, by=True))
        else:
            self.result("The log shows nothing of it since then.")
        self.heading("What the log cannot show")
        for line in audit.not_shown:
            self.say(f"  - {line}")

    def assignments(self, title: str, holdings: Iterable[Holding], principal: str) -> None:
        """A table like that of `az role assignment list --all --output table`."""
        rows = as_table("Principal", "Role", "Scope", title=title)
        for one in holdings:
            style = "" if one.ours else "dim"
            through = " (through a group)" if one.through_group else ""
            rows.add_row(
                Text(plain(principal) + through, style),
                Text(plain(one.role_name), style),
                Text(plain(one.assignment.scope), style),
            )
        self.out.print(rows)

    def revoked(self, plan: Plan, access: WriteAccess, remaining: Holdings) -> None:
        wanted = plan.wanted
        if not plan.writes:
            self.result(f"Astronomer holds no assignment of {wanted.role.role_name} in this subscription.")
        elif not takes_rights_away(plan):
            self.result(
                f"Removed what was left. Astronomer held no assignment of {wanted.role.role_name} in this subscription."
            )
        else:
            how_far = "Revoked completely" if access.complete else "Revoked"
            if access.others:
                how_far = "Revoked, but Astronomer can still write to hubs here"
            self.result(f"{how_far}. Azure may take up to 10 minutes to act on it everywhere.")
        if not takes_rights_away(plan):
            for one in remaining:
                if one.role and one.role.is_custom and not one.through_group:
                    option = command_line(("--role-name", one.role_name))
                    self.command(f"It holds the custom role {one}; if that is the one: {option}")
        self._writing_otherwise(access, "still")
        self._what_stays(plan)

    def _what_stays(self, plan: Plan) -> None:
        self.heading("What stays")
        self.say("  - Any connection that Astronomer has made: delete it yourself if it should go.")
        role = plan.observed.role
        of_role = next((one for one in plan.changes if one.key == ROLE), None)
        if role and of_role is None:
            self.say(f"  - The custom role {role.role_name}: --delete-role removes it if nothing uses it.")
        elif role and of_role and not of_role.writes:
            self.say(f"  - The custom role {role.role_name} ({of_role.says}).")
        holder = plan.observed.principal.object_id if plan.observed.principal else plan.wanted.principal_id
        if holder:
            self.say(
                "  - Astronomer's service principal. It may serve other Astronomer products and subscriptions: look"
                " in each subscription what it holds, and remove it only if that is nothing anywhere:"
            )
            everything = az(
                *("role", "assignment", "list", "--assignee", holder, "--all"),
                *("--subscription", "EACH_SUBSCRIPTION", "--output", "table"),
            )
            self.command("      ", everything)
            self.command("      ", az("ad", "sp", "delete", "--id", holder))

    def status(self, status: Status, held: Holdings) -> None:
        wanted, observed, access = status.wanted, status.observed, status.access
        self.place(wanted.target)
        self.err.print()
        self.result(access.says)
        for line in access.lines:
            self.result(f"  - {plain(line)}")
        for finding in access.overdue:
            self.result(f"    {spelled(finding.way_out)}")
        self._grant(held, observed.role)
        if access.others:
            self.result("Beside the documented grant, its principal can write to hubs here through:")
            for one in access.others:
                self.result(f"  - {one}")
                self.result(f"    {spelled(ending(one))}")
            self.say(NAMED_BY_KNOWN)
        for one in access.known:
            self.result(f"As --known says, it can write to hubs here through {one}.")
        for remark in access.remarks:
            self.warn(remark.says)
        self._findings(status.findings)
        if status.recent and not access.assessment.granted:
            self.warn(
                "the role was written less than ten minutes ago: an assignment made since need not be listed yet."
            )
        if held.listed:
            self.out.print()
            name = observed.principal.label if observed.principal else str(wanted.principal_id)
            self.assignments("What Astronomer's principal holds", held, name)
        if wanted.target.hub and status.connections is not None:
            self.connections(wanted.target.hub, status.connections)

    def _grant(self, held: Holdings, role: RoleDefinition | None) -> None:
        """Since when, by whom and until when."""
        for one in held:
            if one.ours:
                note = one.note
                facts = [
                    ("Assigned", _made(one.assignment.created_on, one.assignment.created_by)),
                    ("Until", str(note.until) if note.until else "no end was said"),
                    ("Ends", f"{schedule}, by Azure itself" if (schedule := one.assignment.schedule) else ""),
                    ("Description", one_line(note.text)),
                    ("Role made", _made(role.created_on, role.created_by) if role else ""),
                ]
                self.facts(self.out, [(name, value) for name, value in facts if value])

    def overview(self, overview: Overview) -> None:
        """A row for each subscription, then what is not as documented in it."""
        self.err.print()
        if not overview.listed:
            self.result("You can see no subscription.")
            return
        rows = as_table("Subscription", "Astronomer's access", "Through")
        for one in overview.listed:
            through = one.found.access.through if isinstance(one.found, Status) else ()
            rows.add_row(
                Text(plain(one.subscription.name)),
                Text(plain(one.in_short)),
                Text(plain("\n".join(way.role_name for way in through))),
            )
        self.out.print(rows)
        for one in overview.listed:
            if isinstance(one.found, Status):
                self._otherwise(one.subscription.name, one.found.access)
            else:
                self.warn(
                    f"{one.subscription.name} ({one.subscription.id}) could not be read: {one.found.summary}"
                )
        for remark in overview.remarks:
            self.warn(remark.says)

    def _otherwise(self, name: str, access: WriteAccess) -> None:
        if access.exit_code is not ExitCode.DRIFTED:
            return
        self.out.print()
        self.out.print(Text(plain(name), style="bold"))
        for line in access.lines:
            self.result(f"  - {plain(line)}")
        for one in access.others:
            self.result(f"  - {one}")
            self.result(f"    {spelled(ending(one))}")

    def request(self, request: SupportRequest) -> None:
        self.out.print()
        self.out.print(Text("Support request", style="bold"))
        self.result(f"Open {request.url} and paste:\n")
        blank = "____________"
        for name, value in (
            ("Astro Cluster ID", request.cluster_id or blank),
            ("Tenant ID", request.tenant_id),
            ("Subscription ID", request.subscription_id),
            ("Resource group", request.resource_group),
            ("Virtual hub", request.hub),
            ("Preferred peering name", request.peering_name),
            ("Firewall IP", request.firewall_ip or "none"),
            *((("Access until", request.until),) if request.until else ()),
        ):
            self.result(f"  {name + ':':<24}{plain(value)}")
        for what in request.missing:
            self.warn(f"fill in the blank: {what}. `astro-peer request` prints it again.")

    def checked(self, check: Check) -> None:
        if check.plan.wanted.place:
            self.place(check.plan.wanted.place)
        checklist.show(self, check)

    def connections(self, hub: VirtualHub, connections: Iterable[HubConnection]) -> None:
        listed = list(connections)
        rows = as_table("Name", "State", "Network", title=f"Connections of {plain(hub.name)}")
        for one in listed:
            rows.add_row(
                Text(plain(one.name)),
                Text(plain(one.provisioning_state)),
                Text(plain(_network(one.remote_network_id))),
            )
        self.out.print()
        if listed:
            self.out.print(rows)
        else:
            self.result(f"{plain(hub.name)} has no connections.")

    def error(self, error: AstroPeerError, result: Result) -> None:
        if self._begun:
            self.err.print()
        quiet = error.exit_code in (ExitCode.CANCELLED, ExitCode.INTERRUPTED)
        label = ("", "") if quiet else ("Error: ", "bold red")
        done, not_done = result.changes(done=True), result.changes(done=False)
        nothing = " Nothing was written." if error.exit_code is ExitCode.CANCELLED and not done else ""
        self.err.print(Text.assemble(label, plain(error.summary + nothing)))
        if error.answer:
            said = f"{error.answer.code}: {error.answer.message}"
            if error.answer.correlation_id:
                said += f" (correlation ID {error.answer.correlation_id})"
            self._part("Azure answered", said)
        self._part("Meaning", error.meaning)
        if result.carrying_out:
            self._part("Done", _names(done))
            self._part("Not done", _names(not_done))
        self._part("Next", spelled(error.next_step))

    def _part(self, label: str, text: str) -> None:
        """What stands indented on a line of its own is to be copied: no line break is put into it."""
        first, *lines = text.split("\n")
        if text:
            self.err.print(indented(Text.assemble((f"{label}: ", "bold"), plain(first)), 2))
        for line in lines:
            if line.startswith(" "):
                self.command(f"  {line}")
            else:
                self.paragraph(line)


def _network(resource_id: str) -> str:
    """Name and resource group of a virtual network: its ID is long, and stands in the JSON."""
    parts = resource_id.split("/")
    return f"{parts[-1]} ({parts[4]})" if len(parts) > 8 else resource_id


def _made(when: datetime | None, who: str | None) -> str:
    """By an object ID: names would take reading the directory."""
    return f"{when:%Y-%m-%d %H:%M} (UTC)" + (f" by {who}" if who else "") if when else ""


def _hub(hub: VirtualHub) -> str:
    return f"{hub.name} ({hub.location}, {hub.state})"


def _names(changes: Iterable[Change]) -> str:
    return (
        "; ".join(f"{change.action} {change.thing.kind} {change.thing.label}" for change in changes)
        or "nothing"
    )


def _logged(writes: Iterable[LoggedWrite], *, by: bool = False) -> tuple[list[str], list[list[str]]]:
    """`by`: with who did it, where that is not told by the title."""
    columns = ["When (UTC)", "What", "On", *(["By"] if by else []), "From", "Result", "Correlation ID"]
    return columns, [
        [
            f"{one.began:%Y-%m-%d %H:%M:%S}",
            one.what,
            one.on,
            *([one.caller] if by else []),
            one.address or "-",
            one.result,
            one.correlation_id,
        ]
        for one in writes
    ]
