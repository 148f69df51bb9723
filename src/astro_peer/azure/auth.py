"""The ways to sign in, apart from the code that does it: the command line needs their names at once."""

from __future__ import annotations

from enum import StrEnum


class Auth(StrEnum):
    AUTO = "auto"
    CLI = "cli"
    ENVIRONMENT = "environment"
    MANAGED_IDENTITY = "managed-identity"
    BROWSER = "browser"
    DEVICE_CODE = "device-code"
