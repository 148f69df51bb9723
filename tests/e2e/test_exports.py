"""Exports through the command: nothing is written, and over random tenants they say what the plan says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given

from astro_peer.errors import UsageError
from astro_peer.model import assignment as rules
from astro_peer.model.change import Reason
from astro_peer.output.export import Language, export
from astro_peer.sandbox.run import serving
from conftest import DEV, PROD, Inside
from e2e.test_plans_are_kept import plan_of
from e2e.test_roles_that_exist import arrange_role
from exported import (
    imported,
    imports,
    of_arm,
    of_terraform,
    planned,
    powershell_documents,
    sent_by_powershell,
)
from random_plans import EVERY_REASON, TENANTS, RandomTenant, arrange, restore, snapshot
from sampling import examples


@pytest.fixture(scope="module")
def shared() -> Iterator[Inside]:
    with serving() as sandbox:
        yield Inside(sandbox)


def compare(inside: Inside, wanted: RandomTenant) -> Counter[Reason]:
    """The reasons that occurred."""
    new = snapshot(inside.tenant)
    try:
        arguments = arrange(inside, wanted)
        plan = plan_of(inside, wanted, arguments[-1] if "--role-name" in arguments else None)
    finally:
        restore(inside.tenant, new)
    if plan.cannot_be_made:
        return Counter()
    if plan.time_bound:
        for language in (Language.POWERSHELL, Language.TERRAFORM, Language.ARM):
            with pytest.raises(UsageError):
                export(plan, language)
        return Counter(change.reason for change in plan.changes)
    script = export(plan, Language.POWERSHELL)
    assert powershell_documents(script) == sent_by_powershell(plan)
    for change in plan.changes:
        if change.before and change.after is None:
            assert (change.thing.azure_id or "nowhere") in script
    if plan.wanted.granted and plan.wanted.place:
        terraform = export(plan, Language.TERRAFORM)
        assert of_terraform(terraform) == planned(plan, plan.wanted.application_id)
        ids = imports(terraform).values()
        assert {one.partition("|")[0].rpartition("/")[2] for one in ids} == imported(plan)
        holder = rules.principal_id(plan.wanted, plan.observed)
        assert of_arm(export(plan, Language.ARM)) == planned(plan, holder)
    return Counter(change.reason for change in plan.changes)


def test_for_every_reason_an_export_says_what_the_plan_says(shared: Inside) -> None:
    seen: Counter[Reason] = Counter()
    for wanted in EVERY_REASON:
        seen += compare(shared, wanted)
    assert set(Reason) - set(seen) == {Reason.NOT_LOOKED_UP}, "which only an offline plan has"


@examples(
    60,
    sampled=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(wanted=TENANTS)
def test_over_random_tenants_an_export_says_what_the_plan_says(shared: Inside, wanted: RandomTenant) -> None:
    compare(shared, wanted)


@pytest.mark.parametrize("language", Language)
def test_an_export_is_printed_and_nothing_is_written(inside: Inside, language: Language) -> None:
    before = inside.state()
    ran = inside.run("grant", "--export", language.value, "-o", "json", persona="reader")
    assert ran.code == 0, ran.err
    assert (ran.document["export"], ran.document["outcome"]) == (language.value, "planned")
    if language in (Language.AZ, Language.TERRAFORM):
        bare = ("--dry-run",) if language is Language.AZ else ("--export", "terraform")
        assert inside.run("grant", *bare).out == ran.document["script"]
    assert inside.state() == before
    assert inside.writes() == []


def test_a_revoke_is_a_script_for_powershell_too(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    before = inside.state()
    ran = inside.run("revoke", "--export", "powershell", "--delete-role")
    assert ran.code == 0, ran.err
    (assignment,) = inside.ours()["assignments"]
    assert f"/roleAssignments/{assignment['name']}' '{assignment['principalId']}'" in ran.out
    assert inside.state() == before


@pytest.mark.parametrize("language", Language)
def test_offline_an_export_needs_no_connection(inside: Inside, language: Language) -> None:
    ran = inside.run(
        *("grant", "--export", language.value, "--offline"),
        *("--tenant", inside.tenant.id, "--subscription", PROD, "--until", "14d"),
    )
    assert ran.code == 0, ran.err
    assert "Written offline" in ran.out and "\nimport {" not in ran.out
    assert inside.requests() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("revoke", "--export", "terraform"), "cannot be exported as terraform"),
        (("revoke", "--export", "arm", "--offline"), "cannot be exported as arm"),
        (("grant", "--export", "arm", "--only", "principal"), "cannot be exported as arm"),
        (("grant", "--export", "terraform", "--dry-run"), "two languages"),
        (("grant", "--export", "arm", "--watch"), "does not go with --export"),
        (("grant", "--export", "bicep"), "'bicep'"),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_said_before_anything_is_asked_for(
    inside: Inside, arguments: tuple[str, ...], said: str
) -> None:
    ran = inside.run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert inside.requests() == []


def test_a_part_is_exported_alone(inside: Inside) -> None:
    assert inside.run("grant", "--export", "terraform", "--only", "assignment").code == 6, (
        "there is no role yet"
    )
    role = inside.run("grant", "--export", "terraform", "--only", "role").out
    assert "azurerm_role_assignment" not in role and "azuread" not in role
    assert inside.run("grant", "--yes").code == 0
    part = inside.run("grant", "--export", "terraform", "--only", "assignment").out
    assert 'data "azurerm_role_definition"' in part and 'resource "azurerm_role_definition"' not in part


def test_a_shared_role_is_exported_with_all_of_its_scopes(inside: Inside) -> None:
    arrange_role(inside, scopes=(f"/subscriptions/{DEV}",))
    assert inside.run("grant", "--export", "terraform").code == 7, "it decides no conflict"
    text = inside.run("grant", "--export", "terraform", "--update-shared-role").out
    assert of_terraform(text).roles[0][-1] == (f"/subscriptions/{DEV}", f"/subscriptions/{PROD}")


def test_a_saved_plan_is_exported_as_the_command_would(inside: Inside, tmp_path: Path) -> None:
    """A condition that limits an assignment, too: left out, it would be taken away."""
    assert inside.run("grant", "--yes").code == 0
    (made,) = (one for one in inside.tenant.role_assignments.values() if one.name in str(inside.ours()))
    inside.tenant.add(replace(made, condition="@Resource[x] StringEquals 'y'", condition_version="2.0"))
    file = str(tmp_path / "plan.json")
    asked = ("grant", "--until", "2036-12-07", "--description", "O'Brien ${x}")
    assert inside.run(*asked, "--plan", file).code == 0
    for language in ("powershell", "terraform", "arm"):
        shown = inside.run(
            "show", file, "--export", language, env={"AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": ""}
        )
        assert shown.code == 0, shown.err
        assert "StringEquals" in shown.out and "[astro-peer until 2036-12-07]" in shown.out
        if language == "terraform":
            assert shown.out == inside.run(*asked, "--export", language).out
    file = str(tmp_path / "revoke.json")
    assert inside.run("revoke", "--plan", file).code == 0
    assert inside.run("show", file, "--export", "arm").code == 2
