"""A report is a baseline only where it says for certain what the hub's connections were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from astro_peer.model.baseline import NoBaseline, of_report
from made_up import hub

HUB = hub().id
ONE = {
    "id": f"{HUB}/hubVirtualNetworkConnections/one",
    "name": "one",
    "provisioning_state": "Succeeded",
    "remote_network_id": "/subscriptions/s",
    "etag": "1",
}
DOCUMENT: dict[str, Any] = {"schema_version": 1, "target": {"hub_id": HUB.upper()}, "connections": [ONE]}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ONE.items() if key != name}


def test_a_document_of_the_same_hub_is_one() -> None:
    (found,) = of_report(json.dumps(DOCUMENT), HUB).connections
    assert (found.name, found.etag) == ("one", "1")
    (found,) = of_report(json.dumps(DOCUMENT | {"connections": [without("etag")]}), HUB).connections
    assert found.etag == ""
    assert of_report(json.dumps(DOCUMENT | {"connections": []}), HUB).connections == ()


@pytest.mark.parametrize(
    ("report", "lacks"),
    [
        ("<html>", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no document of astro-peer"),
        ('{"connections": []}', "no document of astro-peer"),
        (DOCUMENT | {"schema_version": 2}, "another version"),
        (DOCUMENT | {"target": {"hub_id": f"{HUB}2"}}, "another virtual hub"),
        (without("connections") | {"schema_version": 1}, "does not say which connections"),
        (DOCUMENT | {"connections": {}}, "does not say which connections"),
        (DOCUMENT | {"connections": ["one"]}, "number 1 is no object"),
        (DOCUMENT | {"connections": [ONE, without("name")]}, "number 2 does not say its name"),
        (DOCUMENT | {"connections": [ONE | {"id": HUB}]}, "number 1 is not one of"),
        (DOCUMENT | {"connections": [ONE | {"id": f"{HUB}2/x/one"}]}, "number 1 is not one of"),
        (DOCUMENT | {"connections": [ONE | {"etag": 1}]}, "number 1 does not say its etag"),
    ],
)
def test_anything_else_is_none(report: Any, lacks: str) -> None:
    with pytest.raises(NoBaseline, match=lacks):
        of_report(report if isinstance(report, str) else json.dumps(report), HUB)
