"""What is seen of a hub follows from what was there, what is there, and the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from astro_peer.errors import NotPermitted
from astro_peer.model import watch
from astro_peer.model.audit import LoggedWrite
from astro_peer.model.baseline import Baseline, Basis
from astro_peer.model.objects import HubConnection
from astro_peer.model.peering import Owner
from astro_peer.model.watch import Look, Seen, Verdict
from made_up import hub

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HUB = hub().id
THEIRS = "/subscriptions/astro/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/astro"
OURS = "/subscriptions/ours/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/spoke"
OWNERS = {THEIRS: Owner("astro", tenant_id="theirs"), OURS: Owner("ours", "prod", "ours", own=True)}
UNREAD = NotPermitted("The log may not be read.")


def connection(name: str, network: str = THEIRS, state: str = "Succeeded", etag: str = "1") -> HubConnection:
    return HubConnection(f"{HUB}/hubVirtualNetworkConnections/{name}", name, state, network, etag)


def write(name: str, http_status: str = "Created", result: str = "Succeeded", **more: object) -> LoggedWrite:
    made = LoggedWrite(
        began=NOON,
        action="Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
        resource_id=f"{HUB}/HUBVIRTUALNETWORKCONNECTIONS/{name}",
        result=result,
        http_status=http_status,
        caller="somebody",
        address="192.0.2.1",
        correlation_id="1",
    )
    return replace(made, **more)  # type: ignore[arg-type]


SPOKE = connection("spoke", OURS)
EARLIER = connection("earlier")
"""An earlier cluster's."""
NEW = connection("new")
FAILED = replace(NEW, provisioning_state="Failed")
UPDATING = replace(NEW, provisioning_state="Updating")


def decided(
    basis: Basis,
    now: tuple[HubConnection, ...],
    *astronomers: LoggedWrite,
    others: tuple[LoggedWrite, ...] = (),
    before: tuple[HubConnection, ...] = (SPOKE, EARLIER),
    unread: NotPermitted | None = None,
) -> Seen:
    look = Look(now, OWNERS, astronomers, others, unread)
    return watch.decide(Baseline(basis, before), look, began=NOON)


def told(seen: Seen) -> tuple[str, list[tuple[str, str, bool]]]:
    return seen.verdict.value, [
        (one.connection.name, one.how.value, one.astronomers) for one in seen.sightings
    ]


@pytest.mark.parametrize("basis", Basis)
def test_what_is_as_it_was_is_nothing_new(basis: Basis) -> None:
    assert told(decided(basis, (SPOKE, EARLIER))) == ("waiting", [])
    assert told(decided(basis, (SPOKE,))) == ("waiting", [])


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize(
    ("one", "verdict"), [(UPDATING, "connecting"), (NEW, "connected"), (FAILED, "failed")]
)
def test_a_new_connection_to_anothers_network_is_followed_to_its_end(
    basis: Basis, one: HubConnection, verdict: str
) -> None:
    assert told(decided(basis, (SPOKE, EARLIER, one))) == (verdict, [("new", "made", True)])


def test_a_new_connection_is_astronomers_where_the_log_says_so_and_only_then_to_an_own_network() -> None:
    own = replace(NEW, remote_network_id=OURS)
    assert told(decided(Basis.GRANT, (own,))) == ("waiting", [("new", "made", False)])
    assert told(decided(Basis.GRANT, (own,), write("new"))) == ("connected", [("new", "made", True)])
    assert told(decided(Basis.GRANT, (NEW,), others=(write("new"),))) == ("waiting", [("new", "made", False)])


def test_what_was_there_when_the_watching_began_is_astronomers_where_the_log_says_so() -> None:
    assert told(decided(Basis.LOG, (SPOKE, EARLIER), write("earlier"))) == (
        "connected",
        [("earlier", "made", True)],
    )
    assert told(decided(Basis.LOG, (SPOKE, EARLIER), write("earlier", "OK"))) == (
        "connected",
        [("earlier", "overwritten", True)],
    )
    assert told(decided(Basis.REPORT, (SPOKE, EARLIER), write("earlier"))) == ("waiting", [])
    without = replace(EARLIER, etag="")
    assert told(decided(Basis.REPORT, (EARLIER,), write("earlier"), before=(without,)))[0] == "connected"


def test_what_was_being_made_when_the_watching_began_is_followed() -> None:
    for now, verdict in ((UPDATING, "connecting"), (replace(NEW, etag="2"), "connected")):
        seen = decided(Basis.LOG, (now,), before=(UPDATING,))
        assert told(seen) == (verdict, [("new", "made", True)])


def test_a_connection_that_changed_is_overwritten_only_where_something_says_by_whom() -> None:
    touched = replace(EARLIER, etag="2")
    for basis in Basis:
        assert told(decided(basis, (touched,))) == ("waiting", [("earlier", "changed", False)])
        assert told(decided(basis, (touched,), write("earlier", "OK"))) == (
            "connected",
            [("earlier", "overwritten", True)],
        )
        assert told(decided(basis, (touched,), others=(write("earlier", "OK"),))) == (
            "waiting",
            [("earlier", "overwritten", False)],
        )
        assert told(decided(basis, (touched,), unread=UNREAD)) == (
            "connected",
            [("earlier", "overwritten", True)],
        )
    taken = replace(SPOKE, remote_network_id=THEIRS)
    assert told(decided(Basis.GRANT, (taken,))) == ("connected", [("spoke", "overwritten", True)])


def test_one_that_is_connected_counts_for_more_than_one_that_failed_but_waits_for_the_last() -> None:
    other = replace(connection("other"), provisioning_state="Updating")
    assert decided(Basis.GRANT, (FAILED, other)).verdict is Verdict.CONNECTING
    assert decided(Basis.GRANT, (FAILED, connection("other"))).verdict is Verdict.CONNECTED


def test_an_attempt_that_was_refused_ends_it_unless_it_passes_or_is_long_ago() -> None:
    refused = write("new", "Forbidden", "Failed", code="LinkedAuthorizationFailed", message="No.")
    seen = decided(Basis.GRANT, (SPOKE, EARLIER), refused)
    assert (seen.verdict, seen.reason) == (Verdict.REFUSED, refused)
    for harmless in (
        replace(refused, code="AnotherOperationInProgress"),
        replace(refused, began=NOON - timedelta(seconds=1)),
    ):
        seen = decided(Basis.GRANT, (SPOKE, EARLIER), harmless)
        assert (seen.verdict, seen.refused) == (Verdict.WAITING, (harmless,))
    assert decided(Basis.GRANT, (NEW,), refused).verdict is Verdict.CONNECTED


def test_why_a_connection_failed_is_what_its_own_write_says() -> None:
    why = write("new", "", "Failed", code="InternalServerError", message="An error occurred.")
    assert decided(Basis.GRANT, (FAILED,), why).reason == why
    assert decided(Basis.GRANT, (FAILED,)).reason is None
    assert decided(Basis.GRANT, (FAILED,), why).refused == ()


def test_a_duration_is_told_in_two_units() -> None:
    said = {0.2: "0 s", 59.6: "1 min", 61: "1 min 1 s", 7200: "2 h", 90061: "1 d 1 h"}
    assert {seconds: watch.spelt(seconds) for seconds in said} == said
