"""What a person reads: who and where, plans, progress, results and errors, in words."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from astro_peer.changes import Action, Change, Kind
from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.output.terminal import Terminal, as_table, indented, plain

if TYPE_CHECKING:
    from astro_peer.azure.objects import HubConnection, ServicePrincipal, Subscription, VirtualHub
    from astro_peer.azure.session import Session
    from astro_peer.plan import Assessment, Found, Goal, Plan
    from astro_peer.procedure import Procedure
    from astro_peer.steps.collect import Target
    from astro_peer.steps.holdings import Holding, Holdings
    from astro_peer.steps.request import SupportRequest
    from astro_peer.steps.survey import Survey

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
                ("Signed in as", f"{account.name} ({account.auth})"),
                ("Tenant", account.tenant_id),
                (
                    "Cloud",
                    cloud.name if cloud.is_azure else f"{cloud.name}: a simulated tenant, nothing is real",
                ),
            ],
        )

    def target(self, target: Target) -> None:
        facts = [("Subscription", f"{target.subscription.name} ({target.subscription.id})")]
        if target.resource_group:
            facts.append(("Resource group", target.resource_group))
        if target.hub:
            facts.append(("Virtual hub", _hub(target.hub)))
            facts.append(("Firewall", f"{target.firewall_ip or 'none'} ({target.firewall_note})"))
        elif target.hub_name:
            facts.append(("Virtual hub", target.hub_name))
        self.facts(self.err, facts)

    # Plans

    def grant_plan(self, plan: Plan) -> None:
        goal = plan.goal
        if goal.place:
            self.heading(
                "The custom role that Astronomer can be given later"
                if goal.only is Kind.ROLE
                else "Astronomer gets the right to connect an Astro cluster to your virtual hub"
            )
            self.target(goal.place)
        self._changes(plan.changes)
        if goal.place and plan.writes:
            self._what_the_role_allows(goal.procedure)
            exact = f"astro-peer role --subscription {goal.target.subscription.id}{_role_option(plan)}"
            self.command(f"  Its exact actions: {exact}")
        if goal.only is Kind.ROLE:
            return
        if goal.place and plan.writes:
            self._reach(plan)
        self._who(plan.found.principal, plan)
        if goal.place and plan.writes:
            self.heading("How to take it back (it lasts until then)")
            self.command(
                f"  astro-peer revoke --subscription {goal.target.subscription.id}" + _role_option(plan)
            )
        self._unknown(plan.found)
        if goal.place and goal.place.hub and not goal.place.hub.ready:
            self.warn(
                f"the hub is not ready yet ({_state(goal.place.hub)}): until its routing is Provisioned,"
                " Azure refuses connections. Granting now does no harm."
            )

    def revoke_plan(self, plan: Plan, remaining: Holdings) -> None:
        writing = remaining.writing(plan.goal.procedure.write_action)
        what = f"the role {plan.goal.role.role_name}" if writing else "the right to connect to virtual hubs"
        self.heading(
            f"Astronomer loses {what} in this subscription" if plan.changes else "There is nothing to revoke"
        )
        self.target(plan.goal.target)
        self._unknown(plan.found)
        if not plan.changes:
            return
        self._changes(plan.changes)
        if plan.found.principal:
            self.heading("Who loses it")
            self._principal(plan.found.principal)
        self._still_writing(writing)

    def _still_writing(self, writing: Iterable[Holding]) -> None:
        listed = list(writing)
        if listed:
            self.err.print()
            self.warn("Astronomer's principal can still write to hubs here through:")
            for one in listed:
                self.command(f"  - {one}")

    def _unknown(self, found: Found) -> None:
        for one in found.unknown:
            self.warn(
                f"the role is also assigned to {one.principal_id}, which Microsoft Graph neither shows nor lists as"
                " deleted. Whether it is Astronomer's is not known, so it is kept. To remove it:"
            )
            self.command(f"  az role assignment delete --ids {one.id}")

    def _changes(self, changes: Iterable[Change]) -> None:
        planned = list(changes)
        self.heading("Changes")
        for change in planned:
            mark, style = _MARKS[change.action]
            what = Text.assemble(
                (f"{mark} {change.action} {change.object}", style), f"  {plain(change.name)}"
            )
            self.err.print(indented(what, 2))
            self.err.print(indented(Text(plain(change.reason), style="dim"), 4))
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
        hub = plan.goal.target.hub_name
        self.paragraph(
            "The role is assigned on the subscription, so it covers every virtual hub in it"
            + (f", not only {hub}" if hub else "")
            + ": Astronomer can create connections on these hubs and overwrite existing ones, their routing"
            " included. It cannot delete connections, and reads only what is listed above."
        )
        for one in plan.found.reach:
            self.paragraph(f"- {_hub(one)}")

    def _who(self, principal: ServicePrincipal | None, plan: Plan) -> None:
        self.heading("Who gets it")
        if principal:
            self._principal(principal)
        elif plan.goal.principal_id:
            why = f" ({plan.found.unchecked.code})" if plan.found.unchecked else ""
            self.paragraph(
                f"The service principal with object ID {plan.goal.principal_id}, as given. Nobody has checked whose"
                f" it is: Microsoft Graph does not answer you{why}."
            )
        else:
            self.paragraph(
                f"Astronomer's application {plan.goal.procedure.application_id}. Its name, home tenant and publisher"
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

    def finished(self, change: Change) -> None:
        done = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "removed"}
        self._waiting_for = ""
        if not change.writes:
            return  # the plan has said it
        text = f"{done[change.action]} {change.object.value} {plain(change.name)}"
        self.err.print(Text.assemble((f"{self._tick} ", "green"), text))

    def identity(self, principal: ServicePrincipal) -> None:
        self.heading("The application that gets the role")
        self._principal(principal)

    def waiting(self, what_for: str, at_most_seconds: float) -> None:
        if what_for != self._waiting_for:
            self._waiting_for = what_for
            self.say(f"Waiting for {what_for} (at most {at_most_seconds:.0f} s)", "dim")

    def choose_hub(self, hubs: list[tuple[VirtualHub, Subscription]]) -> VirtualHub:
        """Shows the option that gives the same answer without asking."""
        lines = [(hub.name, hub.resource_group, subscription.name, _state(hub)) for hub, subscription in hubs]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        named = {
            plain(
                "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            ): hub
            for line, (hub, _) in zip(lines, hubs, strict=True)
        }
        chosen = named[self.choose("Which virtual hub?", list(named))]
        self.command(f"The same without asking: --hub-id {chosen.id}")
        return chosen

    # Results

    def verified(self, holdings: Iterable[Holding], found: Found) -> None:
        name = found.principal.display_name if found.principal else str(found.principal_id)
        self.out.print()
        self.assignments("Assigned" if found.unchecked else "Verified", holdings, name)
        if found.unchecked:
            self.warn(
                f"nobody has checked that {found.principal_id} is Astronomer's service principal: have somebody who may"
                " read Microsoft Graph run `astro-peer status`."
            )

    def part_done(self, plan: Plan) -> None:
        """After `--only`: what it is good for, and the command that shows the rest."""
        principal = plan.found.principal
        if plan.goal.only is Kind.PRINCIPAL and principal:
            self.heading("The application")
            self._principal(principal)
            self.say()
            self.say(
                "Next, someone who may assign roles in the subscription runs one of these; the second where they"
            )
            self.say("may not read service principals in Microsoft Entra ID:")
            self.command("  astro-peer grant")
            self.command(f"  astro-peer grant --principal-object-id {principal.object_id}")
        elif plan.goal.only is Kind.ROLE:
            self.say("\nNext, someone who may assign roles runs:")
            self.command(
                f"  astro-peer grant --only assignment --subscription {plan.goal.target.subscription.id}"
                + _role_option(plan)
            )
        elif plan.goal.only is Kind.ASSIGNMENT:
            self.say("\nNext, what to send to Astronomer support:")
            self.command("  astro-peer request")

    def hubs(self, survey: Survey) -> None:
        """A table; on a terminal too narrow for it, a block for each hub."""
        columns = ("Name", "Resource group", "Subscription", "Region", "State", "Firewall", "Connections")
        lines = [
            (
                one.hub.name,
                one.hub.resource_group,
                one.subscription.name,
                one.hub.location,
                _state(one.hub),
                one.firewall_ip or "-",
                "?" if one.connections is None else str(one.connections),
            )
            for one in survey.hubs
        ]
        self.err.print()
        if not lines:
            self.result("There are no virtual hubs in the subscriptions you can see.")
        elif sum(max(map(len, column)) + 2 for column in zip(columns, *lines, strict=True)) <= self.out.width:
            rows = as_table(*columns)
            for line in lines:
                rows.add_row(*(Text(plain(cell)) for cell in line))
            self.out.print(rows)
        else:
            for line in lines:
                self.out.print(Text(plain(line[0]), style="bold"))
                self.facts(self.out, list(zip(columns, line, strict=True))[1:])
        for subscription, error in survey.unread:
            code = f" ({error.code})" if error.answer else ""
            self.warn(f"subscription {subscription.name} ({subscription.id}) could not be read{code}.")

    def assignments(self, title: str, holdings: Iterable[Holding], principal: str) -> None:
        """A table like that of `az role assignment list --all --output table`."""
        rows = as_table("Principal", "Role", "Scope", title=title)
        for one in holdings:
            style = "" if one.ours else "dim"
            rows.add_row(
                Text(plain(principal), style),
                Text(plain(one.role_name), style),
                Text(plain(one.assignment.scope), style),
            )
        self.out.print(rows)

    def revoked(self, plan: Plan, remaining: Holdings) -> None:
        goal = plan.goal
        writing = remaining.writing(goal.procedure.write_action)
        if not plan.writes:
            self.result(f"Astronomer holds no assignment of {goal.role.role_name} in this subscription.")
        else:
            how_far = "Revoked completely"
            if writing:
                how_far = "Revoked, but Astronomer can still write to hubs here"
            elif remaining.groups_unread or plan.found.unknown:
                how_far = "Revoked"
            self.result(f"{how_far}. Azure may take up to 10 minutes to act on it everywhere.")
        self._groups(remaining)
        if not plan.found.ours:
            for one in remaining:
                if one.role and one.role.is_custom and not one.through_group:
                    self.command(
                        f"It holds the custom role {one}; if that is the one: --role-name {shlex.quote(one.role_name)}"
                    )
        self._still_writing(writing)
        self.heading("What stays")
        self.say("  - The connection that Astronomer made: delete it yourself if it should go.")
        if plan.found.role and not any(
            change.object is Kind.ROLE and change.action in (Action.DELETE, Action.UPDATE)
            for change in plan.changes
        ):
            self.say(
                f"  - The custom role {plan.found.role.role.role_name}: --delete-role removes it if nothing uses it."
            )
        if plan.found.principal_id:
            self.say(
                "  - Astronomer's service principal. It may serve other Astronomer products and subscriptions: look"
                " in each subscription what it holds, and remove it only if that is nothing anywhere:"
            )
            self.command(
                f"      az role assignment list --assignee {plan.found.principal_id} --all"
                " --subscription EACH_SUBSCRIPTION --output table"
            )
            self.command(f"      az ad sp delete --id {plan.found.principal_id}")

    def _groups(self, held: Holdings) -> None:
        if held.groups_unread:
            self.warn(
                "whether Astronomer's principal can write to hubs through a group could not be read"
                f" ({held.groups_unread.code})."
            )

    def status(self, goal: Goal, found: Found, assessment: Assessment, held: Holdings) -> None:
        self.target(goal.target)
        self.err.print()
        if not assessment.granted and found.unknown:
            self.result("It is not known whether Astronomer is granted the role:")
            for line in assessment.drift:
                self.result(f"  - {plain(line)}")
        elif not assessment.granted:
            self.result(
                f"Not granted: Astronomer holds no assignment of {goal.role.role_name} in this subscription."
            )
        elif assessment.drift:
            self.result("Granted, but not as documented:")
            for line in assessment.drift:
                self.result(f"  - {plain(line)}")
        else:
            self.result("Granted as documented.")
        others = held.writing(goal.procedure.write_action)
        if others:
            self.result("Astronomer's principal can also write to hubs here through:")
            for one in others:
                self.result(f"  - {one}")
        self._groups(held)
        if held.listed:
            self.out.print()
            name = found.principal.display_name if found.principal else str(found.principal_id)
            self.assignments("What Astronomer's principal holds", held, name)

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
        ):
            self.result(f"  {name + ':':<24}{plain(value)}")
        for what in request.missing:
            self.warn(f"fill in the blank: {what}. `astro-peer request` prints it again.")

    def connections(self, hub: VirtualHub, connections: Iterable[HubConnection]) -> None:
        listed = list(connections)
        rows = as_table("Name", "State", "Network", title=f"Connections of {plain(hub.name)}")
        for one in listed:
            rows.add_row(
                Text(plain(one.name)),
                Text(one.provisioning_state),
                Text(plain(_network(one.remote_network_id))),
            )
        self.out.print()
        if listed:
            self.out.print(rows)
        else:
            self.result(f"{plain(hub.name)} has no connections.")

    def error(self, error: AstroPeerError) -> None:
        if self._begun:
            self.err.print()
        label = (
            ("", "")
            if error.exit_code in (ExitCode.CANCELLED, ExitCode.INTERRUPTED)
            else ("Error: ", "bold red")
        )
        nothing = " Nothing was written." if error.exit_code is ExitCode.CANCELLED and not error.done else ""
        self.err.print(Text.assemble(label, plain(error.summary + nothing)))
        if error.answer:
            said = f"{error.answer.code}: {error.answer.message}"
            if error.answer.correlation_id:
                said += f" (correlation ID {error.answer.correlation_id})"
            self._part("Azure answered", said)
        self._part("Meaning", error.meaning)
        if error.done or error.not_done:
            self._part("Done", _names(error.done))
            self._part("Not done", _names(error.not_done))
        self._part("Next", error.next_step)

    def _part(self, label: str, text: str) -> None:
        if text:
            self.err.print(indented(Text.assemble((f"{label}: ", "bold"), plain(text)), 2))


def _network(resource_id: str) -> str:
    """Name and resource group of a virtual network: its ID is long, and stands in the JSON."""
    parts = resource_id.split("/")
    return f"{parts[-1]} ({parts[4]})" if len(parts) > 8 else resource_id


def _hub(hub: VirtualHub) -> str:
    return f"{hub.name} ({hub.location}, {_state(hub)})"


def _state(hub: VirtualHub) -> str:
    return hub.provisioning_state if hub.ready else f"{hub.provisioning_state}, routing {hub.routing_state}"


def _names(changes: Iterable[Change]) -> str:
    return "; ".join(f"{change.action} {change.object} {change.name}" for change in changes) or "nothing"


def _role_option(plan: Plan) -> str:
    return f' --role-name "{plan.goal.role_name}"' if plan.goal.role_name else ""
