"""The support request: what Astronomer support asks for, to create the connection.

https://cloud.astronomer.io/open-support-request asks for the cluster, what is to be peered and where it is; for a
virtual hub also for the name of the peering, and the firewall's address if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from astro_peer.model.place import Place
from astro_peer.procedure import Procedure, load

_LONGEST_CONNECTION_NAME = 80
_BLANK = "____________"


@dataclass(frozen=True)
class SupportRequest:
    """None where something has still to be filled in, and for a firewall where there is none."""

    cluster_id: str | None
    tenant_id: str
    subscription_id: str
    resource_group: str
    name: str
    """Of what is to be peered."""
    peering_name: str
    firewall_ip: str | None
    url: str
    until: str | None = None
    """The last day of the grant, where it has one."""
    procedure: Procedure = field(default_factory=load)

    @property
    def subject(self) -> str:
        cluster = f"Astro cluster {self.cluster_id}" if self.cluster_id else "our dedicated Astro cluster"
        return f"Azure: connect {cluster} to the {self.procedure.resource.one} {self.name}"

    @property
    def missing(self) -> tuple[str, ...]:
        return () if self.cluster_id else ("Astro cluster ID (--cluster-id)",)

    @property
    def answers(self) -> dict[str, str | None]:
        """What support asks for, by the names that it has in JSON, in support's order."""
        return {
            key: self.name if key == self.procedure.json_name else getattr(self, key)
            for key, _ in self.procedure.request
        }

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The same as support calls it, to be pasted."""
        nothing = {"cluster_id": _BLANK, "firewall_ip": "none"}
        answers = self.answers
        asked = tuple((label, answers[key] or nothing.get(key, "")) for key, label in self.procedure.request)
        return (*asked, *((("Access until", self.until),) if self.until else ()))


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
        name=place.name or "",
        peering_name=peering_name or default_peering_name(place),
        firewall_ip=place.firewall_ip,
        url=procedure.support_url,
        until=until.isoformat() if until else None,
        procedure=procedure,
    )


def default_peering_name(place: Place) -> str:
    """A name for the connection that says what it leads to."""
    return f"astro-to-{place.name}"[:_LONGEST_CONNECTION_NAME].rstrip("-.")
