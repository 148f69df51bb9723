"""Callers with less than all rights: what each may do is done, the rest is refused before anything is written."""

from __future__ import annotations

import pytest

from conftest import Inside


@pytest.mark.parametrize("persona", ["contributor", "reader"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_without_the_right_to_assign_nothing_is_written(inside: Inside, persona: str, form: str) -> None:
    before = inside.state()
    ran = inside.run("grant", "--yes", "-o", form, persona=persona)
    assert ran.code == 5
    assert "User Access Administrator (or Owner)" in ran.err
    assert inside.state() == before
    assert inside.writes() == []
    if form == "json":
        assert ran.document["outcome"] == "failed"
        assert "User Access Administrator" in ran.document["error"]["next"]
        assert not any(change["done"] for change in ran.document["changes"])


def test_an_rbac_administrator_cannot_make_the_role_but_can_assign_it(inside: Inside) -> None:
    refused = inside.run("grant", "--yes", persona="rbac-admin")
    assert refused.code == 5
    assert "roleDefinitions/write" in refused.err
    assert inside.writes() == []
    assert inside.run("grant", "--yes", "--only", "principal").code == 0
    assert inside.run("grant", "--yes", "--only", "role").code == 0
    assert inside.run("grant", "--yes", persona="rbac-admin").code == 0
    assert inside.run("sandbox", "connect").code == 0
    assert inside.run("revoke", "--yes", persona="rbac-admin").code == 0
    assert inside.run("sandbox", "connect").code == 5


def test_an_entra_admin_makes_the_principal_and_nothing_else(inside: Inside) -> None:
    refused = inside.run("grant", "--yes", persona="entra-admin")
    assert refused.code == 5
    assert "astro-peer grant --only principal" in refused.err
    ran = inside.run("grant", "--only", "principal", "--yes", persona="entra-admin")
    assert ran.code == 0
    ours = inside.ours()
    assert (len(ours["principals"]), len(ours["roles"]), len(ours["assignments"])) == (1, 0, 0)


def test_an_owner_without_entra_rights_is_told_who_has_them(inside: Inside) -> None:
    refused = inside.run("grant", "--yes", persona="uaa")
    assert refused.code == 5
    assert "Authorization_RequestDenied" in refused.err
    assert "Cloud Application Administrator" in refused.err
    assert inside.ours() == {"principals": [], "roles": [], "assignments": []}
    inside.run("grant", "--only", "principal", "--yes", persona="entra-admin")
    assert inside.run("grant", "--yes", persona="uaa").code == 0
    assert inside.run("sandbox", "connect").code == 0


def test_a_caller_with_nothing_to_do_needs_no_right_to_do_it(inside: Inside) -> None:
    inside.run("grant", "--yes")
    ran = inside.run("grant", "--yes", "-o", "json", persona="reader")
    assert ran.code == 0
    assert set(ran.actions.values()) == {"keep"}


def test_only_assignment_says_what_is_missing_and_who_can_make_it(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--only", "assignment")
    assert ran.code == 6
    assert "astro-peer grant --only principal" in ran.err
    assert "astro-peer grant --only role --subscription" in ran.err
    assert inside.writes() == []


@pytest.mark.parametrize("persona", ["contributor", "reader"])
def test_revoke_without_the_right_changes_nothing(inside: Inside, persona: str) -> None:
    inside.run("grant", "--yes")
    granted = inside.state()
    ran = inside.run("revoke", "--yes", persona=persona)
    assert ran.code == 5
    assert "Role Based Access Control Administrator" in ran.err
    assert inside.state() == granted
