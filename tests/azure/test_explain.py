"""What a person reads for each of Azure's error codes: the whole text, kept in explained.txt.

The codes are those that Azure documents or that were recorded; a change of wording shows up as a difference to
that file (run with UPDATE_EXPLAINED=1 to write it anew, then read it).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from astro_peer.azure.explain import explaining
from astro_peer.errors import AstroPeerError, ExitCode
from astro_peer.model.result import Result
from astro_peer.output.screen import Screen

EXPLAINED = Path(__file__).with_name("explained.txt")
SIGNED_IN_TENANT = "99999999-2222-3333-4444-555555555555"
TENANT = "11111111-2222-3333-4444-555555555555"

CASES: list[tuple[int, str, ExitCode, dict[str, str]]] = [
    (409, "Request_MultipleObjectsWithSameKeyValue", ExitCode.CONFLICT, {}),
    (404, "Request_ResourceNotFound", ExitCode.NOT_FOUND, {}),
    (400, "Request_BadRequest", ExitCode.FAILED, {}),
    (400, "NoBackingApplicationObject", ExitCode.FAILED, {}),
    (403, "Authorization_RequestDenied", ExitCode.NOT_PERMITTED, {}),
    (409, "RoleDefinitionWithSameNameExists", ExitCode.CONFLICT, {}),
    (404, "RoleDefinitionDoesNotExist", ExitCode.FAILED, {}),
    (400, "RoleDefinitionHasAssignments", ExitCode.CONFLICT, {}),
    (409, "RoleDefinitionHasAssignments", ExitCode.CONFLICT, {}),
    (400, "RoleDefinitionLimitExceeded", ExitCode.CONFLICT, {}),
    (400, "RoleScopeBeingRemovedContainsAssignments", ExitCode.CONFLICT, {}),
    (400, "MissingAssignableScopes", ExitCode.FAILED, {}),
    (400, "LinkedInvalidPropertyId", ExitCode.FAILED, {}),
    (400, "InvalidActionOrNotAction", ExitCode.FAILED, {}),
    (403, "LinkedAuthorizationFailed", ExitCode.CONFLICT, {}),
    (409, "RoleAssignmentExists", ExitCode.CONFLICT, {}),
    (400, "RoleAssignmentUpdateNotPermitted", ExitCode.CONFLICT, {}),
    (400, "RoleAssignmentLimitExceeded", ExitCode.CONFLICT, {}),
    (400, "PrincipalNotFound", ExitCode.FAILED, {}),
    (409, "ScopeLocked", ExitCode.CONFLICT, {}),
    (400, "AadPremiumLicenseRequired", ExitCode.CONFLICT, {}),
    (400, "RoleAssignmentRequestPolicyValidationFailed", ExitCode.CONFLICT, {}),
    (400, "ActiveDurationTooShort", ExitCode.CONFLICT, {}),
    (404, "SubjectNotFound", ExitCode.FAILED, {}),
    (400, "RoleAssignmentDoesNotExist", ExitCode.CONFLICT, {}),
    (400, "PendingRoleAssignmentRequest", ExitCode.CONFLICT, {}),
    (400, "InvalidRoleAssignmentRequestSchedule", ExitCode.CONFLICT, {}),
    (
        401,
        "InvalidAuthenticationTokenTenant",
        ExitCode.SIGN_IN,
        {
            "WWW-Authenticate": f'Bearer authorization_uri="https://login.windows.net/{TENANT}", error="invalid_token"'
        },
    ),
    (401, "InvalidAuthenticationToken", ExitCode.SIGN_IN, {}),
    (401, "ExpiredAuthenticationToken", ExitCode.SIGN_IN, {}),
    (401, "AuthenticationFailed", ExitCode.SIGN_IN, {}),
    (
        401,
        "InvalidAuthenticationToken",
        ExitCode.SIGN_IN,
        {
            "WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
        },
    ),
    (403, "AuthorizationFailed", ExitCode.NOT_PERMITTED, {}),
    (403, "RequestDisallowedByPolicy", ExitCode.NOT_PERMITTED, {}),
    (
        403,
        "RequestDisallowedByPolicy",
        ExitCode.SIGN_IN,
        {
            "WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
        },
    ),
    (403, "DenyAssignmentAuthorizationFailed", ExitCode.NOT_PERMITTED, {}),
    (403, "Directory_QuotaExceeded", ExitCode.NOT_PERMITTED, {}),
    (400, "HashConflictOnDifferentRoleAssignmentIds", ExitCode.CONFLICT, {}),
    (400, "NoRegisteredProviderFound", ExitCode.FAILED, {}),
    (404, "SubscriptionNotFound", ExitCode.NOT_FOUND, {}),
    (404, "ResourceGroupNotFound", ExitCode.NOT_FOUND, {}),
    (404, "ResourceNotFound", ExitCode.NOT_FOUND, {}),
    (400, "MissingApiVersionParameter", ExitCode.FAILED, {}),
    (400, "InvalidApiVersionParameter", ExitCode.FAILED, {}),
    (429, "TooManyRequests", ExitCode.FAILED, {}),
    (409, "MissingSubscriptionRegistration", ExitCode.CONFLICT, {}),
    (409, "ReadOnlyDisabledSubscription", ExitCode.CONFLICT, {}),
    (429, "AnotherOperationInProgress", ExitCode.CONFLICT, {}),
    (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", ExitCode.CONFLICT, {}),
    (400, "SomethingNobodyHasSeen", ExitCode.FAILED, {}),
    (401, "SomethingNobodyHasSeen", ExitCode.SIGN_IN, {}),
    (403, "SomethingNobodyHasSeen", ExitCode.NOT_PERMITTED, {}),
    (404, "SomethingNobodyHasSeen", ExitCode.NOT_FOUND, {}),
    (409, "SomethingNobodyHasSeen", ExitCode.CONFLICT, {}),
    (500, "InternalServerError", ExitCode.FAILED, {}),
]

AUTHORIZATION = "https://management.azure.com/subscriptions/S/providers/Microsoft.Authorization"
HUB = (
    "https://management.azure.com/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualHubs/H"
)
WRITES: list[tuple[int, str, ExitCode, str]] = [
    (403, "AuthorizationFailed", ExitCode.NOT_PERMITTED, f"PUT {AUTHORIZATION}/roleAssignments/G"),
    (403, "AuthorizationFailed", ExitCode.NOT_PERMITTED, f"DELETE {AUTHORIZATION}/roleAssignments/G"),
    (403, "AuthorizationFailed", ExitCode.NOT_PERMITTED, f"GET {AUTHORIZATION}/roleAssignments/G"),
    (403, "AuthorizationFailed", ExitCode.NOT_PERMITTED, f"PUT {AUTHORIZATION}/roleDefinitions/G"),
    (403, "LinkedAuthorizationFailed", ExitCode.CONFLICT, f"PUT {AUTHORIZATION}/roleDefinitions/G"),
    (
        403,
        "LinkedAuthorizationFailed",
        ExitCode.NOT_PERMITTED,
        f"PUT {HUB}/hubVirtualNetworkConnections/C?api-version=2024-10-01",
    ),
]
"""What a code means hangs on what was asked for, too."""


class Answer:
    """As much of an HTTP answer as azure-core's error looks at."""

    def __init__(self, status: int, code: str, headers: dict[str, str]) -> None:
        self.status_code = status
        self.reason = "Refused"
        self.headers = {"x-ms-correlation-request-id": "00000000-0000-0000-0000-00000000c0de", **headers}
        self.request: HttpRequest | None = None
        self._body = json.dumps({"error": {"code": code, "message": "What Azure says."}})

    def text(self, encoding: str | None = None) -> str:
        return self._body

    body: Any = text


def explained(
    status: int, code: str, headers: dict[str, str], request: HttpRequest | None = None
) -> AstroPeerError:
    answer = Answer(status, code, headers)
    answer.request = request
    with (
        pytest.raises(AstroPeerError) as caught,
        explaining("It could not be done.", needs="the role Owner", tenant_id=SIGNED_IN_TENANT, how="cli"),
    ):
        raise HttpResponseError(response=answer)  # type: ignore[arg-type]
    return caught.value


def test_every_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = ""
    for status, code, exit_code, headers in CASES:
        error = explained(status, code, headers)
        assert error.exit_code is exit_code, f"{status} {code}"
        assert error.code == code
        assert error.meaning and error.next_step, f"{status} {code}"
        Screen().error(error, Result())
        challenge = " with a claims challenge" if "claims=" in headers.get("WWW-Authenticate", "") else ""
        text += f"== {status} {code}{challenge} -> exit {exit_code.value}\n{capsys.readouterr().err}\n"
    for status, code, exit_code, request in WRITES:
        method, url = request.split()
        error = explained(status, code, {}, HttpRequest(method, url))
        assert error.exit_code is exit_code, f"{status} {code} {request}"
        Screen().error(error, Result())
        asked = f"{method} {urlsplit(url).path}"
        text += f"== {status} {code} to {asked} -> exit {exit_code.value}\n{capsys.readouterr().err}\n"
    if os.environ.get("UPDATE_EXPLAINED"):
        EXPLAINED.write_text(text, encoding="utf-8")
    assert text == EXPLAINED.read_text(encoding="utf-8")


def test_the_message_decides_nothing() -> None:
    """Texts change and are sometimes in other languages."""
    one, other = explained(403, "AuthorizationFailed", {}), explained(403, "Forbidden", {})
    assert one.meaning != other.meaning
    assert one.answer and one.answer.message == "What Azure says."
    assert one.answer.correlation_id == "00000000-0000-0000-0000-00000000c0de"
