"""Astro's API: which clusters there are, and their ranges. Only read, and only with the user's own token.

https://www.astronomer.io/docs/api: GET /v1/organizations/{organization}/clusters. The token comes from
ASTRO_API_TOKEN, the organization from ASTRO_ORGANIZATION_ID, and both go to the cloud's one address alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

from astro_peer.errors import (
    AstroPeerError,
    AzureAnswer,
    Failed,
    NotFound,
    NotPermitted,
    SignInNeeded,
    UsageError,
)
from astro_peer.model.surroundings import AstroCluster

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_CLUSTERS_OF_A_PAGE = 100
_MOST_CLUSTERS = 10_000
_ORGANIZATION = re.compile(r"[A-Za-z0-9_-]{1,100}")
_Found = TypeVar("_Found")


class Astro:
    """One organization in Astro, with the caller's token for it."""

    def __init__(self, azure: Azure, token: str, organization: str) -> None:
        """Raises UsageError for an organization's ID that cannot be one."""
        from astro_peer.azure.pipeline import Rest

        if not _ORGANIZATION.fullmatch(organization):
            raise UsageError(
                "ASTRO_ORGANIZATION_ID is not valid.",
                meaning="Expected are letters and digits, as it stands in the address of the Astro UI.",
                next_step="Set it to the organization's ID, or unset it.",
            )
        address = azure.session.cloud.astro or ""
        self._rest = Rest(address, azure.policies_without_sign_in(address), azure.transport)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/v1/organizations/{organization}/clusters"

    def cluster(self, cluster_id: str) -> AstroCluster:
        return _explained(
            f"The Astro cluster {cluster_id} could not be read.",
            lambda: _cluster(self._rest.get(f"{self._path}/{cluster_id}", headers=self._headers)),
        )

    def clusters(self) -> tuple[AstroCluster, ...]:
        """The organization's clusters on Azure."""
        return _explained(
            "The Astro clusters of the organization could not be listed.",
            lambda: tuple(_cluster(one) for one in self._pages()),
        )

    def _pages(self) -> Iterator[dict[str, Any]]:
        for offset in range(0, _MOST_CLUSTERS, _CLUSTERS_OF_A_PAGE):
            where = {"provider": "AZURE", "limit": str(_CLUSTERS_OF_A_PAGE), "offset": str(offset)}
            page = self._rest.get(self._path, where, self._headers)
            found = page["clusters"]
            yield from found
            if len(found) < _CLUSTERS_OF_A_PAGE:
                return


def from_environment(azure: Azure) -> Astro | None:
    """None where the environment names no token or no organization, or the cloud has no such API."""
    token, organization = os.environ.get("ASTRO_API_TOKEN"), os.environ.get("ASTRO_ORGANIZATION_ID")
    if not token or not organization or not azure.session.cloud.astro:
        return None
    return Astro(azure, token, organization)


def _cluster(found: dict[str, Any]) -> AstroCluster:
    """Raises LookupError, TypeError or ValueError where it is none."""
    cluster = AstroCluster(
        id=found["id"],
        name=found["name"],
        cloud=found["cloudProvider"],
        kind=found["type"],
        status=found["status"],
        region=found["region"],
        range=_range(found.get("vpcSubnetRange")) or "",
        recovery_range=_range(found.get("drVpcSubnetRange")),
    )
    if not all(isinstance(text, str) for text in asdict(cluster).values() if text is not None):
        raise TypeError("a text was expected")
    return cluster


def _range(found: Any) -> str | None:
    """In CIDR notation, None where there is none."""
    if not found:
        return None
    if not isinstance(found, str):  # a number would be an address
        raise TypeError("a text was expected")
    return str(ip_network(found, strict=False))


def _explained(summary: str, ask: Callable[[], _Found]) -> _Found:
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        return ask()
    except HttpResponseError as error:
        raise _refused(summary, error.status_code or 0) from None
    except (AzureError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Failed(
            summary,
            meaning=f"Astro's API could not be reached, or its answer is not understood ({type(error).__name__}).",
            next_step="Try again later, or leave ASTRO_API_TOKEN out and give the range with --astro-range.",
        ) from None


def _refused(summary: str, status: int) -> AstroPeerError:
    kind, meaning, next_step = {
        401: (
            SignInNeeded,
            "The token is not valid, or has ended.",
            "Make a new one in the Astro UI for ASTRO_API_TOKEN.",
        ),
        403: (
            NotPermitted,
            "The token may not read the organization's clusters.",
            "Use a token of the organization that may read its clusters.",
        ),
        404: (
            NotFound,
            "There is no such cluster in the organization.",
            "Check --cluster-id and ASTRO_ORGANIZATION_ID against the Astro UI.",
        ),
    }.get(status, (Failed, "Astro's API answered with an error.", "Try again later."))
    return kind(
        summary,
        meaning=meaning,
        next_step=next_step,
        answer=AzureAnswer(f"HTTP {status}", "Astro's API", status),
    )
