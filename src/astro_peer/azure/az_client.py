"""The az client that is on PATH: which cloud it is in, and how it is run. Nothing that has to be loaded first."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from collections.abc import Mapping
from configparser import RawConfigParser
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from astro_peer import urls
from astro_peer.azure.auth import Auth, environment_names_an_identity
from astro_peer.azure.cloud import PUBLIC, Cloud
from astro_peer.errors import TimedOut
from astro_peer.model.way_out import az, way_out
from astro_peer.names import is_guid
from astro_peer.waiting import Deadline

SIGNING_IN_FAILED = "Signing in to Azure failed."
TIMEOUT_SECONDS = 60


class Asked:
    """az, asked for tokens ahead of everything else, by their resources: it takes longest, and waits for nobody.

    What nobody has taken when the work within fails is ended.
    """

    def __init__(self, resources: tuple[str, ...] = (), tenant_id: str | None = None) -> None:
        self._tenant_id = tenant_id
        self._runs = {one: begin(*get_access_token(one, tenant_id)) for one in resources}

    def take(self, resource: str, tenant_id: str | None) -> subprocess.Popen[str] | None:
        """The run that was asked for this, once."""
        return self._runs.pop(resource, None) if tenant_id == self._tenant_id else None

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, failed: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        while failed and self._runs:
            _, run = self._runs.popitem()
            with run:
                run.kill()


def ask_ahead(auth: Auth, metadata_url: str | None, tenant_id: str | None) -> Asked:
    """For both tokens, where az is what a sign-in begins with, and its cloud the one that is meant; else for none.

    Whether they are used is decided when everything has been looked at; what az was asked cannot harm.
    """
    comes_first = auth is Auth.CLI or (auth is Auth.AUTO and not environment_names_an_identity())
    known_tenant = tenant_id is None or is_guid(tenant_id)
    with suppress(OSError, ValueError):  # it is run again, and explained, where a token is needed
        if comes_first and known_tenant and path():
            return Asked(_resources(metadata_url), tenant_id)
    return Asked()


def _resources(metadata_url: str | None) -> tuple[str, ...]:
    """Of Azure Resource Manager and Microsoft Graph."""
    if metadata_url is None:
        return resource_of(PUBLIC.resource_manager_scope), resource_of(PUBLIC.graph_scope)
    here, active = urls.origin(metadata_url), _active_cloud()
    if not here or urls.origin(active.get("endpoint_resource_manager", "")) != here:
        return ()
    found = map(active.get, ("endpoint_active_directory_resource_id", "endpoint_microsoft_graph_resource_id"))
    return tuple(one.rstrip("/") for one in found if one)


def resource_of(scope: str) -> str:
    return scope.removesuffix("/.default")


def get_access_token(resource: str, tenant_id: str | None) -> tuple[str, ...]:
    tenant = ("--tenant", tenant_id) if tenant_id else ()
    return ("account", "get-access-token", "--resource", resource, *tenant, "--output", "json")


def is_in(cloud: Cloud, deadline: Deadline) -> bool:
    """Whether az's active cloud is this one. Raises TimedOut."""
    if cloud.is_azure:
        return True
    endpoint = _active_cloud().get("endpoint_resource_manager") or _said(deadline)
    return urls.origin(endpoint.rstrip("/")) == cloud.resource_manager


def _active_cloud() -> Mapping[str, str]:
    """What the files say of it that `az cloud register` and `set` write: to ask az takes as long as to ask for a token.
    Empty where they do not say; az's own clouds are not in them.
    """
    folder = Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    settings, registered = RawConfigParser(), RawConfigParser()
    with suppress(configparser.Error, LookupError, OSError, UnicodeError):
        settings.read(folder / "config", encoding="utf-8")
        registered.read(folder / "clouds.config", encoding="utf-8")
        return registered[os.environ.get("AZURE_CLOUD_NAME") or settings.get("cloud", "name")]
    return {}


def _said(deadline: Deadline) -> str:
    """Its resource manager, as az says it; "" where it fails."""
    seconds = min(TIMEOUT_SECONDS, deadline.left_to_finish())
    if not seconds:
        raise took_too_long()
    try:
        ran = ended(
            begin("cloud", "show", "--query", "endpoints.resourceManager", "--output", "tsv"), seconds
        )
    except subprocess.TimeoutExpired:
        raise took_too_long() from None
    except (OSError, ValueError):
        return ""
    return "" if ran.returncode else ran.stdout.strip()


def took_too_long() -> TimedOut:
    return TimedOut(
        SIGNING_IN_FAILED,
        meaning="The az client did not answer in time.",
        next_step=way_out("Run ", az("account", "get-access-token"), " to see what it waits for."),
    )


def path() -> str | None:
    """Where az is. On Windows it is a script beside one for other shells."""
    return (shutil.which("az.cmd") if os.name == "nt" else None) or shutil.which("az")


def begin(*arguments: str) -> subprocess.Popen[str]:
    """Raises OSError, and ValueError for what cannot be an argument."""
    return subprocess.Popen(
        [path() or "az", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=os.environ.get("SYSTEMROOT", "/"),  # az is a Python too: it must not import from where we are
        env=os.environ | {"AZURE_CORE_NO_COLOR": "true"},
    )


def ended(run: subprocess.Popen[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Raises subprocess.TimeoutExpired, and ValueError where it does not print text; it has ended then, too."""
    with run:
        try:
            out, err = run.communicate(timeout=seconds)
        except BaseException:
            run.kill()
            raise
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)
