"""Astronomer's own tenant, as far as a peering needs it: the network of one Astro cluster, and who may peer it."""

from uuid import UUID, uuid5

from astro_peer.sandbox.tenant.building import LONG_AGO, assign, make_network
from astro_peer.sandbox.tenant.paths import subscription_of
from astro_peer.sandbox.tenant.state import (
    Application,
    ResourceGroup,
    RoleDefinition,
    ServicePrincipal,
    Subscription,
    Tenant,
)
from astro_peer.sandbox.tenant.tenants import make_neighbours


def build_beside(
    tenant: Tenant, application: Application, role: RoleDefinition, network_id: str, prefix: str
) -> None:
    """`role` is what the application holds there, on the subscription of the cluster's network."""
    subscription = subscription_of(network_id) or ""
    group = ResourceGroup(subscription, network_id.split("/")[4], "westeurope")
    home = Tenant(
        application.home_tenant_id,
        "Astronomer",
        "astronomer.onmicrosoft.com",
        tenant.clock,
        subscription,
        "",
        tenant.astro,
    )
    principal = ServicePrincipal(
        str(uuid5(UUID(home.id), "principal of the application")), application.app_id, LONG_AGO
    )
    home.add(Subscription(subscription, "astro-clusters"), group, role, application, principal)
    home.add(make_network(group, network_id.rpartition("/")[2], prefix, subnets={"cluster": prefix}))
    assign(home, f"/subscriptions/{subscription}", role.guid, principal.id, "ServicePrincipal")
    make_neighbours(tenant, home)
