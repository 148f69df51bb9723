"""More subscriptions, as a company has them for its projects: a virtual hub in every tenth."""

from ipaddress import ip_address

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

EVERY = 10
"""Landing zones to one with a hub."""
_HUBS_FROM, _NETWORKS_FROM = ip_address("10.30.0.0"), ip_address("10.31.0.0")


def subscription_id(number: int) -> str:
    return made_id(f"landing zone {number}")


def add(tenant: Tenant, number: int) -> None:
    """So many, which everybody who has a role in the demo's subscriptions may read, too."""
    if not number:
        return
    for one in range(number):
        _add(tenant, one)
    for persona, role in demo.PERSONA_ROLES.items():
        principal_id = demo.persona_principal_id(persona)
        assign(tenant, demo.ROOT_MANAGEMENT_GROUP, role, principal_id, "ServicePrincipal")


def _add(tenant: Tenant, number: int) -> None:
    subscription = subscription_id(number)
    group = ResourceGroup(subscription, "rg-network", "westeurope")
    tenant.add(Subscription(subscription, f"landing-zone-{number:03}"), group)
    if number % EVERY:
        return
    beyond = number // 256 * 2 * 65_536 + number % 256 * 256
    wan = make_wan(group, f"vwan-{number:03}")
    hub = make_hub(wan, group, f"vhub-{number:03}", "westeurope", f"{_HUBS_FROM + beyond}/24")
    network = make_network(group, f"vnet-{number:03}", f"{_NETWORKS_FROM + beyond}/24")
    tenant.add(wan, hub, network, make_connection(hub, "conn-local", network.id))
