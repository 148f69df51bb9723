"""Which cloud is spoken to: Azure's public cloud, or a simulated tenant on this machine.

A token for a Microsoft audience must never reach a host that is not Microsoft's. Therefore a cloud that is
read from a metadata URL may name only its own host: for its endpoints and for its token audiences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from astro_peer import names, urls
from astro_peer.errors import Failed, UsageError
from astro_peer.waiting import Deadline


@dataclass(frozen=True)
class Cloud:
    """Endpoints are https URLs without a trailing slash; scopes end in /.default."""

    name: str
    resource_manager: str
    graph: str
    authority: str
    resource_manager_scope: str
    graph_scope: str
    astro: str | None = None
    """Address of Astro's API, where the cloud has one beside it."""

    @property
    def is_azure(self) -> bool:
        return self is PUBLIC


PUBLIC = Cloud(
    name="Azure public cloud",
    resource_manager="https://management.azure.com",
    graph="https://graph.microsoft.com",
    authority="https://login.microsoftonline.com",
    resource_manager_scope="https://management.azure.com/.default",
    graph_scope="https://graph.microsoft.com/.default",
    astro="https://api.astronomer.io",
)


def read(metadata_url: str | None, deadline: Deadline | None = None) -> Cloud:
    """The public cloud, or the one described at a metadata URL (the shape of GET /metadata/endpoints).

    Raises UsageError when that cloud names any host but its own, Failed when it cannot be read in time.
    """
    if metadata_url is None:
        return PUBLIC
    try:
        metadata_url = names.loopback_metadata_url(metadata_url)
    except ValueError as error:
        raise UsageError(f"The metadata URL is not valid: {error}.") from None
    from azure.core.exceptions import AzureError  # not for Azure's public cloud, which waits for az

    try:
        metadata = _get(metadata_url, deadline)
        cloud = Cloud(
            name=str(metadata.get("name") or "simulated tenant"),
            resource_manager=_endpoint(metadata["resourceManager"]),
            graph=_endpoint(metadata["microsoftGraphResourceId"]),
            authority=_endpoint(metadata["authentication"]["loginEndpoint"]),
            resource_manager_scope=_scope(metadata["authentication"]["audiences"][0]),
            graph_scope=_scope(metadata["microsoftGraphResourceId"]),
            astro=_endpoint(metadata["astroApi"]) if metadata.get("astroApi") else None,
        )
    except (AzureError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise Failed(
            "The cloud's metadata could not be read.",
            meaning=f"{metadata_url} did not answer with the endpoints of a cloud ({type(error).__name__}).",
            next_step="Start the simulated tenant again, or leave --cloud (ASTRO_PEER_CLOUD) out"
            " to use Azure's public cloud.",
        ) from error
    _require_one_host(metadata_url, cloud)
    return cloud


def _get(url: str, deadline: Deadline | None) -> Any:
    """The parsed answer, asked for without any token and without following redirects."""
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import ContentDecodePolicy, HttpLoggingPolicy, UserAgentPolicy
    from azure.core.rest import HttpRequest, HttpResponse

    from astro_peer.azure.transport import Transport

    policies = [UserAgentPolicy("astro-peer"), ContentDecodePolicy(), HttpLoggingPolicy()]
    with PipelineClient[HttpRequest, HttpResponse](
        url, policies=policies, transport=Transport(url, deadline)
    ) as client:
        response = client.send_request(HttpRequest("GET", url))
        response.raise_for_status()
        metadata = response.json()
        return metadata[0] if isinstance(metadata, list) else metadata


def _require_one_host(metadata_url: str, cloud: Cloud) -> None:
    host = urls.origin(metadata_url)
    for url in (
        cloud.resource_manager,
        cloud.graph,
        cloud.authority,
        cloud.resource_manager_scope,
        cloud.graph_scope,
        *([cloud.astro] if cloud.astro else []),
    ):
        if urls.origin(url) != host or not host:
            raise UsageError(
                "The cloud at the metadata URL is not to be trusted with a sign-in.",
                meaning=f"It is served by {host} and names {url}: a cloud described by a metadata URL"
                " must be https and keep to its own host, token audiences included.",
                next_step="Leave --cloud (ASTRO_PEER_CLOUD) out to use Azure's public cloud.",
            )


def _endpoint(url: str) -> str:
    """Rebuilt from its parts; as it is where it has none, to be refused a moment later."""
    try:
        return str(urls.parse(url)).rstrip("/")
    except ValueError:
        return url


def _scope(audience: str) -> str:
    return _endpoint(audience) + "/.default"
