"""How to sign in anew: as fits the way the caller is signed in. A pipeline is never told to open a browser."""

from __future__ import annotations

from astro_peer.model.way_out import WayOut, az, way_out


def again(how: str, tenant: str | None = None, *, pipeline: bool) -> WayOut:
    """`how` is a way of signing in, as `--auth` names it; `pipeline`: no person is there."""
    to = f" to tenant {tenant}" if tenant else ""
    if how == "environment":
        return way_out(
            f"Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret, certificate or token file that sign in{to}; a"
            " federated token lasts only minutes: have a new one made."
        )
    if how == "managed-identity":
        return way_out(
            f"Check the managed identity of this machine{to}, and AZURE_CLIENT_ID where it has several."
        )
    if pipeline:
        return way_out(
            f"Sign in{to} in the step before this one (azure/login on GitHub, the AzureCLI task on Azure DevOps), or"
            " set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE."
        )
    if how in ("browser", "device-code"):
        return way_out(f"Sign in{to} again" + (f": --tenant {tenant}." if tenant else "."))
    return way_out("Sign in again: ", az("login", "--tenant", tenant) if tenant else az("login"), ".")
