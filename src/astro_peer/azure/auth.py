"""The ways to sign in, apart from the code that does it: the command line needs their names at once."""

from __future__ import annotations

import os
from enum import StrEnum

from astro_peer.model import signing_in
from astro_peer.model.way_out import WayOut


class Auth(StrEnum):
    AUTO = "auto"
    CLI = "cli"
    ENVIRONMENT = "environment"
    MANAGED_IDENTITY = "managed-identity"
    BROWSER = "browser"
    DEVICE_CODE = "device-code"


def again(how: str, tenant_id: str | None = None) -> WayOut:
    """How to sign in anew, in the way the caller did; `tenant_id` where it has to be another tenant."""
    pipeline = any(os.environ.get(name) for name in ("CI", "TF_BUILD"))
    return signing_in.again(how, tenant_id, pipeline=pipeline)


def environment_names_an_identity() -> bool:
    has = os.environ.get
    return bool(
        has("AZURE_TENANT_ID")
        and has("AZURE_CLIENT_ID")
        and (
            has("AZURE_CLIENT_SECRET")
            or has("AZURE_CLIENT_CERTIFICATE_PATH")
            or has("AZURE_FEDERATED_TOKEN_FILE")
        )
    )
