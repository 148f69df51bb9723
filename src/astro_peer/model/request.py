"""The support request: what Astronomer support asks for, to create the connection.

https://cloud.astronomer.io/open-support-request asks for the cluster, the virtual hub and where it is, the
name of the peering, and the firewall's address if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from astro_peer.model.place import Place
from astro_peer.procedure import Procedure

_LONGEST_CONNECTION_NAME = 80
_BLANK = "____________"


@dataclass(frozen=True)
class SupportRequest:
    """None where something has still to be filled in, and for a firewall where there is none."""

    cluster_id: str | None
    tenant_id: str
    subscription_id: str
    resource_group: str
    hub: str
    peering_name: str
    firewall_ip: str | None
    url: str
    until: str | None = None
    """The last day of the grant, where it has one."""

    @property
    def subject(self) -> str:
        cluster = f"Astro cluster {self.cluster_id}" if self.cluster_id else "our dedicated Astro cluster"
        return f"Azure: connect {cluster} to the virtual hub {self.hub}"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """What support asks for, by the names it asks for it; a blank where it has still to be filled in."""
        return (
            ("Astro Cluster ID", self.cluster_id or _BLANK),
            ("Tenant ID", self.tenant_id),
            ("Subscription ID", self.subscription_id),
            ("Resource group", self.resource_group),
            ("Virtual hub", self.hub),
            ("Preferred peering name", self.peering_name),
            ("Firewall IP", self.firewall_ip or "none"),
            *((("Access until", self.until),) if self.until else ()),
        )

    @property
    def missing(self) -> tuple[str, ...]:
        return () if self.cluster_id else ("Astro cluster ID (--cluster-id)",)


def request(
    procedure: Procedure,
    place: Place,
    cluster_id: str | None,
    peering_name: str | None,
    until: date | None = None,
) -> SupportRequest:
    return SupportRequest(
        cluster_id=cluster_id,
        tenant_id=place.tenant_id,
        subscription_id=place.subscription.id,
        resource_group=place.resource_group or "",
        hub=place.name or "",
        peering_name=peering_name or default_peering_name(place),
        firewall_ip=place.firewall_ip,
        url=procedure.support_url,
        until=until.isoformat() if until else None,
    )


def default_peering_name(place: Place) -> str:
    """A name for the connection that says what it leads to."""
    return f"astro-to-{place.name}"[:_LONGEST_CONNECTION_NAME].rstrip("-.")
