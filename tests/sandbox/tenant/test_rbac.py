import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.paths import covers, routable, spelt
from astro_peer.sandbox.tenant.rbac import allows, matches, permitted
from astro_peer.sandbox.tenant.state import Caller, Group, Permission, RoleAssignment, RoleDefinition, Tenant

from ..client import DEV, PROD

WRITE = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write"
GROUP = f"{PROD}/resourceGroups/rg-connectivity-prod"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-weu"
CALLER = Caller("11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222")


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", WRITE, True),
        ("*/read", "Microsoft.Network/virtualHubs/read", True),
        ("*/read", WRITE, False),
        ("Microsoft.Network/*", WRITE, True),
        ("Microsoft.Network/virtualHubs/*/write", WRITE, True),
        ("Microsoft.Network/virtualHubs/write", WRITE, False),
        ("microsoft.NETWORK/virtualhubs/HUBvirtualnetworkconnections/Write", WRITE, True),
        ("Microsoft.Network/virtualHubs", WRITE, False),
        ("Microsoft.Networ./virtualHubs/read", "Microsoft.Network/virtualHubs/read", False),
        ("Microsoft.Network/virtualHubs/read", "Microsoft.Network/virtualHubs/readX", False),
    ],
)
def test_wildcards_match_any_run_of_characters_without_case(
    pattern: str, action: str, expected: bool
) -> None:
    assert matches(pattern, action) is expected


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_one_wildcard_matches_whatever_stands_in_its_place(head: str, middle: str, tail: str) -> None:
    head, tail = head.replace("*", ""), tail.replace("*", "")
    assert matches(f"{head}*{tail}", f"{head}{middle}{tail}")


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([Permission(("*",))], True),
        ([Permission(("*",), ("*/write",))], False),
        ([Permission(("*/read",))], False),
        ([Permission(("*",), ("*/write",)), Permission((WRITE,))], True),
        ([], False),
    ],
)
def test_not_actions_take_away_from_their_own_entry_only(
    permissions: list[Permission], expected: bool
) -> None:
    assert any(allows(p, WRITE) for p in permissions) is expected


def _give(tenant: Tenant, scope: str, *permissions: Permission, to: str = str(CALLER.object_id)) -> None:
    now = tenant.clock.now()
    tenant.add(
        RoleDefinition("33333333-3333-3333-3333-333333333333", "R", permissions, ("/",), True, "", now, now),
        RoleAssignment(
            "44444444-4444-4444-4444-444444444444",
            scope,
            "33333333-3333-3333-3333-333333333333",
            to,
            "ServicePrincipal",
            now,
            now,
        ),
    )


@pytest.mark.parametrize(
    ("assigned_at", "asked_at", "expected"),
    [
        (PROD, HUB, True),
        (PROD.upper(), HUB, True),
        (GROUP, HUB, True),
        (HUB, f"{HUB}/hubVirtualNetworkConnections/x", True),
        (HUB, GROUP, False),
        (DEV, HUB, False),
        (f"{PROD}/resourceGroups/rg-connectivity", HUB, False),
        ("/", HUB, True),
        (demo.ROOT_MANAGEMENT_GROUP, HUB, True),
    ],
)
def test_an_assignment_is_inherited_downwards_only(
    tenant: Tenant, assigned_at: str, asked_at: str, expected: bool
) -> None:
    _give(tenant, assigned_at, Permission((WRITE,)))
    assert permitted(tenant, CALLER, WRITE, asked_at) is expected


def test_members_of_a_group_have_its_roles_also_through_another_group(tenant: Tenant) -> None:
    inner, outer = "55555555-5555-5555-5555-555555555555", "66666666-6666-6666-6666-666666666666"
    tenant.add(
        Group(inner, "inner", frozenset({CALLER.object_id})), Group(outer, "outer", frozenset({inner}))
    )
    _give(tenant, PROD, Permission((WRITE,)), to=outer)
    assert permitted(tenant, CALLER, WRITE, HUB)
    assert not permitted(tenant, Caller("x", "77777777-7777-7777-7777-777777777777"), WRITE, HUB)


def test_the_contributor_role_writes_resources_but_no_access(tenant: Tenant) -> None:
    (contributor,) = tenant.role_definitions[demo.CONTRIBUTOR].permissions
    assert allows(contributor, WRITE)
    assert not allows(contributor, "Microsoft.Authorization/roleAssignments/write")
    assert allows(contributor, "Microsoft.Authorization/roleAssignments/read")


def test_fixed_words_of_a_path_ignore_case_and_values_keep_it() -> None:
    path = "//SUBSCRIPTIONS/AbC/ResourceGroups/My-RG/PROVIDERS/microsoft.network/VirtualHubs/Hub-1"
    assert (
        routable(path)
        == "/subscriptions/AbC/resourcegroups/My-RG/providers/microsoft.network/virtualhubs/Hub-1"
    )
    assert (
        spelt(path) == "/subscriptions/abc/resourceGroups/My-RG/providers/Microsoft.Network/virtualHubs/Hub-1"
    )


def test_a_group_named_like_a_fixed_word_stays_a_group() -> None:
    assert routable("/subscriptions/s/resourceGroups/Providers/providers/Microsoft.Network/virtualHubs") == (
        "/subscriptions/s/resourcegroups/Providers/providers/microsoft.network/virtualhubs"
    )


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4))
def test_every_scope_covers_itself_and_what_is_beneath_it(segments: list[str]) -> None:
    scope = "/" + "/".join(segments)
    assert covers(scope, scope) and covers("/", scope) and covers(scope, f"{scope}/below")
    assert not covers(scope, f"{scope}x")
