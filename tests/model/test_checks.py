"""What is checked around a grant: each rule, for what is in order, what is not, and what could not be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from astro_peer import procedure
from astro_peer.errors import AzureAnswer, NotFound, NotPermitted
from astro_peer.model.access import Holding, Holdings
from astro_peer.model.check import Check
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import (
    HubConnection,
    Permission,
    RoleAssignment,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    VirtualHub,
)
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place
from astro_peer.model.plan import Plan, decide
from astro_peer.model.rights import EVERYBODY, Verdict
from astro_peer.model.surroundings import (
    AroundHub,
    Asked,
    AssignmentUsage,
    AstroCluster,
    AstroSide,
    DenyAssignment,
    DetectedFirewall,
    DirectoryRole,
    HubRouting,
    Lock,
    Network,
    RoutingPolicy,
    SignIn,
    Surroundings,
    VirtualWan,
)
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import Command

PROCEDURE = procedure.load()
TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
CALLER = "33333333-3333-3333-3333-333333333333"
ASTRONOMER = "44444444-4444-4444-4444-444444444444"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SCOPE}/resourceGroups/rg"
NETWORKS = f"{GROUP}/providers/Microsoft.Network"
WAN = f"{NETWORKS}/virtualWans/wan"
HUB = VirtualHub(
    f"{NETWORKS}/virtualHubs/hub",
    "hub",
    "rg",
    SUBSCRIPTION,
    "westeurope",
    "Succeeded",
    "Provisioned",
    None,
    WAN,
    "10.10.0.0/23",
)
SPOKE = Network(f"{NETWORKS}/virtualNetworks/spoke", ("10.20.0.0/16", "fd00:20::/48"))
TO_SPOKE = HubConnection(f"{HUB.id}/hubVirtualNetworkConnections/spoke", "spoke", "Succeeded", SPOKE.id)
UNREAD = NotPermitted("It could not be read.", answer=AzureAnswer("AuthorizationFailed", "no", 403))
USER = SignIn(
    "somebody",
    CALLER,
    TENANT,
    "cli",
    "Azure",
    "https://graph.example",
    False,
    datetime(2026, 11, 23, 12, tzinfo=UTC),
)
APPLICATION = replace(USER, is_application=True)
OWNER = (Permission(("*",)),)
CONTRIBUTOR = (Permission(("*",), ("Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete")),)
CLUSTER = AstroCluster("c1", "prod", "AZURE", "DEDICATED", "CREATED", "westeurope", "172.20.0.0/19")
INTENT = RoutingPolicy("private", ("PrivateTraffic",), f"{NETWORKS}/azureFirewalls/afw")
FORBIDS = (Permission(("Microsoft.Authorization/roleAssignments/*",)),)


def around_hub(**other: object) -> AroundHub:
    ready = AroundHub(
        wan=VirtualWan(WAN, "wan", "Standard", (HUB.id,)),
        routing=HubRouting(),
        connections=(TO_SPOKE,),
        other_hubs=(),
        connections_elsewhere=(),
        hubs_unread=(),
        networks=(SPOKE,),
        firewall=DetectedFirewall(None, "the hub has no firewall of its own"),
    )
    return replace(ready, **other)  # type: ignore[arg-type]


READY = Surroundings(
    asked=Asked(peering_name="astro"),
    sign_in=USER,
    registration="Registered",
    directory_roles=(DirectoryRole("Global Administrator", "62e90394-69f5-4237-9190-012177145e10"),),
    own_assignments=(),
    denials=(),
    usage=AssignmentUsage(10, 4000),
    locks=(),
    deleted_principals=frozenset(),
    hub=around_hub(),
)


def plan(
    around: Surroundings = READY,
    observed: Observed | None = None,
    *,
    granted: bool = True,
    hub: VirtualHub | None = HUB,
    state: str = "Enabled",
) -> Plan:
    place = Place(TENANT, Subscription(SUBSCRIPTION, "prod", TENANT, state), resource=hub)
    seen = observed or Observed(permissions={SCOPE: OWNER})
    return decide(Wanted(PROCEDURE, TENANT, place, granted=granted), seen, around)


def finding(made: Plan, name: str) -> Finding:
    found = [one for one in made.findings if one.id == name]
    assert len(found) == 1, [one.id for one in made.findings]
    return found[0]


def test_where_all_is_in_order_everything_passes() -> None:
    made = plan()
    assert made.not_passed == ()
    assert Check(made).exit_code == 0
    assert Check(made, strict=True).exit_code == 0
    assert {one.verdict for one in made.abilities} == {Verdict.CAN}
    assert {
        "signed-in",
        "subscription",
        "provider-registered",
        "locks",
        "principal",
        "role",
        "assignment",
    } < {one.id for one in made.findings}
    assert {"deny-assignments", "role-assignments-left"} < {one.id for one in made.findings}


@pytest.mark.parametrize(
    ("name", "level", "blocks", "around"),
    [
        ("provider-registered", Level.FAIL, Blocks.PEERING, {"registration": "NotRegistered"}),
        ("provider-registered", Level.WARNING, Blocks.PEERING, {"registration": "Registering"}),
        ("provider-registered", Level.UNKNOWN, Blocks.PEERING, {"registration": UNREAD}),
        ("principal-deleted", Level.WARNING, Blocks.NOTHING, {"deleted_principals": frozenset([ASTRONOMER])}),
        ("principal-deleted", Level.UNKNOWN, Blocks.NOTHING, {"deleted_principals": UNREAD}),
        ("principal-holds", Level.UNKNOWN, Blocks.NOTHING, {"holdings": UNREAD}),
        ("deny-assignments", Level.UNKNOWN, Blocks.GRANT, {"denials": UNREAD}),
        ("role-assignments-left", Level.WARNING, Blocks.GRANT, {"usage": AssignmentUsage(3990, 4000)}),
        ("role-assignments-left", Level.FAIL, Blocks.GRANT, {"usage": AssignmentUsage(4000, 4000)}),
        ("role-assignments-left", Level.UNKNOWN, Blocks.NOTHING, {"usage": UNREAD}),
        ("locked", Level.FAIL, Blocks.GRANT, {"locks": (Lock("l", "ReadOnly", SCOPE),)}),
        ("lock-blocks-revoke", Level.WARNING, Blocks.REVOKE, {"locks": (Lock("l", "CanNotDelete", SCOPE),)}),
        ("lock-blocks-peering", Level.FAIL, Blocks.PEERING, {"locks": (Lock("l", "ReadOnly", GROUP),)}),
        ("lock-blocks-peering", Level.FAIL, Blocks.PEERING, {"locks": (Lock("l", "ReadOnly", HUB.id),)}),
        ("lock-on-hub", Level.PASS, Blocks.NOTHING, {"locks": (Lock("l", "CanNotDelete", GROUP),)}),
        (
            "locks",
            Level.PASS,
            Blocks.NOTHING,
            {"locks": (Lock("l", "ReadOnly", f"{SCOPE}/resourceGroups/other"),)},
        ),
        ("locks", Level.UNKNOWN, Blocks.GRANT, {"locks": UNREAD}),
    ],
)
def test_around_the_subscription(name: str, level: Level, blocks: Blocks, around: dict[str, object]) -> None:
    found = finding(plan(replace(READY, **around)), name)  # type: ignore[arg-type]
    assert (found.level, found.blocks) == (level, blocks)
    if level is not Level.PASS and not isinstance(next(iter(around.values())), NotPermitted):
        assert found.says and found.fact and found.way_out and found.who


ELSEWHERE = f"{SCOPE}/resourceGroups/other"
CONNECTS = (Permission((PROCEDURE.write_actions[0],)),)


@pytest.mark.parametrize(
    ("denial", "level", "blocks"),
    [
        (DenyAssignment("d", SCOPE, FORBIDS, (EVERYBODY,), ()), Level.WARNING, Blocks.GRANT),
        (DenyAssignment("d", SCOPE, CONNECTS, (EVERYBODY,), ()), Level.WARNING, Blocks.PEERING),
        (DenyAssignment("d", SCOPE, OWNER, (ASTRONOMER,), ()), Level.WARNING, Blocks.GRANT),
        (DenyAssignment("d", ELSEWHERE, OWNER, (EVERYBODY,), ()), Level.PASS, Blocks.NOTHING),
        (
            DenyAssignment("d", SCOPE, (Permission(("Microsoft.Compute/*",)),), (EVERYBODY,), ()),
            Level.PASS,
            Blocks.NOTHING,
        ),
    ],
)
def test_a_deny_assignment_is_told_where_it_forbids_the_grant_or_the_peering(
    denial: DenyAssignment, level: Level, blocks: Blocks
) -> None:
    found = finding(plan(replace(READY, denials=(denial,))), "deny-assignments")
    assert (found.level, found.blocks, found.stops) == (level, blocks, False)


@pytest.mark.parametrize(
    ("level", "scope"), [("CanNotDelete", SCOPE), ("ReadOnly", GROUP), ("CanNotDelete", GROUP)]
)
def test_where_there_is_a_lock_none_is_not_said(level: str, scope: str) -> None:
    made = plan(replace(READY, locks=(Lock("l", level, scope),)))
    assert "locks" not in [one.id for one in made.findings]
    removing = ("az", "lock", "delete", "--ids", f"{scope}/providers/Microsoft.Authorization/locks/l")
    for one in made.not_passed:
        assert Command(removing) in one.way_out.parts


def test_a_lock_on_the_hub_is_nothing_to_a_revoke_and_locks_that_are_unread_are() -> None:
    of_hub = plan(replace(READY, locks=(Lock("l", "ReadOnly", GROUP),)), granted=False)
    assert not [one for one in of_hub.not_passed if "lock" in one.id]
    unread = finding(plan(replace(READY, locks=UNREAD), granted=False), "locks")
    assert (unread.level, unread.blocks, unread.exit_code) == (Level.UNKNOWN, Blocks.REVOKE, UNREAD.exit_code)


def test_who_may_review_a_plan_that_is_stopped_by_what_stands_around_it() -> None:
    for around in ({"locks": (Lock("l", "ReadOnly", SCOPE),)}, {"usage": AssignmentUsage(4000, 4000)}):
        made = plan(replace(READY, **around))  # type: ignore[arg-type]
        assert made.stopped_by and not made.cannot_be_made


@pytest.mark.parametrize(
    ("count", "level"), [(3949, Level.PASS), (3950, Level.WARNING), (3999, Level.WARNING)]
)
def test_how_many_role_assignments_are_left(count: int, level: Level) -> None:
    around = replace(READY, usage=AssignmentUsage(count, 4000))
    assert finding(plan(around), "role-assignments-left").level is level


def test_what_a_way_out_deletes_or_restores_is_named_exactly() -> None:
    two = frozenset(["b", "a"])
    found = finding(plan(replace(READY, deleted_principals=two)), "principal-deleted")
    restoring = [
        Command(
            (
                *("az", "rest", "--method", "post", "--url"),
                f"https://graph.example/v1.0/directory/deletedItems/{one}/restore",
                *("--resource", "https://graph.example"),
            )
        )
        for one in "ab"
    ]
    assert found.way_out.parts[1:] == (restoring[0], " or ", restoring[1])
    unregistered = finding(plan(replace(READY, registration="NotRegistered")), "provider-registered")
    words = ("az", "provider", "register", "--namespace", "Microsoft.Network", "--subscription", SUBSCRIPTION)
    assert Command(words) in unregistered.way_out.parts


def test_a_principal_that_is_there_is_told_and_one_that_is_not_is_not_said_to_be() -> None:
    there = Observed(
        principal=ServicePrincipal(ASTRONOMER, PROCEDURE.application_id), permissions={SCOPE: OWNER}
    )
    assert ASTRONOMER in finding(plan(observed=there), "principal").says
    assert "not in the tenant yet" in finding(plan(), "principal").says
    disabled = replace(there, principal=replace(there.principal, account_enabled=False))  # type: ignore[type-var]
    assert "principal" not in [one.id for one in plan(observed=disabled).findings]


@pytest.mark.parametrize("part", ["routing", "networks", "connections"])
def test_what_cannot_be_read_of_the_hub_is_not_counted_as_few(part: str) -> None:
    known = {"routing": HubRouting(policies=(INTENT,)), part: UNREAD}
    made = plan(replace(READY, hub=around_hub(**known)))
    assert "address-prefixes" not in [one.id for one in made.findings]
    assert any(one.level is Level.UNKNOWN for one in made.findings)


@pytest.mark.parametrize(
    ("hubs", "count", "level"),
    [
        (1, 498, Level.WARNING),
        (1, 499, Level.FAIL),
        (20, 431, Level.PASS),
        (20, 479, Level.WARNING),
        (20, 480, Level.FAIL),
    ],
)
def test_how_many_connections_a_hub_takes_depends_on_how_many_hubs_there_are(
    hubs: int, count: int, level: Level
) -> None:
    wan = VirtualWan(WAN, "wan", "Standard", tuple(f"{HUB.id}{number}" for number in range(hubs)))
    hub = around_hub(wan=wan, connections=(TO_SPOKE,) * count)
    assert finding(plan(replace(READY, hub=hub)), "connections").level is level
    if hubs == 1:
        unread = replace(hub, wan=UNREAD)
        assert finding(plan(replace(READY, hub=unread)), "connections").level is level


@pytest.mark.parametrize("own", [HubRouting(route_tables=("mine",)), HubRouting(route_maps=("mine",))])
def test_what_the_role_cannot_read_of_the_routing_is_left_to_do(own: HubRouting) -> None:
    found = finding(plan(replace(READY, hub=around_hub(routing=own))), "routing")
    assert "cannot read route tables" in found.fact and "mine" in found.says
    default = finding(plan(), "routing")
    assert (default.says, default.fact) == ("The hub's routing: Azure's default.", "")


def test_ranges_with_host_bits_are_compared_all_the_same() -> None:
    spoke = replace(SPOKE, prefixes=("172.20.5.1/16",))
    cluster = replace(CLUSTER, range="172.20.0.1/19")
    around = replace(READY, hub=around_hub(networks=(spoke,)), astro=AstroSide(cluster, (cluster,)))
    made = plan(around)
    assert any(one.level is Level.FAIL and one.blocks is Blocks.PEERING for one in made.findings)


@pytest.mark.parametrize(
    ("name", "level", "around"),
    [
        ("virtual-wan", Level.FAIL, {"wan": VirtualWan(WAN, "wan", "Basic", ())}),
        ("virtual-wan", Level.UNKNOWN, {"wan": UNREAD}),
        ("connections", Level.UNKNOWN, {"connections": UNREAD}),
        ("connections", Level.WARNING, {"connections": (TO_SPOKE,) * 490}),
        ("connections", Level.FAIL, {"connections": (TO_SPOKE,) * 499}),
        ("connection-name", Level.WARNING, {"connections": (replace(TO_SPOKE, name="ASTRO"),)}),
        ("routing", Level.UNKNOWN, {"routing": UNREAD}),
        ("routing", Level.PASS, {"routing": HubRouting(("rt",), ("map",), (INTENT,))}),
        ("firewall", Level.UNKNOWN, {"firewall": DetectedFirewall(None, "X", unread=True)}),
        ("firewall", Level.WARNING, {"firewall": DetectedFirewall(None, "X", several=True)}),
        ("firewall", Level.PASS, {"firewall": DetectedFirewall("10.10.0.4", "Azure Firewall afw")}),
        ("firewall", Level.WARNING, {"routing": HubRouting(policies=(INTENT,))}),
        ("firewall-public", Level.WARNING, {"firewall": DetectedFirewall("20.50.0.4", "an appliance")}),
        ("address-space-unread", Level.UNKNOWN, {"networks": UNREAD}),
        ("address-space-unread", Level.UNKNOWN, {"other_hubs": UNREAD}),
        ("address-space-unread", Level.UNKNOWN, {"networks": ()}),
        ("address-space-unread", Level.UNKNOWN, {"hubs_unread": (f"{HUB.id}2",)}),
        ("address-prefixes", Level.PASS, {"routing": HubRouting(policies=(INTENT,))}),
    ],
)
def test_around_the_hub(name: str, level: Level, around: dict[str, object]) -> None:
    made = plan(replace(READY, hub=around_hub(**around)))
    found = finding(made, name)
    assert found.level is level
    assert made.stopped_by is None, "what concerns the peering does not stop the grant"


@pytest.mark.parametrize(("prefixes", "level"), [(539, Level.PASS), (540, Level.WARNING), (600, Level.FAIL)])
def test_routing_intent_bears_so_many_prefixes(prefixes: int, level: Level) -> None:
    many = replace(SPOKE, prefixes=tuple(f"10.{20 + n // 250}.{n % 250}.0/24" for n in range(prefixes)))
    hub = around_hub(networks=(many,), routing=HubRouting(policies=(INTENT,)))
    assert finding(plan(replace(READY, hub=hub)), "address-prefixes").level is level
    internet_only = replace(INTENT, destinations=("Internet",))
    hub = replace(hub, routing=HubRouting(policies=(internet_only,)))
    assert not [one for one in plan(replace(READY, hub=hub)).findings if one.id == "address-prefixes"]


def test_routing_intent_is_never_given_advice_about_labels() -> None:
    hub = around_hub(routing=HubRouting(("rt",), (), (INTENT,)))
    fact = finding(plan(replace(READY, hub=hub)), "routing").fact
    assert "ask for no route table or label" in fact


@pytest.mark.parametrize(
    ("provisioning", "routing", "level"),
    [
        ("Updating", "Provisioned", Level.WARNING),
        ("Succeeded", "Provisioning", Level.WARNING),
        ("Failed", "None", Level.FAIL),
        ("Succeeded", "Failed", Level.FAIL),
    ],
)
def test_a_hub_that_is_not_ready(provisioning: str, routing: str, level: Level) -> None:
    hub = replace(HUB, provisioning_state=provisioning, routing_state=routing)
    made = plan(hub=hub)
    assert finding(made, "hub-not-ready").level is level
    assert made.stopped_by is None


def test_a_hub_that_is_missing_leaves_the_rest_to_be_checked() -> None:
    missing = NotFound(
        "The virtual hub x could not be read.", answer=AzureAnswer("ResourceNotFound", "no", 404)
    )
    made = plan(replace(READY, hub=None, resource_missing=missing), hub=None)
    assert finding(made, "hub").exit_code == 6
    assert finding(made, "locks").level is Level.PASS


@pytest.mark.parametrize("state", ["Warned", "PastDue"])
def test_a_subscription_that_is_not_paid(state: str) -> None:
    assert finding(plan(state=state), "subscription-past-due").level is Level.WARNING


def test_a_disabled_subscription_stops_the_grant() -> None:
    stopped = plan(state="Disabled").stopped_by
    assert stopped and stopped.id == "subscription-disabled"


# The firewall's address


@pytest.mark.parametrize(
    ("given", "detected", "levels"),
    [
        ("20.50.0.4", None, {"firewall-public": Level.WARNING, "firewall": Level.PASS}),
        ("20.50.0.4", "10.10.0.4", {"firewall-public": Level.WARNING, "firewall-differs": Level.WARNING}),
        ("10.10.0.5", "10.10.0.4", {"firewall-differs": Level.WARNING}),
        ("10.10.0.4", "10.10.0.4", {"firewall": Level.PASS}),
        ("10.10.0.4", None, {"firewall": Level.PASS}),
    ],
)
def test_the_firewall_given_and_found(given: str, detected: str | None, levels: dict[str, Level]) -> None:
    hub = around_hub(firewall=DetectedFirewall(detected, "Azure Firewall afw"))
    made = plan(replace(READY, asked=Asked(firewall_ip=given), hub=hub))
    about = {one.id: one for one in made.findings if one.id.startswith("firewall")}
    assert {name: one.level for name, one in about.items()} == levels
    if detected and given != detected:
        text = about["firewall-differs"].says
        assert given in text and detected in text


# Address space


@pytest.mark.parametrize(
    ("ranges", "level", "named"),
    [
        ((), Level.PASS, "an assumption"),
        (("172.20.0.0/19",), Level.PASS, "--astro-range"),
        (("10.20.4.0/22",), Level.FAIL, "virtual network spoke"),
        (("10.0.0.0/8",), Level.FAIL, "virtual hub hub"),
        (("fd00:20:0:1::/64",), Level.FAIL, "fd00:20::/48"),
        (("fd00:21::/48",), Level.PASS, ""),
    ],
)
def test_astros_range_against_what_is_connected(ranges: tuple[str, ...], level: Level, named: str) -> None:
    found = finding(plan(replace(READY, asked=Asked(astro_ranges=ranges))), "address-space")
    assert found.level is level
    assert named in found.says + found.fact


def test_a_collision_with_an_assumed_range_is_only_a_warning() -> None:
    hub = around_hub(networks=(replace(SPOKE, prefixes=("172.20.8.0/24",)),))
    found = finding(plan(replace(READY, hub=hub)), "address-space")
    assert found.level is Level.WARNING
    assert "--astro-range" in str(found.way_out)


def test_other_hubs_of_the_same_wan_count() -> None:
    other = replace(HUB, id=f"{HUB.id}2", name="hub2", address_prefix="172.20.1.0/24")
    hub = around_hub(other_hubs=(other,))
    assert "virtual hub hub2" in finding(plan(replace(READY, hub=hub)), "address-space").fact


def test_a_network_that_cannot_be_read_is_not_free() -> None:
    foreign = HubConnection(
        f"{HUB.id}/hubVirtualNetworkConnections/x", "x", "Succeeded", "/subscriptions/other/vnet"
    )
    hub = around_hub(connections=(TO_SPOKE, foreign))
    found = finding(plan(replace(READY, hub=hub)), "address-space-unread")
    assert found.level is Level.UNKNOWN
    assert foreign.remote_network_id in found.fact
    assert SPOKE.id not in found.fact


# Astro's side


@pytest.mark.parametrize(
    ("cluster", "level"),
    [
        (CLUSTER, Level.PASS),
        (replace(CLUSTER, status="CREATING"), Level.WARNING),
        (replace(CLUSTER, status="CREATE_FAILED"), Level.FAIL),
        (replace(CLUSTER, kind="HYBRID"), Level.FAIL),
        (replace(CLUSTER, cloud="AWS"), Level.FAIL),
        (UNREAD, Level.FAIL),
    ],
)
def test_the_astro_cluster(cluster: AstroCluster | NotPermitted, level: Level) -> None:
    found = finding(plan(replace(READY, astro=AstroSide(cluster))), "astro-cluster")
    assert (found.level, found.blocks if level is not Level.PASS else Blocks.PEERING) == (
        level,
        Blocks.PEERING,
    )


def test_the_clusters_own_ranges_are_compared_its_recovery_range_too() -> None:
    cluster = replace(CLUSTER, recovery_range="10.20.0.0/19")
    found = finding(plan(replace(READY, astro=AstroSide(cluster))), "address-space")
    assert found.level is Level.FAIL
    assert "disaster recovery" in found.fact


@pytest.mark.parametrize(
    ("others", "level"),
    [
        ((CLUSTER,), Level.PASS),
        ((replace(CLUSTER, id="c2", range="172.21.0.0/19"),), Level.PASS),
        ((replace(CLUSTER, id="c2"),), Level.WARNING),
        (UNREAD, Level.UNKNOWN),
    ],
)
def test_other_clusters_whose_ranges_collide(
    others: tuple[AstroCluster, ...] | NotPermitted, level: Level
) -> None:
    assert finding(plan(replace(READY, astro=AstroSide(CLUSTER, others))), "astro-clusters").level is level


# The principal and what it holds


def test_every_other_role_of_the_principal_is_shown() -> None:
    principal = ServicePrincipal(ASTRONOMER, PROCEDURE.application_id, "Astronomer")
    owner = RoleAssignment(f"{SCOPE}/a", "a", SCOPE, "g", ASTRONOMER, "ServicePrincipal")
    role = RoleDefinition("g", "Owner", False, "", OWNER, ("/",))
    held = Holdings((Holding(owner, role, ours=False, through_group=False, writes=True),))
    found = finding(
        plan(replace(READY, holdings=held), Observed(principal=principal, permissions={SCOPE: OWNER})),
        "principal-holds",
    )
    assert found.level is Level.WARNING
    assert f"Owner on {SCOPE} (writes to hubs)" in found.fact
    assert "can write to hubs through them already" in found.says
    none = plan(replace(READY, holdings=Holdings()), Observed(principal=principal))
    assert finding(none, "principal-holds").level is Level.PASS


def test_what_a_deleted_principal_left_behind_is_said() -> None:
    left = RoleAssignment(f"{SCOPE}/left", "left", SCOPE, "g", ASTRONOMER, "ServicePrincipal")
    role = RoleDefinition("g", PROCEDURE.role_name, True, "", (Permission(PROCEDURE.actions),), (SCOPE,))
    seen = Observed(role=role, of_role=(left,), deleted=frozenset([ASTRONOMER]), permissions={SCOPE: OWNER})
    found = finding(plan(observed=seen), "assignment-left-behind")
    assert found.level is Level.PASS and left.id in found.fact


# Rights


def verdicts(made: Plan) -> dict[str, Verdict]:
    return {one.part: one.verdict for one in made.abilities}


def test_a_contributor_hands_over_role_and_assignment() -> None:
    made = plan(observed=Observed(permissions={SCOPE: CONTRIBUTOR}))
    assert verdicts(made) == {
        "principal": Verdict.CAN,
        "role": Verdict.CANNOT,
        "assignment": Verdict.CANNOT,
        "revoke": Verdict.CANNOT,
    }
    assert finding(made, "rights-revoke").level is Level.WARNING
    stopped = made.stopped_by
    assert stopped and stopped.id == "rights-role" and stopped.exit_code == 5
    commands = [part.words for part in stopped.way_out.parts if isinstance(part, Command)]
    assert commands == [
        ("astro-peer", "grant", "--only", "role", "--subscription", SUBSCRIPTION, "--tenant", TENANT)
    ]


@pytest.mark.parametrize(
    ("around", "verdict"),
    [
        ({"directory_roles": ()}, Verdict.PROBABLY_NOT),
        ({"directory_roles": UNREAD}, Verdict.UNKNOWN),
        ({"directory_roles": (DirectoryRole("Custom", ASTRONOMER),)}, Verdict.PROBABLY_NOT),
        ({"sign_in": APPLICATION}, Verdict.PROBABLY_NOT),
        (
            {"sign_in": replace(APPLICATION, graph_permissions=("Application.ReadWrite.OwnedBy",))},
            Verdict.PROBABLY_NOT,
        ),
        (
            {"sign_in": replace(APPLICATION, graph_permissions=("Application.ReadWrite.All",))},
            Verdict.PROBABLY,
        ),
    ],
)
def test_who_may_make_the_principal(around: dict[str, object], verdict: Verdict) -> None:
    made = plan(replace(READY, **around))  # type: ignore[arg-type]
    assert verdicts(made)["principal"] is verdict
    assert made.stopped_by is None, "what is only probable stops nothing"


@pytest.mark.parametrize(
    ("around", "verdict"),
    [
        ({"denials": (DenyAssignment("d", SCOPE, FORBIDS, (CALLER,), ()),)}, Verdict.CANNOT),
        ({"denials": (DenyAssignment("d", SCOPE, FORBIDS, (EVERYBODY,), ()),)}, Verdict.PROBABLY_NOT),
        ({"denials": (DenyAssignment("d", SCOPE, FORBIDS, (EVERYBODY,), (CALLER,)),)}, Verdict.CAN),
        ({"denials": (DenyAssignment("d", SCOPE, FORBIDS, (ASTRONOMER,), ()),)}, Verdict.CAN),
        ({"denials": UNREAD}, Verdict.PROBABLY),
        ({"own_assignments": None}, Verdict.PROBABLY),
        (
            {"own_assignments": (RoleAssignment("", "", SCOPE, "", CALLER, "User", condition="@Request"),)},
            Verdict.PROBABLY,
        ),
    ],
)
def test_what_limits_the_right_to_assign(around: dict[str, object], verdict: Verdict) -> None:
    assert verdicts(plan(replace(READY, **around)))["assignment"] is verdict  # type: ignore[arg-type]


def test_a_warning_counts_only_when_it_is_asked_for() -> None:
    made = plan(replace(READY, registration="Registering"))
    assert Check(made).exit_code == 0
    assert Check(made, strict=True).exit_code == 7


def test_a_revoke_is_stopped_by_any_lock_on_the_subscription() -> None:
    locked = replace(READY, locks=(Lock("l", "CanNotDelete", SCOPE),))
    stopped = plan(locked, granted=False).stopped_by
    assert stopped and stopped.id == "locked" and stopped.blocks is Blocks.REVOKE
