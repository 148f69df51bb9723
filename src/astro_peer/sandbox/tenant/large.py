"""A large company: two hundred subscriptions more, hubs in some of them, a hundred connections on the demo hub."""

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.building import (
    assign,
    made_id,
    make_connection,
    make_hub,
    make_network,
    make_wan,
)
from astro_peer.sandbox.tenant.state import ResourceGroup, Subscription, Tenant

SUBSCRIPTIONS = 200
HUBS = 20
CONNECTIONS = 100
"""On the demo hub, with those it has anyway."""


def arrange(tenant: Tenant) -> None:
    for number in range(SUBSCRIPTIONS):
        _add_landing_zone(tenant, number)
    hub = tenant.resources[tenant.demo_hub_id.lower()]
    there = sum(c.hub_id == hub.id for c in tenant.connections.values())
    for number in range(CONNECTIONS - there):
        subscription = made_id(f"landing zone {number}")
        network = make_network(
            ResourceGroup(subscription, "rg-network", "westeurope"),
            f"vnet-spoke-{number:03}",
            f"10.{100 + number}.0.0/16",
        )
        tenant.add(network, make_connection(hub, f"conn-spoke-{number:03}", network.id))
    for persona, role in demo.PERSONA_ROLES.items():
        principal_id = demo.persona_principal_id(persona)
        assign(tenant, demo.ROOT_MANAGEMENT_GROUP, role, principal_id, "ServicePrincipal")


def _add_landing_zone(tenant: Tenant, number: int) -> None:
    subscription = made_id(f"landing zone {number}")
    group = ResourceGroup(subscription, "rg-network", "westeurope")
    tenant.add(Subscription(subscription, f"landing-zone-{number:03}"), group)
    if number % (SUBSCRIPTIONS // HUBS):
        return
    wan = make_wan(group, f"vwan-{number:03}")
    hub = make_hub(wan, group, f"vhub-{number:03}", "westeurope", f"10.30.{number}.0/24")
    network = make_network(group, f"vnet-{number:03}", f"10.31.{number}.0/24")
    tenant.add(wan, hub, network, make_connection(hub, "conn-local", network.id))
