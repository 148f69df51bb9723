from collections.abc import Callable

import jwt
import pytest
import requests

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo

from ..client import OTHER_GUID, PROD, Client, error_of


def test_metadata_names_only_the_sandbox_itself(owner: Client) -> None:
    answer = owner.session.get(f"{owner.sandbox.url}/metadata/endpoints?api-version=2022-09-01")
    metadata = answer.json()
    assert metadata["resourceManager"] == metadata["authentication"]["loginEndpoint"] == owner.sandbox.url
    assert metadata["authentication"]["audiences"] == [owner.sandbox.url]
    assert metadata["microsoftGraphResourceId"] == f"{owner.sandbox.url}/graph/"
    assert "suffixes" in metadata
    assert "microsoft" not in answer.text.lower().replace("microsoftgraph", "")


def test_openid_configuration_leads_to_the_token_endpoint(owner: Client) -> None:
    base = f"{owner.sandbox.url}/{demo.TENANT}"
    configuration = owner.session.get(f"{base}/v2.0/.well-known/openid-configuration").json()
    assert configuration["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert configuration["issuer"] == f"{base}/v2.0"


@pytest.mark.parametrize("scope_end", ["/.default", "//.default"])
def test_a_token_says_who_and_for_whom(owner: Client, scope_end: str) -> None:
    answer = owner.sign_in(owner.sandbox.url + scope_end).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["aud"] == owner.sandbox.url
    assert (claims["tid"], claims["oid"], claims["appid"]) == (demo.TENANT, owner.object_id, owner.app_id)
    assert claims["exp"] - claims["iat"] == answer["expires_in"]


def _code(answer: requests.Response) -> tuple[int, str, int]:
    body = answer.json()
    assert f"AADSTS{body['error_codes'][0]}:" in body["error_description"]
    return answer.status_code, body["error"], body["error_codes"][0]


def test_sign_in_errors_are_those_of_entra(owner: Client, signed_in: Callable[..., Client]) -> None:
    scope = f"{owner.sandbox.url}/.default"
    assert _code(owner.sign_in(scope, secret="wrong")) == (401, "invalid_client", 7000215)
    assert _code(owner.sign_in(scope, tenant=OTHER_GUID)) == (400, "invalid_request", 90002)
    assert _code(owner.sign_in(scope, tenant=demo.ASTRONOMER_TENANT)) == (400, "unauthorized_client", 700016)
    assert _code(owner.sign_in("https://management.azure.com/.default")) == (400, "invalid_resource", 500011)
    stranger = signed_in(owner.sandbox, "00000000-0000-0000-0000-00000000abcd")
    assert _code(stranger.sign_in(scope)) == (400, "unauthorized_client", 700016)


def test_a_disabled_principal_cannot_sign_in(owner: Client, signed_in: Callable[..., Client]) -> None:
    principal = owner.grant()
    owner.graph("PATCH", f"servicePrincipals/{principal}", {"accountEnabled": False})
    astronomer = signed_in(owner.sandbox, demo.ASTRONOMER_APP_ID)
    assert _code(astronomer.sign_in(f"{owner.sandbox.url}/.default")) == (401, "unauthorized_client", 7000112)


def test_without_a_principal_an_application_cannot_sign_in(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    astronomer = signed_in(owner.sandbox, demo.ASTRONOMER_APP_ID)
    refused = astronomer.sign_in(f"{owner.sandbox.url}/.default")
    assert _code(refused) == (401, "invalid_client", 7000229)
    assert (
        f"The client application {demo.ASTRONOMER_APP_ID} is missing service principal in the tenant "
        f"{demo.TENANT}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
    ) in refused.json()["error_description"]
    principal = owner.create_principal()
    assert astronomer.sign_in(f"{owner.sandbox.url}/.default").status_code == 200
    owner.graph("DELETE", f"servicePrincipals/{principal}")
    assert _code(astronomer.sign_in(f"{owner.sandbox.url}/.default")) == (401, "invalid_client", 7000229)


def test_a_principal_without_a_role_gets_a_token_that_opens_nothing(
    owner: Client, signed_in: Callable[..., Client]
) -> None:
    owner.create_principal()
    astronomer = signed_in(owner.sandbox, demo.ASTRONOMER_APP_ID)
    assert error_of(astronomer.arm("GET", PROD)) == (403, "AuthorizationFailed")
    assert astronomer.everything("/subscriptions") == []


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_a_token_that_is_none_is_refused(owner: Client, token: str) -> None:
    answer = owner.arm("GET", "/subscriptions", token=token or " ")
    assert error_of(answer) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_no_token_at_all_is_refused(owner: Client) -> None:
    answer = owner.session.get(f"{owner.sandbox.url}/subscriptions?api-version=2022-12-01")
    assert error_of(answer) == (401, "AuthenticationFailed")
    answer = owner.session.get(f"{owner.sandbox.url}/graph/v1.0/servicePrincipals")
    assert error_of(answer) == (401, "InvalidAuthenticationToken")


def test_a_token_of_another_run_or_another_audience_is_refused(
    owner: Client, start: Callable[..., Sandbox], signed_in: Callable[..., Client]
) -> None:
    elsewhere = signed_in(start(), owner.app_id)
    for token in (
        elsewhere.token(elsewhere.sandbox.url),
        owner.token(f"{owner.sandbox.url}/graph"),
        jwt.encode({"aud": owner.sandbox.url, "iss": "x"}, "k" * 32, algorithm="HS256"),
        jwt.encode({"aud": owner.sandbox.url, "iss": "x"}, "", algorithm="none"),
    ):
        assert error_of(owner.arm("GET", "/subscriptions", token=token)) == (
            401,
            "InvalidAuthenticationToken",
        )


def test_a_token_expires_by_the_tenants_clock(owner: Client) -> None:
    token = owner.token(owner.sandbox.url)
    assert owner.arm("GET", "/subscriptions", token=token).status_code == 200
    owner.sandbox.clock.advance(3601)
    assert error_of(owner.arm("GET", "/subscriptions", token=token)) == (401, "ExpiredAuthenticationToken")
