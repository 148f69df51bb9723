"""Directory objects in the form Microsoft Graph gives them."""

from typing import Any
from uuid import UUID, uuid5

from astro_peer.sandbox.tenant.state import Application, DirectoryRole, Group, ServicePrincipal, Tenant, User


def principal_body(tenant: Tenant, principal: ServicePrincipal) -> dict[str, Any]:
    application = tenant.application_of(principal)
    deleted = f"{principal.deleted:%Y-%m-%dT%H:%M:%SZ}" if principal.deleted else None
    return {
        "id": principal.id,
        "deletedDateTime": deleted,
        "accountEnabled": principal.account_enabled,
        "alternativeNames": [],
        "appDisplayName": application.display_name,
        "appDescription": None,
        "appId": application.app_id,
        "applicationTemplateId": None,
        "appOwnerOrganizationId": application.home_tenant_id,
        "appRoleAssignmentRequired": False,
        "createdDateTime": f"{principal.created:%Y-%m-%dT%H:%M:%SZ}",
        "description": None,
        "disabledByMicrosoftStatus": principal.disabled_by_microsoft,
        "displayName": application.display_name,
        "homepage": None,
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "preferredTokenSigningKeyThumbprint": None,
        "replyUrls": [],
        "servicePrincipalNames": [application.app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs" if application.multi_tenant else "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": None,
        "samlSingleSignOnSettings": None,
        "verifiedPublisher": {
            "displayName": application.publisher,
            "verifiedPublisherId": application.publisher_id,
            "addedDateTime": "2023-01-31T10:15:00Z" if application.publisher else None,
        },
        "addIns": [],
        "appRoles": [],
        "info": {
            "logoUrl": None,
            "marketingUrl": None,
            "privacyStatementUrl": None,
            "supportUrl": None,
            "termsOfServiceUrl": None,
        },
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
    } | dict(principal.details)


def application_body(application: Application) -> dict[str, Any]:
    return {
        "id": application.object_id,
        "deletedDateTime": f"{application.deleted:%Y-%m-%dT%H:%M:%SZ}" if application.deleted else None,
        "appId": application.app_id,
        "displayName": application.display_name,
        "identifierUris": [],
        "signInAudience": "AzureADMultipleOrgs" if application.multi_tenant else "AzureADMyOrg",
        "keyCredentials": [],
        "passwordCredentials": [],
    }


def user_body(user: User) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": user.id,
        "displayName": user.display_name,
        "userPrincipalName": user.user_principal_name,
    }


def directory_role_body(role: DirectoryRole) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": str(uuid5(UUID(role.template_id), "activated")),
        "deletedDateTime": None,
        "description": f"Members of this role have what {role.display_name} has.",
        "displayName": role.display_name,
        "roleTemplateId": role.template_id,
    }


def group_body(group: Group) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.group", "id": group.id, "displayName": group.display_name}
