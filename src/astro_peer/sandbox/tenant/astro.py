"""What Astronomer itself knows: an organization on Astro, and its clusters in whatever cloud."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cluster:
    """A cluster as Astro's API tells of it. Ranges are in CIDR form."""

    id: str
    name: str
    region: str
    vpc_subnet_range: str
    cloud_provider: str = "AZURE"
    type: str = "DEDICATED"
    status: str = "CREATED"
    tenant_id: str | None = None
    """Of Azure clusters only: the Microsoft Entra tenant the cluster's network is in."""
    dr_region: str | None = None
    dr_vpc_subnet_range: str | None = None
    external_ips: tuple[str, ...] = ()
    workspace_ids: tuple[str, ...] = ()


@dataclass
class Organization:
    id: str
    token: str = field(repr=False)
    """The one API token that opens it."""
    clusters: dict[str, Cluster] = field(default_factory=dict)

    def add(self, clusters: Iterable[Cluster]) -> None:
        self.clusters |= {cluster.id: cluster for cluster in clusters}
