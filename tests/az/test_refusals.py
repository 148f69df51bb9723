"""What Azure refuses, the sandbox refuses: the real az prints the same code as it does in Azure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.sandbox.tenant import demo
from conftest import DEV, PROD, ROLE
from e2e.test_roles_that_exist import arrange_role

from .tenant import APPLICATION, SCOPE, InsideWithAz, add_assignment, add_principal

NOBODY = "11111111-2222-3333-4444-555555555555"


def refused(inside: InsideWithAz, *arguments: str, saying: str, persona: str | None = None) -> None:
    before = inside.state()
    ran = inside.az(*arguments, persona=persona)
    assert ran.code != 0
    assert saying in ran.err
    assert "Traceback" not in ran.err
    assert inside.state() == before


def assign(role: str = ROLE, scope: str = SCOPE) -> tuple[str, ...]:
    return ("role", "assignment", "create", "--assignee", APPLICATION, "--role", role, "--scope", scope)


def test_a_second_service_principal(inside: InsideWithAz) -> None:
    """Of Graph's errors az prints the message only."""
    add_principal(inside)
    refused(
        inside,
        *("ad", "sp", "create", "--id", APPLICATION),
        saying=f"because the service principal name {APPLICATION} is already in use.",
    )


def test_a_service_principal_of_no_application(inside: InsideWithAz) -> None:
    refused(inside, "ad", "sp", "create", "--id", NOBODY, saying="does not reference a valid application")


def test_a_service_principal_by_somebody_without_the_right(inside: InsideWithAz) -> None:
    refused(
        inside, "ad", "sp", "create", "--id", APPLICATION, saying="Insufficient privileges", persona="uaa"
    )


@pytest.mark.parametrize("subscription", [PROD, DEV])
def test_a_second_role_of_the_same_name(inside: InsideWithAz, subscription: str) -> None:
    """Also in the other subscription, where the first one cannot be seen."""
    arrange_role(inside, scopes=(SCOPE,))
    role_file = inside.folder / "role.json"
    role_file.write_text(inside.run("role", "--subscription", subscription).out)
    refused(
        inside,
        *("role", "definition", "create", "--role-definition", role_file.name),
        saying="RoleDefinitionWithSameNameExists",
    )


def test_an_assignment_by_a_contributor(inside: InsideWithAz) -> None:
    arrange_role(inside)
    add_principal(inside)
    refused(inside, *assign(), saying="(AuthorizationFailed)", persona="contributor")


def test_a_role_by_somebody_who_may_only_assign(inside: InsideWithAz) -> None:
    role_file = inside.folder / "role.json"
    role_file.write_text(inside.run("role", "--subscription", PROD).out)
    refused(
        inside,
        *("role", "definition", "create", "--role-definition", role_file.name),
        saying="(AuthorizationFailed)",
        persona="rbac-admin",
    )


def test_an_assignment_of_a_role_that_is_not_assignable_there(inside: InsideWithAz) -> None:
    role = arrange_role(inside, scopes=(f"/subscriptions/{DEV}",))
    add_principal(inside)
    refused(inside, *assign(role), saying="(RoleDefinitionDoesNotExist)")
    refused(inside, *assign(), saying=f"Role '{ROLE}' doesn't exist.")


def test_an_assignment_to_a_principal_azure_does_not_know_yet(inside: InsideWithAz) -> None:
    arrange_role(inside)
    add_principal(inside)
    inside.tenant.lags = replace(inside.tenant.lags, new_principal=3600)
    refused(inside, *assign(), saying="(PrincipalNotFound)")


def test_a_role_that_is_still_assigned(inside: InsideWithAz) -> None:
    add_assignment(inside, arrange_role(inside), add_principal(inside))
    refused(inside, "role", "definition", "delete", "--name", ROLE, saying="RoleDefinitionHasAssignments")


def test_a_delete_under_a_lock(inside: InsideWithAz) -> None:
    add_assignment(inside, arrange_role(inside), add_principal(inside))
    assert inside.az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete").code == 0
    delete = ("role", "assignment", "delete", "--assignee", APPLICATION, "--role", ROLE, "--scope", SCOPE)
    refused(inside, *delete, saying="(ScopeLocked)")
    assert inside.az("lock", "delete", "--name", "keep").code == 0
    assert inside.az(*delete).code == 0


def test_a_write_under_a_read_only_lock(inside: InsideWithAz) -> None:
    arrange_role(inside)
    add_principal(inside)
    assert inside.az("lock", "create", "--name", "still", "--lock-type", "ReadOnly").code == 0
    refused(inside, *assign(), saying="(ScopeLocked)")


def test_a_subscription_that_does_not_exist(inside: InsideWithAz) -> None:
    refused(
        inside,
        *("role", "assignment", "list", "--scope", f"/subscriptions/{NOBODY}"),
        saying="(SubscriptionNotFound)",
    )


def test_a_resource_group_or_a_hub_that_does_not_exist(inside: InsideWithAz) -> None:
    refused(inside, "group", "show", "--name", "rg-none", saying="(ResourceGroupNotFound)")
    refused(
        inside,
        *("resource", "show", "--resource-group", "rg-connectivity-prod", "--name", "vhub-none"),
        *("--resource-type", "Microsoft.Network/virtualHubs"),
        saying="(ResourceNotFound)",
    )


def test_a_token_for_microsofts_cloud(inside: InsideWithAz) -> None:
    refused(
        inside,
        *("account", "get-access-token", "--resource", "https://management.azure.com/"),
        saying="AADSTS500011",
    )


def test_deleting_what_is_not_there(inside: InsideWithAz) -> None:
    """The documented revoke, when there is nothing to revoke."""
    add_principal(inside)
    arrange_role(inside)
    refused(
        inside,
        *("role", "assignment", "delete", "--assignee", APPLICATION, "--role", ROLE, "--scope", SCOPE),
        saying="No matched assignments were found to delete",
    )


def test_a_change_of_a_role_without_rights_on_all_its_scopes(inside: InsideWithAz) -> None:
    arrange_role(inside, scopes=(SCOPE, f"/subscriptions/{DEV}"))
    owner = inside.tenant.principal_of(demo.persona_app_id(demo.Persona.OWNER))
    assert owner is not None
    for key, one in list(inside.tenant.role_assignments.items()):
        if one.principal_id == owner.id and DEV in one.scope:
            del inside.tenant.role_assignments[key]
    refused(
        inside,
        *("role", "definition", "delete", "--name", ROLE, "--scope", SCOPE),
        saying="(LinkedAuthorizationFailed)",
    )


def test_az_itself_breaks_down_on_all_assignments_of_a_role_by_name(inside: InsideWithAz) -> None:
    """When this fails, az was mended: then the advice that says so is good again."""
    ran = inside.az("role", "assignment", "list", "--all", "--role", "Owner")
    assert ran.code != 0
    assert "No value for given attribute" in ran.err
    instead = inside.azs(
        "role", "assignment", "list", "--all", "--query", "[?roleDefinitionName=='Owner'].principalType"
    )
    assert sorted(set(instead)) == ["Group", "ServicePrincipal", "User"]
