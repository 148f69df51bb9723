"""The az client inside a sandbox: signed in there, in a configuration directory of its own."""

import os
import shutil
import subprocess
from collections.abc import Mapping

CLOUD = "AstroPeerSandbox"


class AzMissing(Exception):
    """There is no az on the PATH."""


class AzFailed(Exception):
    """az refused to be set up; str() is what it said."""


def sign_in(env: Mapping[str, str]) -> None:
    """Registers the sandbox as az's cloud and signs in, in the AZURE_CONFIG_DIR of `env` and nowhere else."""
    az = shutil.which("az", path=env.get("PATH"))
    if az is None:
        raise AzMissing("The Azure CLI (az) is not on your PATH: https://aka.ms/azure-cli")
    url = env["ASTRO_PEER_SANDBOX_URL"]
    for arguments in (
        [
            "config",
            "set",
            "core.instance_discovery=false",
            "core.collect_telemetry=false",
            "--only-show-errors",
        ],
        [
            "cloud",
            "register",
            *("--name", CLOUD),
            *("--endpoint-resource-manager", url),
            *("--endpoint-active-directory", url),
            *("--endpoint-active-directory-resource-id", url),
            *("--endpoint-active-directory-graph-resource-id", f"{url}/graph/"),
            *("--endpoint-microsoft-graph-resource-id", f"{url}/graph/"),
            *("--endpoint-management", url),
        ],
        ["cloud", "set", "--name", CLOUD],
        [
            "login",
            *_identity(env),
            *("--tenant", env["AZURE_TENANT_ID"]),
            "--allow-no-subscriptions",
        ],
    ):
        done = subprocess.run(
            [az, *arguments],
            env=dict(env),
            cwd=os.environ.get("SYSTEMROOT", "/"),  # az is a Python too: it must not import from where we are
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AzFailed(f"az {arguments[0]} failed: {done.stderr.strip()}")


def _identity(env: Mapping[str, str]) -> list[str]:
    """A secret is one word with its option: it may begin with a dash."""
    return [
        "--service-principal",
        *("--username", env["AZURE_CLIENT_ID"]),
        f"--password={env['AZURE_CLIENT_SECRET']}",
    ]
