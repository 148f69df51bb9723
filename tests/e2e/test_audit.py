"""What Astronomer's principal changed, by the activity log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.building import assign
from conftest import PROD, Inside
from sandbox.client import Client

LOG_CANNOT = "Reads are not logged."


def audited(inside: Inside, *arguments: str, code: int = 0, **named: Any) -> dict[str, Any]:
    ran = inside.run("audit", "--subscription", PROD, "-o", "json", *arguments, **named)
    assert ran.code == code, ran.err
    found: dict[str, Any] = ran.document["audit"]
    return found


def writes(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [
        (one["what"], one["resource_id"].rpartition("/")[2], one["stands_out"]) for one in found["writes"]
    ]


@pytest.fixture
def granted(inside: Inside) -> Inside:
    inside.run("grant", "--yes")
    return inside


def test_a_grant_that_nobody_used(granted: Inside) -> None:
    found = audited(granted)
    assert (found["writes"], found["since_grant"]) == ([], True)
    assert [one["what"] for one in found["granting"]] == [
        "wrote role definition",
        "wrote role assignment",
    ]
    assert LOG_CANNOT in found["not_shown"]
    assert granted.run("audit", "--subscription", PROD).out.startswith("The log shows no write by Astronomer")


def test_the_making_of_one_connection_is_what_was_granted_for(granted: Inside) -> None:
    granted.run("sandbox", "connect", "--name", "astro-peering")
    found = audited(granted)
    (write,) = found["writes"]
    assert (write["what"], write["result"], write["stands_out"]) == (
        "made a connection",
        "Started",
        None,
    ) or (
        write["what"],
        write["result"],
    ) == ("made a connection", "Succeeded")
    assert write["address"] == "127.0.0.1" and len(write["correlation_id"]) == 36
    assert write["resource_id"].endswith("/vhub-prod-weu/hubVirtualNetworkConnections/astro-peering")
    ran = granted.run("audit", "--subscription", PROD)
    assert "made one connection, and wrote nothing else" in ran.out and write["correlation_id"] in ran.out


def test_all_else_stands_out_and_exits_with_11(granted: Inside) -> None:
    there = next(
        one for one in granted.tenant.connections.values() if one.hub_id == granted.tenant.demo_hub_id
    )
    for name in ("astro-peering", "astro-peering", "another", there.name):
        granted.run("sandbox", "connect", "--name", name)
    found = audited(granted, code=11)
    assert writes(found) == [
        ("made a connection", "astro-peering", None),
        ("overwrote a connection", "astro-peering", "it was written before"),
        ("made a connection", "another", "it is another connection"),
        ("overwrote a connection", there.name, "it overwrote a connection that existed"),
    ]
    ran = granted.run("audit", "--subscription", PROD)
    assert ran.code == 11 and ran.out.startswith("3 of 4 writes by Astronomer's principal are not")


def test_a_write_that_azure_refused_is_told(granted: Inside) -> None:
    granted.run("revoke", "--yes")
    granted.run("sandbox", "connect", "--name", "too-late")
    found = audited(granted, code=11)
    assert found["since_grant"] is False
    assert writes(found) == [("wrote a connection", "too-late", "it was refused, or failed")]
    assert [one["what"] for one in found["granting"]][-1] == "deleted role assignment"


def test_whatever_else_it_wrote_through_another_role_is_told(granted: Inside) -> None:
    holder = granted.ours()["principals"][0]["id"]
    assign(granted.tenant, f"/subscriptions/{PROD}", demo.OWNER, holder, "ServicePrincipal")
    client = Client(granted.sandbox, demo.ASTRONOMER_APP_ID)
    path = f"/subscriptions/{PROD}/providers/Microsoft.Authorization/locks/theirs"
    assert client.arm("PUT", path, {"properties": {"level": "CanNotDelete"}}).ok
    found = audited(granted, code=11)
    assert writes(found) == [("wrote lock", "theirs", "it is no connection")]


def test_what_others_wrote_is_not_astronomers(granted: Inside) -> None:
    granted.run("grant", "--yes", "--description", "CHG-1")
    found = audited(granted)
    assert found["writes"] == [] and len(found["granting"]) == 3


def test_the_days_to_look_at(granted: Inside) -> None:
    granted.run("sandbox", "connect")
    assert audited(granted, "--since", "14d")["since_grant"] is False
    assert len(audited(granted, "--since", "2020-01-01")["writes"]) == 1
    assert len(audited(granted, "--all")["writes"]) == 1
    ran = granted.run("audit", "--since", "2099-01-01")
    assert ran.code == 2 and "is still to come" in ran.err
    ran = granted.run("audit", "--all", "--since", "14d")
    assert ran.code == 2 and "--since was given as well" in ran.err


def test_a_log_that_is_late_is_said_to_be(inside: Inside) -> None:
    with serving(faults=["log-delay:600"]) as sandbox:
        late = Inside(sandbox)
        late.run("grant", "--yes")
        late.run("sandbox", "connect")
        found = audited(late)
        assert (found["writes"], found["granting"]) == ([], [])
        assert "What happened less than 20 minutes ago may be missing yet." in found["not_shown"]
        sandbox.clock.advance(601)
        assert len(audited(late)["writes"]) == 1


@pytest.fixture
def paged() -> Iterator[Inside]:
    with serving(faults=["small-pages"]) as sandbox:
        yield Inside(sandbox)


def test_a_log_of_many_pages_is_read_to_its_end(paged: Inside) -> None:
    paged.run("grant", "--yes")
    paged.run("sandbox", "connect")
    found = audited(paged)
    assert len(found["writes"]) == 1 and len(found["granting"]) == 2


def test_it_only_reads(granted: Inside) -> None:
    already = granted.writes()
    audited(granted)
    assert granted.writes() == already


def test_who_may_not_read_the_subscription_is_told_so(granted: Inside) -> None:
    ran = granted.run("audit", "--subscription", PROD, persona="entra-admin")
    assert ran.code == 5 and "Reader role" in ran.err
