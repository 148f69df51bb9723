"""Service principals: creating, deleting and disabling them under Entra's rules, without HTTP."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.state import Application, Caller, ServicePrincipal, Tenant


def require_read(tenant: Tenant, caller: Caller) -> None:
    if caller.object_id not in tenant.directory_readers | tenant.directory_writers:
        raise refusals.graph_denied()


def require_write(tenant: Tenant, caller: Caller) -> None:
    if caller.object_id not in tenant.directory_writers:
        raise refusals.graph_denied()


def visible_principals(tenant: Tenant) -> list[ServicePrincipal]:
    """All but those so new that Microsoft Graph does not show them yet."""
    horizon = tenant.clock.now() - timedelta(seconds=tenant.lags.graph)
    return [p for p in tenant.service_principals.values() if tenant.lags.graph == 0 or p.created <= horizon]


def registered_here(tenant: Tenant) -> list[Application]:
    """Applications of this tenant: another tenant's cannot be seen in Graph, consented to or not."""
    return [a for a in tenant.applications.values() if a.home_tenant_id == tenant.id]


def create_service_principal(
    tenant: Tenant, caller: Caller, app_id: str, *, account_enabled: bool = True
) -> ServicePrincipal:
    require_write(tenant, caller)
    application = tenant.applications.get(app_id.lower())
    if application is None or (application.home_tenant_id != tenant.id and not application.multi_tenant):
        raise refusals.no_backing_application(app_id)
    if tenant.principal_of(app_id) is not None:
        raise refusals.principal_exists(app_id)
    principal = ServicePrincipal(str(uuid4()), application.app_id, tenant.clock.now(), account_enabled)
    tenant.add(principal)
    return principal


def delete_service_principal(tenant: Tenant, caller: Caller, principal: ServicePrincipal) -> None:
    """Its role assignments stay behind; it can be found among the deleted items for 30 days."""
    require_write(tenant, caller)
    del tenant.service_principals[principal.id]
    tenant.deleted_principals[principal.id] = replace(principal, deleted=tenant.clock.now())


def enable_service_principal(
    tenant: Tenant, caller: Caller, principal: ServicePrincipal, enabled: bool
) -> None:
    require_write(tenant, caller)
    tenant.add(replace(principal, account_enabled=enabled))
