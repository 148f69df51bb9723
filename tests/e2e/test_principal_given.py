"""--principal-object-id says who gets the rights: it is checked wherever it can be, and never comes unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from conftest import Inside

Accepting = Callable[..., Inside]


@pytest.fixture(params=["refused", "accepted"])
def inside(request: pytest.FixtureRequest) -> Iterator[Inside]:
    """Azure is said to accept an assignment to a principal that does not exist: both must be lived with."""
    faults = ["unknown-principal-accepted"] if request.param == "accepted" else []
    with ExitStack() as stack:
        yield Inside(stack.enter_context(serving(faults=faults)))


def without_graph(inside: Inside) -> None:
    inside.tenant.directory_readers.clear()
    inside.tenant.directory_writers.clear()


@pytest.mark.parametrize("graph", [True, False], ids=["graph answers", "graph refuses"])
@pytest.mark.parametrize("command", ["grant", "revoke", "status"])
def test_the_application_id_is_refused(inside: Inside, graph: bool, command: str) -> None:
    if not graph:
        without_graph(inside)
    ran = inside.run(command, "--principal-object-id", demo.ASTRONOMER_APP_ID.upper())
    assert ran.code == 2, ran.err
    assert "application's ID" in ran.err
    assert inside.requests() == []


def test_an_object_id_that_nobody_has_is_refused(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--principal-object-id", str(uuid4()), "-o", "json")
    assert ran.code == 6, ran.err
    assert "verified" not in ran.document
    assert inside.writes() == []


@pytest.mark.parametrize("command", ["grant", "revoke", "status"])
def test_another_applications_principal_is_refused(inside: Inside, command: str) -> None:
    other = next(iter(inside.tenant.service_principals.values()))
    ran = inside.run(command, "--principal-object-id", other.id, *(["--yes"] if command != "status" else []))
    assert ran.code == 7, ran.err
    assert other.app_id in ran.err
    assert inside.writes() == []


def test_where_graph_does_not_answer_nobody_has_checked(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "principal")
    (principal,) = inside.ours()["principals"]
    without_graph(inside)
    ran = inside.run("grant", "--yes", "--principal-object-id", principal["id"], "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.document["verified"] is False
    text = inside.run("grant", "--yes", "--principal-object-id", principal["id"])
    assert "Nobody has checked whose it is" in text.err
    assert "nobody has checked" in text.err.lower()
    assert "Verified" not in text.out


def test_where_graph_answers_it_is_checked_and_verified(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "principal")
    (principal,) = inside.ours()["principals"]
    ran = inside.run("grant", "--yes", "--principal-object-id", principal["id"].upper(), "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.document["verified"] is True


def test_it_has_no_environment_variable(inside: Inside) -> None:
    """Else whoever sets a variable in a pipeline chooses who gets the rights."""
    other = next(iter(inside.tenant.service_principals.values()))
    ran = inside.run("grant", "--yes", env={"ASTRO_PEER_PRINCIPAL_OBJECT_ID": other.id})
    assert ran.code == 0, ran.err
    (assignment,) = inside.ours()["assignments"]
    assert assignment["principalId"] != other.id


def test_a_principal_deleted_meanwhile_can_still_be_revoked_by_its_id(inside: Inside) -> None:
    inside.run("grant", "--yes")
    (principal,) = inside.ours()["principals"]
    del inside.tenant.service_principals[principal["id"]]
    ran = inside.run("revoke", "--yes", "--principal-object-id", principal["id"])
    assert ran.code == 0, ran.err
    assert principal["id"] not in {one.principal_id for one in inside.tenant.role_assignments.values()}


def test_ones_own_object_id_is_refused(inside: Inside) -> None:
    own = inside.tenant.principal_of(demo.persona_app_id(demo.Persona.OWNER))
    assert own is not None
    without_graph(inside)
    ran = inside.run("grant", "--yes", "--principal-object-id", own.id)
    assert ran.code == 2, ran.err
    assert "your own" in ran.err
    assert inside.writes() == []


def test_the_way_back_names_whom_the_role_went_to(inside: Inside) -> None:
    inside.run("grant", "--yes", "--only", "principal")
    (principal,) = inside.ours()["principals"]
    without_graph(inside)
    ran = inside.run("grant", "--yes", "--principal-object-id", principal["id"])
    assert ran.code == 0, ran.err
    (back,) = [line.strip() for line in ran.err.splitlines() if line.startswith("    astro-peer revoke")]
    assert inside.run(*back.split()[1:], "--yes").code == 0
    assert inside.ours()["assignments"] == []
