"""How many requests a command sends, and how many answers it waits for one after another: see `chains`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import chains
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from chains import Counted
from conftest import Inside

HUBS = (
    f"/subscriptions/{demo.PROD}/resourceGroups/rg-connectivity-prod/providers/Microsoft.Network/virtualHubs"
)
SECURED = ("--hub-id", f"{HUBS}/vhub-prod-weu")
WITHOUT_FIREWALL = ("--hub-id", f"{HUBS}/vhub-prod-neu")
ANOTHER_SUBSCRIPTION = ("--subscription", demo.DEV)
NETWORK = (
    "--vnet-id",
    f"/subscriptions/{demo.PROD}/resourceGroups/rg-applications-prod/providers/Microsoft.Network/virtualNetworks"
    "/vnet-airflow",
)
BY_NAME = ("--resource-group", "rg-connectivity-prod", "--hub", "vhub-prod-weu")
"""Its subscription has to be found first, and is not even then known before all hubs are listed."""


@pytest.fixture
def slow() -> Iterator[Inside]:
    with serving(faults=[f"latency:{chains.ANSWER_MILLISECONDS}"]) as sandbox:
        yield Inside(sandbox)


def counted(inside: Inside, *arguments: str, code: int = 0) -> Counted:
    already = len(inside.requests())
    ran = inside.run(*arguments)
    assert ran.code == code, ran.err
    return chains.count(inside.requests()[already:])


@pytest.mark.parametrize("hub", [SECURED, WITHOUT_FIREWALL, ANOTHER_SUBSCRIPTION, NETWORK])
def test_a_life_with_the_subscription_known(slow: Inside, hub: tuple[str, ...]) -> None:
    assert counted(slow, "grant", "--yes", *hub).within(requests=24, chain=7)
    assert counted(slow, "grant", "--yes", *hub).within(requests=18, chain=4)
    assert counted(slow, "status", *hub).within(requests=18, chain=4)
    assert counted(slow, "revoke", "--yes", *hub).within(requests=18, chain=5)
    assert counted(slow, "status", *hub, code=10).within(requests=18, chain=4)
    assert counted(slow, "revoke", "--yes", "--delete-role", *hub).within(requests=18, chain=5)


def test_a_life_with_the_hub_known_by_its_name_alone(slow: Inside) -> None:
    assert counted(slow, "grant", "--yes", *BY_NAME).within(requests=25, chain=8)
    assert counted(slow, "grant", "--yes", *BY_NAME).within(requests=19, chain=5)
    assert counted(slow, "status", *BY_NAME).within(requests=19, chain=5)
    assert counted(slow, "revoke", "--yes", "--subscription", demo.PROD).within(requests=18, chain=5)


def without_role(inside: Inside) -> None:
    inside.run("grant", "--yes")
    inside.run("revoke", "--yes", "--delete-role")


def without_assignment(inside: Inside) -> None:
    inside.run("grant", "--yes")
    inside.run("revoke", "--yes")


def granted_elsewhere(inside: Inside) -> None:
    inside.run("grant", "--yes", *ANOTHER_SUBSCRIPTION)


@pytest.mark.parametrize("before", [without_role, without_assignment, granted_elsewhere])
def test_a_grant_where_something_is_there_already(slow: Inside, before: Callable[[Inside], None]) -> None:
    before(slow)
    assert counted(slow, "grant", "--yes", "--update-shared-role", *SECURED).within(requests=26, chain=10)
