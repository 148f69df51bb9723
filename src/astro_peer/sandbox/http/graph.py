"""Microsoft Graph over HTTP: service principals, applications and what az looks up about them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from astro_peer.sandbox.http.graph_bodies import (
    application_body,
    directory_role_body,
    group_body,
    principal_body,
    user_body,
)
from astro_peer.sandbox.http.tokens import Tokens
from astro_peer.sandbox.http.wire import Answer, body_of, graph_refusal
from astro_peer.sandbox.tenant import applications, directory, refusals
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Application, Caller, ServicePrincipal, Tenant, User

_EQUALS = re.compile(r"(appId|displayName|id)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_STARTS = re.compile(r"startswith\(\s*displayName\s*,\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_NAMES = re.compile(r"servicePrincipalNames/any\((\w+):\s*\1\s+eq\s+'((?:[^']|'')*)'\)", re.IGNORECASE)
_REFERENCE = re.compile(r"/(?:directoryObjects|servicePrincipals|users)/([^/]+)$", re.IGNORECASE)
_BY_APP_ID = re.compile(r"\(appId='([^']*)'\)", re.IGNORECASE)


_LARGEST_PAGE = 100


@dataclass(frozen=True)
class _Call:
    request: Request
    tenant: Tenant
    caller: Caller
    url: str
    version: str
    """v1.0 or beta."""

    def body(self) -> Mapping[str, Any]:
        try:
            return body_of(self.request)
        except ValueError:
            raise refusals.graph_bad_request("Unable to read JSON request payload.") from None

    def context(self, name: str) -> str:
        return f"{self.url}/{self.version}/$metadata#{name}"

    def selected(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """Only the properties that $select names; all of them without it."""
        names = {n.strip() for n in self.request.args.get("$select", "").split(",") if n.strip()}
        return {k: v for k, v in entity.items() if not names or k in names or k.startswith("@")}

    def one(self, name: str, entity: Mapping[str, Any], status: int = 200) -> Answer:
        return Answer(status, {"@odata.context": self.context(f"{name}/$entity"), **self.selected(entity)})

    def many(self, name: str, entities: Sequence[Mapping[str, Any]]) -> Answer:
        entities = _filtered(entities, self.request.args.get("$filter", "").strip())
        start, size = self._number("$skiptoken", 0), self._number("$top", _LARGEST_PAGE)
        end = start + min(size, _LARGEST_PAGE, self.tenant.limits.items_per_page)
        page: dict[str, Any] = {"@odata.context": self.context(name)}
        if end < len(entities):
            query = {k: v for k, v in self.request.args.items() if k != "$skiptoken"} | {"$skiptoken": end}
            path = quote("/".join(split(self.request.path)[1:]), safe="/()=',")
            page["@odata.nextLink"] = f"{self.url}/{path}?{urlencode(query, safe='$')}"
        return Answer(200, page | {"value": [self.selected(e) for e in entities[start:end]]})

    def _number(self, name: str, default: int) -> int:
        value = self.request.args.get(name, str(default))
        if not value.isdecimal() or (name == "$top" and int(value) == 0):
            raise refusals.graph_bad_request(f"Invalid value for {name}: '{value}'.")
        return int(value)


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


def _find_principal(call: _Call, key: str, *, app_id: bool) -> ServicePrincipal:
    for principal in directory.visible_principals(call.tenant):
        if (principal.app_id if app_id else principal.id) == key.lower():
            return principal
    raise refusals.graph_not_found(key)


def _list_principals(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    principals = directory.listed_principals(call.tenant)
    return call.many("servicePrincipals", [principal_body(call.tenant, p) for p in principals])


def _create_principal(call: _Call) -> Answer:
    body = call.body()
    if not isinstance(body.get("appId"), str):
        raise refusals.graph_value_required("appId", "ServicePrincipal")
    owners = body.get("owners@odata.bind", [])
    if not isinstance(owners, list):
        raise refusals.graph_invalid_value("owners@odata.bind")
    principal = directory.create_service_principal(
        call.tenant,
        call.caller,
        body["appId"],
        _written(body, "appId", "owners@odata.bind"),
        owners=[_object_id(url) for url in owners],
    )
    return call.one("servicePrincipals", principal_body(call.tenant, principal), 201)


def _written(body: Mapping[str, Any], *apart: str) -> dict[str, Any]:
    """The properties a request sets; annotations such as @odata.type say nothing that is not known."""
    return {k: v for k, v in body.items() if k not in apart and not k.startswith("@")}


def _object_id(url: object) -> str:
    """From a reference to a directory object, whatever the address before it."""
    match = _REFERENCE.search(url) if isinstance(url, str) else None
    if match is None:
        raise refusals.graph_bad_request(f"Invalid URL format specified in @odata.bind: '{url}'.")
    return match[1].lower()


def _read_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_read(call.tenant, call.caller)
    body = principal_body(call.tenant, _find_principal(call, key, app_id=app_id))
    if call.version == "beta":
        body["samlMetadataUrl"] = None
    return call.one("servicePrincipals", body)


def _delete_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    directory.delete_service_principal(call.tenant, call.caller, _find_principal(call, key, app_id=app_id))
    return Answer(204)


def _update_principal(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    principal = _find_principal(call, key, app_id=app_id)
    directory.update_service_principal(call.tenant, call.caller, principal, _written(call.body()))
    return Answer(204)


def _list_owners(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_read(call.tenant, call.caller)
    owners = _find_principal(call, key, app_id=app_id).owners
    return call.many("directoryObjects", _bodies(call, owners))


def _add_owner(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    principal = _find_principal(call, key, app_id=app_id)
    owner = _object_id(call.body().get("@odata.id"))
    directory.add_owner(call.tenant, call.caller, principal, owner)
    return Answer(204)


def _remove_owner(call: _Call, key: str, owner: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    principal = _find_principal(call, key, app_id=app_id)
    directory.remove_owner(call.tenant, call.caller, principal, owner)
    return Answer(204)


def _list_applications(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    return call.many("applications", [application_body(a) for a in directory.registered_here(call.tenant)])


def _find_application(call: _Call, key: str, *, app_id: bool) -> Application:
    for application in directory.registered_here(call.tenant):
        if (application.app_id if app_id else application.object_id) == key.lower():
            return application
    raise refusals.graph_not_found(key)


def _read_application(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_read(call.tenant, call.caller)
    return call.one("applications", application_body(_find_application(call, key, app_id=app_id)))


def _create_application(call: _Call) -> Answer:
    body = _written(call.body())
    name, audience = body.pop("displayName", None), body.pop("signInAudience", "AzureADMyOrg")
    if not isinstance(name, str) or not name:
        raise refusals.graph_value_required("displayName", "Application")
    for other in body:
        raise refusals.graph_unknown_property(other)
    application = applications.create_application(call.tenant, call.caller, name, audience)
    return call.one("applications", application_body(application), 201)


def _add_password(call: _Call, key: str, app_id: bool = False) -> Answer:
    """What the caller says of the credential is not kept: a name, and until when."""
    directory.require_write(call.tenant, call.caller)
    application = _find_application(call, key, app_id=app_id)
    secret = applications.add_password(call.tenant, call.caller, application)
    said = call.body().get("passwordCredential")
    described = said if isinstance(said, dict) else {}
    return Answer(
        200,
        {
            "@odata.context": call.context("microsoft.graph.passwordCredential"),
            "customKeyIdentifier": None,
            "displayName": described.get("displayName"),
            "endDateTime": described.get("endDateTime"),
            "hint": secret[:3],
            "keyId": str(uuid4()),
            "secretText": secret,
            "startDateTime": described.get("startDateTime"),
        },
    )


def _delete_application(call: _Call, key: str, app_id: bool = False) -> Answer:
    directory.require_write(call.tenant, call.caller)
    applications.delete_application(call.tenant, call.caller, _find_application(call, key, app_id=app_id))
    return Answer(204)


def _list_deleted(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    deleted = [principal_body(call.tenant, p) for p in directory.listed_deleted(call.tenant)]
    return call.many("servicePrincipals", deleted)


def _list_deleted_applications(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    deleted = [application_body(a) for a in call.tenant.deleted_applications.values()]
    return call.many("applications", deleted)


def _delete_for_good(call: _Call, key: str) -> Answer:
    applications.delete_for_good(call.tenant, call.caller, key)
    return Answer(204)


def _restore_deleted(call: _Call, key: str) -> Answer:
    principal = directory.restore_service_principal(call.tenant, call.caller, key)
    body = {"@odata.type": "#microsoft.graph.servicePrincipal", **principal_body(call.tenant, principal)}
    return Answer(200, {"@odata.context": call.context("directoryObjects/$entity"), **body})


def _objects_by_id(call: _Call) -> Answer:
    """Objects that no longer exist are left out of the answer."""
    directory.require_read(call.tenant, call.caller)
    ids = call.body().get("ids")
    if not isinstance(ids, list) or not ids:
        raise refusals.graph_bad_request("Invalid object identifiers.")
    found = _bodies(call, [str(i).lower() for i in ids])
    return Answer(200, {"@odata.context": call.context("directoryObjects"), "value": found})


def _bodies(call: _Call, object_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The objects that exist and can be seen, each with its type."""
    principals = {p.id: p for p in directory.visible_principals(call.tenant)}
    found: list[dict[str, Any]] = []
    for object_id in object_ids:
        if object_id in principals:
            body = principal_body(call.tenant, principals[object_id])
            found.append({"@odata.type": "#microsoft.graph.servicePrincipal", **body})
        elif object_id in call.tenant.users:
            found.append(user_body(call.tenant.users[object_id]))
        elif object_id in call.tenant.groups:
            found.append(group_body(call.tenant.groups[object_id]))
    return found


def _organization(call: _Call) -> Answer:
    directory.require_read(call.tenant, call.caller)
    domain = {"name": call.tenant.domain, "isDefault": True, "isInitial": True, "type": "Managed"}
    return call.many(
        "organization", [{"id": call.tenant.id, "displayName": call.tenant.name, "verifiedDomains": [domain]}]
    )


def _me(call: _Call) -> Answer:
    user = _self(call)
    return call.one("users", {k: v for k, v in user_body(user).items() if not k.startswith("@")})


def _my_directory_roles(call: _Call) -> Answer:
    """A cast is an advanced query, which Graph answers from another index, and only when asked to."""
    user = _self(call)
    if call.request.headers.get("ConsistencyLevel", "").lower() != "eventual" or call.request.args.get(
        "$count", ""
    ).lower() not in ("true", "1"):
        raise refusals.graph_not_advanced()
    bodies = [directory_role_body(r) for r in directory.directory_roles_of(call.tenant, user.id)]
    for body in bodies:
        del body["@odata.type"]  # the cast says it already
    answer = call.many("directoryRoles", bodies)
    return replace(answer, body={**answer.body, "@odata.count": len(bodies)})


def _self(call: _Call) -> User:
    if call.caller.object_id not in call.tenant.users:
        raise Refusal(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return directory.user(call.tenant, call.caller)


def _rule(path: str, endpoint: Callable[..., Answer], method: str = "GET") -> Rule:
    return Rule(path, endpoint=endpoint, methods=[method])


def _keyed(path: str, endpoint: Callable[..., Answer], method: str = "GET", below: str = "") -> list[Rule]:
    """By object ID, and by application ID in Graph's `(appId='…')` form."""
    by_app_id = Rule(
        f"{path}/by-app-id/<key>{below}", endpoint=endpoint, methods=[method], defaults={"app_id": True}
    )
    return [_rule(f"{path}/<key>{below}", endpoint, method), by_app_id]


_ROUTES = Map(
    [
        _rule("/serviceprincipals", _list_principals),
        _rule("/serviceprincipals", _create_principal, "POST"),
        *_keyed("/serviceprincipals", _read_principal),
        *_keyed("/serviceprincipals", _delete_principal, "DELETE"),
        *_keyed("/serviceprincipals", _update_principal, "PATCH"),
        *_keyed("/serviceprincipals", _list_owners, below="/owners"),
        *_keyed("/serviceprincipals", _add_owner, "POST", below="/owners/$ref"),
        *_keyed("/serviceprincipals", _remove_owner, "DELETE", below="/owners/<owner>/$ref"),
        _rule("/applications", _list_applications),
        _rule("/applications", _create_application, "POST"),
        *_keyed("/applications", _read_application),
        *_keyed("/applications", _add_password, "POST", below="/addpassword"),
        *_keyed("/applications", _delete_application, "DELETE"),
        _rule("/directoryobjects/getbyids", _objects_by_id, "POST"),
        _rule("/directory/deleteditems/microsoft.graph.serviceprincipal", _list_deleted),
        _rule("/directory/deleteditems/microsoft.graph.application", _list_deleted_applications),
        _rule("/directory/deleteditems/<key>", _delete_for_good, "DELETE"),
        _rule("/directory/deleteditems/<key>/restore", _restore_deleted, "POST"),
        _rule("/organization", _organization),
        _rule("/me", _me),
        _rule("/me/transitivememberof/microsoft.graph.directoryrole", _my_directory_roles),
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
        if not segments or segments[0].lower() not in ("v1.0", "beta"):
            raise Refusal(400, "BadRequest", "Invalid version: the sandbox answers v1.0 and beta.")
        path = _BY_APP_ID.sub(r"/by-app-id/\1", "/".join(segments[1:])).lower()
        try:
            endpoint, values = _ROUTES.bind("sandbox").match(f"/{path}", method=request.method)
        except HTTPException:
            raise Refusal(
                400, "BadRequest", f"Resource not found for the segment '{segments[-1]}'."
            ) from None
        call = _Call(request, self._tenant, caller, self._tokens.graph, segments[0].lower())
        answer: Answer = endpoint(call, **values)
        return answer
