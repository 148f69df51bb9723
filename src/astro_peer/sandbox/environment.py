"""The environment of a command inside: nothing of the caller's own Azure setup, all of the sandbox's."""

import os
from collections.abc import Mapping
from pathlib import Path

import certifi

from astro_peer.sandbox.tenant.sign_ins import sign_in_variables
from astro_peer.sandbox.tenant.state import Application, Tenant, User

_PREFIXES = ("AZURE_", "ARM_", "ASTRO_")
"""Of variables that could lead outside; ASTRO_PEER_* and Astro's own ASTRO_API_TOKEN are among the last."""
_LOOPBACK = ("127.0.0.1", "localhost")


def write_bundle(path: Path, ca_pem: bytes, parent: Mapping[str, str]) -> None:
    """The certificates the caller trusts already, and the sandbox's own authority."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        trusted = parent.get(name)
        if trusted and Path(trusted).is_file():
            break
    else:
        trusted = certifi.where()
    path.write_bytes(Path(trusted).read_bytes().rstrip() + b"\n" + ca_pem)


def build(
    parent: Mapping[str, str],
    tenant: Tenant,
    identity: Application | User,
    url: str,
    secret: str,
    bundle: Path,
    azure_config: Path,
) -> dict[str, str]:
    """A copy of `parent` with its AZURE_*, ARM_* and ASTRO_* gone and the sandbox's put in.

    AZURE_* is for Azure's SDKs, ARM_* for Terraform's providers, ASTRO_API_TOKEN and ASTRO_ORGANIZATION_ID for Astro's
    API, whose address is in the cloud's metadata.
    """
    kept = {k: v for k, v in parent.items() if not k.upper().startswith(_PREFIXES)}
    past_proxy = [p for p in (parent.get("NO_PROXY") or parent.get("no_proxy") or "").split(",") if p]
    no_proxy = ",".join([*past_proxy, *(host for host in _LOOPBACK if host not in past_proxy)])
    return (
        kept
        | sign_in_variables(identity)
        | {
            "AZURE_TENANT_ID": tenant.id,
            "AZURE_SUBSCRIPTION_ID": tenant.demo_subscription_id,
            "AZURE_AUTHORITY_HOST": url,
            "ARM_TENANT_ID": tenant.id,
            "ARM_SUBSCRIPTION_ID": tenant.demo_subscription_id,
            "ARM_METADATA_HOSTNAME": url.removeprefix("https://"),
            "ARM_RESOURCE_PROVIDER_REGISTRATIONS": "none",
            "AZURE_CONFIG_DIR": os.fspath(azure_config),
            "ASTRO_API_TOKEN": tenant.astro.token,
            "ASTRO_ORGANIZATION_ID": tenant.astro.id,
            "ASTRO_PEER_CLOUD": f"{url}/metadata/endpoints?api-version=2022-09-01",
            "ASTRO_PEER_HUB_ID": tenant.demo_hub_id,
            "ASTRO_PEER_SANDBOX_URL": url,
            "ASTRO_PEER_SANDBOX_SECRET": secret,
            "REQUESTS_CA_BUNDLE": os.fspath(bundle),
            "SSL_CERT_FILE": os.fspath(bundle),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }
    )


def signed_in_as(parent: Mapping[str, str], sign_in: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command inside, with another sign-in in it: as the sandbox's page says it."""
    kept = {name: value for name, value in parent.items() if name not in _SIGN_IN}
    given = {name: value for name, value in sign_in.items() if name in _SIGN_IN}
    return kept | given


_SIGN_IN = (
    *("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_USERNAME", "AZURE_PASSWORD"),
    *("ARM_CLIENT_ID", "ARM_CLIENT_SECRET"),
)
