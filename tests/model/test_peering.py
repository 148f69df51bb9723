"""Whose a connection is: what the log says counts for more than whose network it leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import Failed
from astro_peer.model import peering
from astro_peer.model.objects import Subscription
from astro_peer.model.peering import Owner, Peerings
from made_up import SUBSCRIPTION
from model.test_watch import FAILED, NEW, OURS, OWNERS, THEIRS, write

OTHER = Subscription("theirs", "guests", "another tenant", "Enabled")


@pytest.mark.parametrize(
    ("network", "kind", "says"),
    [
        (f"/subscriptions/{SUBSCRIPTION.id.upper()}/x", "own", "a network of your own, in subscription prod"),
        ("/subscriptions/theirs/x", "another tenant", "a network of another tenant, another tenant"),
        ("/subscriptions/asked/x", "another tenant", "a network of another tenant, theirs"),
        ("/subscriptions/own/x", "own", "a network of your own, in subscription own"),
        ("/subscriptions/hidden/x", "not known", "subscription hidden, which is none that you can see"),
        ("", "not known", "a network that Azure does not name"),
    ],
)
def test_whose_a_network_is_follows_from_its_subscription(network: str, kind: str, says: str) -> None:
    visible = {one.id: one for one in (SUBSCRIPTION, OTHER)}
    tenants = {"asked": "theirs", "own": SUBSCRIPTION.tenant_id, "hidden": None}
    found = peering.owner(network, SUBSCRIPTION.tenant_id, visible, tenants)
    assert found.kind == kind and says in str(found)


def test_the_log_counts_for_more_than_the_network() -> None:
    by = (write("new"),)
    own, theirs = replace(NEW, remote_network_id=OURS), NEW
    assert peering.peering(own, OWNERS[OURS], by, ()).astronomers
    assert not peering.peering(own, OWNERS[OURS], (), ()).astronomers
    assert not peering.peering(theirs, OWNERS[THEIRS], (), by).astronomers
    assert peering.peering(theirs, OWNERS[THEIRS], (), ()).astronomers
    assert peering.peering(theirs, OWNERS[THEIRS], by, by).astronomers


def test_a_write_that_was_refused_is_none_and_one_that_left_a_failed_connection_is_one() -> None:
    refused = (write("new", "Forbidden", "Failed"),)
    assert peering.peering(NEW, OWNERS[OURS], refused, ()).write is None
    assert peering.peering(FAILED, OWNERS[OURS], refused, ()).write == refused[0]


def test_there_is_none_yet_only_where_every_hub_was_looked_at() -> None:
    assert Peerings((), ("hub",)).none_yet
    assert not Peerings((), ()).none_yet
    assert not Peerings((), ("hub",), not_read=(("other", Failed("No.")),)).none_yet
    assert not Peerings((), (), too_many=21).none_yet
    theirs = peering.peering(NEW, Owner("hidden"), (), ())
    assert not Peerings((theirs,), ("hub",)).none_yet
