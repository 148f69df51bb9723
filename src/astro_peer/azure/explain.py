"""Azure's refusals, recognised by their error code and put in words.

The message is shown but never decides anything: it changes, and it is sometimes localised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from astro_peer.azure.answers import TimeIsUp
from astro_peer.azure.auth import again
from astro_peer.azure.retries import StillRefused
from astro_peer.azure.shapes import WRONG_SHAPE, not_understood
from astro_peer.errors import (
    AstroPeerError,
    AzureAnswer,
    Conflict,
    ExitCode,
    Failed,
    NotFound,
    NotPermitted,
    SignInNeeded,
)
from astro_peer.model.schedule import NO_LICENCE, past_role_settings
from astro_peer.model.way_out import Command, Role, WayOut, astro_peer, az, way_out

_CORRELATION_HEADERS = ("x-ms-correlation-request-id", "request-id", "x-ms-request-id")

_SIGN_IN_AGAIN = way_out("{sign in again}")
_SIGN_IN_TO_TENANT = way_out("{sign in to the tenant}")
_STRONGER_SIGN_IN = way_out(
    az("logout"),
    ", then ",
    az(
        "login",
        "--tenant",
        "{tenant}",
        "--scope",
        "https://management.core.windows.net//.default",
        "--claims-challenge",
        "{challenge}",
    ),
    ", then run the same command again.",
)
"""As Microsoft documents it: the sign-in that az keeps would be used again else, and the challenge not be met."""
_ROLE_SETTINGS = way_out("{what the role's settings want}")
_WITHOUT_A_PERSON = ("environment", "managed-identity")
_NO_PERSON = way_out(
    "An application cannot give that. Ask an Entra administrator to leave it out of that policy, or have a person run"
    " the same command."
)
_REPORT = "This is a fault of astro-peer: please report it with the output of --debug."
_Explanation = tuple[type[AstroPeerError], str, WayOut | str]
"""What kind of error it is, what it means, and the way out: {needs}, {tenant} and {challenge} in it are filled in."""
_VERSION_NOT_OFFERED: _Explanation = (
    Failed,
    "Azure does not offer the API version there that this version of astro-peer asks for: a region may learn one late,"
    " and lose an old one.",
    "Install the newest astro-peer. If it is the newest: please report it, with the region of the virtual hub.",
)
_BY_CODE: dict[str, _Explanation] = {
    "InvalidAuthenticationTokenTenant": (
        SignInNeeded,
        "You are signed in to another tenant than the subscription's.",
        _SIGN_IN_TO_TENANT,
    ),
    "ExpiredAuthenticationToken": (SignInNeeded, "The sign-in has expired.", _SIGN_IN_AGAIN),
    "InvalidAuthenticationToken": (
        SignInNeeded,
        "The sign-in is not valid here.",
        _SIGN_IN_AGAIN,
    ),
    "AuthenticationFailed": (SignInNeeded, "The sign-in is not valid here.", _SIGN_IN_AGAIN),
    "InvalidAuthenticationInfo": (SignInNeeded, "The sign-in is not valid.", _SIGN_IN_AGAIN),
    "AuthorizationFailed": (
        NotPermitted,
        "Your account does not have the right to do this, or the scope does not exist.",
        "Ask for {needs}. If you were given it minutes ago, sign in again.",
    ),
    "DenyAssignmentAuthorizationFailed": (
        NotPermitted,
        "A deny assignment forbids it, whatever roles you hold: no role cures that. Managed applications and"
        " deployment stacks make such assignments.",
        "Ask the owner of the managed application or of the deployment stack; the Azure portal names it under Access"
        " control (IAM), Deny assignments.",
    ),
    "Directory_QuotaExceeded": (
        NotPermitted,
        "Your account owns as many objects in Microsoft Entra ID as it may: 250 for whoever is no administrator,"
        " and deleted ones count for 30 days.",
        way_out(
            "Have an Entra administrator, or somebody who owns fewer objects, run ",
            astro_peer("grant", "--only", "principal"),
            ".",
        ),
    ),
    "LinkedAuthorizationFailed": (
        Conflict,
        "The role can also be assigned in other scopes, and you do not have the right to change it in all of them.",
        "Ask someone who is User Access Administrator or Owner in every assignable scope of the role, or use a"
        " role of your own with --role-name.",
    ),
    "Authorization_RequestDenied": (
        NotPermitted,
        "Your account may not do this in Microsoft Entra ID.",
        "Ask for {needs}.",
    ),
    "RequestDisallowedByPolicy": (
        NotPermitted,
        "An Azure Policy forbids it; Azure's answer names the policy.",
        "Ask the owner of that policy for an exemption; if it asks which change the write belongs to, name that with"
        " --change-reference.",
    ),
    "SubscriptionNotFound": (
        NotFound,
        "There is no such subscription, or your account cannot see it.",
        way_out("Check the ID: ", az("account", "list", "--output", "table"), "."),
    ),
    "ResourceGroupNotFound": (
        NotFound,
        "There is no such resource group.",
        way_out("Check the name: ", az("group", "list", "--output", "table"), "."),
    ),
    "ResourceNotFound": (
        NotFound,
        "There is no such resource.",
        way_out("Check the names; ", astro_peer("hubs"), " lists them."),
    ),
    "NoBackingApplicationObject": (
        Failed,
        "This cloud knows no application of that ID.",
        "Astronomer's application is registered in Azure's public cloud: check that you are signed in there.",
    ),
    "Request_BadRequest": (
        Failed,
        "Microsoft Graph did not accept the request.",
        "Show this to Astronomer support.",
    ),
    "ScopeLocked": (
        Conflict,
        "A lock protects this scope: ReadOnly stops a grant and a revoke, CanNotDelete a revoke.",
        way_out(
            "Ask the owner of the lock (",
            az("lock", "list", "--output", "table"),
            ") to lift it for the time of the change, then run the same command again.",
        ),
    ),
    "RoleDefinitionWithSameNameExists": (
        Conflict,
        "The tenant has a role of that name that your account cannot see: role names are unique per tenant.",
        "Ask an owner of the subscription where it is assignable to add this one to its assignable scopes,"
        " or choose another name with --role-name.",
    ),
    "RoleDefinitionHasAssignments": (
        Conflict,
        "The role is still assigned to someone, so it stays.",
        way_out(
            "Find out to whom: ",
            az(
                "role",
                "assignment",
                "list",
                "--all",
                "--query",
                "[?roleDefinitionName=='ROLE']",
                "--output",
                "table",
            ),
            ".",
        ),
    ),
    "RoleScopeBeingRemovedContainsAssignments": (
        Conflict,
        "The role is still assigned in the scope it would be taken from.",
        "Remove those assignments first.",
    ),
    "RoleAssignmentUpdateNotPermitted": (
        Conflict,
        "An assignment of that name exists for another principal or role.",
        way_out("Run ", astro_peer("status"), " to see it."),
    ),
    "RoleDefinitionLimitExceeded": (
        Conflict,
        "The tenant has as many custom roles as Azure allows (5,000).",
        "Delete one that is no longer used.",
    ),
    "RoleAssignmentLimitExceeded": (
        Conflict,
        "The subscription has as many role assignments as Azure allows (4,000).",
        "Remove some that are no longer used.",
    ),
    "Request_MultipleObjectsWithSameKeyValue": (
        Conflict,
        "It exists already: somebody made it a moment ago, and Microsoft Graph does not show it yet.",
        "Run the same command again in a minute.",
    ),
    "Request_ResourceNotFound": (
        NotFound,
        "Microsoft Graph knows no such object.",
        "If it was made a moment ago, run the same command again in a minute.",
    ),
    "PrincipalNotFound": (
        Failed,
        "Azure does not know the service principal: its object ID is wrong, or it was made a moment ago.",
        "Check the object ID (it is not the application ID); if it is right, run the same command again in a minute.",
    ),
    "RoleDefinitionDoesNotExist": (
        Failed,
        "Azure does not know the role here: it was made or changed a moment ago, or it cannot be assigned here.",
        way_out("Run the same command again in a minute; ", astro_peer("status"), " shows what is there."),
    ),
    "RoleAssignmentExists": (
        Conflict,
        "The same assignment exists under another name.",
        way_out("Run ", astro_peer("status"), " to see it; a second run keeps it."),
    ),
    NO_LICENCE: (
        Conflict,
        "The tenant has no licence for Privileged Identity Management (Microsoft Entra ID P2 or Governance). Without it"
        " Azure ends no assignment itself.",
        "Leave --enforce-until out: --until alone is a note, which needs no licence; past it `astro-peer status` exits"
        " with 11. Or have an Entra administrator get that licence.",
    ),
    "RoleAssignmentRequestPolicyValidationFailed": (
        Conflict,
        "The role's settings in Privileged Identity Management do not allow it like this.",
        _ROLE_SETTINGS,
    ),
    "ActiveDurationTooShort": (
        Conflict,
        "A time-bound assignment lasts five minutes at least, and is not removed before.",
        "Run the same command again in five minutes; for a grant, name a later day with --until.",
    ),
    "SubjectNotFound": (
        Failed,
        "Privileged Identity Management does not know the service principal: its object ID is wrong, or it was made a"
        " moment ago.",
        "Check the object ID (it is not the application ID); if it is right, run the same command again in a minute.",
    ),
    "RoleAssignmentDoesNotExist": (
        Conflict,
        "Privileged Identity Management knows of no such assignment: it ended, or somebody removed it meanwhile.",
        "Run the same command again: the plan is made anew.",
    ),
    "PendingRoleAssignmentRequest": (
        Conflict,
        "Somebody has asked Privileged Identity Management for this assignment already, and that is not decided yet.",
        "Look at it in the Azure portal, under Privileged Identity Management, Azure resources; when it is, run the"
        " same command again.",
    ),
    "InvalidRoleAssignmentRequestSchedule": (
        Conflict,
        "Privileged Identity Management does not take that end.",
        "Name a later day with --until.",
    ),
    "HashConflictOnDifferentRoleAssignmentIds": (
        Conflict,
        "Azure takes the GUID of the new assignment for another assignment's, and goes on doing so: only another"
        " GUID helps.",
        "Assign the role in the Azure portal, under Access control (IAM) of the subscription: it chooses a GUID of its"
        " own. Then run the same command again: it finds the assignment whatever its GUID.",
    ),
    "MissingAssignableScopes": (Failed, "The role names no scope it can be assigned in.", _REPORT),
    "LinkedInvalidPropertyId": (Failed, "One of the role's assignable scopes is not a valid scope.", _REPORT),
    "InvalidActionOrNotAction": (Failed, "Azure does not know one of the role's actions.", _REPORT),
    "MissingApiVersionParameter": (Failed, "The request named no API version.", _REPORT),
    "InvalidApiVersionParameter": _VERSION_NOT_OFFERED,
    "NoRegisteredProviderFound": _VERSION_NOT_OFFERED,
    "TooManyRequests": (
        Failed,
        "Azure throttles your account.",
        "Run the same command again in a few minutes: it goes on where it stopped.",
    ),
    "AnotherOperationInProgress": (
        Conflict,
        "The virtual hub is being changed, or its routing is not provisioned yet.",
        way_out("Wait until ", astro_peer("hubs"), " shows it without a routing state, then try again."),
    ),
    "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet": (
        Conflict,
        "The cluster's address range overlaps with that of a network that is connected already.",
        "Astro's default range on Azure is 172.20.0.0/19: ask Astronomer support for another one.",
    ),
    "MissingSubscriptionRegistration": (
        Conflict,
        "The subscription has not been registered for the resource provider, so it holds no such resources.",
        "Check that this is the right subscription.",
    ),
    "ReadOnlyDisabledSubscription": (
        Conflict,
        "The subscription is disabled, so nothing in it can be changed.",
        "Ask its billing owner to enable it.",
    ),
}
_BY_CODE_AND_WRITE: dict[tuple[str, str], _Explanation] = {
    ("AuthorizationFailed", "/roleassignments/"): (
        NotPermitted,
        "Your account does not have the right to do this, or a condition on your role does not let you assign this"
        " role to this principal.",
        "Ask for {needs}, without a condition or with one that allows it. If you were given it minutes ago, sign in"
        " again.",
    ),
    ("LinkedAuthorizationFailed", "/hubvirtualnetworkconnections/"): (
        NotPermitted,
        "Whoever makes the connection is not let into the subscription of the network to connect. That is no fault of"
        " the grant: Astronomer's client has to sign in to the network's tenant, too.",
        "Show this to Astronomer support.",
    ),
}
"""Where a code means something else, or more, when a resource of one type is written or deleted."""
_CLAIMS_IN_HEADER = re.compile(r'claims="([A-Za-z0-9+/=_-]+)"')
_TENANT_IN_HEADER = re.compile(r'authorization_uri="https://[^/"]+/([0-9a-fA-F-]{36})')


def subscriptions_tenant(error: AstroPeerError) -> str | None:
    """The tenant that a subscription belongs to, where Azure refused the sign-in to another one."""
    cause = error.__cause__
    if error.code != "InvalidAuthenticationTokenTenant" or not isinstance(cause, HttpResponseError):
        return None
    return _subscriptions_tenant(cause)


def code_of(error: HttpResponseError) -> str:
    """Azure's error code, the most specific one (Graph puts it in the first detail); HTTP status when none."""
    body = error.error
    if body is not None:
        for detail in body.details or []:
            if detail.code in _BY_CODE:
                return str(detail.code)
        if body.code:
            return str(body.code)
    return f"HTTP {error.status_code}"


@contextmanager
def explaining(summary: str, *, needs: WayOut | str, tenant_id: str, how: str) -> Iterator[None]:
    """See `Azure.explaining`; `tenant_id` is that of the sign-in, `how` its way."""
    try:
        yield
    except HttpResponseError as error:
        if error.response is not None:
            raise _explain(error, summary, needs, tenant_id, how) from error
        raise SignInNeeded(  # a token could not be had: the request was never sent
            summary, meaning=_first_line(error), next_step=again(how)
        ) from error
    except TimeIsUp as error:
        raise error.as_error(summary) from error
    except WRONG_SHAPE as error:
        raise not_understood(summary, error) from error
    except (ServiceRequestError, ServiceResponseError) as error:
        raise Failed(
            summary,
            meaning=f"The connection to Azure failed: {_first_line(error)}",
            next_step="Check the network, then run the same command again: it goes on where it stopped.",
        ) from error
    except AzureError as error:
        raise Failed(summary, meaning=_first_line(error)) from error


def _first_line(error: AzureError) -> str:
    return (str(error.message).splitlines() or [type(error).__name__])[0]


def _explain(
    error: HttpResponseError, summary: str, needs: WayOut | str, tenant_id: str, how: str
) -> AstroPeerError:
    code = code_of(error)
    kind, meaning, next_step = _meaning(code, error)
    tenant = _subscriptions_tenant(error) or "TENANT_ID"
    if challenge := _claims_challenge(error):
        kind = SignInNeeded
        meaning = "Azure asks for a stronger sign-in, such as multi-factor authentication, before it writes."
        tenant = tenant_id
        next_step = _STRONGER_SIGN_IN if how not in _WITHOUT_A_PERSON else _NO_PERSON
    if next_step is _SIGN_IN_AGAIN:
        next_step = again(how)
    if next_step is _SIGN_IN_TO_TENANT:
        next_step = again(how, tenant)
    if next_step is _ROLE_SETTINGS:
        next_step = past_role_settings(_message(error))
    if isinstance(error, StillRefused):
        meaning = f"{meaning} {_what_waiting_did(error)}"
    return kind(
        summary,
        meaning=meaning,
        next_step=_needing(
            way_out(next_step).having({"{tenant}": tenant, "{challenge}": challenge or ""}), needs
        ),
        answer=AzureAnswer(
            code=code,
            message=_message(error),
            status=error.status_code,
            correlation_id=_correlation_id(error),
        ),
    )


def _what_waiting_did(error: StillRefused) -> str:
    asked = "once" if error.times == 1 else f"{error.times} times in {error.waited_seconds:.0f} seconds"
    if error.wants_seconds is None:
        return f"astro-peer waited and asked {asked}, and the answer stayed the same."
    return (
        f"astro-peer asked {asked}; Azure wants to be asked again in {error.wants_seconds:.0f} seconds, and"
        " --timeout does not allow for that."
    )


def _needing(way: WayOut, needs: WayOut | str) -> WayOut:
    """With what it takes in the place of {needs}: it may hold commands itself."""
    filled: list[WayOut | str | Command | Role] = []
    for part in way.parts:
        before, found, after = part.partition("{needs}") if isinstance(part, str) else (part, "", "")
        filled += [before, needs, after] if found else [part]
    return way_out(*(part for part in filled if part))


def _meaning(code: str, error: HttpResponseError) -> _Explanation:
    request = getattr(error.response, "request", None)
    if request is not None and request.method in ("PUT", "DELETE"):
        path = urlsplit(str(request.url)).path.lower()
        for (one, resource), explanation in _BY_CODE_AND_WRITE.items():
            if code == one and resource in path:
                return explanation
    return _BY_CODE.get(code, _by_status(error.status_code))


def _by_status(status: int | None) -> _Explanation:
    if status == 401:
        return SignInNeeded, "Azure did not accept the sign-in.", _SIGN_IN_AGAIN
    if status == 403:
        return NotPermitted, "Your account does not have the right to do this.", "Ask for {needs}."
    if status == 404:
        return NotFound, "Azure does not know it.", "Check the names and IDs."
    if status == 409:
        return Conflict, "It contradicts what exists in Azure.", "Look at what Azure answered."
    return (
        Failed,
        "Azure could not do it.",
        "Run the same command again later: it goes on where it stopped.",
    )


def _message(error: HttpResponseError) -> str:
    text = (error.error.message if error.error else None) or error.reason or ""
    return " ".join(str(text).split())


def _correlation_id(error: HttpResponseError) -> str | None:
    headers = _headers(error)
    return next((headers[name] for name in _CORRELATION_HEADERS if name in headers), None)


def _subscriptions_tenant(error: HttpResponseError) -> str | None:
    """The tenant to sign in to, from the 401's WWW-Authenticate header."""
    found = _TENANT_IN_HEADER.search(_headers(error).get("WWW-Authenticate", ""))
    return found.group(1) if found else None


def _claims_challenge(error: HttpResponseError) -> str | None:
    """What a sign-in must have more than this one, base64; Azure sends it with a 401, and with a 403 for MFA."""
    found = _CLAIMS_IN_HEADER.search(_headers(error).get("WWW-Authenticate", ""))
    return found.group(1) if found else None


def _headers(error: HttpResponseError) -> Mapping[str, str]:
    headers: Mapping[str, str] = getattr(error.response, "headers", {})
    return headers


def codes() -> Iterator[tuple[str, ExitCode, str, WayOut]]:
    """Every error code that is known, with the exit code, its meaning and the way out: for who looks one up."""
    known = {"{needs}": "the role that the error names", "{tenant}": "TENANT_ID", "{challenge}": "CHALLENGE"}
    for code, (kind, meaning, next_step) in sorted(_BY_CODE.items()):
        way = way_out(next_step)
        if next_step is _SIGN_IN_AGAIN:
            way = again("cli")
        elif next_step is _SIGN_IN_TO_TENANT:
            way = again("cli", "TENANT_ID")
        elif next_step is _ROLE_SETTINGS:
            way = past_role_settings("")
        yield code, kind.exit_code, meaning, way.having(known)
