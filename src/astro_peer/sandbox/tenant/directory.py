"""Service principals: creating, deleting and disabling them under Entra's rules, without HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from uuid import uuid4

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.state import (
    Application,
    Caller,
    DirectoryRole,
    Json,
    ServicePrincipal,
    Tenant,
    User,
)

_WRITABLE: dict[str, type] = {
    "accountEnabled": bool,
    "alternativeNames": list,
    "appRoleAssignmentRequired": bool,
    "description": str,
    "homepage": str,
    "loginUrl": str,
    "notes": str,
    "notificationEmailAddresses": list,
    "preferredSingleSignOnMode": str,
    "replyUrls": list,
    "samlSingleSignOnSettings": dict,
    "tags": list,
}
"""The properties of a service principal that a caller may set, and what each of them takes."""


def require_read(tenant: Tenant, caller: Caller) -> None:
    if caller.object_id not in tenant.directory_readers | tenant.directory_writers:
        raise refusals.graph_denied()


def require_write(tenant: Tenant, caller: Caller) -> None:
    if caller.object_id not in tenant.directory_writers:
        raise refusals.graph_denied()


def visible_principals(tenant: Tenant) -> list[ServicePrincipal]:
    """All but those so new that Microsoft Graph does not show them yet."""
    return [p for p in tenant.service_principals.values() if not tenant.within(tenant.lags.graph, p.created)]


def listed_principals(tenant: Tenant) -> list[ServicePrincipal]:
    """What a list shows: less than reads by ID do, while lists lag behind."""
    return [p for p in visible_principals(tenant) if not tenant.within(tenant.lags.lists, p.created)]


def listed_deleted(tenant: Tenant) -> list[ServicePrincipal]:
    deleted = tenant.deleted_principals.values()
    return [p for p in deleted if not (p.deleted and tenant.within(tenant.lags.lists, p.deleted))]


def user(tenant: Tenant, caller: Caller) -> User:
    """The person who calls. Applications have no such thing as a self in Microsoft Graph."""
    require_read(tenant, caller)
    return tenant.users[caller.object_id]


def directory_roles_of(tenant: Tenant, object_id: str) -> list[DirectoryRole]:
    """Those a membership tells of, through groups too."""
    who = tenant.identities(object_id)
    return [r for r in tenant.directory_roles.values() if r.members & who and not r.custom]


def application_permissions(tenant: Tenant, object_id: str) -> list[str]:
    """What an administrator consented to for Microsoft Graph, as the token of an application says it."""
    if object_id in tenant.directory_writers:
        return ["Application.ReadWrite.All", "Directory.Read.All"]
    return ["Directory.Read.All"] if object_id in tenant.directory_readers else []


def registered_here(tenant: Tenant) -> list[Application]:
    """Applications of this tenant: another tenant's cannot be seen in Graph, consented to or not."""
    return [a for a in tenant.applications.values() if a.home_tenant_id == tenant.id]


def create_service_principal(
    tenant: Tenant,
    caller: Caller,
    app_id: str,
    properties: Json = MappingProxyType({}),
    *,
    owners: Sequence[str] = (),
) -> ServicePrincipal:
    require_write(tenant, caller)
    if tenant.quirks.directory_quota_reached:
        raise refusals.directory_quota_exceeded()
    application = tenant.applications.get(app_id.lower())
    if application is None or (application.home_tenant_id != tenant.id and not application.multi_tenant):
        raise refusals.no_backing_application(app_id)
    if tenant.principal_of(app_id) is not None:
        raise refusals.principal_exists(app_id)
    if caller.object_id in tenant.users:
        owners = [caller.object_id, *owners]  # a user owns what it makes
    for owner in owners:
        _require_object(tenant, owner)
    new = ServicePrincipal(
        str(uuid4()), application.app_id, tenant.clock.now(), owners=tuple(dict.fromkeys(owners))
    )
    principal = _changed(new, properties)
    tenant.add(principal)
    return principal


def delete_service_principal(tenant: Tenant, caller: Caller, principal: ServicePrincipal) -> None:
    """Its role assignments stay behind; it can be found among the deleted items for 30 days."""
    require_write(tenant, caller)
    del tenant.service_principals[principal.id]
    tenant.deleted_principals[principal.id] = replace(principal, deleted=tenant.clock.now())


def restore_service_principal(tenant: Tenant, caller: Caller, object_id: str) -> ServicePrincipal:
    """Out of the deleted items, as it was. Raises while its application has another one by now."""
    require_write(tenant, caller)
    deleted = tenant.deleted_principals.get(object_id)
    if deleted is None:
        raise refusals.graph_not_found(object_id)
    if tenant.principal_of(deleted.app_id) is not None:
        raise refusals.principal_exists(deleted.app_id)
    del tenant.deleted_principals[object_id]
    principal = replace(deleted, deleted=None)
    tenant.add(principal)
    return principal


def update_service_principal(
    tenant: Tenant, caller: Caller, principal: ServicePrincipal, properties: Json
) -> None:
    """Sets the properties given and leaves the others. Raises for one that cannot be written."""
    require_write(tenant, caller)
    tenant.add(_changed(principal, properties))


def add_owner(tenant: Tenant, caller: Caller, principal: ServicePrincipal, owner: str) -> None:
    require_write(tenant, caller)
    _require_object(tenant, owner)
    if owner in principal.owners:
        raise refusals.owner_exists()
    tenant.add(replace(principal, owners=(*principal.owners, owner)))


def remove_owner(tenant: Tenant, caller: Caller, principal: ServicePrincipal, owner: str) -> None:
    require_write(tenant, caller)
    if owner not in principal.owners:
        raise refusals.graph_not_found(owner)
    tenant.add(replace(principal, owners=tuple(o for o in principal.owners if o != owner)))


def _require_object(tenant: Tenant, object_id: str) -> None:
    if tenant.type_of(object_id) is None:
        raise refusals.graph_not_found(object_id)


def _changed(principal: ServicePrincipal, properties: Json) -> ServicePrincipal:
    for name, value in properties.items():
        if name not in _WRITABLE:
            raise refusals.graph_unknown_property(name)
        if not _fits(value, _WRITABLE[name]):
            raise refusals.graph_invalid_value(name)
    enabled = properties.get("accountEnabled", principal.account_enabled)
    details = {k: v for k, v in properties.items() if k != "accountEnabled"}
    return replace(principal, account_enabled=enabled, details={**principal.details, **details})


def _fits(value: object, kind: type) -> bool:
    """Texts and objects may be null; lists are of texts."""
    if value is None:
        return kind in (str, dict)
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)
