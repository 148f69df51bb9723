"""The sign-in service: cloud metadata, OpenID configuration and tokens for applications with a secret and users with a
password.

Error codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import base64
import hmac
import json
from datetime import datetime
from uuid import uuid4

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from astro_peer.sandbox.http.tokens import LIFETIME, Tokens
from astro_peer.sandbox.http.wire import Answer
from astro_peer.sandbox.tenant.paths import split
from astro_peer.sandbox.tenant.state import Tenant, User

_ROUTES = Map(
    [
        Rule("/metadata/endpoints", endpoint="metadata"),
        Rule("/common/discovery/instance", endpoint="instances"),
        Rule("/common/userrealm/<name>", endpoint="realm"),
        Rule("/<tenant>/v2.0/.well-known/openid-configuration", endpoint="openid"),
        Rule("/<tenant>/.well-known/openid-configuration", endpoint="openid"),
        Rule("/<tenant>/discovery/v2.0/keys", endpoint="keys"),
        Rule("/<tenant>/oauth2/v2.0/token", endpoint="token", methods=["POST"]),
    ]
)
_LAST_SEGMENTS = {"endpoints", "instance", "openid-configuration", "keys", "token"}
_ANSWER: dict[str, object] = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME}


def _resource(scope: str) -> str:
    """The one resource among the scopes; beside it clients ask for what every user's sign-in has."""
    scopes = [s for s in scope.split() if s not in ("openid", "profile", "offline_access")]
    return scopes[0].removesuffix("/.default").rstrip("/") if scopes else ""


class SignIn:
    def __init__(self, tenant: Tenant, tokens: Tokens) -> None:
        self._tenant = tenant
        self._tokens = tokens

    def answers(self, path: str) -> bool:
        """Whether the path belongs to the sign-in service and not to Azure Resource Manager."""
        segments = split(path)
        return (
            bool(segments)
            and segments[0] not in ("subscriptions", "providers")
            and (segments[-1] in _LAST_SEGMENTS or segments[:2] == ["common", "userrealm"])
        )

    def answer(self, request: Request) -> Answer:
        path = "/" + "/".join(split(request.path))
        try:
            endpoint, values = _ROUTES.bind("sandbox").match(path, method=request.method)
        except HTTPException as error:
            return Answer(error.code or 404)
        match endpoint:
            case "metadata":
                return Answer(200, self._metadata())
            case "instances":
                return Answer(200, self._instances())
            case "realm":
                realm = {"ver": "1.0", "account_type": "Managed", "domain_name": self._tenant.domain}
                return Answer(200, realm)
            case "keys":
                return Answer(200, {"keys": []})
        tenant_id = values["tenant"].lower()
        if tenant_id not in (self._tenant.id, self._tenant.domain):
            message = (
                f"Tenant '{values['tenant']}' not found. Check to make sure you have the correct tenant ID "
                "and are signing into the correct cloud."
            )
            return self._error(400, "invalid_request", 90002, message)
        return Answer(200, self._openid()) if endpoint == "openid" else self._token(request)

    def _metadata(self) -> dict[str, object]:
        """The form of api-version 2022-09-01.

        az stops without `suffixes`, Terraform without the two in it; those names exist nowhere. Azure's own has no
        `astroApi`: it says where Astro's API answers, so that it stands and falls with the rest of the cloud.
        """
        return {
            "name": "AstroPeerSandbox",
            "portal": self._tokens.url,
            "authentication": {
                "loginEndpoint": self._tokens.url,
                "audiences": [self._tokens.arm],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": self._tokens.url,
            "microsoftGraphResourceId": f"{self._tokens.graph}/",
            "graph": f"{self._tokens.graph}/",
            "graphAudience": f"{self._tokens.graph}/",
            "astroApi": self._tokens.astro,
            "suffixes": {"storage": "storage.invalid", "keyVaultDns": "vault.invalid"},
        }

    def _instances(self) -> dict[str, object]:
        host = self._tokens.url.removeprefix("https://")
        return {
            "tenant_discovery_endpoint": (
                f"{self._tokens.url}/{self._tenant.id}/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }

    def _openid(self) -> dict[str, object]:
        base = f"{self._tokens.url}/{self._tenant.id}"
        return {
            "issuer": self._tokens.issuer(self._tenant.id),
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self, request: Request) -> Answer:
        match request.form.get("grant_type"):
            case "client_credentials":
                return self._application_token(request)
            case "password" | "refresh_token":
                return self._user_token(request)
        return self._error(
            400,
            "unsupported_grant_type",
            70003,
            "The app requested an unsupported grant type: client credentials, a user's password and refresh "
            "tokens can sign in to the sandbox.",
        )

    def _application_token(self, request: Request) -> Answer:
        form = request.form
        client_id = form.get("client_id", "").lower()
        if user := self._user_of_password(form.get("client_secret", "")):
            return self._user_answer(request, user, client_id)
        application = self._tenant.applications.get(client_id)
        if application is None:
            return self._error(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory "
                f"'{self._tenant.name}'.",
            )
        if not hmac.compare_digest(form.get("client_secret", "").encode(), application.secret.encode()):
            return self._error(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                f"secret value, not the client secret ID, for a secret added to app '{application.app_id}'.",
            )
        principal = self._tenant.principal_of(application.app_id)
        if principal is None:
            return self._error(
                401,
                "invalid_client",
                7000229,
                f"The client application {application.app_id} is missing service principal in the tenant "
                f"{self._tenant.id}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
            )
        if not principal.account_enabled:
            return self._error(
                401,
                "unauthorized_client",
                7000112,
                f"Application '{application.app_id}'({application.display_name}) is disabled.",
            )
        resource = _resource(form.get("scope", ""))
        if resource not in (self._tokens.arm, self._tokens.graph):
            return self._no_such_resource(resource)
        return Answer(200, _ANSWER | {"access_token": self._tokens.issue(application, principal, resource)})

    def _user_token(self, request: Request) -> Answer:
        """By name and password, which Entra allows without a second factor only, or by a refresh token."""
        form = request.form
        client_id = form.get("client_id", "").lower()
        if form["grant_type"] == "refresh_token":
            user = self._tokens.refreshing(form.get("refresh_token", ""))
            if user is None:
                return self._error(
                    400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid."
                )
        else:
            name, password = form.get("username", "").lower(), form.get("password", "")
            user = next((u for u in self._tenant.users.values() if u.user_principal_name == name), None)
            if user is None:
                return self._error(
                    400,
                    "invalid_grant",
                    50034,
                    f"The user account {{EUII Hidden}} does not exist in the {self._tenant.id} directory. To sign into "
                    "this application, the account must be added to the directory.",
                )
            if user.password is None or not hmac.compare_digest(password.encode(), user.password.encode()):
                return self._error(
                    400,
                    "invalid_grant",
                    50126,
                    "Error validating credentials due to invalid username or password.",
                )
        return self._user_answer(request, user, client_id)

    def _user_of_password(self, password: str) -> User | None:
        """A liberty of the sandbox's: nobody's password is an application's secret."""
        users = (user for user in self._tenant.users.values() if user.password)
        return next(
            (user for user in users if hmac.compare_digest(password.encode(), str(user.password).encode())),
            None,
        )

    def _user_answer(self, request: Request, user: User, client_id: str) -> Answer:
        resource = _resource(request.form.get("scope", ""))
        if resource not in (self._tokens.arm, self._tokens.graph):
            return self._no_such_resource(resource)
        about = json.dumps({"uid": user.id, "utid": self._tenant.id}).encode()
        return Answer(
            200,
            _ANSWER
            | {
                "scope": f"{resource}/.default",
                "access_token": self._tokens.issue_to_user(user, client_id, resource),
                "refresh_token": self._tokens.issue_refresh(user, client_id),
                "id_token": self._tokens.issue_id(user, client_id),
                "client_info": base64.urlsafe_b64encode(about).decode().rstrip("="),
            },
        )

    def _no_such_resource(self, resource: str) -> Answer:
        return self._error(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {self._tenant.name}.",
        )

    def _error(self, status: int, error: str, code: int, message: str) -> Answer:
        now: datetime = self._tenant.clock.now()
        trace, correlation = str(uuid4()), str(uuid4())
        stamp = f"{now:%Y-%m-%d %H:%M:%S}Z"
        return Answer(
            status,
            {
                "error": error,
                "error_description": (
                    f"AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
                ),
                "error_codes": [code],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
            },
        )
