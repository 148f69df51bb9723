"""Contoso's virtual networks that are peered with each other, or are to be peered with Astro: no hub is behind them."""

from astro_peer.sandbox.tenant.building import make_gateway, make_network, make_peering
from astro_peer.sandbox.tenant.state import ResourceGroup, Tenant

GROUP = "rg-applications-prod"
AIRFLOW = "vnet-airflow"
"""The network that is to be peered with the Astro cluster's: nothing is peered with it yet."""
PLATFORM = "vnet-platform"
"""It has a VPN gateway, which its peered networks may use."""
DATA_SCIENCE = "vnet-data-science"
"""Peered with the platform, whose gateway it uses."""


def add(tenant: Tenant, prod: str, dev: str) -> None:
    group = ResourceGroup(prod, GROUP, "westeurope")
    airflow = make_network(
        group,
        AIRFLOW,
        "10.42.0.0/16",
        subnets={"snet-databases": "10.42.0.0/24", "snet-private-endpoints": "10.42.1.0/24"},
        dns_servers=("10.40.1.4", "10.40.1.5"),
    )
    gateway, platform = make_gateway(
        group,
        "vgw-platform",
        make_network(
            group,
            PLATFORM,
            "10.40.0.0/16",
            subnets={"GatewaySubnet": "10.40.0.0/27", "snet-resolvers": "10.40.1.0/24"},
        ),
    )
    science = make_network(
        group,
        DATA_SCIENCE,
        "10.41.0.0/16",
        "fd10:41::/48",
        subnets={"snet-notebooks": "10.41.0.0/20"},
        dns_servers=("10.40.1.4", "10.40.1.5"),
    )
    experiments = make_network(
        ResourceGroup(dev, "rg-connectivity-dev", "westeurope"),
        "vnet-experiments",
        "10.22.0.0/16",
        subnets={"default": "10.22.0.0/24"},
    )
    tenant.add(group, airflow, gateway, platform, science, experiments)
    tenant.add(
        make_peering(
            platform,
            "peer-data-science",
            science.id,
            *science.properties["addressSpace"]["addressPrefixes"],
            allow_gateway_transit=True,
        ),
        make_peering(science, "peer-platform", platform.id, "10.40.0.0/16", use_remote_gateways=True),
    )
