"""What is the same, what lies within what, what may be deleted by its ID, and what a change of a role takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from astro_peer.errors import Conflict, ExitCode, Failed, NotFound, NotPermitted, SignInNeeded
from astro_peer.model.change import Action
from astro_peer.model.finding import Finding, Level
from astro_peer.model.objects import Permission, allowed, is_assignment_id, same, within, without
from astro_peer.model.way_out import way_out
from made_up import ASTRONOMER, FACTS, GROUP, MANAGEMENT_GROUP, OTHER, ROLE, SCOPE, THIRD

NAME = "aaaaaaaa-0000-0000-0000-000000000001"
ASSIGNMENT = f"providers/Microsoft.Authorization/roleAssignments/{NAME}"


def test_a_slash_at_the_end_and_case_make_no_other_scope() -> None:
    assert same(f"{SCOPE}/", SCOPE.upper()) and same(SCOPE, f"{SCOPE}/") and not same(SCOPE, OTHER)
    assert not same(SCOPE, f"{SCOPE} ") and not same(f"{SCOPE} ", SCOPE)
    assert within(GROUP, f"{SCOPE}/") and within(f"{SCOPE}/", SCOPE) and not within(SCOPE, GROUP)
    assert not within(f"{SCOPE}0", SCOPE) and not within(f"{SCOPE}0", f"{SCOPE}/")
    assert without((f"{SCOPE}/", OTHER), (SCOPE.upper(),)) == (OTHER,)
    assert without((SCOPE.upper(), OTHER), (f"{SCOPE}/",)) == (OTHER,)


@pytest.mark.parametrize("scope", ["/", f"{SCOPE}/", f"{GROUP}/", f"{MANAGEMENT_GROUP}/"])
def test_a_role_assignment_is_known_by_its_id(scope: str) -> None:
    assert is_assignment_id(scope + ASSIGNMENT) and is_assignment_id((scope + ASSIGNMENT).upper())


@pytest.mark.parametrize(
    "other",
    [
        "",
        SCOPE,
        GROUP,
        f"{SCOPE}/../{ASSIGNMENT}",
        f"{SCOPE}/x/../y/{ASSIGNMENT}",
        f"{SCOPE}/{ASSIGNMENT}/x",
        f"{SCOPE}/{ASSIGNMENT}?x",
        f"{SCOPE}?x=/{ASSIGNMENT}",
        f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{NAME}",
    ],
)
def test_nothing_else_is_taken_for_an_assignment_that_could_be_deleted(other: str) -> None:
    assert not is_assignment_id(other)


def test_a_bracket_in_an_action_is_a_bracket() -> None:
    assert allowed([Permission(("x/[w]rite",))], "x/[W]rite")
    assert not allowed([Permission(("x/[w]rite",))], "x/write")


def test_a_change_of_a_role_shows_every_action_and_scope_that_comes_or_goes() -> None:
    before = replace(
        ROLE, permissions=(Permission((*FACTS.actions[1:], "x/y")),), assignable_scopes=(OTHER, SCOPE)
    )
    after = replace(ROLE, assignable_scopes=(SCOPE, THIRD))
    assert after.differences(before) == (
        "- x/y",
        f"+ {FACTS.actions[0]}",
        f"- assignable scope {OTHER}",
        f"+ assignable scope {THIRD}",
    )


def test_a_role_is_changed_with_the_right_in_every_scope_it_had_or_gets() -> None:
    before = replace(ROLE, assignable_scopes=(OTHER,))
    for action, needed in ((Action.UPDATE, "write"), (Action.DELETE, "delete"), (Action.CREATE, "write")):
        assert [(one.action, one.scope) for one in ROLE.rights(action, before)] == [
            (f"Microsoft.Authorization/roleDefinitions/{needed}", SCOPE),
            (f"Microsoft.Authorization/roleDefinitions/{needed}", OTHER),
        ]


def test_a_service_principal_takes_a_right_in_the_directory_only_to_be_made() -> None:
    (right,) = ASTRONOMER.rights(Action.CREATE, None)
    assert (right.action, right.scope, right.directory) == (
        "microsoft.directory/servicePrincipals/create",
        "/",
        True,
    )
    assert ASTRONOMER.rights(Action.KEEP, ASTRONOMER) == ()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ExitCode.SIGN_IN, SignInNeeded),
        (ExitCode.NOT_PERMITTED, NotPermitted),
        (ExitCode.NOT_FOUND, NotFound),
        (ExitCode.CONFLICT, Conflict),
        (ExitCode.FAILED, Failed),
    ],
)
def test_a_finding_that_stops_is_the_error_of_its_exit_code(code: ExitCode, kind: type[Exception]) -> None:
    finding = Finding("id", Level.FAIL, "What.", fact="Why.", way_out=way_out("Do."), exit_code=code)
    error = finding.as_error()
    assert type(error) is kind
    assert (str(error), error.meaning, error.next_step) == ("What.", "Why.", finding.way_out)
