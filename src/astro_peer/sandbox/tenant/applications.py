"""Application registrations of this tenant: made, given a secret, deleted and deleted for good, without HTTP."""

import secrets
from dataclasses import replace
from uuid import uuid4

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.directory import delete_service_principal, require_write
from astro_peer.sandbox.tenant.state import Application, Caller, Tenant

_MULTI_TENANT = {"AzureADMyOrg": False, "AzureADMultipleOrgs": True}


def create_application(
    tenant: Tenant, caller: Caller, display_name: str, audience: str = "AzureADMyOrg"
) -> Application:
    """Names need not be unique. Nobody knows its secret until one is added."""
    require_write(tenant, caller)
    if audience not in _MULTI_TENANT:
        raise refusals.graph_invalid_value("signInAudience", "Application")
    if tenant.quirks.directory_quota_reached:
        raise refusals.directory_quota_exceeded()
    application = Application(
        app_id=str(uuid4()),
        object_id=str(uuid4()),
        display_name=display_name,
        home_tenant_id=tenant.id,
        secret=secrets.token_urlsafe(32),
        multi_tenant=_MULTI_TENANT[audience],
    )
    tenant.add(application)
    return application


def add_password(tenant: Tenant, caller: Caller, application: Application) -> str:
    """The new secret, which is told this once. Of several only the newest is kept here."""
    require_write(tenant, caller)
    secret = secrets.token_urlsafe(30)
    tenant.add(replace(application, secret=secret))
    return secret


def delete_application(tenant: Tenant, caller: Caller, application: Application) -> None:
    """Its service principal here goes with it; both can be found among the deleted items for 30 days."""
    require_write(tenant, caller)
    principal = tenant.principal_of(application.app_id)
    if principal is not None:
        delete_service_principal(tenant, caller, principal)
    del tenant.applications[application.app_id]
    tenant.deleted_applications[application.object_id] = replace(application, deleted=tenant.clock.now())


def delete_for_good(tenant: Tenant, caller: Caller, object_id: str) -> None:
    """A deleted application, with its deleted service principals, or one of these alone."""
    require_write(tenant, caller)
    application = tenant.deleted_applications.pop(object_id, None)
    if application is not None:
        for principal in list(tenant.deleted_principals.values()):
            if principal.app_id == application.app_id:
                del tenant.deleted_principals[principal.id]
    elif tenant.deleted_principals.pop(object_id, None) is None:
        raise refusals.graph_not_found(object_id)
