"""Random tenants, and random sequences of grants, revokes and faults: what must hold, always holds."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, note
from hypothesis import strategies as st

from astro_peer import procedure
from astro_peer.sandbox.faults.catalogue import parse
from astro_peer.sandbox.run import serving
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import Lock, Permission, RoleAssignment, RoleDefinition, ServicePrincipal
from conftest import DEV, PROD, ROLE, Inside
from sampling import examples

DOCUMENTED = procedure.load().actions
SCOPES = {PROD: f"/subscriptions/{PROD}", DEV: f"/subscriptions/{DEV}"}

roles = st.fixed_dictionaries(
    {
        "actions": st.sampled_from(
            [DOCUMENTED, DOCUMENTED[:5], (*DOCUMENTED, "Microsoft.Network/*"), DOCUMENTED[::-1]]
        ),
        "scopes": st.sampled_from([(PROD,), (DEV,), (PROD, DEV)]),
    }
)
tenants = st.fixed_dictionaries(
    {
        "principal": st.booleans(),
        "role": st.none() | roles,
        "others": st.lists(
            st.tuples(
                st.sampled_from([demo.OWNER, demo.NETWORK_CONTRIBUTOR, demo.READER]),
                st.sampled_from([PROD, DEV]),
            ),
            max_size=3,
            unique=True,
        ),
        "lock": st.none() | st.sampled_from(["CanNotDelete", "ReadOnly"]),
    }
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["grant", "revoke", "revoke --delete-role"]),
        st.sampled_from([PROD, DEV]),
        st.none() | st.tuples(st.sampled_from(["drop-at", "refuse-at"]), st.integers(1, 40)),
    ),
    min_size=1,
    max_size=5,
)


def build(inside: Inside, wanted: dict[str, Any]) -> None:
    tenant, now = inside.tenant, inside.sandbox.clock.now()
    if wanted["role"]:
        tenant.add(
            RoleDefinition(
                str(uuid4()),
                ROLE,
                (Permission(wanted["role"]["actions"]),),
                tuple(SCOPES[one] for one in wanted["role"]["scopes"]),
                True,
                "made by hand",
                now,
                now,
            )
        )
    if wanted["principal"]:
        principal = ServicePrincipal(str(uuid4()), demo.ASTRONOMER_APP_ID, now)
        tenant.add(principal)
        for role, subscription in wanted["others"]:
            tenant.add(
                RoleAssignment(
                    str(uuid4()), SCOPES[subscription], role, principal.id, "ServicePrincipal", now, now
                )
            )
    if wanted["lock"]:
        tenant.add(Lock(SCOPES[DEV], "keep", wanted["lock"]))


def not_ours(inside: Inside) -> str:
    """Everything but Astronomer's principal, roles of our name, and their assignments to that principal."""
    state, ours = inside.state(), inside.ours()
    role_ids = {one["name"] for one in ours["roles"]}
    mine = {
        one["name"] for one in ours["assignments"] if one["roleDefinitionId"].rpartition("/")[2] in role_ids
    }
    return json.dumps(
        {
            "principals": [one for one in state["service_principals"] if one not in ours["principals"]],
            "roles": [one for one in state["role_definitions"] if one not in ours["roles"]],
            "assignments": [one for one in state["role_assignments"] if one["name"] not in mine],
            "connections": state["connections"],
        }
    )


def mine_in(inside: Inside, subscription: str) -> list[dict[str, Any]]:
    ours = inside.ours()
    role_ids = {one["name"] for one in ours["roles"]}
    return [
        one
        for one in ours["assignments"]
        if one["scope"].startswith(SCOPES[subscription])
        and one["roleDefinitionId"].rpartition("/")[2] in role_ids
    ]


def writes_otherwise(wanted: dict[str, Any], subscription: str) -> bool:
    """Whether Astronomer's principal has a role that writes to hubs, which no revoke takes away."""
    return wanted["principal"] and any(
        where == subscription and role != demo.READER for role, where in wanted["others"]
    )


def run(inside: Inside, command: str, subscription: str) -> int:
    hub = "vhub-prod-weu" if subscription == PROD else "vhub-dev-weu"
    options = ["--update-shared-role", "--hub", hub] if command == "grant" else []
    return inside.run_here(
        *command.split(), "--yes", "--subscription", subscription, "--timeout", "8", *options
    ).code


@examples(
    25,
    sampled=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(wanted=tenants, sequence=steps)
def test_nothing_else_is_touched_and_the_last_run_finishes(
    wanted: dict[str, Any], sequence: list[tuple[str, str, tuple[str, int] | None]]
) -> None:
    with serving() as sandbox:
        inside = Inside(sandbox)
        build(inside, wanted)
        before = not_ours(inside)
        broader = bool(wanted["role"] and "Microsoft.Network/*" in wanted["role"]["actions"])
        last = {}
        for command, subscription, fault in sequence:
            sandbox._app._faults = parse([f"{fault[0]}:{fault[1]}"] if fault else [])
            code = run(inside, command, subscription)
            note(f"{command} in {subscription} with {fault}: exit {code}")
            assert code in (0, 1, 4, 5, 7, 8, 11)
            assert not_ours(inside) == before
            if not fault:
                last[subscription] = (command, code)
        sandbox._app._faults = []

        for subscription in (PROD, DEV):
            sandbox.clock.advance(
                700
            )  # what is newer may not be listed yet: a revoke that finds nothing says so
            command = last.get(subscription, ("grant", 0))[0]
            code = run(inside, command, subscription)
            assert not_ours(inside) == before
            locked = wanted["lock"] if subscription == DEV else None
            if command == "grant" and broader and inside.ours()["roles"]:
                broad = any(
                    "Microsoft.Network/*" in one["permissions"][0]["actions"]
                    for one in inside.ours()["roles"]
                )
                assert (code == 7) is broad
            elif locked and code:
                assert code == 7
            else:
                assert code == (11 if command != "grant" and writes_otherwise(wanted, subscription) else 0)
                assert len(mine_in(inside, subscription)) == (1 if command == "grant" else 0)
        roles_left = inside.ours()["roles"]
        assert len(roles_left) <= 1, "role names are unique"
        if (
            wanted["role"]
            and roles_left
            and not any("--delete-role" in command for command, _, _ in sequence)
        ):
            scopes = {SCOPES[one] for one in wanted["role"]["scopes"]}
            assert scopes <= set(roles_left[0]["assignableScopes"]), "no scope is ever lost"
