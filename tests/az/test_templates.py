"""The template of an export, deployed by the real az, leaves what the command leaves: once, and again."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from conftest import DEV, PROD, ROLE
from e2e.test_roles_that_exist import STALE, arrange_role
from random_plans import restore, snapshot

from .tenant import InsideWithAz, add_assignment, add_principal, shape

QUOTES = """[CHG-4711 by O'Brien: "no $(touch pwned)", 100 % \\ ä]"""


def principal(inside: InsideWithAz) -> None:
    add_principal(inside)


def granted(inside: InsideWithAz) -> None:
    """Under GUIDs that nobody would derive."""
    add_assignment(inside, arrange_role(inside), add_principal(inside))


def stale_and_shared(inside: InsideWithAz) -> None:
    add_principal(inside)
    arrange_role(inside, STALE, (f"/subscriptions/{PROD}", f"/subscriptions/{DEV}"))


def elsewhere(inside: InsideWithAz) -> None:
    add_principal(inside)
    arrange_role(inside, scopes=(f"/subscriptions/{DEV}",))


def deploy(inside: InsideWithAz, template: str, what: str, *parameters: str) -> None:
    file = inside.folder / "template.json"
    file.write_text(template)
    ran = inside.az(
        *("deployment", "sub", what, "--subscription", PROD, "--location", "westeurope"),
        *("--template-file", str(file), *(("--parameters", *parameters) if parameters else ())),
    )
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("arrange", "options"),
    [
        (principal, ("--description", QUOTES)),
        (granted, ("--until", "14d")),
        (stale_and_shared, ("--update-shared-role",)),
        (elsewhere, ("--update-shared-role", "--until", "14d")),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_template_leaves_what_the_command_leaves(
    inside: InsideWithAz, arrange: Callable[[InsideWithAz], None], options: tuple[str, ...]
) -> None:
    arrange(inside)
    before = snapshot(inside.tenant)
    ran = inside.run("grant", "--yes", *options)
    assert ran.code == 0, ran.err
    expected = shape(inside)
    restore(inside.tenant, before)
    template = inside.run("grant", "--export", "arm", *options).out
    deploy(inside, template, "what-if")
    for _ in range(2):
        deploy(inside, template, "create")
        assert shape(inside) == expected


def test_the_principal_of_a_new_tenant_is_the_parameter(inside: InsideWithAz) -> None:
    template = inside.run("grant", "--export", "arm").out
    assert "defaultValue" not in json.loads(template)["parameters"]["principalId"]
    object_id = add_principal(inside)
    deploy(inside, template, "create", f"principalId={object_id}")
    (assignment,) = inside.ours()["assignments"]
    assert assignment["principalId"] == object_id
    assert inside.run("grant", "--yes", "-o", "json").actions == {
        "service principal": "keep",
        "custom role": "keep",
        "role assignment": "keep",
    }
    assert [one["roleName"] for one in inside.ours()["roles"]] == [ROLE]
