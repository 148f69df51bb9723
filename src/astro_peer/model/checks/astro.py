"""Astro's side: the cluster that is to be connected, and the organization's other ones on Azure."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import of_error, passed, unknown
from astro_peer.model.checks.address_space import of_cluster, overlapping
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.surroundings import AstroCluster, Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import way_out

_WHO = "whoever runs the Astro organization, or Astronomer support"


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    side = around.astro
    if side is None:
        return
    if isinstance(side.cluster, AstroPeerError):
        yield of_error("astro-cluster", side.cluster, Blocks.PEERING, "whoever runs the Astro organization")
    elif side.cluster:
        yield _cluster(side.cluster)
    if isinstance(side.others, AstroPeerError):
        yield unknown("astro-clusters", "The organization's other clusters", side.others, Blocks.PEERING)
    elif isinstance(side.cluster, AstroCluster):
        yield from _others(wanted, side.cluster, side.others)


def _cluster(cluster: AstroCluster) -> Finding:
    wrong = [
        text
        for is_wrong, text in (
            (cluster.cloud != "AZURE", f"it runs on {cluster.cloud}, not on Azure"),
            (
                cluster.kind != "DEDICATED",
                f"it is {cluster.kind.lower()}, and only dedicated clusters can be connected",
            ),
            (cluster.status != "CREATED", f"its status is {cluster.status}, not CREATED"),
        )
        if is_wrong
    ]
    ranges = ", ".join(str(one.network) for one in of_cluster(cluster))
    if not wrong:
        return passed(
            "astro-cluster",
            f"The Astro cluster {cluster.name} is dedicated, on Azure ({cluster.region}) and created.",
            fact=f"Its range: {ranges or 'not said'}.",
        )
    passing = (
        cluster.cloud == "AZURE" and cluster.kind == "DEDICATED" and not cluster.status.endswith("FAILED")
    )
    return Finding(
        "astro-cluster",
        Level.WARNING if passing else Level.FAIL,
        f"The Astro cluster {cluster.name} cannot be connected as it is: {'; '.join(wrong)}.",
        Blocks.PEERING,
        fact=f"So says Astro's API of the cluster {cluster.id}.",
        way_out=way_out("Check --cluster-id against the Astro UI, or wait until the cluster is created."),
        who=_WHO,
    )


def _others(wanted: Wanted, cluster: AstroCluster, others: tuple[AstroCluster, ...]) -> Iterator[Finding]:
    mine = tuple(of_cluster(cluster))
    colliding = [
        f"  {one} and {theirs}"
        for other in others
        if other.id != cluster.id
        for theirs in of_cluster(other)
        for one in mine
        if overlapping(one.network, theirs.network)
    ]
    if not colliding:
        yield passed(
            "astro-clusters", "No other cluster of the organization on Azure has a range that overlaps."
        )
        return
    yield Finding(
        "astro-clusters",
        Level.WARNING,
        "Other clusters of the organization on Azure have ranges that overlap: only one of them can be connected to"
        f" this {wanted.procedure.addresses_meet_in}.",
        Blocks.PEERING,
        fact="\n".join(colliding),
        way_out=way_out(
            "If they are to be connected too, ask Astronomer support for clusters with other ranges."
        ),
        who=_WHO,
    )
