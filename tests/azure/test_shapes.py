"""Answers of any shape: an empty page is empty, and what is not understood is said to be so, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from answers import SUBSCRIPTION, azure_with, response_to
from astro_peer.azure import Azure
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import RoleAssignment, RoleDefinition, VirtualHub

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
HUB_ID = f"{SCOPE}/resourceGroups/G/providers/Microsoft.Network/virtualHubs/H"
HUB = VirtualHub(HUB_ID, "H", "G", SUBSCRIPTION, "", "", "", None, wan_id="W")
FIREWALL = f"{SCOPE}/resourceGroups/G/providers/Microsoft.Network/azureFirewalls/F"
ASSIGNMENT = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}"
WANTED = RoleAssignment("", "", SCOPE, SUBSCRIPTION, SUBSCRIPTION, "ServicePrincipal")
ROLE = RoleDefinition(SUBSCRIPTION, "Role", True, "", (), (SCOPE,))

LISTS: dict[str, Callable[[Azure], Any]] = {
    "subscriptions": lambda azure: azure.subscriptions.visible(),
    "groups": lambda azure: azure.subscriptions.resource_groups(SUBSCRIPTION),
    "permissions": lambda azure: azure.subscriptions.permissions(SUBSCRIPTION),
    "hubs": lambda azure: azure.network.hubs(SUBSCRIPTION),
    "connections": lambda azure: azure.network.connections(HUB),
    "networks": lambda azure: azure.virtual_networks.listed(SUBSCRIPTION),
    "peerings": lambda azure: azure.virtual_networks.peerings(SUBSCRIPTION, "G", "N"),
    "roles": lambda azure: azure.authorization.roles_named(SCOPE, "Role"),
    "roles-anywhere": lambda azure: azure.authorization.roles_named_anywhere("Role"),
    "assignments": lambda azure: azure.authorization.assignments(SCOPE),
    "deleted": lambda azure: azure.graph.deleted(SUBSCRIPTION),
}
OBJECTS: dict[str, Callable[[Azure], Any]] = {
    "subscription": lambda azure: azure.subscriptions.get(SUBSCRIPTION),
    "hub": lambda azure: azure.network.hub(SUBSCRIPTION, "G", "H"),
    "network": lambda azure: azure.virtual_networks.read(SUBSCRIPTION, "G", "N"),
    "role": lambda azure: azure.authorization.role(SCOPE, SUBSCRIPTION),
    "assignment": lambda azure: azure.authorization.assignment(ASSIGNMENT),
    "assign": lambda azure: azure.authorization.assign(WANTED, SUBSCRIPTION),
    "find": lambda azure: azure.graph.find(SUBSCRIPTION),
    "principal": lambda azure: azure.graph.principal(SUBSCRIPTION),
    "create": lambda azure: azure.graph.create(SUBSCRIPTION),
}
OTHERS: dict[str, Callable[[Azure], Any]] = {
    "firewall": lambda azure: azure.network.firewall_ip(FIREWALL),
    "write-role": lambda azure: azure.authorization.write_role(SCOPE, ROLE),
    "delete-role": lambda azure: azure.authorization.delete_role(SCOPE, ROLE),
    "unassign": lambda azure: azure.authorization.unassign(ASSIGNMENT),
}
"""What they answer with need not be there."""
DEEP = "[" * 100_000 + "]" * 100_000
NEVER_AZURES = {
    "html": "<!DOCTYPE html><html><body>Sign in to the proxy</body></html>",
    "null": "null",
    "a-list": "[]",
    "a-list-of-lists": "[[]]",
    "a-text": '"value"',
    "a-number": "1",
    "deep": DEEP,
    "deep-inside": '{"value": ' + DEEP + "}",
    "cut-off": '{"value": [',
    "not-a-number": '{"value": NaN',
}
EMPTY_PAGES = {"null-page": '{"value": null}', "empty": "{}", "no-items": '{"value": []}'}
WRONG_INSIDE = {
    "items-null": '{"value": [null], "data": [null], "id": null, "name": null}',
    "items-text": '{"value": ["x"], "data": ["x"], "id": "", "name": ""}',
    "items-empty": '{"value": [{}], "data": [{}]}',
    "items-lists": '{"value": [[]], "data": [[]]}',
    "a-text": '{"value": "x", "data": "x"}',
    "a-number": '{"value": 1, "data": 1}',
    "an-object": '{"value": {}, "data": {}}',
    "false": '{"value": false, "data": false}',
    "twice": '{"value": [], "data": [], "value": {}, "data": {}}',
    "properties": json.dumps(
        {key: [{"id": 1, "name": None, "properties": "x", "appId": {}}] for key in ("value", "data")}
        | {"id": 1, "name": None, "properties": "x", "appId": {}}
    ),
}


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Azure]:
    """A caller to whom everything is answered with this text."""

    def answer(text: str, status: int = 200, content_type: str = "application/json") -> Azure:
        def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
            return response_to(request, status, text, {"Content-Type": content_type})

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
        return azure_with(5)

    return answer


@pytest.mark.parametrize("content_type", ["application/json", "text/html; charset=utf-8", ""])
@pytest.mark.parametrize("body", NEVER_AZURES)
@pytest.mark.parametrize("call", LISTS | OBJECTS | OTHERS)
def test_what_is_no_object_is_not_understood(
    answered: Callable[..., Azure], call: str, body: str, content_type: str
) -> None:
    azure = answered(NEVER_AZURES[body], content_type=content_type)
    with pytest.raises(AstroPeerError) as caught:
        (LISTS | OBJECTS | OTHERS)[call](azure)
    assert "Azure answered in a form that is not understood, when asked for /" in caught.value.meaning
    assert caught.value.next_step


@pytest.mark.parametrize("body", EMPTY_PAGES)
@pytest.mark.parametrize("call", LISTS)
def test_an_empty_page_is_empty(answered: Callable[..., Azure], call: str, body: str) -> None:
    assert list(LISTS[call](answered(EMPTY_PAGES[body]))) == []


@pytest.mark.parametrize("body", EMPTY_PAGES | WRONG_INSIDE)
@pytest.mark.parametrize("call", OBJECTS)
def test_an_object_without_what_it_must_have_is_not_understood(
    answered: Callable[..., Azure], call: str, body: str
) -> None:
    with pytest.raises(AstroPeerError) as caught:
        OBJECTS[call](answered((EMPTY_PAGES | WRONG_INSIDE)[body]))
    assert "form that is not understood, when asked for /" in caught.value.meaning


@pytest.mark.parametrize("body", WRONG_INSIDE)
@pytest.mark.parametrize("call", LISTS)
def test_a_list_of_other_things_is_not_understood(
    answered: Callable[..., Azure], call: str, body: str
) -> None:
    if call == "permissions" and body in ("items-empty", "properties"):
        pytest.skip("a caller may have no rights")
    with pytest.raises(AstroPeerError) as caught:
        list(LISTS[call](answered(WRONG_INSIDE[body])))
    assert "form that is not understood, when asked for /" in caught.value.meaning


@pytest.mark.parametrize("body", NEVER_AZURES | EMPTY_PAGES | WRONG_INSIDE)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_in_any_shape_is_told_by_its_status(
    answered: Callable[..., Azure], body: str, status: int
) -> None:
    azure = answered((NEVER_AZURES | EMPTY_PAGES | WRONG_INSIDE)[body], status)
    with pytest.raises(AstroPeerError) as caught:
        azure.network.hubs(SUBSCRIPTION)
    assert caught.value.code == f"HTTP {status}"
