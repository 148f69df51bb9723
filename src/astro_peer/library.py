"""What a Python program may use, and what the commands use themselves: see docs/library.md.

connect -> plan_grant or plan_revoke -> look at the plan's changes and findings -> apply -> verify
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from astro_peer import names
from astro_peer import procedure as procedures
from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError, NotFound, UsageError
from astro_peer.model import assignment, end, enforcing, write_access
from astro_peer.model import saved_plan as saved_rules
from astro_peer.model import status as statuses
from astro_peer.model.access import Holdings
from astro_peer.model.audit import KEPT, Audit
from astro_peer.model.baseline import Baseline, Basis
from astro_peer.model.end import Until
from astro_peer.model.objects import Connection, Subscription, same
from astro_peer.model.observed import Observed
from astro_peer.model.overview import Overview, SubscriptionStatus
from astro_peer.model.place import Place, Where
from astro_peer.model.plan import Plan, decide, role_option
from astro_peer.model.request import default_peering_name
from astro_peer.model.result import Applied, Result
from astro_peer.model.saved_plan import SavedPlan
from astro_peer.model.status import Status
from astro_peer.model.surroundings import Asked
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.watch import Seen, Verdict, Watch
from astro_peer.model.way_out import Command, astro_peer, az, way_out
from astro_peer.model.write_access import WriteAccess
from astro_peer.procedure import VNET, Procedure
from astro_peer.steps import apply as applying
from astro_peer.steps import audit as auditing
from astro_peer.steps import collect as collecting
from astro_peer.steps import observe, peerings, resources, saved_plan, surroundings
from astro_peer.steps import watch as watching
from astro_peer.steps.apply import Progress, Trust
from astro_peer.steps.collect import Choose, SeveralFit, collect_subscription, find_resource, with_firewall
from astro_peer.steps.holdings import holdings
from astro_peer.steps.next_hop import ChooseNextHop
from astro_peer.steps.peerings import Owners
from astro_peer.steps.subscription import identified
from astro_peer.steps.verify import verify as verify_grant
from astro_peer.steps.watch import Observer


def where(
    *,
    hub_id: str | None = None,
    subscription: str | None = None,
    resource_group: str | None = None,
    hub: str | None = None,
    vnet_id: str | None = None,
    vnet: str | None = None,
    procedure: Procedure | None = None,
) -> Where:
    """A virtual hub, or a virtual network, by its resource ID or by any of its names: what is left out is found if
    there is just one. `procedure` says which of them where neither is named: a hub, if nothing does.

    Raises UsageError for an ID or a name that cannot be one, and where both are named.
    """
    if (hub_id or hub) and (vnet_id or vnet):
        raise UsageError("The place is not valid: it names a virtual hub and a virtual network.")
    try:
        if hub_id:
            return names.hub_id(hub_id)
        if vnet_id:
            return names.vnet_id(vnet_id)
        return Where(
            names.guid(subscription) if subscription else None,
            names.resource_group(resource_group) if resource_group else None,
            names.network_name(hub) if hub else names.vnet_name(vnet) if vnet else None,
            procedures.load(VNET) if vnet else procedure or procedures.load(),
        )
    except ValueError as error:
        raise UsageError(f"The place is not valid: {error}.") from None


def plan_grant(
    azure: Azure,
    place: Where | Place,
    *,
    firewall_ip: str | None = None,
    role_name: str | None = None,
    principal_id: str | None = None,
    description: str | None = None,
    until: Until | None = None,
    enforce_until: bool = False,
    only: Part | None = None,
    update_shared_role: bool = False,
    known: tuple[str, ...] = (),
    peering_name: str | None = None,
    choose: Choose | None = None,
    choose_next_hop: ChooseNextHop | None = None,
) -> Plan:
    """What would have to change for Astronomer to have the documented rights. Only reads.

    What stands in the way is among the plan's findings. `choose` picks one of several hubs or
    networks, `choose_next_hop` one of several firewalls in a hub. Raises NotFound or
    UsageError when the place cannot be found, and whatever Azure refuses.
    """
    enforcing.require_end(until, enforce_until)
    _require_not_oneself(azure, principal_id)
    wanting = partial(
        _wanted,
        role_name=role_name,
        principal_id=principal_id,
        description=description,
        until=until,
        enforce_until=enforce_until,
        only=only,
        update_shared_role=update_shared_role,
        known=known,
    )
    asked = Asked(peering_name=peering_name, firewall_ip=firewall_ip)
    if isinstance(place, Place):
        return observe.for_plan(azure, wanting(place), asked)
    place = identified(azure, place)
    if only in (Part.ROLE, Part.ASSIGNMENT):
        begun = _begin(azure, place, wanting, asked)
        return observe.for_plan(azure, wanting(collect_subscription(azure, place)), asked, begun)
    listed = collecting.begin(azure, place, firewall_ip)
    begun = _begin(azure, place, wanting, asked, listed)
    found = find_resource(azure, place, choose, listed)
    begun = begun or observe.begin(azure, wanting(found), asked)
    found = with_firewall(azure, found, firewall_ip, choose_next_hop, listed)
    return observe.for_plan(azure, wanting(found), asked, begun)


def with_end(plan: Plan, until: Until) -> Plan:
    """The same plan of a grant with an end. Nothing is read anew."""
    return decide(replace(plan.wanted, until=until), plan.observed, plan.around)


def check(
    azure: Azure,
    place: Where | Place,
    *,
    asked: Asked | None = None,
    role_name: str | None = None,
    principal_id: str | None = None,
    update_shared_role: bool = False,
    choose: Choose | None = None,
) -> Plan:
    """The plan of a grant with everything that would stop it, or the peering after it, among its findings. Only reads.

    Raises whatever keeps it from knowing the subscription; a hub or network that cannot be found is a finding.
    """
    asked = asked or Asked()
    missing: AstroPeerError | None = None
    if isinstance(place, Where):
        place, missing = _place_to_check(azure, identified(azure, place), choose)
    if place.hub and not asked.peering_name:
        asked = replace(asked, peering_name=default_peering_name(place))
    wanted = _wanted(
        place, role_name=role_name, principal_id=principal_id, update_shared_role=update_shared_role
    )
    of_subscription = azure.beside(surroundings.of_subscription, azure, wanted, asked)
    of_cluster = azure.beside(surroundings.of_cluster, azure, asked.cluster_id)
    of_hub = azure.beside(surroundings.of_hub, azure, place.hub) if place.hub else None
    of_network = azure.beside(surroundings.of_network, azure, place.network) if place.network else None
    own_rights = observe.rights_in(azure, wanted)
    observed = observe.observe(azure, wanted)
    around = surroundings.with_principal(azure, wanted, observed, of_subscription.result())
    around = replace(
        around,
        resource_missing=missing,
        hub=of_hub.result() if of_hub else None,
        network=of_network.result() if of_network else None,
        astro=of_cluster.result(),
    )
    return observe.with_rights(azure, wanted, observed, around, own_rights)


def _place_to_check(azure: Azure, where: Where, choose: Choose | None) -> tuple[Place, AstroPeerError | None]:
    """Without the resource where that is not to be found, and why."""
    try:
        return find_resource(azure, where, choose), None
    except NotFound as error:
        if not where.subscription:
            raise
        return collect_subscription(azure, where), error


def _require_not_oneself(azure: Azure, principal_id: str | None) -> None:
    if principal_id and principal_id == (azure.session.account.object_id or "").lower():
        raise UsageError(
            "The object ID is your own.",
            meaning="It says who gets the rights, and you are signed in as it; expected is the object ID of"
            " Astronomer's service principal.",
            next_step=way_out(
                "Have somebody who may read Microsoft Graph run ",
                az("ad", "sp", "show", "--id", procedures.load().application_id, "--query", "id"),
                ".",
            ),
        )


def plan_principal(azure: Azure, procedure: Procedure | None = None) -> Plan:
    """The service principal alone: it concerns the tenant, and takes no role in Azure. Only reads."""
    tenant_id = azure.session.account.tenant_id
    wanted = Wanted(
        procedure=procedure or procedures.load(), tenant_id=tenant_id, place=None, only=Part.PRINCIPAL
    )
    return observe.for_plan(azure, wanted, Asked())


def plan_revoke(
    azure: Azure,
    place: Where | Place,
    *,
    role_name: str | None = None,
    principal_id: str | None = None,
    delete_role: bool = False,
    known: tuple[str, ...] = (),
    for_review: bool = False,
) -> Plan:
    """What would have to change for Astronomer to have the rights no longer. Only reads.

    Raises TimedOut when nothing is found, but all is so new that lists may not show it yet; not `for_review`.
    """
    wanting = partial(
        _wanted,
        granted=False,
        role_name=role_name,
        principal_id=principal_id,
        delete_role=delete_role,
        known=known,
    )
    begun = None
    if isinstance(place, Where):
        place = identified(azure, place)
        begun = _begin(azure, place, wanting, Asked())
        place = collect_subscription(azure, place)
    return (observe.for_plan if for_review else observe.for_revoke)(azure, wanting(place), Asked(), begun)


def plan_saved(azure: Azure, saved: SavedPlan, *, principal_id: str | None = None) -> Plan:
    """The plan of what a saved one says is wanted, made anew of what Azure holds now. Only reads.

    `principal_id`: who gets or loses the rights, where the caller may not read Microsoft Graph: a file alone does not
    say that. Raises SignInNeeded in another tenant, Conflict where the plans differ, and whatever making a plan raises.
    """
    saved_plan.require_same_tenant(azure, saved)
    wanted = saved.plan.wanted
    given = principal_id or wanted.principal_id
    if wanted.place is None:
        now = plan_principal(azure, wanted.procedure)
    elif wanted.granted:
        now = plan_grant(
            azure,
            _where_planned(wanted.place),
            firewall_ip=saved.plan.around.asked.firewall_ip,
            role_name=wanted.role_name,
            principal_id=given,
            description=wanted.description,
            until=wanted.until,
            enforce_until=wanted.enforce_until,
            only=wanted.only,
            update_shared_role=wanted.update_shared_role,
            known=wanted.known,
            peering_name=saved.plan.around.asked.peering_name,
            choose_next_hop=saved_plan.next_hop_as_planned(saved.plan),
        )
    else:
        now = plan_revoke(
            azure,
            _where_planned(wanted.place),
            role_name=wanted.role_name,
            principal_id=given,
            delete_role=wanted.delete_role,
            known=wanted.known,
            for_review=bool(saved.carried_out),
        )
    if now.observed.unchecked and not principal_id:
        raise saved_rules.unchecked(now)
    if now.cannot_be_made:
        raise now.cannot_be_made.as_error()
    if lines := saved_rules.differences(saved.plan, now):
        raise saved_rules.moved(lines)
    return now


def require_not_undone(azure: Azure, saved: SavedPlan, now: Plan) -> str:
    """Raises Conflict where a saved plan was carried out before and undone since, by the note in its file or by the
    activity log; returns a sentence where that could not be told, else "".
    """
    return saved_plan.require_not_undone(azure, saved, now) if now.writes else ""


def _where_planned(place: Place) -> Where:
    """All that it is known by, to be looked up again."""
    return replace(
        place.where,
        subscription=place.subscription.id,
        resource_group=place.resource_group,
        name=place.name,
    )


def plan_offline(place: Place, **wanted: Any) -> Plan:
    """A plan of a tenant that nobody looked at: for its script, which looks for itself. `wanted` as in `Wanted`."""
    return decide(_wanted(place, **wanted), observe.offline())


def _begin(
    azure: Azure,
    where: Where,
    wanting: Callable[[Place], Wanted],
    asked: Asked,
    listed: collecting.Listed | None = None,
) -> observe.Reading | None:
    """Begin to read what the plan needs beside the place, where its subscription is known by its ID."""
    known = collecting.known(azure, where)
    return (
        observe.begin(azure, wanting(known), asked, listed.resources if listed else None) if known else None
    )


def _wanted(place: Place, **wanted: Any) -> Wanted:
    everywhere = wanted.get("only") is Part.PRINCIPAL
    return Wanted(place.procedure, place.tenant_id, None if everywhere else place, **wanted)


def plan_again(azure: Azure, plan: Plan) -> Plan:
    """The same plan, of what Azure holds now."""
    make = observe.for_plan if plan.wanted.granted else observe.for_revoke
    return make(azure, plan.wanted, plan.around.asked)


def apply(
    azure: Azure,
    plan: Plan,
    *,
    progress: Progress = lambda *_: None,
    trust: Trust = lambda _: False,
) -> Applied:
    """Carry the plan out. It can be made and applied again at any time: what is right already is kept.

    `progress` is told of each change; `trust` is shown the application where the plan could not show it, says
    whether it asked anybody, and may raise Cancelled. Raises the error of the first finding that stops the plan, and
    whatever Azure refuses.
    """
    if plan.stopped_by:
        raise plan.stopped_by.as_error()
    return applying.apply(azure, plan, progress=progress, trust=trust)


def verify(azure: Azure, plan: Plan, applied: Applied) -> Result:
    """Read back what the plan was to reach. Raises Conflict, Failed or TimedOut when it is not so."""
    done = Result(plan=plan, applied=applied, place=plan.wanted.place)
    if not plan.wanted.granted:
        remaining = what_remains(azure, plan)
        left = write_access.decide(plan.wanted, plan.observed, remaining)
        outcome, _ = left.after_revoke
        return done.having(verified=True, holdings=remaining, access=left, outcome=outcome)
    if not plan.wanted.includes(Part.ASSIGNMENT):
        return done
    held = verify_grant(azure, plan, applied)
    found = write_access.decide(plan.wanted, plan.observed, held)
    return done.having(verified=plan.holder_checked, holdings=held, access=found)


def access_after(azure: Azure, plan: Plan) -> WriteAccess:
    """Through what Astronomer's principal can write to what is peered when the plan is carried out, the grant left
    aside.
    """
    return write_access.decide(plan.wanted, plan.observed, what_remains(azure, plan))


def what_remains(azure: Azure, plan: Plan) -> Holdings:
    """What Astronomer's principal holds here when what the plan removes is gone."""
    going = {change.thing.azure_id for change in plan.changes if change.after is None}
    others = [one for one in plan.observed.assignments if one.id not in going]
    return holdings(azure, plan.wanted, plan.observed, others)


def end_of_grant(azure: Azure, place: Place) -> date | None:
    """The last day of the grant, as its assignment says it under the name that we derive.

    None where it says none, where there is no such assignment, and where it may not be read.
    """
    wanted = _wanted(place)
    with suppress(AstroPeerError):
        there = azure.authorization.assignment(assignment.resource_id(wanted.scope, assignment.name(wanted)))
        return end.read(there.description).until if there else None
    return None


def status(
    azure: Azure,
    place: Where | Place,
    *,
    role_name: str | None = None,
    principal_id: str | None = None,
    known: tuple[str, ...] = (),
) -> tuple[Status, Holdings]:
    """Whether Astronomer's principal can write to hubs (or virtual networks) here, and through what; all that it holds.

    Only reads.

    `known`: resource IDs of assignments to it that are wanted, and not counted. One that is gone, and one of several,
    leave the subscription, where the rights are. Raises what `plan_grant` raises.
    """
    wanting = partial(_wanted, role_name=role_name, principal_id=principal_id, known=known)
    observing = None
    if isinstance(place, Where):
        place = identified(azure, place)
        listed = collecting.begin(azure, place, None)
        if begun_at := collecting.known(azure, place):
            observing = azure.beside(observe.observe, azure, wanting(begun_at), listed.resources)
        place = _place_or_subscription(azure, place, listed)
    connecting = azure.start(connections, azure, place) if place.resource else None
    wanted = wanting(place)
    observed = observing.result() if observing else observe.observe(azure, wanted)
    held = holdings(azure, wanted, observed)
    connected = connecting.result() if connecting else None
    recent = azure.younger_than(observe.NEW_SECONDS, observed.role.updated_on if observed.role else None)
    findings = decide(wanted, observed).not_passed
    found = write_access.decide(wanted, observed, held)
    return statuses.Status(wanted, observed, found, findings, connected, recent), held


def _place_or_subscription(azure: Azure, where: Where, listed: collecting.Listed) -> Place:
    try:
        return with_firewall(azure, find_resource(azure, where, None, listed), None, None, listed)
    except NotFound:
        if not where.subscription:
            raise
        return collect_subscription(azure, where)
    except SeveralFit as several:
        if where.name:
            raise
        return collect_subscription(azure, replace(where, subscription=several.subscription))


def audit(
    azure: Azure,
    place: Where | Place,
    *,
    since: datetime | None = None,
    role_name: str | None = None,
    principal_id: str | None = None,
) -> Audit:
    """What Astronomer's principal changed in the subscription, by Azure's activity log. Only reads.

    `since`: with its zone; left out, the grant that is there, else as far back as the log goes. Raises what Azure
    refuses.
    """
    if isinstance(place, Where):
        place = collect_subscription(azure, identified(azure, place))
    wanted = _wanted(place, role_name=role_name, principal_id=principal_id)
    return auditing.audit(azure, wanted, observe.observe(azure, wanted), since)


def connections(azure: Azure, place: Place) -> tuple[Connection, ...]:
    """What is connected to it now: a baseline to tell by what Astronomer makes later. Only reads."""
    if place.resource is None:
        return ()
    return resources.of(azure, place.procedure).connections_of(place.resource)


def watch(
    azure: Azure,
    wanted: Wanted,
    observed: Observed,
    *,
    before: Baseline,
    began: datetime,
    at_most: timedelta,
    observer: Observer,
    principal_id: str | None = None,
) -> Watch:
    """Wait until Astronomer has connected to what `wanted` names, or has failed to, or `at_most` is over. Only reads.

    `began`: when `before` was listed, by Azure's clock. `principal_id`: of a principal that was made since `observed`.
    Raises what keeps it from looking at the hub and does not pass.
    """
    resource = wanted.target.resource
    if resource is None:
        raise ValueError("only what was found can be watched")
    who = auditing.identity(azure, wanted, observed)
    if principal_id:
        who = replace(who, object_ids=who.object_ids | {principal_id.lower()})
    since = began if before.basis is Basis.GRANT else auditing.grant_began(wanted, observed)
    oldest = began - KEPT + timedelta(minutes=5)
    others = [one for one in observed.reach if not same(one.id, resource.id)]
    watched = watching.Watched(wanted.procedure, resource, before, began, max(since or oldest, oldest), who)
    begun = Watch(
        *(resource.id, resource.name, before, Seen(), 0.0, at_most.total_seconds()),
        *after(wanted),
        others=len(others),
        procedure=wanted.procedure,
    )
    ended = watching.watch_resource(
        azure, watched, Owners(azure, wanted.target.subscription), begun, observer
    )
    if ended.verdict is not Verdict.CONNECTED or not others:
        return ended
    return replace(ended, elsewhere=peerings.of_all(azure, wanted, others))


def after(wanted: Wanted) -> tuple[Command, Command]:
    """The command that goes on watching, and the one that takes the rights back."""
    given = ("--principal-object-id", wanted.principal_id) if wanted.principal_id else ()
    options = (*role_option(wanted), *given)
    resource_id = wanted.target.resource.id if wanted.target.resource else ""
    subscription = ("--subscription", wanted.target.subscription.id)
    return (
        astro_peer("status", f"{wanted.procedure.flag}-id", resource_id, *options, "--watch"),
        astro_peer("revoke", *subscription, *wanted.procedure.option, *options),
    )


def overview(
    azure: Azure,
    *,
    role_name: str | None = None,
    principal_id: str | None = None,
    known: tuple[str, ...] = (),
    procedure: Procedure | None = None,
) -> Overview:
    """The status of every subscription that the caller can see, read side by side. Only reads.

    What cannot be read of one is its error, and stops no other.
    """

    def look(subscription: Subscription) -> SubscriptionStatus:
        try:
            where = Where(subscription.id, procedure=procedure or procedures.load())
            place = collect_subscription(azure, where)
            found, held = status(azure, place, role_name=role_name, principal_id=principal_id, known=known)
        except AstroPeerError as error:
            return SubscriptionStatus(subscription, error, Holdings())
        for finding in found.stopped_by:
            return SubscriptionStatus(subscription, finding.as_error(), held)
        return SubscriptionStatus(subscription, found, held)

    looking = [azure.beside(look, one) for one in azure.subscriptions.visible()]
    return Overview(tuple(one.result() for one in looking))
