"""What comes next: after every command that went well, and after a no, as commands to copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from astro_peer.errors import ExitCode
from astro_peer.model.change import Action
from astro_peer.model.objects import RoleDefinition, ServicePrincipal
from astro_peer.model.outcome import Outcome
from astro_peer.model.place import Place
from astro_peer.model.plan import Plan, command_for, role_option
from astro_peer.model.request import SupportRequest
from astro_peer.model.result import Applied, Result
from astro_peer.model.status import Status
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import Command, astro_peer, az


@dataclass(frozen=True)
class NextStep:
    says: str
    commands: tuple[Command, ...] = ()


def after(result: Result) -> tuple[NextStep, ...]:
    """Nothing after an error, which says itself what to do now."""
    return () if result.error else tuple(_after(result))


def undo(plan: Plan, applied: Applied) -> tuple[Command, ...]:
    """Takes away what a plan has created before its end, the last first. What was there already stays."""
    commands: list[Command] = []
    for change in reversed(plan.changes):
        if change.key not in applied.done or change.action is not Action.CREATE:
            continue
        thing = applied.made.get(change.key, change.thing)
        if isinstance(thing, RoleDefinition):
            scope = plan.wanted.target.subscription.scope
            commands.append(az("role", "definition", "delete", "--name", thing.guid, "--scope", scope))
        elif isinstance(thing, ServicePrincipal):
            commands.append(az("ad", "sp", "delete", "--id", thing.object_id))
    return tuple(commands)


def _after(result: Result) -> Iterator[NextStep]:
    plan, place = result.plan, result.place
    if result.watch and plan is None and result.status:
        yield _revoke(result.status.wanted.target, _special(result.status.wanted), None)
    elif result.saved and not result.carrying_out:
        yield from _after_planning(result)
    elif result.script is not None:
        yield _keep(f"{result.command}", result.language)
    elif plan and plan.wanted.granted:
        if plan.wanted.only:
            yield from _after_part(plan, result.applied)
        else:
            yield from _after_grant(plan, result.request, watched=bool(result.watch))
    elif plan and place:
        yield NextStep("See what Astronomer has access to now:", (command_for(plan.wanted, "status"),))
    elif result.check:
        if result.check.exit_code is ExitCode.DONE and place:
            wanted = result.check.plan.wanted
            cluster = result.check.plan.around.asked.cluster_id
            named = ("--cluster-id", cluster) if cluster else ()
            yield NextStep("Grant it:", (astro_peer("grant", *place.options, *_special(wanted), *named),))
    elif result.status:
        yield from _after_status(result.status)
    elif result.request and place:
        until = date.fromisoformat(result.request.until) if result.request.until else None
        yield from _until_revoked(place, (), until)
    elif result.networks and result.networks.networks:
        yield NextStep(
            "Check one of them, and grant it, such as the first:",
            tuple(
                astro_peer(name, "--vnet-id", result.networks.networks[0].network.id)
                for name in ("check", "grant")
            ),
        )
    elif result.survey and result.survey.hubs:
        yield NextStep(
            "Check one of them, and grant it, such as the first:",
            tuple(astro_peer(name, "--hub-id", result.survey.hubs[0].hub.id) for name in ("check", "grant")),
        )


_ENDINGS = {"powershell": "ps1", "terraform": "tf", "arm": "json"}


def _keep(command: str, language: str | None) -> NextStep:
    """Of a plan in another language; a script of az is also run by a command of ours to copy."""
    name = f"{command}.{_ENDINGS.get(language or '', 'sh')}"
    keep = f"Add `> {name}` to the command to keep it."
    if name.endswith(".sh"):
        return NextStep(f"{keep} Once it was reviewed:", (Command(("bash", name)),))
    return NextStep(keep)


def _after_planning(result: Result) -> Iterator[NextStep]:
    """Of a plan in a file."""
    if result.script is None and result.plan_file:
        if result.command != "show":
            yield NextStep("Have it reviewed:", (astro_peer("show", result.plan_file),))
        yield NextStep(
            "Whoever may carry it out does so, if it still holds then:",
            (astro_peer("apply", result.plan_file),),
        )


def _after_grant(plan: Plan, asked: SupportRequest | None, *, watched: bool) -> Iterator[NextStep]:
    if watched:
        yield _revoke(plan.wanted.target, _special(plan.wanted), plan.until)
        return
    yield NextStep(
        "Send the request above to Astronomer support. It is printed again by:",
        (astro_peer("request", *plan.wanted.target.options, *_said(asked)),),
    )
    yield from _until_revoked(plan.wanted.target, _special(plan.wanted), plan.until)


def _until_revoked(place: Place, special: tuple[str, ...], until: date | None) -> Iterator[NextStep]:
    if place.resource:
        yield NextStep(
            f"Wait for the {place.procedure.connection.one} to arrive:",
            (astro_peer("status", "--watch", *place.options, *special),),
        )
    yield _revoke(place, special, until)


def _revoke(place: Place, special: tuple[str, ...], until: date | None) -> NextStep:
    by = f", by {until} at the latest" if until else ""
    return NextStep(
        f"When Astronomer has confirmed it, take the rights away{by}:",
        (astro_peer("revoke", *place.subscription_options, *special),),
    )


def _after_part(plan: Plan, applied: Applied) -> Iterator[NextStep]:
    """After `--only`: what the part is good for."""
    wanted = plan.wanted
    made = applied.principal(plan)
    if wanted.only is Part.PRINCIPAL and made:
        yield NextStep(
            "A User Access Administrator or Owner of the subscription runs one of these; the second where they may"
            " not read service principals in Microsoft Entra ID:",
            (
                astro_peer("grant", *wanted.procedure.option),
                astro_peer("grant", *wanted.procedure.option, "--principal-object-id", made.object_id),
            ),
        )
    elif wanted.only is Part.ROLE:
        yield NextStep(
            "Someone who may assign roles runs:",
            (
                astro_peer(
                    *("grant", "--only", "assignment", *wanted.target.subscription_options),
                    *role_option(wanted),
                ),
            ),
        )
    elif wanted.only is Part.ASSIGNMENT:
        yield NextStep(
            "What to send to Astronomer support:", (astro_peer("request", *wanted.target.options),)
        )


def _after_status(status: Status) -> Iterator[NextStep]:
    """A revoke takes the grant away, and nothing else: what ends the rest is said with it."""
    wanted, found = status.wanted, status.outcome
    options = (*wanted.target.options, *_special(wanted))
    if found is Outcome.NOT_GRANTED:
        yield NextStep(
            "To grant it:", (astro_peer("check", *wanted.target.options), astro_peer("grant", *options))
        )
        return
    if found is Outcome.DRIFTED:
        yield NextStep(
            "To have the grant as documented, after a look at the plan:", (astro_peer("grant", *options),)
        )
    if status.access.assessment.granted is not False:
        yield NextStep(
            f"When Astronomer has confirmed the {wanted.procedure.connection.one}, take the rights away:",
            (command_for(wanted, "revoke"),),
        )


def _said(request: SupportRequest | None) -> tuple[str, ...]:
    """What only the user knows of a request."""
    if request is None or not request.cluster_id:
        return ()
    return ("--cluster-id", request.cluster_id, "--peering-name", request.peering_name)


def _special(wanted: Wanted) -> tuple[str, ...]:
    """What was said of role and principal has to be said again."""
    given = ("--principal-object-id", wanted.principal_id) if wanted.principal_id else ()
    return (*role_option(wanted), *given)
