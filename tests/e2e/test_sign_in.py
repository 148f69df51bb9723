"""Signing in: whose token goes where, and what is said when there is none."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from werkzeug.datastructures import ImmutableMultiDict

from astro_peer.sandbox.http.signin import SignIn
from astro_peer.sandbox.tenant import demo
from astro_peer.sandbox.tenant.state import ServicePrincipal
from conftest import PROD, Inside


def test_wrong_secret_is_a_sign_in_error_that_does_not_show_it(inside: Inside) -> None:
    ran = inside.run("status", "--debug", env={"AZURE_CLIENT_SECRET": "hunter2-is-not-the-secret"})
    assert ran.code == 4
    assert "AADSTS7000215" in ran.err
    assert "hunter2" not in ran.out + ran.err


def test_no_sign_in_at_all(inside: Inside) -> None:
    ran = inside.run("status", "-o", "json", env={"AZURE_CLIENT_ID": "", "PATH": "/nonexistent"})
    assert ran.code == 4
    assert ran.document["error"]["code"] == "SignInNeeded"
    assert "az login" in ran.document["error"]["next"]


def test_a_secret_is_not_sent_to_an_authority_it_was_not_set_up_for(inside: Inside) -> None:
    ran = inside.run("status", env={"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com"})
    assert ran.code == 4
    assert "belongs to another cloud" in ran.err
    assert inside.requests() == [one for one in inside.requests() if "metadata" in one["url"]]


def test_the_sandboxs_secret_is_not_sent_to_azure(inside: Inside) -> None:
    ran = inside.run("status", env={"ASTRO_PEER_CLOUD": ""})
    assert ran.code == 4
    assert "belongs to another cloud" in ran.err


@pytest.fixture
def foreign_az(tmp_path: Path) -> tuple[Path, Path]:
    """An az that is signed in to Azure's public cloud, and the file in which it notes what it was asked."""
    asked = tmp_path / "asked"
    az = tmp_path / "az"
    az.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {asked}\n'
        'case "$1 $2" in\n'
        '"cloud show") echo https://management.azure.com/ ;;\n'
        '*) echo \'{"accessToken": "a-real-microsoft-token", "expires_on": 4102444800}\' ;;\n'
        "esac\n"
    )
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    return az, asked


@pytest.mark.parametrize("auth", ["auto", "cli"])
def test_a_foreign_az_session_is_never_used_in_the_sandbox(
    inside: Inside, foreign_az: tuple[Path, Path], auth: str
) -> None:
    az, asked = foreign_az
    path = f"{az.parent}{os.pathsep}{os.environ['PATH']}"
    ran = inside.run("status", "--auth", auth, "--debug", env={"AZURE_CLIENT_ID": "", "PATH": path})
    assert ran.code == 4
    assert "get-access-token" not in asked.read_text()
    assert "a-real-microsoft-token" not in ran.out + ran.err
    assert all("metadata" in one["url"] for one in inside.requests())


@pytest.mark.parametrize("auth", ["browser", "device-code", "managed-identity"])
def test_microsofts_own_ways_are_refused_in_the_sandbox(inside: Inside, auth: str) -> None:
    ran = inside.run("status", "--auth", auth)
    assert ran.code == 2
    assert "cannot be used with a simulated tenant" in ran.err


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://example.com/metadata", "https://user@127.0.0.1:1/"]
)
def test_a_metadata_url_must_be_https_on_this_machine(inside: Inside, url: str) -> None:
    ran = inside.run("status", "--cloud", url)
    assert ran.code == 2
    assert "loopback" in ran.err


def test_account_tenant_and_cloud_are_shown(inside: Inside) -> None:
    ran = inside.run("status", "--subscription", PROD, "--hub", "vhub-prod-weu")
    assert "sandbox-owner (environment)" in ran.err
    assert inside.tenant.id in ran.err
    assert "a simulated tenant" in ran.err


def test_an_application_that_is_disabled_here_is_told_who_can_enable_it(inside: Inside) -> None:
    principal = _own_principal(inside)
    inside.tenant.add(replace(principal, account_enabled=False))
    ran = inside.run("hubs", "-o", "json")
    assert ran.code == 4
    assert ran.document["error"]["code"] == "AADSTS7000112"
    assert f"az ad sp update --id {principal.app_id} --set accountEnabled=true" in ran.err


def test_an_application_without_a_principal_here_is_told_who_can_make_one(inside: Inside) -> None:
    principal = _own_principal(inside)
    del inside.tenant.service_principals[principal.id]
    ran = inside.run("hubs", "-o", "json")
    assert ran.code == 4
    assert ran.document["error"]["code"] == "AADSTS7000229"
    assert f"az ad sp create --id {principal.app_id}" in ran.err


@pytest.fixture
def assertions(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What applications proved themselves with, each taken for its secret. The sandbox has no such trust of its own."""
    seen: list[str] = []
    with_a_secret = SignIn._application_token

    def with_an_assertion(service: SignIn, request: Any) -> Any:
        form = request.form.to_dict()
        assert "client_secret" not in form
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        seen.append(form["client_assertion"])
        secret = inside.tenant.applications[form["client_id"]].secret
        request.form = ImmutableMultiDict(form | {"client_secret": secret})
        return with_a_secret(service, request)

    monkeypatch.setattr(SignIn, "_application_token", with_an_assertion)
    yield seen


def test_a_federated_token_signs_in_and_is_not_shown(
    inside: Inside, tmp_path: Path, assertions: list[str]
) -> None:
    (tmp_path / "token").write_text("the.federated.token")
    env = {"AZURE_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    ran = inside.run_here("hubs", "--debug", env=env)
    assert ran.code == 0, ran.err
    assert set(assertions) == {"the.federated.token"}
    assert "the.federated.token" not in ran.out + ran.err


def test_a_certificate_signs_in(inside: Inside, tmp_path: Path, assertions: list[str]) -> None:
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert("astro-peer", key_type=trustme.KeyType.RSA)
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "certificate.pem")
    env = {"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "certificate.pem")}
    ran = inside.run_here("hubs", "--debug", env=env)
    assert ran.code == 0, ran.err
    assert all(one.count(".") == 2 for one in assertions)
    assert assertions
    assert not any(one in ran.out + ran.err for one in assertions)


@pytest.mark.parametrize("variable", ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"])
def test_a_file_that_does_not_exist_is_named(inside: Inside, tmp_path: Path, variable: str) -> None:
    ran = inside.run("hubs", env={"AZURE_CLIENT_SECRET": "", variable: str(tmp_path / "nowhere")})
    assert ran.code == 4
    assert f"The file that {variable} names cannot be used." in ran.err
    assert "No such file" in ran.err


@pytest.mark.parametrize(
    "held", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n", "-----BEGIN PRIVATE KEY-----"]
)
def test_what_is_no_certificate_is_a_sentence(inside: Inside, tmp_path: Path, held: str) -> None:
    (tmp_path / "file.pem").write_text(held)
    env = {"AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "file.pem")}
    ran = inside.run("hubs", env=env)
    assert ran.code == 4
    assert "The file that AZURE_CLIENT_CERTIFICATE_PATH names cannot be used." in ran.err


@pytest.mark.parametrize("tenant", ["a b", "../other", "x?y=z", "x#y", "nobody.example"])
def test_a_tenant_that_is_none_is_a_sentence(inside: Inside, tenant: str) -> None:
    ran = inside.run("hubs", env={"AZURE_TENANT_ID": tenant})
    assert ran.code == 4
    assert "Signing in to Azure failed." in ran.err


def _own_principal(inside: Inside) -> ServicePrincipal:
    owner = demo.persona_app_id(demo.Persona.OWNER)
    return next(one for one in inside.tenant.service_principals.values() if one.app_id == owner)
