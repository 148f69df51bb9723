"""Microsoft Graph over HTTP: service principals, applications and what az looks up about them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from astro_peer.sandbox.http.tokens import Tokens
from astro_peer.sandbox.http.wire import Answer, body_of, graph_refusal
from astro_peer.sandbox.tenant import directory, refusals
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Application, Caller, Group, ServicePrincipal, Tenant, User

_EQUALS = re.compile(r"(appId|displayName|id)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_STARTS = re.compile(r"startswith\(\s*displayName\s*,\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_NAMES = re.compile(r"servicePrincipalNames/any\((\w+):\s*\1\s+eq\s+'((?:[^']|'')*)'\)", re.IGNORECASE)
_BY_APP_ID = re.compile(r"\(appId='([^']*)'\)", re.IGNORECASE)


@dataclass(frozen=True)
class _Call:
    request: Request
    tenant: Tenant
    caller: Caller
    url: str

    def body(self) -> Mapping[str, Any]:
        try:
            return body_of(self.request)
        except ValueError:
            raise refusals.graph_bad_request("Unable to read JSON request payload.") from None

    def context(self, name: str) -> str:
        return f"{self.url}/v1.0/$metadata#{name}"

    def selected(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """Only the properties that $select names; all of them without it."""
        names = {n.strip() for n in self.request.args.get("$select", "").split(",") if n.strip()}
        return {k: v for k, v in entity.items() if not names or k in names or k.startswith("@")}

    def one(self, name: str, entity: Mapping[str, Any], status: int = 200) -> Answer:
        return Answer(status, {"@odata.context": self.context(f"{name}/$entity"), **self.selected(entity)})

    def many(self, name: str, entities: Sequence[Mapping[str, Any]]) -> Answer:
        entities = _filtered(entities, self.request.args.get("$filter", "").strip())
        top = self.request.args.get("$top", "")
        if top:
            if not top.isdecimal() or int(top) == 0:
                raise refusals.graph_bad_request(f"Invalid value for $top: '{top}'.")
            entities = entities[: int(top)]
        return Answer(
            200, {"@odata.context": self.context(name), "value": [self.selected(e) for e in entities]}
        )


def _filtered(entities: Sequence[Mapping[str, Any]], expression: str) -> list[Mapping[str, Any]]:
    """Strings compare without case, as Graph does for these properties."""
    if not expression:
        return list(entities)
    if match := _EQUALS.fullmatch(expression):
        key = {"appid": "appId", "displayname": "displayName", "id": "id"}[match[1].lower()]
        return [e for e in entities if str(e.get(key)).lower() == _literal(match[2])]
    if match := _STARTS.fullmatch(expression):
        return [e for e in entities if str(e.get("displayName")).lower().startswith(_literal(match[1]))]
    if match := _NAMES.fullmatch(expression):
        return [
            e
            for e in entities
            if _literal(match[2]) in [n.lower() for n in e.get("servicePrincipalNames", [])]
        ]
    raise refusals.graph_unsupported(expression)


def _literal(quoted: str) -> str:
    return quoted.replace("''", "'").lower()


def _principal_body(tenant: Tenant, principal: ServicePrincipal) -> dict[str, Any]:
    application = tenant.applications[principal.app_id]
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
    }


def _application_body(application: Application) -> dict[str, Any]:
    return {
        "id": application.object_id,
        "deletedDateTime": None,
        "appId": application.app_id,
        "displayName": application.display_name,
        "identifierUris": [],
        "signInAudience": "AzureADMultipleOrgs" if application.multi_tenant else "AzureADMyOrg",
        "keyCredentials": [],
        "passwordCredentials": [],
    }


def _find_principal(call: _Call, key: str, *, app_id: bool) -> ServicePrincipal:
    for principal in directory.visible_principals(call.tenant):
        if (principal.app_id if app_id else principal.id) == key.lower():
            return principal
    raise refusals.graph_not_found(key)


def _list_principals(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    principals = directory.visible_principals(call.tenant)
    return call.many("servicePrincipals", [_principal_body(call.tenant, p) for p in principals])


def _create_principal(call: _Call) -> Answer:
    body = call.body()
    app_id, enabled = body.get("appId"), body.get("accountEnabled", True)
    if not isinstance(app_id, str) or not isinstance(enabled, bool):
        raise refusals.graph_bad_request(
            "A value is required for property 'appId' of resource 'ServicePrincipal'."
        )
    principal = directory.create_service_principal(call.tenant, call.caller, app_id, account_enabled=enabled)
    return call.one("servicePrincipals", _principal_body(call.tenant, principal), 201)


def _read_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_read(call.tenant, call.caller)
    return call.one(
        "servicePrincipals", _principal_body(call.tenant, _find_principal(call, key, app_id=app_id))
    )


def _delete_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    directory.delete_service_principal(call.tenant, call.caller, _find_principal(call, key, app_id=app_id))
    return Answer(204)


def _update_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    enabled = call.body().get("accountEnabled")
    if not isinstance(enabled, bool):
        raise refusals.graph_bad_request("The sandbox changes accountEnabled only.")
    principal = _find_principal(call, key, app_id=app_id)
    directory.enable_service_principal(call.tenant, call.caller, principal, enabled)
    return Answer(204)


def _list_applications(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    return call.many("applications", [_application_body(a) for a in directory.registered_here(call.tenant)])


def _read_application(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_read(call.tenant, call.caller)
    for application in directory.registered_here(call.tenant):
        if (application.app_id if app_id else application.object_id) == key.lower():
            return call.one("applications", _application_body(application))
    raise refusals.graph_not_found(key)


def _list_deleted(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    deleted = [_principal_body(call.tenant, p) for p in call.tenant.deleted_principals.values()]
    return call.many("servicePrincipals", deleted)


def _objects_by_id(call: _Call) -> Answer:
    """Objects that no longer exist are left out of the answer."""
    directory.require_read(call.tenant, call.caller)
    ids = call.body().get("ids")
    if not isinstance(ids, list) or not ids:
        raise refusals.graph_bad_request("Invalid object identifiers.")
    principals = {p.id: p for p in directory.visible_principals(call.tenant)}
    found: list[dict[str, Any]] = []
    for object_id in (str(i).lower() for i in ids):
        if object_id in principals:
            body = _principal_body(call.tenant, principals[object_id])
            found.append({"@odata.type": "#microsoft.graph.servicePrincipal", **body})
        elif object_id in call.tenant.users:
            found.append(_user_body(call.tenant.users[object_id]))
        elif object_id in call.tenant.groups:
            found.append(_group_body(call.tenant.groups[object_id]))
    return Answer(200, {"@odata.context": call.context("directoryObjects"), "value": found})


def _user_body(user: User) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": user.id,
        "displayName": user.display_name,
        "userPrincipalName": user.user_principal_name,
    }


def _group_body(group: Group) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.group", "id": group.id, "displayName": group.display_name}


def _organization(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    domain = {"name": call.tenant.domain, "isDefault": True, "isInitial": True, "type": "Managed"}
    return call.many(
        "organization", [{"id": call.tenant.id, "displayName": call.tenant.name, "verifiedDomains": [domain]}]
    )


def _me(call: _Call) -> Answer:
    raise Refusal(400, "BadRequest", "/me request is only valid with delegated authentication flow.")


def _rule(path: str, endpoint: Callable[..., Answer], method: str = "GET") -> Rule:
    return Rule(path, endpoint=endpoint, methods=[method])


def _keyed(path: str, endpoint: Callable[..., Answer], method: str = "GET") -> list[Rule]:
    """By object ID, and by application ID in Graph's `(appId='…')` form."""
    by_app_id = Rule(
        f"{path}/by-app-id/<key>", endpoint=endpoint, methods=[method], defaults={"app_id": True}
    )
    return [_rule(f"{path}/<key>", endpoint, method), by_app_id]


_ROUTES = Map(
    [
        _rule("/serviceprincipals", _list_principals),
        _rule("/serviceprincipals", _create_principal, "POST"),
        *_keyed("/serviceprincipals", _read_principal),
        *_keyed("/serviceprincipals", _delete_principal, "DELETE"),
        *_keyed("/serviceprincipals", _update_principal, "PATCH"),
        _rule("/applications", _list_applications),
        *_keyed("/applications", _read_application),
        _rule("/directoryobjects/getbyids", _objects_by_id, "POST"),
        _rule("/directory/deleteditems/microsoft.graph.serviceprincipal", _list_deleted),
        _rule("/organization", _organization),
        _rule("/me", _me),
    ],
    redirect_defaults=False,
)


class Graph:
    def __init__(self, tenant: Tenant, tokens: Tokens) -> None:
        self._tenant = tenant
        self._tokens = tokens

    def answer(self, request: Request) -> Answer:
        try:
            return self._dispatch(request)
        except Refusal as refusal:
            return graph_refusal(refusal, self._tenant.clock.now())

    def _dispatch(self, request: Request) -> Answer:
        authorization = request.headers.get("Authorization")
        if not authorization:
            raise refusals.invalid_token("Access token is empty.")
        caller = self._tokens.caller(authorization, self._tokens.graph)
        segments = split(request.path)[1:]  # without the "graph" that leads here
        if not segments or segments[0] != "v1.0":
            raise Refusal(400, "BadRequest", "Invalid version: the sandbox answers v1.0.")
        path = _BY_APP_ID.sub(r"/by-app-id/\1", "/".join(segments[1:])).lower()
        try:
            endpoint, values = _ROUTES.bind("sandbox").match(f"/{path}", method=request.method)
        except HTTPException:
            raise Refusal(
                400, "BadRequest", f"Resource not found for the segment '{segments[-1]}'."
            ) from None
        answer: Answer = endpoint(_Call(request, self._tenant, caller, self._tokens.graph), **values)
        return answer
