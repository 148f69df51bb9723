"""The two sides of a peering, by Azure's rules: who may make one, what state it has, and what stands in its way."""

from collections.abc import Callable
from typing import Any

import pytest

from astro_peer.sandbox.tenant import (
    demo,
    demo_networks,
    everything_wrong,
    locks,
    peerings,
    tenant_states,
    virtual_networks,
)
from astro_peer.sandbox.tenant.beginnings import TenantState
from astro_peer.sandbox.tenant.building import (
    LONG_AGO,
    assign,
    made_id,
    make_gateway,
    make_network,
    make_peering,
)
from astro_peer.sandbox.tenant.clock import Clock
from astro_peer.sandbox.tenant.peerings import PEER, PEERINGS
from astro_peer.sandbox.tenant.personas import Persona
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.shown import peering_body, shown_properties
from astro_peer.sandbox.tenant.state import (
    Caller,
    Lock,
    Peering,
    PeeringState,
    Permission,
    Resource,
    ResourceGroup,
    RoleDefinition,
    Tenant,
)

GROUP = ResourceGroup(demo.PROD, demo_networks.GROUP, "westeurope")
NETWORKS = f"{GROUP.id}/providers/Microsoft.Network/virtualNetworks"
AIRFLOW, PLATFORM = f"{NETWORKS}/{demo_networks.AIRFLOW}", f"{NETWORKS}/{demo_networks.PLATFORM}"
SCIENCE = f"{NETWORKS}/{demo_networks.DATA_SCIENCE}"
EXPERIMENTS = (
    f"/subscriptions/{demo.DEV}/resourceGroups/rg-connectivity-dev/providers/Microsoft.Network/virtualNetworks"
    "/vnet-experiments"
)
OWNER = Caller(demo.persona_app_id(Persona.OWNER), demo.persona_principal_id(Persona.OWNER))
READER = Caller(demo.persona_app_id(Persona.READER), demo.persona_principal_id(Persona.READER))


def astronomer_of(tenant: Tenant) -> Caller:
    principal = tenant.principal_of(demo.ASTRONOMER_APP_ID)
    assert principal is not None
    return Caller(demo.ASTRONOMER_APP_ID, principal.id)


def put(tenant: Tenant, network: str, remote: str, name: str = "peer", **more: Any) -> Peering:
    who, sync, linked = more.pop("who", OWNER), more.pop("sync", False), more.pop("linked", None)
    body = {"remoteVirtualNetwork": {"id": remote}, **more}
    return peerings.put_peering(tenant, who, network, name, body, sync=sync, linked=linked)[0]


def states(tenant: Tenant, *networks: str) -> list[str]:
    return [
        peering_body(tenant, p)["properties"]["peeringState"]
        for network in networks
        for p in peerings.peerings_of(tenant, network)
    ]


def levels(tenant: Tenant, *networks: str) -> list[str]:
    return [peerings.sync_level(tenant, p) for n in networks for p in peerings.peerings_of(tenant, n)]


def refused(code: str, do: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        do()
    assert caught.value.code == code
    return caught.value


def write_prefixes(tenant: Tenant, network: str, *prefixes: str, **more: Any) -> Resource:
    body = {"addressSpace": {"addressPrefixes": list(prefixes)}, **more}
    return virtual_networks.put_network(tenant, OWNER, network, "westeurope", {}, body)[0]


def permit(tenant: Tenant, scope: str, principal_id: str, *actions: str) -> None:
    role = RoleDefinition(
        f"role {len(tenant.role_definitions)}",
        "some",
        (Permission(actions),),
        (scope,),
        True,
        "",
        LONG_AGO,
        LONG_AGO,
    )
    tenant.add(role)
    assign(tenant, scope, role.guid, principal_id, "ServicePrincipal")


def test_a_peering_is_connected_when_both_sides_are_there_and_disconnected_when_one_is_gone(
    tenant: Tenant,
) -> None:
    put(tenant, AIRFLOW, EXPERIMENTS)
    assert states(tenant, AIRFLOW, EXPERIMENTS) == ["Initiated"]
    assert levels(tenant, AIRFLOW) == ["RemoteNotInSync"], "the other side knows nothing yet"
    put(tenant, EXPERIMENTS, AIRFLOW, "back")
    assert states(tenant, AIRFLOW, EXPERIMENTS) == ["Connected", "Connected"]
    assert levels(tenant, AIRFLOW, EXPERIMENTS) == ["FullyInSync", "FullyInSync"]
    one, other = (peering_body(tenant, peerings.peerings_of(tenant, n)[0]) for n in (AIRFLOW, EXPERIMENTS))
    assert one["properties"]["resourceGuid"] == other["properties"]["resourceGuid"]
    assert {p["properties"]["provisioningState"] for p in (one, other)} == {"Updating"}
    tenant.clock.advance(1)
    for network in (AIRFLOW, EXPERIMENTS):
        (side,) = peerings.peerings_of(tenant, network)
        assert peering_body(tenant, side)["properties"]["provisioningState"] == "Succeeded"
    peerings.delete_peering(tenant, OWNER, AIRFLOW, "peer")
    assert states(tenant, AIRFLOW, EXPERIMENTS) == ["Disconnected"]
    refusal = refused("RemotePeeringIsDisconnected", lambda: put(tenant, AIRFLOW, EXPERIMENTS))
    assert refusal.status == 400 and not peerings.peerings_of(tenant, AIRFLOW)
    put(tenant, EXPERIMENTS, AIRFLOW, "back")
    assert states(tenant, EXPERIMENTS) == ["Initiated"]
    put(tenant, AIRFLOW, EXPERIMENTS)
    assert states(tenant, AIRFLOW, EXPERIMENTS) == ["Connected", "Connected"]
    assert peerings.delete_peering(tenant, OWNER, AIRFLOW, "none") is None


def test_a_changed_address_space_is_known_to_the_other_side_when_that_is_synchronized(tenant: Tenant) -> None:
    assert levels(tenant, PLATFORM, SCIENCE) == ["FullyInSync", "FullyInSync"]
    write_prefixes(tenant, PLATFORM, "10.40.0.0/16", "10.45.0.0/16")
    assert levels(tenant, PLATFORM, SCIENCE) == ["RemoteNotInSync", "LocalNotInSync"]
    write_prefixes(tenant, SCIENCE, "10.41.0.0/16")
    assert levels(tenant, PLATFORM, SCIENCE) == ["LocalAndRemoteNotInSync", "LocalAndRemoteNotInSync"]
    put(tenant, PLATFORM, SCIENCE, "peer-data-science", allowGatewayTransit=True)
    assert levels(tenant, PLATFORM, SCIENCE) == ["LocalAndRemoteNotInSync", "LocalAndRemoteNotInSync"]
    put(tenant, PLATFORM, SCIENCE, "peer-data-science", allowGatewayTransit=True, sync=True)
    assert levels(tenant, PLATFORM, SCIENCE) == ["RemoteNotInSync", "LocalNotInSync"]
    (shown,) = shown_properties(tenant, tenant.resources[SCIENCE.lower()])["virtualNetworkPeerings"]
    assert shown["properties"]["remoteAddressSpace"] == {"addressPrefixes": ["10.40.0.0/16"]}
    current = shown["properties"]["remoteVirtualNetworkAddressSpace"]["addressPrefixes"]
    assert current == ["10.40.0.0/16", "10.45.0.0/16"]


@pytest.mark.parametrize("prefixes", [("10.22.128.0/17",), ("10.50.0.0/16", "10.0.0.0/9")])
def test_networks_with_addresses_in_common_are_not_peered(tenant: Tenant, prefixes: tuple[str, ...]) -> None:
    other = make_network(GROUP, "other", *prefixes)
    tenant.add(other)
    refusal = refused("VnetAddressSpacesOverlap", lambda: put(tenant, EXPERIMENTS, other.id))
    assert "Overlapping address prefixes: 10.22.0.0/16." in refusal.message
    tenant.add(other := make_network(GROUP, "other", "10.60.0.0/16"))
    put(tenant, other.id, EXPERIMENTS)
    refused("VnetAddressSpacesOverlap", lambda: write_prefixes(tenant, other.id, *prefixes))


@pytest.mark.parametrize("network", [SCIENCE, PLATFORM])
def test_a_network_does_not_meet_what_the_other_is_peered_with(tenant: Tenant, network: str) -> None:
    """Whichever side is made first: the new one has the addresses of what the other has a peering with."""
    taken = "10.40.9.0/24" if network == SCIENCE else "10.41.9.0/24"
    tenant.add(other := make_network(GROUP, "other", taken))
    for one, two in ((network, other.id), (other.id, network)):
        refusal = refused("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", lambda: put(tenant, one, two))  # noqa: B023
        assert taken in refusal.message


def test_the_prefix_of_a_hub_counts_for_the_networks_connected_to_it(tenant: Tenant) -> None:
    shared = next(r.id for r in tenant.resources.values() if r.name == "vnet-shared-services")
    (hubs,) = shown_properties(tenant, tenant.resources[shared.lower()])["virtualNetworkPeerings"]
    assert hubs["properties"]["peeringSyncLevel"] == "FullyInSync"
    assert hubs["name"].startswith("RemoteVnetToHubPeering_") and hubs["properties"]["useRemoteGateways"]
    assert hubs["properties"]["remoteAddressSpace"] == {"addressPrefixes": ["10.10.0.0/23"]}
    tenant.add(other := make_network(GROUP, "other", "10.10.1.0/24"))
    refused("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", lambda: put(tenant, shared, other.id))
    refused("AnotherPeeringUsesRemoteGateways", lambda: put(tenant, shared, PLATFORM, useRemoteGateways=True))


def test_two_networks_are_peered_once_and_a_side_keeps_its_other_network(tenant: Tenant) -> None:
    refused("AnotherPeeringAlreadyReferencesRemoteVnet", lambda: put(tenant, PLATFORM, SCIENCE, "again"))
    refused("CannotChangeRemoteVnetOfPeering", lambda: put(tenant, SCIENCE, AIRFLOW, "peer-platform"))
    refused("InvalidGlobalResourceReference", lambda: put(tenant, SCIENCE, f"{NETWORKS}/none"))
    refused("ResourceNotFound", lambda: put(tenant, f"{NETWORKS}/none", SCIENCE))
    body = {"allowForwardedTraffic": False, "useRemoteGateways": True}
    changed, _, new = peerings.put_peering(tenant, OWNER, SCIENCE, "PEER-platform", body)
    assert not new and changed.remote_id == PLATFORM and changed.name == "peer-platform"
    assert not changed.allow_forwarded_traffic and changed.use_remote_gateways
    assert states(tenant, PLATFORM, SCIENCE) == ["Connected", "Connected"]


def test_a_network_takes_500_peerings(tenant: Tenant) -> None:
    assert tenant.limits.peerings_per_network == 500
    tenant.limits.peerings_per_network = 2
    put(tenant, PLATFORM, EXPERIMENTS)
    refused("VirtualNetworkPeeringCountLimitReached", lambda: put(tenant, PLATFORM, AIRFLOW, "more"))
    put(tenant, PLATFORM, EXPERIMENTS, allowForwardedTraffic=True)


def test_another_networks_gateway_is_used_where_there_is_one_it_is_offered_and_it_is_the_only_one(
    tenant: Tenant,
) -> None:
    refused("RemoteVnetHasNoGateways", lambda: put(tenant, AIRFLOW, SCIENCE, useRemoteGateways=True))
    refused("VnetHasGateways", lambda: put(tenant, PLATFORM, AIRFLOW, useRemoteGateways=True))
    put(tenant, PLATFORM, AIRFLOW, "not offered")
    refused(
        "RemotePeeringDoesNotAllowGatewayTransit",
        lambda: put(tenant, AIRFLOW, PLATFORM, useRemoteGateways=True),
    )
    put(tenant, PLATFORM, AIRFLOW, "not offered", allowGatewayTransit=True)
    using = put(tenant, AIRFLOW, PLATFORM, useRemoteGateways=True)
    (gateway,) = peering_body(tenant, using)["properties"]["remoteGateways"]
    assert gateway["id"].endswith("/virtualNetworkGateways/vgw-platform")
    other = make_network(GROUP, "other", "10.60.0.0/16", subnets={"GatewaySubnet": "10.60.0.0/27"})
    tenant.add(*make_gateway(GROUP, "vgw-other", other))
    refused(
        "AnotherPeeringUsesRemoteGateways",
        lambda: put(tenant, AIRFLOW, other.id, "second", useRemoteGateways=True),
    )


def test_who_peers_needs_the_right_to_write_here_and_to_peer_there(tenant: Tenant) -> None:
    refusal = refused("AuthorizationFailed", lambda: put(tenant, AIRFLOW, EXPERIMENTS, who=READER))
    assert f"'{PEERINGS}/write'" in refusal.message
    permit(tenant, AIRFLOW, READER.object_id, f"{PEERINGS}/write")
    refusal = refused("LinkedAuthorizationFailed", lambda: put(tenant, AIRFLOW, EXPERIMENTS, who=READER))
    assert refusal.status == 403 and f"'{PEER}'" in refusal.message and EXPERIMENTS in refusal.message
    permit(tenant, EXPERIMENTS, READER.object_id, PEER)
    assert put(tenant, AIRFLOW, EXPERIMENTS, who=READER)
    with pytest.raises(Refusal):
        peerings.delete_peering(tenant, READER, AIRFLOW, "peer")


def test_another_tenants_network_is_peered_with_by_who_may_do_so_there(tenant: Tenant) -> None:
    (home,) = tenant.others.values()
    refusal = refused("LinkedAuthorizationFailed", lambda: put(tenant, AIRFLOW, demo.ASTRO_NETWORK))
    assert f"the current tenant '{tenant.id}' is not authorized" in refusal.message
    someone = {home.id: Caller("app", "nobody there")}
    refusal = refused(
        "LinkedAuthorizationFailed", lambda: put(tenant, AIRFLOW, demo.ASTRO_NETWORK, linked=someone)
    )
    assert "nobody there" in refusal.message
    nowhere = demo.ASTRO_NETWORK.replace(demo.ASTRO_NETWORK.split("/")[2], demo.TENANT)
    refused("LinkedAuthorizationFailed", lambda: put(tenant, AIRFLOW, nowhere))
    astronomer = {home.id: astronomer_of(home)}
    put(tenant, AIRFLOW, demo.ASTRO_NETWORK, linked=astronomer)
    put(
        home,
        demo.ASTRO_NETWORK,
        AIRFLOW,
        who=astronomer[home.id],
        linked={tenant.id: OWNER},
    )
    assert states(tenant, AIRFLOW) == states(home, demo.ASTRO_NETWORK) == ["Connected"]
    peerings.delete_peering(tenant, OWNER, AIRFLOW, "peer")
    assert states(home, demo.ASTRO_NETWORK) == ["Disconnected"]


def test_a_lock_stops_the_side_it_lies_on(tenant: Tenant) -> None:
    tenant.add(Lock(AIRFLOW, "freeze", "ReadOnly"))
    refused("ScopeLocked", lambda: put(tenant, AIRFLOW, EXPERIMENTS))
    refused("ScopeLocked", lambda: write_prefixes(tenant, AIRFLOW, "10.42.0.0/16"))
    put(tenant, EXPERIMENTS, AIRFLOW)
    tenant.unregistered_providers.add((demo.DEV, "microsoft.network"))
    refused("MissingSubscriptionRegistration", lambda: put(tenant, EXPERIMENTS, AIRFLOW))


def test_a_network_written_again_keeps_its_peerings_and_the_subnets_in_use(tenant: Tenant) -> None:
    before = tenant.resources[PLATFORM.lower()]
    written = write_prefixes(tenant, PLATFORM, "10.40.0.0/16", dhcpOptions={"dnsServers": ["10.40.1.4"]})
    assert written.properties["resourceGuid"] == before.properties["resourceGuid"]
    assert [s["name"] for s in written.properties["subnets"]] == ["GatewaySubnet", "snet-resolvers"]
    assert peerings.gateways_of(written) and states(tenant, PLATFORM) == ["Connected"]
    one = {"name": "snet-resolvers", "properties": {"addressPrefix": "10.40.1.0/24"}}
    refused(
        "InUseSubnetCannotBeDeleted", lambda: write_prefixes(tenant, PLATFORM, "10.40.0.0/16", subnets=[one])
    )
    outside = {"name": "new", "properties": {"addressPrefix": "10.99.0.0/24"}}
    refused("NetcfgInvalidSubnet", lambda: write_prefixes(tenant, AIRFLOW, "10.42.0.0/16", subnets=[outside]))
    refused("InvalidAddressPrefixFormat", lambda: write_prefixes(tenant, AIRFLOW, "10.42.0.1/16"))
    refused("InvalidRequestContent", lambda: write_prefixes(tenant, AIRFLOW))
    new = write_prefixes(tenant, f"{NETWORKS}/vnet-new", "10.70.0.0/16", subnets=[])
    assert new.location == "westeurope" and new.id in {r.id for r in tenant.resources.values()}


def test_what_is_wrong_with_the_networks_of_a_tenant_can_be_put_right() -> None:
    tenant = tenant_states.build(TenantState.EVERYTHING_WRONG, Clock())
    (home,) = tenant.others.values()
    linked = {home.id: astronomer_of(home)}
    refused("ScopeLocked", lambda: put(tenant, AIRFLOW, demo.ASTRO_NETWORK, linked=linked))
    for lock in [one for one in tenant.locks.values() if one.name != "network-freeze"]:
        locks.delete_lock(tenant, Caller("break glass", made_id("break-glass")), lock.scope, lock.name)
    refusal = refused(
        "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
        lambda: put(tenant, AIRFLOW, demo.ASTRO_NETWORK, linked=linked),
    )
    assert "vnet-legacy already peered" in refusal.message
    peerings.delete_peering(tenant, OWNER, AIRFLOW, "peer-legacy")
    assert put(tenant, AIRFLOW, demo.ASTRO_NETWORK, linked=linked)
    crowded = f"{NETWORKS}/{everything_wrong.CROWDED}"
    assert len(peerings.peerings_of(tenant, crowded)) == 500
    refused(
        "VirtualNetworkPeeringCountLimitReached",
        lambda: put(tenant, crowded, demo.ASTRO_NETWORK, linked=linked),
    )
    peerings.delete_peering(tenant, OWNER, crowded, "peer-spoke-007")
    assert put(tenant, crowded, demo.ASTRO_NETWORK, linked=linked)


def test_a_peering_of_a_network_that_is_gone_shows_what_it_knew(tenant: Tenant) -> None:
    airflow = tenant.resources[AIRFLOW.lower()]
    left = make_peering(
        airflow, "left", f"{EXPERIMENTS}-gone", "10.80.0.0/16", state=PeeringState.DISCONNECTED
    )
    tenant.add(left)
    body = peering_body(tenant, left)["properties"]
    assert body["remoteVirtualNetworkAddressSpace"] == {"addressPrefixes": ["10.80.0.0/16"]}
    assert body["peeringSyncLevel"] == "RemoteNotInSync"
