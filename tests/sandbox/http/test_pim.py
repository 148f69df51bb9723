"""Privileged Identity Management as the sandbox has it, by what Terraform's azurerm provider sends and reads.

The provider's azurerm_pim_active_role_assignment: apply, plan, destroy, replayed request by request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant.demo import ASTRONOMER_APP_ID, READER
from astro_peer.sandbox.tenant.personas import Persona

from ..client import AUTHORIZATION, PROD, ROLE_GUID, Client, error_of

VERSION = "2020-10-01"
DAY = 24 * 60 * 60
ROLE_ID = f"{PROD}/{AUTHORIZATION}/roleDefinitions/{ROLE_GUID}"
REQUESTS = f"{PROD}/{AUTHORIZATION}/roleAssignmentScheduleRequests"
SCHEDULES = f"{PROD}/{AUTHORIZATION}/roleAssignmentSchedules"
INSTANCES = f"{PROD}/{AUTHORIZATION}/roleAssignmentScheduleInstances"
WEEK = {"expiration": {"type": "AfterDuration", "duration": "P7D"}}


def ask(client: Client, principal: str, kind: str = "AdminAssign", **more: Any) -> Any:
    properties = {"principalId": principal, "roleDefinitionId": ROLE_ID, "requestType": kind, **more}
    return client.arm("PUT", f"{REQUESTS}/{uuid4()}", {"properties": properties}, api_version=VERSION)


def listed(client: Client, path: str, principal: str, *, parentheses: bool = True) -> list[Any]:
    condition = f"principalId eq '{principal}'"
    answer = client.arm(
        "GET", path, api_version=VERSION, filter=f"({condition})" if parentheses else condition
    )
    assert answer.status_code == 200, answer.text
    return [one["properties"] for one in answer.json()["value"]]


@pytest.fixture
def principal(owner: Client) -> str:
    made = owner.create_principal()
    assert owner.put_role().status_code == 201
    return made


def found_by_terraform(client: Client, principal: str) -> dict[str, Any] | None:
    """The schedule that it takes for its resource."""
    for one in listed(client, SCHEDULES, principal):
        own = (ROLE_ID.lower(), PROD.lower(), principal)
        found = (one["roleDefinitionId"].lower(), one["scope"].lower(), one["principalId"])
        if found == own and one["memberType"] == "Direct":
            return dict(one)
    return None


def test_terraform_applies_plans_nothing_and_destroys(owner: Client, principal: str) -> None:
    assert found_by_terraform(owner, principal) is None
    made = ask(
        owner,
        principal,
        justification="for the private link",
        scope=PROD,
        scheduleInfo=WEEK,
        ticketInfo={"ticketNumber": "CHG-4711", "ticketSystem": "ours"},
    )
    assert made.status_code == 201, made.text
    schedule = found_by_terraform(owner, principal)
    assert schedule and schedule["status"] == "Provisioned"
    assert schedule["startDateTime"] < schedule["endDateTime"]
    request = owner.arm("GET", schedule["roleAssignmentScheduleRequestId"], api_version=VERSION).json()
    read = request["properties"]
    assert "/roleAssignmentScheduleRequests/" in request["id"]
    assert (read["justification"], read["principalType"]) == ("for the private link", "ServicePrincipal")
    assert read["roleDefinitionId"] == ROLE_ID and read["principalId"] == principal
    assert read["ticketInfo"] == {"ticketNumber": "CHG-4711", "ticketSystem": "ours"}
    assert read["scheduleInfo"]["expiration"]["duration"] == "P7D"
    assert read["scheduleInfo"]["expiration"]["endDateTime"] == schedule["endDateTime"]
    again = found_by_terraform(owner, principal)
    assert again == schedule, "a second plan is empty"

    remove = {"justification": "Removed by Terraform", "ticketInfo": {"ticketNumber": "CHG-4711"}}
    assert error_of(ask(owner, principal, "AdminRemove", **remove)) == (400, "ActiveDurationTooShort")
    owner.sandbox.clock.advance(300)
    removed = ask(owner, principal, "AdminRemove", **remove)
    assert removed.status_code == 201 and removed.json()["properties"]["status"] == "Revoked"
    assert found_by_terraform(owner, principal) is None
    assert (
        owner.everything(f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal}'")
        == []
    )
    assert error_of(ask(owner, principal, "AdminRemove")) == (400, "RoleAssignmentDoesNotExist")


def test_terraform_cancels_what_has_not_begun(owner: Client, principal: str) -> None:
    start = (owner.sandbox.clock.now() + timedelta(days=1)).isoformat()
    assert ask(owner, principal, scheduleInfo={"startDateTime": start, **WEEK}).status_code == 201
    schedule = found_by_terraform(owner, principal)
    assert schedule and schedule["status"] == "PendingProvisioning"
    assert listed(owner, INSTANCES, principal) == []
    assert error_of(ask(owner, principal)) == (400, "PendingRoleAssignmentRequest")
    request = schedule["roleAssignmentScheduleRequestId"]
    assert owner.arm("POST", f"{request}/cancel", api_version=VERSION).status_code == 200
    assert found_by_terraform(owner, principal) is None
    assert owner.arm("GET", request, api_version=VERSION).json()["properties"]["status"] == "Canceled"
    assert error_of(owner.arm("POST", f"{request}/cancel", api_version=VERSION))[0] == 400


def test_the_ordinary_list_shows_it_without_an_end_and_it_ends(
    owner: Client, principal: str, signed_in: Callable[..., Client]
) -> None:
    end = owner.sandbox.clock.now() + timedelta(days=2)
    expiration = {"type": "AfterDateTime", "endDateTime": end.isoformat()}
    assert ask(owner, principal, scheduleInfo={"expiration": expiration}).status_code == 201
    (ordinary,) = owner.everything(
        f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal}'"
    )
    assert "end" not in str(ordinary).lower()
    (instance,) = listed(owner, INSTANCES, principal, parentheses=False)
    assert instance["originRoleAssignmentId"] == ordinary["id"]
    assert datetime.fromisoformat(instance["endDateTime"]) == end
    astronomer = signed_in(owner.sandbox, ASTRONOMER_APP_ID)
    assert astronomer.arm("GET", PROD, api_version="2022-12-01").status_code == 200
    later = {"type": "AfterDateTime", "endDateTime": (end + timedelta(days=3)).isoformat()}
    assert ask(owner, principal, "AdminUpdate", scheduleInfo={"expiration": later}).status_code == 201
    owner.sandbox.clock.advance(3 * DAY)
    owner, astronomer = signed_in(owner.sandbox, Persona.OWNER), signed_in(owner.sandbox, ASTRONOMER_APP_ID)
    assert astronomer.arm("GET", PROD, api_version="2022-12-01").status_code == 200
    owner.sandbox.clock.advance(2 * DAY)
    owner, astronomer = signed_in(owner.sandbox, Persona.OWNER), signed_in(owner.sandbox, ASTRONOMER_APP_ID)
    assert astronomer.arm("GET", PROD, api_version="2022-12-01").status_code == 403
    assert listed(owner, SCHEDULES, principal) == []


def test_a_licence_that_ends_makes_it_permanent(
    owner: Client, principal: str, signed_in: Callable[..., Client]
) -> None:
    assert ask(owner, principal, scheduleInfo=WEEK).status_code == 201
    owner.sandbox.tenant.quirks.licensed_for_pim = False
    for refused in (
        ask(owner, principal, "AdminRemove"),
        owner.arm("GET", INSTANCES, api_version=VERSION),
        owner.arm("GET", SCHEDULES, api_version=VERSION),
    ):
        assert error_of(refused) == (400, "AadPremiumLicenseRequired")
    owner.sandbox.clock.advance(8 * DAY)
    owner = signed_in(owner.sandbox, Persona.OWNER)
    (ordinary,) = owner.everything(
        f"{PROD}/{AUTHORIZATION}/roleAssignments", filter=f"principalId eq '{principal}'"
    )
    assert owner.arm("DELETE", ordinary["id"]).status_code == 200


def test_ordinary_assignments_are_listed_without_an_end(owner: Client) -> None:
    principal = owner.grant()
    (instance,) = listed(owner, INSTANCES, principal)
    assert instance["endDateTime"] is None and instance["memberType"] == "Direct"
    assert error_of(ask(owner, principal, scheduleInfo=WEEK)) == (409, "RoleAssignmentExists")
    assert error_of(ask(owner, principal, "AdminUpdate", scheduleInfo=WEEK)) == (
        400,
        "RoleAssignmentDoesNotExist",
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("no-pim-licence", "AadPremiumLicenseRequired"),
        ("role-setting:expiration", "RoleAssignmentRequestPolicyValidationFailed"),
        ("role-setting:justification", "RoleAssignmentRequestPolicyValidationFailed"),
        ("role-setting:mfa", "RoleAssignmentRequestPolicyValidationFailed"),
        ("role-setting:ticketing", "RoleAssignmentRequestPolicyValidationFailed"),
        ("graph-lag:60", "SubjectNotFound"),
    ],
)
def test_what_is_refused(
    start: Callable[..., Sandbox], signed_in: Callable[..., Client], fault: str, code: str
) -> None:
    owner = signed_in(start(fault), Persona.OWNER)
    principal = owner.create_principal()
    owner.put_role()
    month = {"expiration": {"type": "AfterDuration", "duration": "P30D"}}
    refused = ask(owner, principal, scheduleInfo=month)
    assert error_of(refused)[1] == code
    if rule := fault.partition("role-setting:")[2]:
        assert f'["{rule.capitalize()}Rule"]' in refused.json()["error"]["message"]
    assert owner.sandbox.tenant.schedules == {}


def test_who_may_not_assign_roles_may_not_ask_for_schedules(
    owner: Client, principal: str, as_persona: Callable[[Persona], Client]
) -> None:
    for persona in (Persona.READER, Persona.CONTRIBUTOR):
        assert error_of(ask(as_persona(persona), principal, scheduleInfo=WEEK)) == (
            403,
            "AuthorizationFailed",
        )
    assert listed(as_persona(Persona.READER), INSTANCES, principal) == []
    assert ask(as_persona(Persona.RBAC_ADMIN), principal, scheduleInfo=WEEK).status_code == 201


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        ({"expiration": {"type": "AfterDuration", "duration": "PT4M"}}, "ActiveDurationTooShort"),
        (
            {"expiration": {"type": "AfterDuration", "duration": "soon"}},
            "InvalidRoleAssignmentRequestSchedule",
        ),
        (
            {"expiration": {"type": "AfterDateTime", "endDateTime": "2020-01-01T00:00:00Z"}},
            "InvalidRoleAssignmentRequestSchedule",
        ),
        ({"expiration": {"type": "Someday"}}, "InvalidRequestContent"),
        ({"startDateTime": 7}, "InvalidRequestContent"),
        ({"expiration": ["P7D"]}, "InvalidRequestContent"),
    ],
)
def test_a_schedule_that_can_be_none_is_refused(
    owner: Client, principal: str, schedule: Any, code: str
) -> None:
    assert error_of(ask(owner, principal, scheduleInfo=schedule))[1] == code
    validated = owner.arm(
        "POST",
        f"{REQUESTS}/{uuid4()}/validate",
        {
            "properties": {
                "principalId": principal,
                "roleDefinitionId": ROLE_ID.replace(ROLE_GUID, READER),
                "requestType": "AdminAssign",
                "scheduleInfo": schedule,
            }
        },
        api_version=VERSION,
    )
    assert error_of(validated)[1] == code
