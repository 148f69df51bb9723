"""Exports say what the plan says, whatever is in a name: read back by a parser of each language."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from astro_peer.errors import UsageError
from astro_peer.model.objects import Permission, RoleAssignment, RoleDefinition
from astro_peer.model.observed import Observed
from astro_peer.model.plan import Plan, decide
from astro_peer.model.wanted import Part, Wanted
from astro_peer.output.export import Language, export
from exported import (
    imports,
    of_arm,
    of_terraform,
    planned,
    powershell_documents,
    powershell_nodes,
    powershell_parts,
    sent_by_powershell,
)
from hostile_texts import HOSTILE, TEXT
from made_up import ASTRONOMER, GRANT, OTHER, REVOKE, ROLE, SCOPE, held, observed

QUICK = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def of_everything(text: str) -> list[Plan]:
    """Plans in which the text is the name of all that can be named, and in which each kind of change occurs."""
    role = replace(ROLE, role_name=text, description=text, assignable_scopes=(SCOPE, f"/{text}"))
    broader = (
        Permission((text, *ROLE.permissions[0].actions), (text,), (text,), (text,)),
        Permission((text,)),
    )
    there = replace(held(), description=text, condition=text, condition_version="2.0")
    principal = replace(ASTRONOMER, display_name=text)
    grant = replace(GRANT, role_name=text, description=f"{text}.", update_shared_role=True)
    revoke = replace(REVOKE, role_name=text, delete_role=True)

    def tenant(role: RoleDefinition | None, *assigned: RoleAssignment) -> Observed:
        return observed(*assigned, principal=principal, role=role, assignments=assigned)

    return [
        decide(grant, Observed()),
        decide(grant, tenant(replace(role, permissions=broader), there)),
        decide(grant, tenant(replace(role, permissions=(Permission((text,)),)), there)),
        decide(replace(grant, only=Part.ASSIGNMENT), tenant(role, there)),
        decide(revoke, tenant(role, there)),
        decide(revoke, tenant(replace(role, assignable_scopes=(SCOPE,)), there)),
        decide(replace(GRANT, description=text), replace(Observed(), looked_up=False)),
    ]


@QUICK
@given(text=TEXT.filter(bool))
@example(text=HOSTILE[4])
@example(text=HOSTILE[5])
@example(text=HOSTILE[12])
@example(text="".join(HOSTILE))
def test_terraform_says_what_the_plan_says_whatever_the_names(text: str) -> None:
    for plan in of_everything(text):
        if plan.wanted.granted and plan.observed.looked_up:
            written = export(plan, Language.TERRAFORM)
            assert of_terraform(written) == planned(plan, plan.wanted.application_id)
            assert not [line for line in written.splitlines() if line.startswith("Remove-Item")]


@QUICK
@given(text=TEXT.filter(bool))
@example(text=HOSTILE[6])
@example(text=HOSTILE[7])
@example(text=HOSTILE[8])
@example(text=HOSTILE[9])
def test_a_template_says_what_the_plan_says_whatever_the_names(text: str) -> None:
    for plan in of_everything(text):
        if plan.wanted.granted:
            holder = plan.observed.principal.object_id if plan.observed.principal else None
            assert of_arm(export(plan, Language.ARM)) == planned(plan, holder)


def test_powershell_runs_the_same_commands_whatever_the_names() -> None:
    harmless = [
        powershell_parts(export(one, Language.POWERSHELL), "command_name") for one in of_everything("x")
    ]
    for text in ("".join(HOSTILE), "".join(reversed(HOSTILE)), HOSTILE[0]):
        for plan, commands in zip(of_everything(text), harmless, strict=True):
            script = export(plan, Language.POWERSHELL)
            assert script.isascii()
            assert powershell_parts(script, "command_name") == commands
            assert powershell_documents(script) == sent_by_powershell(plan)


@pytest.mark.parametrize("language", [Language.TERRAFORM, Language.ARM, Language.POWERSHELL])
def test_a_condition_that_limits_the_assignment_is_kept(language: Language) -> None:
    """Left out, it would be taken away, and the holder could do more."""
    there = replace(held(), condition="@Resource[x] StringEquals 'y'", condition_version="2.0")
    text = export(decide(replace(GRANT, description="CHG"), observed(there, assignments=(there,))), language)
    assert "StringEquals" in text and '"2.0"' in text


def test_a_role_that_others_use_too_keeps_its_scopes_and_cannot_be_destroyed() -> None:
    role = replace(ROLE, assignable_scopes=(OTHER,))
    plan = decide(replace(GRANT, update_shared_role=True), observed(role=role, role_listed_here=False))
    text = export(plan, Language.TERRAFORM)
    assert of_terraform(text).roles[0][-1] == (OTHER, SCOPE)
    assert "prevent_destroy = true" in text
    role_id = f"{OTHER}/providers/Microsoft.Authorization/roleDefinitions/{ROLE.guid}"
    assert imports(text) == {"azurerm_role_definition.astronomer": f"{role_id}|{OTHER}"}, (
        "where Azure lists it"
    )
    assert "prevent_destroy" not in export(decide(GRANT, Observed()), Language.TERRAFORM)


def test_what_a_deleted_principal_left_behind_is_named_and_its_name_is_not_taken() -> None:
    gone = "cccccccc-0000-0000-0000-000000000003"
    first = planned(decide(GRANT, Observed()), None).assignments[0][0]
    left = held(gone, name=first)
    plan = decide(GRANT, observed(left, deleted=frozenset({gone})))
    for language in (Language.TERRAFORM, Language.ARM):
        text = export(plan, language)
        assert f"az role assignment delete --ids {left.id}" in text
    assert of_terraform(export(plan, Language.TERRAFORM)).assignments[0][0] != first
    assert f"Remove-Leftover '{left.id}' '{gone}'" in export(plan, Language.POWERSHELL)


def test_terraform_never_manages_the_principal_nor_sets_up_a_provider() -> None:
    for plan in of_everything("x"):
        if plan.wanted.granted:
            text = export(plan, Language.TERRAFORM)
            assert 'resource "azuread_service_principal"' not in text
            assert '\nprovider "' not in text


def test_a_principal_that_was_given_is_not_looked_up() -> None:
    given_id = "dddddddd-0000-0000-0000-000000000004"
    wanted = replace(GRANT, principal_id=given_id)
    plan = decide(wanted, observed(principal=None))
    text = export(plan, Language.TERRAFORM)
    assert "azuread" not in text.replace("# ", "")
    assert of_terraform(text).assignments[0][3] == given_id
    assert json.loads(export(plan, Language.ARM))["parameters"]["principalId"]["defaultValue"] == given_id
    assert "nobody has checked" in export(plan, Language.POWERSHELL)


@pytest.mark.parametrize("language", [Language.TERRAFORM, Language.ARM])
@pytest.mark.parametrize("wanted", [REVOKE, replace(GRANT, only=Part.PRINCIPAL)], ids=["revoke", "principal"])
def test_what_a_language_cannot_express_is_said(language: Language, wanted: Wanted) -> None:
    with pytest.raises(UsageError) as refused:
        export(decide(wanted, observed()), language)
    assert language.value in refused.value.summary and refused.value.meaning and refused.value.next_step


@pytest.mark.parametrize("language", Language)
def test_a_change_reference_is_used_or_said_to_be_of_no_use(language: Language) -> None:
    text = export(decide(GRANT, Observed()), language, "CHG-4711")
    assert ("CHG-4711" if language is Language.AZ else "gets no policy token") in text


def test_powershell_deletes_and_stops_where_the_az_script_does() -> None:
    """By the functions that do it: each is there when the plan has such a change, and only then."""
    for plan in of_everything("x"):
        script = export(plan, Language.POWERSHELL)
        called = set(powershell_parts(script, "command_name"))
        assert ("Remove-Given" in called) == (not plan.wanted.granted)
        assert "Confirm-Role" in called or not plan.wanted.granted
        assert script.index("Get-AzContext") < script.index("\n# 1. "), "the right account, or nothing"
        assert "'DELETE'" not in script or not plan.wanted.granted
        assert all(node.type != "ERROR" for node in powershell_nodes(script))


def test_terraform_leaves_the_format_alone(tmp_path: Path) -> None:
    terraform = shutil.which("terraform") or shutil.which("tofu")
    if not terraform:
        pytest.skip("neither terraform nor tofu is on PATH")
    for number, plan in enumerate(plan for text in ("x", "".join(HOSTILE)) for plan in of_everything(text)):
        if plan.wanted.granted:
            text = export(plan, Language.TERRAFORM)
            (tmp_path / f"{number}.tf").write_text(text, encoding="utf-8")
    checked = subprocess.run(
        [terraform, "fmt", "-check", "-diff", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
