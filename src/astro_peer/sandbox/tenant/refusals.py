"""What Azure answers when it refuses: status, code and message of each refusal, in one place.

Codes and statuses are Azure's; where the documentation leaves a status open, the docstring says so.
"""

from collections.abc import Iterable, Mapping, Sequence


class Refusal(Exception):
    """A request that Azure would refuse. Each endpoint writes it in its own format."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        details: str = "",
        policy: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = details
        """A code for the error's `details` list, where the endpoint has one."""
        self.policy = policy
        """What a violated policy tells about itself, in the error's `additionalInfo`."""


def _undashed(guid: str) -> str:
    return guid.replace("-", "")


# Azure Resource Manager: requests


def missing_api_version() -> Refusal:
    return Refusal(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def invalid_api_version(value: str) -> Refusal:
    return Refusal(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{value}' is invalid. The supported versions are dates, such as '2022-12-01'.",
    )


def api_version_not_supported(value: str) -> Refusal:
    return Refusal(
        400,
        "InvalidApiVersionParameter",
        f"The api-version '{value}' is invalid. The supported versions are '2018-09-01-preview,2015-07-01'.",
    )


def no_registered_provider(kind: str, version: str) -> Refusal:
    return Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location 'westeurope' and API version '{version}' for type "
        f"'{kind}'. The supported api-versions are '2020-05-01, 2020-04-01'. The supported locations are "
        "'westeurope, northeurope, swedencentral'.",
    )


def invalid_request_content(reason: str) -> Refusal:
    return Refusal(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def invalid_resource_type(path: str, api_version: str) -> Refusal:
    return Refusal(
        404,
        "InvalidResourceType",
        f"The resource type could not be found for '{path}' and api version '{api_version}'.",
    )


def unsupported_filter(expression: str) -> Refusal:
    return Refusal(400, "UnsupportedQuery", f"The filter '{expression}' is not supported.")


# Azure Resource Manager: who is calling


def _challenge(error: str, description: str) -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer error="{error}", error_description="{description}"'}


def no_token() -> Refusal:
    message = "Authentication failed. The 'Authorization' header is missing."
    return Refusal(401, "AuthenticationFailed", message, headers=_challenge("invalid_token", message))


def invalid_token(reason: str) -> Refusal:
    return Refusal(401, "InvalidAuthenticationToken", reason, headers=_challenge("invalid_token", reason))


def expired_token(expiry: str, now: str) -> Refusal:
    message = f"The access token expiry UTC time '{expiry}' is earlier than current UTC time '{now}'."
    return Refusal(401, "ExpiredAuthenticationToken", message, headers=_challenge("invalid_token", message))


def wrong_tenant(issuer: str, expected: str) -> Refusal:
    message = (
        f"The access token is from the wrong issuer '{issuer}'. It must match the tenant '{expected}' "
        "associated with this subscription. Please use the authority (URL) to get the token."
    )
    tenant = expected.rstrip("/").rpartition("/")[2]
    challenge = f'Bearer authorization_uri="https://login.windows.net/{tenant}", error="invalid_token"'
    return Refusal(401, "InvalidAuthenticationTokenTenant", message, headers={"WWW-Authenticate": challenge})


def authorization_failed(client: str, object_id: str, action: str, scope: str) -> Refusal:
    return Refusal(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    )


def condition_not_fulfilled(client: str, object_id: str, action: str, scope: str) -> Refusal:
    return Refusal(
        403,
        "AuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' does not have authorization or an ABAC condition not "
        f"fulfilled to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials.",
    )


def denied_by_assignment(
    client: str, object_id: str, action: str, scope: str, name: str, assignment_id: str, at: str
) -> Refusal:
    return Refusal(
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{action}' on scope "
        f"'{scope}'; however, the access is denied because of the deny assignment with name '{name}' and Id "
        f"'{_undashed(assignment_id)}' at scope '{at}'.",
    )


def deny_assignment_not_found(name: str) -> Refusal:
    return Refusal(404, "DenyAssignmentNotFound", f"The deny assignment '{name}' is not found.")


def linked_authorization_failed(
    client: str, object_id: str, action: str, scope: str, linked: Iterable[str]
) -> Refusal:
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{action}' on "
        f"scope '{scope}'; however, it does not have permission to perform action '{action}' on the linked "
        f"scope(s) '{','.join(linked)}' or the linked scope(s) are invalid.",
    )


def linked_action_not_permitted(
    client: str, object_id: str, action: str, scope: str, needed: str, linked: str
) -> Refusal:
    """The right that is missing at a linked resource is another one than at the resource itself."""
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{action}' on "
        f"scope '{scope}'; however, it does not have permission to perform action(s) '{needed}' on the linked "
        f"scope(s) '{linked}' (respectively) or the linked scope(s) are invalid.",
    )


def tenant_not_authorized(action: str, scope: str, tenant_id: str, subscription_id: str) -> Refusal:
    """For a linked resource of another tenant, when no auxiliary token of that tenant came along."""
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{action}' on scope '{scope}', however the current tenant "
        f"'{tenant_id}' is not authorized to access linked subscription '{subscription_id}'.",
    )


def linked_subscription_not_found(action: str, scope: str, subscription_id: str) -> Refusal:
    return Refusal(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{action}' on scope '{scope}', however the linked subscription "
        f"'{subscription_id}' was not found.",
    )


# Azure Resource Manager: what is not there


def subscription_not_found(subscription_id: str) -> Refusal:
    return Refusal(404, "SubscriptionNotFound", f"The subscription '{subscription_id}' could not be found.")


def resource_group_not_found(name: str) -> Refusal:
    return Refusal(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> Refusal:
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details "
        "please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def not_found(name: str) -> Refusal:
    """A network sub-resource that is absent answers with a code of its own."""
    return Refusal(404, "NotFound", f"Resource {name} not found.")


# Roles


def role_definition_does_not_exist(guid: str, status: int = 404) -> Refusal:
    """404 on a read; on an assignment's PUT the status is not established, and we answer 400."""
    return Refusal(
        status,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{guid}' does not exist.",
    )


def role_name_taken(name: str, *, update: bool) -> Refusal:
    """The text for a role that exists is the one that Azure has also sent for a new one."""
    message = f"A custom role with the same name already exists in this directory: '{name}'."
    if update:
        message = "A role definition cannot be updated with a name that already exists."
    return Refusal(409, "RoleDefinitionWithSameNameExists", message)


def role_in_use(guid: str) -> Refusal:
    """400 or 409 is not established; we answer 400."""
    return Refusal(
        400,
        "RoleDefinitionHasAssignments",
        "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments) "
        f"'{_undashed(guid)}'.",
    )


def scope_in_use(scopes: Iterable[str]) -> Refusal:
    return Refusal(
        400,
        "RoleScopeBeingRemovedContainsAssignments",
        f"Cannot remove the assignable scope(s) '{','.join(scopes)}': role assignments of this role exist "
        "there.",
    )


def missing_assignable_scopes() -> Refusal:
    return Refusal(400, "MissingAssignableScopes", "The role definition has no assignable scopes.")


def invalid_assignable_scope(scope: str) -> Refusal:
    return Refusal(
        400,
        "LinkedInvalidPropertyId",
        f"Property id '{scope}' at path 'properties.assignableScopes' is invalid. Expect fully qualified "
        f"resource Id that start with '/subscriptions/{{subscriptionId}}' or "
        f"'/providers/{{resourceProviderNamespace}}/'.",
    )


def invalid_action(action: str) -> Refusal:
    return Refusal(
        400,
        "InvalidActionOrNotAction",
        f"'{action}' does not match any of the actions supported by the providers.",
    )


def invalid_guid(kind: str, value: str) -> Refusal:
    code = {"role definition": "InvalidRoleDefinitionId", "role assignment": "InvalidRoleAssignmentId"}[kind]
    return Refusal(400, code, f"The {kind} ID '{value}' is not valid. The {kind} ID must be a GUID.")


def too_many_roles(limit: int) -> Refusal:
    return Refusal(
        400,
        "RoleDefinitionLimitExceeded",
        f"Role definition limit exceeded. No more role definitions can be created: {limit}.",
    )


def too_many_assignments() -> Refusal:
    return Refusal(
        400,
        "RoleAssignmentLimitExceeded",
        "The number of role assignments exceeded the limit. Delete old role assignments to make room for "
        "new ones.",
    )


def assignment_exists(name: str) -> Refusal:
    return Refusal(
        409,
        "RoleAssignmentExists",
        f"The role assignment already exists. The ID of the existing role assignment is {_undashed(name)}.",
    )


def assignment_update_not_permitted() -> Refusal:
    return Refusal(
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def hash_conflict() -> Refusal:
    return Refusal(
        400,
        "HashConflictOnDifferentRoleAssignmentIds",
        "A hash conflict was encountered for the role Assignment ID. Please use a new Guid.",
    )


def assignment_not_found(name: str) -> Refusal:
    return Refusal(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")


def principal_not_found(principal_id: str, tenant_id: str) -> Refusal:
    return Refusal(
        400,
        "PrincipalNotFound",
        f"Principal {_undashed(principal_id)} does not exist in the directory {tenant_id}. Check that you "
        "have the correct principal ID. If you are creating this principal and then immediately assigning "
        "a role, this error might be related to a replication delay. In this case, set the role assignment "
        "principalType property to a value, such as ServicePrincipal, User, or Group.  See "
        "https://aka.ms/docs-principaltype",
    )


def unmatched_principal_type(principal_id: str, actual: str, sent: str) -> Refusal:
    """The misspelt word is Azure's."""
    return Refusal(
        400,
        "UnmatchedPrincipalType",
        f"The PrincipalId '{_undashed(principal_id)}' has type '{actual}' , which is different from "
        f"specified PrinciaplType '{sent}'.",
    )


# Privileged Identity Management. Where Microsoft documents no status for a code, 400 is answered.


def no_licence_for_pim() -> Refusal:
    return Refusal(
        400,
        "AadPremiumLicenseRequired",
        "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
    )


def against_role_settings(rules: Iterable[str]) -> Refusal:
    listed = ",".join(f'"{rule}"' for rule in rules)
    return Refusal(
        400, "RoleAssignmentRequestPolicyValidationFailed", f"The following policy rules failed: [{listed}]"
    )


def active_too_short() -> Refusal:
    """The misspelt word is Azure's."""
    return Refusal(
        400, "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 5 minutes."
    )


def subject_not_found(principal_id: str) -> Refusal:
    return Refusal(404, "SubjectNotFound", f"The subject '{principal_id}' is not found.")


def schedule_exists() -> Refusal:
    return Refusal(409, "RoleAssignmentExists", "The Role assignment already exists.")


def schedule_does_not_exist() -> Refusal:
    return Refusal(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")


def request_pending() -> Refusal:
    return Refusal(
        400, "PendingRoleAssignmentRequest", "There is already an existing pending Role assignment request."
    )


def invalid_schedule(reason: str) -> Refusal:
    return Refusal(
        400,
        "InvalidRoleAssignmentRequestSchedule",
        f"The role assignment request schedule is invalid: {reason}.",
    )


def schedule_request_not_found(kind: str, name: str) -> Refusal:
    return Refusal(404, "RoleAssignmentScheduleNotFound", f"The {kind} '{name}' is not found.")


def request_not_pending(name: str, status: str) -> Refusal:
    return Refusal(
        400, "InvalidRoleAssignmentRequest", f"The request '{name}' cannot be canceled: it is {status}."
    )


# Deployments of templates


def invalid_template(reason: str) -> Refusal:
    return Refusal(400, "InvalidTemplate", f"Deployment template validation failed: '{reason}'.")


def location_required(name: str) -> Refusal:
    return Refusal(
        400,
        "LocationRequired",
        f"The 'location' property must be specified for '{name}'. Please see "
        "https://aka.ms/deploy-to-subscription for usage details.",
    )


def invalid_deployment_location(name: str, there: str, sent: str) -> Refusal:
    return Refusal(
        409,
        "InvalidDeploymentLocation",
        f"Invalid deployment location '{sent}'. The deployment '{name}' already exists in location '{there}'.",
    )


def template_not_permitted(
    client: str, object_id: str, refused: Sequence[tuple[str, str, str, str]]
) -> Refusal:
    """Each is a resource's name, its type, the action and the scope. The status is not established; we answer 403."""
    each = [
        f"Authorization failed for template resource '{name}' of type '{kind}'. The client '{client}' with object id "
        f"'{object_id}' does not have permission to perform action '{action}' at scope '{scope}'."
        for name, kind, action, scope in refused
    ]
    opening = "The template deployment failed with error"
    if len(each) > 1:
        opening = "Deployment failed with multiple errors"
    return Refusal(403, "InvalidTemplateDeployment", f"{opening}: '{':'.join(each)}'.")


def deployment_not_found(name: str) -> Refusal:
    return Refusal(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


# Locks, policy, subscriptions


def scope_locked(scope: str, operation: str, locked: Iterable[str]) -> Refusal:
    return Refusal(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: "
        f"'{','.join(locked)}'. Please remove the lock and try again.",
    )


def disallowed_by_policy(scope: str, policy: str) -> Refusal:
    return Refusal(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{scope.rpartition('/')[2]}' was disallowed by policy. Policy identifiers: "
        f'\'[{{"policyAssignment":{{"name":"{policy}"}}}}]\'.',
    )


def policy_token_missing(scope: str, policy: str) -> Refusal:
    missing = {
        "shouldDeny": True,
        "isChangeReferenceRequired": False,
        "endpointKind": "AzureResourceGraph",
        "endpointResultLifespan": "PT1H",
    }
    return Refusal(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{scope.rpartition('/')[2]}' was disallowed by policy. Policy identifiers: "
        f'\'[{{"policyAssignment":{{"name":"{policy}"}}}}]\'.',
        policy={
            "policyAssignmentName": policy,
            "evaluationDetails": {"missingPolicyTokenDetails": missing},
        },
    )


def mfa_required(challenge: str) -> Refusal:
    """For users only, in real Azure; automation identities are exempt."""
    return Refusal(
        403,
        "RequestDisallowedByPolicy",
        "Users must use MFA for Create/Update operations.",
        headers={"WWW-Authenticate": challenge},
    )


def continuous_access_evaluation(challenge: str) -> Refusal:
    return Refusal(
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge.",
        headers={"WWW-Authenticate": challenge},
    )


def too_many_requests() -> Refusal:
    return Refusal(
        429,
        "TooManyRequests",
        "The request is being throttled. Please retry after some time.",
        headers={"Retry-After": "1"},
    )


SERVER_ERRORS = (
    Refusal(500, "InternalServerError", "The server encountered an internal error. Please retry later."),
    Refusal(502, "BadGateway", "A service that is needed for this did not answer properly."),
    Refusal(503, "ServiceUnavailable", "The service is temporarily unavailable. Please retry later."),
    Refusal(504, "GatewayTimeout", "The gateway did not receive a response within the specified time."),
)


def read_only_disabled_subscription(subscription_id: str) -> Refusal:
    return Refusal(
        409,
        "ReadOnlyDisabledSubscription",
        f"The subscription '{subscription_id}' is disabled and therefore marked as read only. You cannot "
        "perform any write actions on this subscription until it is re-enabled.",
    )


def provider_not_registered(namespace: str) -> Refusal:
    return Refusal(
        409,
        "MissingSubscriptionRegistration",
        f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how "
        "to register subscriptions.",
    )


def provider_in_use(subscription_id: str, namespace: str) -> Refusal:
    return Refusal(
        409,
        "CannotUnregisterProviderWithResources",
        f"Cannot unregister '{namespace}' from subscription '{subscription_id}': it has resources of that provider.",
    )


def resource_graph_denied() -> Refusal:
    return Refusal(
        403,
        "AccessDenied",
        "Access is denied to the requested resource. The user might not have enough permission.",
    )


# Virtual WAN


def another_operation_in_progress(subscription_id: str, location: str, operation: str) -> Refusal:
    """Azure's network provider answers 429 while a referenced resource is updated; not established."""
    return Refusal(
        429,
        "AnotherOperationInProgress",
        "Another operation on this or dependent resource is in progress. To retrieve status of the "
        "operation use uri: "
        f"https://{location}.network.azure.com/subscriptions/{subscription_id}/providers/Microsoft.Network/locations/{location}/operations/{operation}?api-version=2020-05-01.",
    )


def address_space_overlaps(
    connection_id: str, network: str, hub_id: str, other: str, prefixes: Iterable[str]
) -> Refusal:
    """The code of an ordinary peering, which is what stands behind a connection; for a hub's it is not established."""
    return Refusal(
        400,
        "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
        f"Cannot create or update peering {connection_id}. Virtual networks {network} and {hub_id} cannot be peered "
        f"because address space of the first virtual network overlaps with address space of virtual network {other} "
        f"already peered with the second virtual network. Overlapping address prefixes: {', '.join(prefixes)}.",
    )


def too_many_connections(hub_id: str, limit: int) -> Refusal:
    """The limit is documented, the code is not: this one is of the form of the network provider's others."""
    return Refusal(
        400,
        "VirtualHubConnectionCountLimitReached",
        f"Cannot create more than {limit} virtual network connections for the virtual hub {hub_id}.",
    )


def linked_access_check_failed(client: str, object_id: str, action: str, scope: str, linked: str) -> Refusal:
    return Refusal(
        403,
        "LinkedAccessCheckFailed",
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{action}' on scope "
        f"'{scope}'; however, it does not have permission to read the linked resource '{linked}'.",
    )


def wan_downgrade() -> Refusal:
    return Refusal(
        400, "VirtualWanTypeCannotBeDowngraded", "A virtual WAN of type Standard cannot be changed to Basic."
    )


# Virtual networks and their peerings


def peering_overlap(peering_id: str, network: str, remote: str, prefixes: Iterable[str]) -> Refusal:
    """The code that azure-cli's users report; Azure answers it as well where a changed address space would overlap,
    for which the code is not established.
    """
    return Refusal(
        400,
        "VnetAddressSpacesOverlap",
        f"Cannot create or update peering {peering_id}. Virtual networks {network} and {remote} cannot be peered "
        f"because their address spaces overlap. Overlapping address prefixes: {', '.join(prefixes)}.",
    )


def remote_peering_is_disconnected(peering_id: str, remote_peering_id: str, network: str) -> Refusal:
    return Refusal(
        400,
        "RemotePeeringIsDisconnected",
        f"Cannot create or update peering {peering_id} because remote peering {remote_peering_id} referencing parent "
        f"virtual network {network} is in Disconnected state. Update or re-create the remote peering to get it back to "
        "Initiated state. Peering gets Disconnected when remote vnet or remote peering is deleted and re-created.",
    )


def remote_network_already_referenced(existing_id: str, remote: str, peering_id: str) -> Refusal:
    return Refusal(
        400,
        "AnotherPeeringAlreadyReferencesRemoteVnet",
        f"Peering {existing_id} already references remote virtual network {remote}. Cannot add another peering "
        f"{peering_id} referencing the same remote virtual network.",
    )


def remote_network_cannot_change(peering_id: str, remote: str) -> Refusal:
    """That it cannot is documented, the code is not."""
    return Refusal(
        400,
        "CannotChangeRemoteVnetOfPeering",
        f"Cannot change the remote virtual network of peering {peering_id}, which is {remote}.",
    )


def referenced_network_not_found(network: str, peering_id: str) -> Refusal:
    return Refusal(
        400,
        "InvalidGlobalResourceReference",
        f"Resource {network} referenced by resource {peering_id} was not found. Please make sure that the referenced "
        "resource exists.",
    )


def too_many_peerings(network: str, limit: int) -> Refusal:
    """The limit is documented, the code is not: this one is of the form of the network provider's others."""
    return Refusal(
        400,
        "VirtualNetworkPeeringCountLimitReached",
        f"Cannot create more than {limit} peerings for the virtual network {network}.",
    )


def remote_network_has_no_gateways(peering_id: str, remote: str) -> Refusal:
    return Refusal(
        400,
        "RemoteVnetHasNoGateways",
        f"Peering {peering_id} cannot have UseRemoteGateway flag set to true because remote virtual network {remote} "
        "referenced by the peering does not have any gateways.",
    )


def network_has_gateway(peering_id: str, network: str) -> Refusal:
    """The rule is documented, the code is not."""
    return Refusal(
        400,
        "VnetHasGateways",
        f"Peering {peering_id} cannot have UseRemoteGateway flag set to true because virtual network {network} has a "
        "gateway of its own.",
    )


def remote_gateways_in_use(peering_id: str, other_id: str) -> Refusal:
    """The rule is documented, the code is not."""
    return Refusal(
        400,
        "AnotherPeeringUsesRemoteGateways",
        f"Peering {peering_id} cannot have UseRemoteGateway flag set to true because peering {other_id} has it.",
    )


def gateway_transit_not_allowed(peering_id: str, remote_peering_id: str) -> Refusal:
    """The rule is documented, the code is not."""
    return Refusal(
        400,
        "RemotePeeringDoesNotAllowGatewayTransit",
        f"Peering {peering_id} cannot have UseRemoteGateway flag set to true because remote peering "
        f"{remote_peering_id} does not have AllowGatewayTransit flag set to true.",
    )


def invalid_prefix(owner: str, prefix: str) -> Refusal:
    return Refusal(
        400,
        "InvalidAddressPrefixFormat",
        f"Address prefix {prefix} of resource {owner} is not formatted correctly. It should follow CIDR notation, for "
        "example 10.0.0.0/24.",
    )


def invalid_subnet(name: str, network: str) -> Refusal:
    return Refusal(
        400, "NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network '{network}'."
    )


def subnet_in_use(name: str, used_by: str) -> Refusal:
    return Refusal(
        400,
        "InUseSubnetCannotBeDeleted",
        f"Subnet {name} is in use by {used_by} and cannot be deleted. In order to delete the subnet, delete all the "
        "resources within the subnet.",
    )


# Microsoft Graph


def graph_denied() -> Refusal:
    return Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def directory_quota_exceeded() -> Refusal:
    return Refusal(
        403,
        "Directory_QuotaExceeded",
        "The directory object quota limit for the Principal has been exceeded. Please ask your administrator to "
        "increase the quota limit or delete objects to reduce the used quota.",
    )


def graph_not_found(key: str) -> Refusal:
    return Refusal(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def principal_exists(app_id: str) -> Refusal:
    return Refusal(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "The service principal cannot be created, updated, or restored because the service principal name "
        f"{app_id} is already in use.",
    )


def no_backing_application(app_id: str) -> Refusal:
    return Refusal(
        400,
        "Request_BadRequest",
        f"The appId '{app_id}' of the service principal does not reference a valid application object.",
        details="NoBackingApplicationObject",
    )


def graph_bad_request(message: str) -> Refusal:
    return Refusal(400, "Request_BadRequest", message)


def graph_not_advanced() -> Refusal:
    """A query that needs the header ConsistencyLevel: eventual and $count=true, and lacks one of them."""
    return Refusal(400, "Request_UnsupportedQuery", "Unsupported Query.")


def graph_unknown_property(name: str) -> Refusal:
    return graph_bad_request(
        f"Property '{name}' does not exist as a declared property or extension property."
    )


def graph_invalid_value(name: str, resource: str = "ServicePrincipal") -> Refusal:
    return graph_bad_request(f"Invalid value specified for property '{name}' of resource '{resource}'.")


def graph_value_required(name: str, resource: str) -> Refusal:
    return graph_bad_request(f"A value is required for property '{name}' of resource '{resource}'.")


def owner_exists() -> Refusal:
    return graph_bad_request(
        "One or more added object references already exist for the following modified properties: 'owners'."
    )


def graph_unsupported(expression: str) -> Refusal:
    return Refusal(
        400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: '{expression}'."
    )


# Astro's API: its errors have a message and a status, no code; ours are for the record of a fault


def astro_unauthorized() -> Refusal:
    return Refusal(401, "Unauthorized", "Invalid or missing API token.")


def astro_forbidden() -> Refusal:
    return Refusal(403, "Forbidden", "The token has no permission to read clusters of this Organization.")


def astro_cluster_not_found() -> Refusal:
    return Refusal(404, "NotFound", "Cluster not found.")


def astro_no_such_path(status: int) -> Refusal:
    return Refusal(status, "NotFound", "Not found." if status == 404 else "Method not allowed.")


def astro_invalid(name: str, value: str) -> Refusal:
    return Refusal(400, "BadRequest", f"Invalid value for query parameter {name}: '{value}'.")


def astro_broken(status: int) -> Refusal:
    """What a fault has Astro's API answer; with 429 and 503 it says when to come back."""
    messages = {
        401: astro_unauthorized().message,
        403: astro_forbidden().message,
        404: astro_cluster_not_found().message,
        429: "Too many requests.",
        500: "Internal server error.",
        503: "Service unavailable.",
    }
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return Refusal(status, "Astro", messages[status], headers=headers)
