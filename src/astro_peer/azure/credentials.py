"""The ways to sign in but that of az, each held to the cloud that is spoken to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential

from astro_peer import urls
from astro_peer.azure.answers import clean
from astro_peer.azure.auth import Auth, environment_names_an_identity
from astro_peer.azure.cloud import Cloud
from astro_peer.azure.transport import Transport
from astro_peer.errors import SignInNeeded, UsageError
from astro_peer.waiting import Deadline

_ENDPOINT_SECONDS = 2
"""To connect to a managed identity's endpoint, which is near or does not exist."""


def environment(cloud: Cloud, tenant_id: str | None, deadline: Deadline) -> TokenCredential:
    """A service principal from the environment, used only with the authority it was set up for."""
    if not environment_names_an_identity():
        raise SignInNeeded(
            "The environment names no identity to sign in with.",
            meaning="--auth environment needs AZURE_TENANT_ID and AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET,"
            " AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE.",
            next_step="Set them, or choose another way to sign in with --auth.",
        )
    if tenant_id and tenant_id != os.environ["AZURE_TENANT_ID"].lower():
        raise UsageError(
            "--tenant names another tenant than the environment's sign-in.",
            meaning=f"AZURE_TENANT_ID is {os.environ['AZURE_TENANT_ID']}.",
            next_step="Leave --tenant out, change AZURE_TENANT_ID, or sign in another way with --auth.",
        )
    meant_for = os.environ.get("AZURE_AUTHORITY_HOST", "login.microsoftonline.com")
    if _authority(meant_for) != cloud.authority:
        raise SignInNeeded(
            "The sign-in in the environment belongs to another cloud.",
            meaning=f"AZURE_AUTHORITY_HOST is {meant_for}, but {cloud.name} signs in at {cloud.authority}:"
            " a secret is sent only to the authority it was set up for.",
            next_step="Unset AZURE_AUTHORITY_HOST, or sign in another way with --auth.",
        )
    if secret := os.environ.get("AZURE_CLIENT_SECRET"):
        from astro_peer.azure.client_secret import ClientSecretCredential

        return ClientSecretCredential(
            cloud, os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], secret, deadline
        )
    return _proven_by_a_file(cloud, deadline)


def _proven_by_a_file(cloud: Cloud, deadline: Deadline) -> TokenCredential:
    """By a certificate with its key, or a federated token: https://learn.microsoft.com/azure/developer/python/sdk"""
    from azure.identity import CertificateCredential, WorkloadIdentityCredential

    has = os.environ.get
    variable = (
        "AZURE_CLIENT_CERTIFICATE_PATH"
        if has("AZURE_CLIENT_CERTIFICATE_PATH")
        else "AZURE_FEDERATED_TOKEN_FILE"
    )
    file = os.environ[variable]
    options: dict[str, Any] = {
        "tenant_id": os.environ["AZURE_TENANT_ID"],
        "client_id": os.environ["AZURE_CLIENT_ID"],
        "authority": cloud.authority,
        "disable_instance_discovery": not cloud.is_azure,
        "transport": Transport(only=cloud.authority, deadline=deadline),
    }
    try:
        Path(file).open("rb").close()
        if variable == "AZURE_FEDERATED_TOKEN_FILE":
            return WorkloadIdentityCredential(token_file_path=file, **options)
        return CertificateCredential(
            certificate_path=file,
            password=has("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            send_certificate_chain=bool(has("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")),
            **options,
        )
    except (OSError, TypeError, ValueError) as error:
        raise SignInNeeded(
            f"The file that {variable} names cannot be used.",
            meaning=f"{file}: {error.strerror if isinstance(error, OSError) else clean(str(error))}.",
            next_step="Name another file, or choose another way to sign in with --auth.",
        ) from error


def managed_identity(cloud: Cloud, deadline: Deadline) -> TokenCredential:
    """Its endpoint is the one that the environment names, or the virtual machine's own; a token file is for Entra."""
    from azure.identity import ManagedIdentityCredential

    _require_azure(cloud, Auth.MANAGED_IDENTITY)
    has = os.environ.get
    has_endpoint = has("IDENTITY_ENDPOINT") or has("MSI_ENDPOINT")
    only = cloud.authority if has("AZURE_FEDERATED_TOKEN_FILE") and not has_endpoint else None
    return ManagedIdentityCredential(
        client_id=has("AZURE_CLIENT_ID"),
        transport=Transport(only, deadline, signing_in=True, connect_seconds=_ENDPOINT_SECONDS),
    )


def browser(cloud: Cloud, tenant_id: str | None) -> TokenCredential:
    from azure.identity import InteractiveBrowserCredential

    _require_azure(cloud, Auth.BROWSER)
    return InteractiveBrowserCredential(
        authority=cloud.authority, transport=Transport(only=cloud.authority), **_tenant(tenant_id)
    )


def device_code(cloud: Cloud, tenant_id: str | None, tell: Callable[[str], None]) -> TokenCredential:
    from azure.identity import DeviceCodeCredential

    def show(verification_uri: str, user_code: str, _expires_on: object) -> None:
        tell(f"To sign in, open {verification_uri} and enter the code {user_code}")

    _require_azure(cloud, Auth.DEVICE_CODE)
    return DeviceCodeCredential(
        authority=cloud.authority,
        prompt_callback=show,
        transport=Transport(only=cloud.authority),
        **_tenant(tenant_id),
    )


def _tenant(tenant_id: str | None) -> dict[str, Any]:
    return {"tenant_id": tenant_id} if tenant_id else {}


def _require_azure(cloud: Cloud, auth: Auth) -> None:
    if not cloud.is_azure:
        raise UsageError(
            f"--auth {auth} cannot be used with a simulated tenant.",
            meaning="It would ask Microsoft for a token, and Microsoft's tokens are never sent elsewhere.",
            next_step="Use --auth environment or --auth cli there.",
        )


def _authority(meant_for: str) -> str:
    """AZURE_AUTHORITY_HOST, with or without https:// as the SDKs take it, and nothing but a host; "" for more."""
    try:
        url = urls.parse(meant_for if "://" in meant_for else f"https://{meant_for}")
    except ValueError:
        return ""
    return url.origin if url.rest in ("", "/") else ""
