"""What Astronomer has connected by the time of a revoke: named in its plan and result, or asked about."""

from __future__ import annotations

from typing import Any

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.personas import Persona
from conftest import PROD, Inside, Ran
from meanwhile import OWN_NETWORK, connects

WHOLE_SUBSCRIPTION = ("--subscription", PROD)


def granted(inside: Inside) -> Inside:
    assert inside.run_here("grant", "--yes").code == 0
    return inside


def revoked(inside: Inside, *arguments: str) -> Ran:
    ran = inside.run_here("revoke", "--yes", "-o", "json", *arguments)
    assert ran.code == 0, ran.err
    assert inside.ours()["assignments"] == []
    return ran


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in ran.document["findings"]}


def test_a_revoke_before_the_connection_warns(inside: Inside) -> None:
    ran = revoked(granted(inside), *WHOLE_SUBSCRIPTION)
    says = findings(ran)["astronomer-not-connected"]["says"]
    assert "vhub-prod-weu or vhub-prod-neu or vhub-prod-swc yet" in says
    assert ran.document["peerings"] == []
    assert says in ran.err and "No connection by Astronomer was found on vhub-prod-weu, " in ran.err


@pytest.mark.parametrize("place", [WHOLE_SUBSCRIPTION, ()], ids=["subscription", "hub"])
def test_what_astronomer_has_connected_is_named_with_its_day(inside: Inside, place: tuple[str, ...]) -> None:
    connects(granted(inside), in_seconds=60)()
    owner = demo.persona_app_id(Persona.OWNER)
    connects(inside, "conn-recovery", network=OWN_NETWORK, by=owner, in_seconds=60)()
    ran = revoked(inside, *place)
    assert "astronomer-not-connected" not in findings(ran)
    (peering,) = ran.document["peerings"]
    assert (peering["name"], peering["network"], peering["by_astronomer"]) == (
        "astro-peering",
        "another tenant",
        True,
    )
    named = (
        f"astro-peering to a network of another tenant, {demo.ASTRONOMER_TENANT}, written by Astronomer on"
        f" {peering['since'][:10]}"
    )
    assert ran.err.count(named) == 2, "in the plan, and in what stays"
    assert ("Other hubs than vhub-prod-weu were not looked at" in ran.err) is (place == ())


@pytest.mark.parametrize(
    ("denied", "id"),
    [
        ("Microsoft.Insights/eventtypes/values/read", None),
        ("Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read", "peerings"),
        ("Microsoft.Network/virtualHubs/read", "peerings"),
    ],
)
def test_what_cannot_be_read_keeps_nobody_from_revoking(denied: str, id: str | None) -> None:
    with serving() as sandbox:
        inside = granted(Inside(sandbox))
        connects(inside, in_seconds=60)()
        sandbox.tenant.denied_actions.add(denied)
        ran = revoked(inside, *WHOLE_SUBSCRIPTION)
    found = findings(ran)
    assert "astronomer-not-connected" not in found
    assert set(found) & {"peerings"} == ({id} if id else set())
    if id is None:
        (peering,) = ran.document["peerings"]
        assert (peering["by_astronomer"], peering["since"]) == (None, None)
        assert "The connection astro-peering to a network of another tenant" in ran.err
