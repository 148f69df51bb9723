"""The commands for somebody else who may do a part of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.model import rights
from astro_peer.model.way_out import astro_peer
from made_up import GRANT, SOMEBODY, SUBSCRIPTION

TENANT, PLACE = ("--tenant", SUBSCRIPTION.tenant_id), ("--subscription", SUBSCRIPTION.id)
GIVEN = ("--principal-object-id", SOMEBODY)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("principal", ("grant", "--only", "principal", *TENANT)),
        ("role", ("grant", "--only", "role", *PLACE, *TENANT, "--role-name", "own")),
        ("assignment", ("grant", "--only", "assignment", *PLACE, *TENANT, "--role-name", "own", *GIVEN)),
        (rights.REVOKE, ("revoke", *PLACE, *TENANT, "--role-name", "own", *GIVEN)),
    ],
)
def test_whoever_is_asked_to_do_a_part_is_given_the_same_place_role_and_principal(
    part: str, words: tuple[str, ...]
) -> None:
    wanted = replace(GRANT, role_name="own", principal_id=SOMEBODY)
    assert rights._hand_over(wanted, part) == astro_peer(*words)
    plain = [word for word in words if word not in ("--role-name", "own", *GIVEN)]
    assert rights._hand_over(GRANT, part) == astro_peer(*plain)
