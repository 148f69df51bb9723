"""A large company: two hundred subscriptions more, hubs in some of them, a hundred connections on the demo hub."""

from astro_peer.sandbox.tenant import landing_zones
from astro_peer.sandbox.tenant.building import make_connection, make_network
from astro_peer.sandbox.tenant.state import ResourceGroup, Tenant

SUBSCRIPTIONS = 200
HUBS = SUBSCRIPTIONS // landing_zones.EVERY
CONNECTIONS = 100
"""On the demo hub, with those it has anyway."""


def arrange(tenant: Tenant) -> None:
    landing_zones.add(tenant, SUBSCRIPTIONS)
    hub = tenant.resources[tenant.demo_hub_id.lower()]
    there = sum(c.hub_id == hub.id for c in tenant.connections.values())
    for number in range(CONNECTIONS - there):
        network = make_network(
            ResourceGroup(landing_zones.subscription_id(number), "rg-network", "westeurope"),
            f"vnet-spoke-{number:03}",
            f"10.{100 + number}.0.0/16",
        )
        tenant.add(network, make_connection(hub, f"conn-spoke-{number:03}", network.id))
