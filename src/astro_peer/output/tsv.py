"""Lists for programs that read lines: fields between tabs, as `az --output tsv` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astro_peer.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astro_peer.model.survey import NetworkSurvey, Survey


def hubs(survey: Survey) -> str:
    """What is not known, and what there is not, is empty."""
    return "".join(
        _line(
            (
                one.hub.id,
                one.hub.name,
                one.hub.resource_group,
                one.subscription.id,
                one.subscription.name,
                one.hub.location,
                one.hub.state,
                one.firewall_ip or "",
                "" if one.connections is None else str(one.connections),
            )
        )
        for one in survey.hubs
    )


def vnets(survey: NetworkSurvey) -> str:
    return "".join(
        _line(
            (
                one.network.id,
                one.network.name,
                one.network.resource_group,
                one.subscription.id,
                one.subscription.name,
                one.network.location,
                one.network.state,
                ",".join(one.network.prefixes),
                str(one.network.peerings),
            )
        )
        for one in survey.networks
    )


def _line(fields: Iterable[str]) -> str:
    """What others wrote puts in neither a tab nor a line break."""
    return "\t".join(map(one_line, fields)) + "\n"
