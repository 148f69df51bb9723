"""Of events, what somebody did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from astro_peer.model import audit as rules
from astro_peer.model.audit import Audit, Event, Grant, Identity

WHO = Identity("app", frozenset({"object"}))
GRANT = Grant(frozenset({"ours", "role"}), frozenset({"object"}))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HUB = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualHubs/h"
MADE = Event(
    moment=NOON,
    action="Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
    resource_id=f"{HUB}/hubVirtualNetworkConnections/c",
    status="Started",
    http_status="",
    caller="object",
    object_id="object",
    application_id="app",
    address="192.0.2.1",
    correlation_id="1",
)
ASSIGNED = replace(
    MADE,
    action="Microsoft.Authorization/roleAssignments/write",
    resource_id="/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/theirs",
    caller="somebody@example.com",
    object_id="somebody",
    application_id="portal",
    correlation_id="9",
)


def decided(*events: Event) -> Audit:
    return rules.decide(events, WHO, GRANT, since=NOON, until=NOON, since_grant=True)


def later(event: Event, seconds: int, status: str, http_status: str = "") -> Event:
    return replace(event, moment=NOON + timedelta(seconds=seconds), status=status, http_status=http_status)


def test_the_events_of_one_write_are_one_line_in_whatever_order_they_come() -> None:
    events = (
        later(MADE, 60, "Succeeded", "OK"),
        MADE,
        replace(later(MADE, 0, "Accepted", "Created"), correlation_id="1"),
    )
    for given in (events, events[::-1]):
        (one,) = decided(*given).writes
        assert (one.began, one.result, one.what, one.stands_out) == (
            NOON,
            "Succeeded",
            "made a connection",
            "",
        )
        assert (one.on, one.address) == ("h/c", "192.0.2.1")


@pytest.mark.parametrize(
    "whose",
    [
        {"caller": "OBJECT", "object_id": "", "application_id": ""},
        {"caller": "", "object_id": "Object", "application_id": ""},
        {"caller": "", "object_id": "", "application_id": "App"},
        {"caller": "app", "object_id": "", "application_id": ""},
    ],
)
def test_it_is_known_by_whichever_id_the_log_has(whose: dict[str, str]) -> None:
    assert len(decided(replace(MADE, **whose)).writes) == 1


def test_what_nobody_signed_is_nobodys() -> None:
    nobody = replace(MADE, caller="", object_id="", application_id="")
    assert (
        rules.decide(
            [nobody], Identity("app", frozenset()), GRANT, since=NOON, until=NOON, since_grant=True
        ).writes
        == ()
    )


def test_of_a_write_that_began_before_it_is_not_known_whether_it_overwrote() -> None:
    (one,) = decided(later(MADE, 60, "Succeeded", "OK")).writes
    assert (one.what, one.stands_out) == ("wrote a connection", "")
    (one,) = decided(MADE, later(MADE, 60, "Succeeded", "OK")).writes
    assert (one.what, one.stands_out) == ("overwrote a connection", "it overwrote a connection that existed")


def test_two_connections_under_way_are_told_apart_and_one_stands_out() -> None:
    other = replace(
        later(MADE, 5, "Started"), resource_id=f"{HUB}/hubVirtualNetworkConnections/d", correlation_id="2"
    )
    found = decided(MADE, other)
    assert [one.stands_out for one in found.writes] == ["", "it is another connection"]
    assert found.exit_code == 11 and found.says.startswith("1 of 2 writes by Astronomer's principal is not")


def test_after_one_that_failed_the_next_is_the_first() -> None:
    failed = later(MADE, 1, "Failed", "Conflict")
    again = replace(later(MADE, 60, "Succeeded", "Created"), correlation_id="2")
    found = decided(MADE, failed, again)
    assert [(one.result, one.stands_out) for one in found.writes] == [
        ("Failed", "it was refused, or failed"),
        ("Succeeded", ""),
    ]


def test_the_grant_is_known_by_its_names_and_by_whom_it_names() -> None:
    by_name = replace(ASSIGNED, resource_id=ASSIGNED.resource_id.replace("theirs", "OURS"))
    started = replace(ASSIGNED, body='{"PrincipalId": "OBJECT"}')
    ended = later(ASSIGNED, 1, "Succeeded", "Created")
    anothers = replace(ASSIGNED, correlation_id="8", body='{"PrincipalId": "x"}')
    no_role = replace(by_name, action="Microsoft.Network/virtualHubs/write", correlation_id="7")
    (one,) = decided(started, ended, anothers, no_role).granting
    assert (one.result, one.caller) == ("Succeeded", "somebody@example.com")
    (one,) = decided(by_name).granting
    assert one.what == "wrote role assignment"


def test_what_it_cannot_show_is_said() -> None:
    found = decided()
    assert found.says == "The log shows no write by Astronomer's principal." and found.exit_code == 0
    assert len(found.not_shown) == 4
    assert "2026-08-26" in found.not_shown[1]
    assert "application ID alone" in replace(found, identity_known=False).not_shown[4]


def test_what_azure_policy_noted_of_a_write_is_no_write() -> None:
    noted = replace(MADE, action="Microsoft.Authorization/policies/audit/action", category="Policy")
    (one,) = decided(MADE, noted).writes
    assert one.is_connection and not one.stands_out


def test_two_writes_are_two_though_their_client_gave_them_one_correlation_id() -> None:
    first = [replace(one, operation_id="a") for one in (MADE, later(MADE, 60, "Succeeded", "Created"))]
    second = [
        replace(one, operation_id="b")
        for one in (later(MADE, 90, "Started"), later(MADE, 99, "Succeeded", "OK"))
    ]
    found = decided(*second, *first)
    assert [(one.what, one.stands_out) for one in found.writes] == [
        ("made a connection", ""),
        ("overwrote a connection", "it was written before"),
    ]
