"""Service principals in Microsoft Entra ID, by Microsoft Graph.

Plain REST on azure-core's pipeline: msgraph-sdk would be four times as large as everything else together.
https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError

from astro_peer.azure.explain import code_of
from astro_peer.azure.pipeline import Rest
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.errors import Failed
from astro_peer.model.objects import ServicePrincipal, same
from astro_peer.model.surroundings import DirectoryRole
from astro_peer.model.way_out import astro_peer, way_out

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_ALREADY_THERE = "Request_MultipleObjectsWithSameKeyValue"
_READ = (
    "the right to read service principals in Entra ID (any member user has it; an application needs"
    " Application.Read.All), or give the object ID with --principal-object-id"
)
_CREATE = way_out(
    "the Entra role Cloud Application Administrator (or Application Administrator; an application needs"
    " Application.ReadWrite.All), or have someone who holds it run ",
    astro_peer("grant", "--only", "principal"),
)


class Graph(Asking):
    def __init__(self, azure: Azure) -> None:
        cloud = azure.session.cloud
        self._explaining = azure.explaining
        self._rest = Rest(cloud.graph, azure.policies(cloud.graph, cloud.graph_scope), azure.transport)

    def find(self, application_id: str) -> ServicePrincipal | None:
        with self._explaining("Astronomer's service principal could not be looked up.", needs=_READ):
            found = self._get(f"/v1.0/servicePrincipals(appId='{application_id}')")
            return None if found is None else _principal(found, application_id)

    def principal(self, object_id: str) -> ServicePrincipal | None:
        """Whosever it is; None when Graph does not show it, which may only mean that it is new."""
        with self._explaining(f"The service principal {object_id} could not be looked up.", needs=_READ):
            found = self._get(f"/v1.0/servicePrincipals/{object_id}")
            return None if found is None else _principal(found)

    def deleted(self, application_id: str) -> frozenset[str]:
        """Object IDs of the application's principals that were deleted here; Entra keeps them for 30 days."""
        path = "/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal"
        with self._explaining("Deleted service principals could not be looked up.", needs=_READ):
            found = self._rest.pages(path, {"$filter": f"appId eq '{application_id}'"})
            return frozenset(guid(one["id"]) for one in found if same(one["appId"], application_id))

    def directory_roles(self) -> tuple[DirectoryRole, ...]:
        """The signed-in user's roles in Microsoft Entra ID that are active now, those through groups too.

        An application has no /me. The cast takes both the header and $count.
        """
        path = "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole"
        with self._explaining("Your roles in Microsoft Entra ID could not be read."):
            found = self._rest.pages(
                path,
                {"$count": "true", "$select": "displayName,roleTemplateId"},
                {"ConsistencyLevel": "eventual"},
            )
            return tuple(
                DirectoryRole(text(one["displayName"]), guid(one["roleTemplateId"])) for one in found
            )

    def create(self, application_id: str) -> ServicePrincipal | None:
        """Returns None when it is already there: made a moment ago, by us before a lost answer or by another."""
        with self._explaining("Astronomer's service principal could not be created.", needs=_CREATE):
            try:
                made = self._rest.post("/v1.0/servicePrincipals", {"appId": application_id})
            except HttpResponseError as error:
                if error.status_code == 409 and code_of(error) == _ALREADY_THERE:
                    return None
                raise
            return _principal(made, application_id)

    def _get(self, path: str) -> dict[str, Any] | None:
        """None for what Graph says it does not hold; any other 404 is a fault."""
        try:
            return self._rest.get(path)
        except HttpResponseError as error:
            if error.status_code == 404 and code_of(error) == "Request_ResourceNotFound":
                return None
            raise


def _principal(found: dict[str, Any], application_id: str | None = None) -> ServicePrincipal:
    """Raises Failed for a principal of another application than was asked for."""
    its_application = text(found["appId"])
    if application_id and not same(its_application, application_id):
        raise Failed(
            "Microsoft Graph answered with another application's service principal.",
            meaning=f"Asked for application {application_id}, it showed one of {its_application}.",
            next_step="Do not go on: check what stands between you and Microsoft Graph, such as a proxy.",
        )
    status = found.get("disabledByMicrosoftStatus")
    publisher = found.get("verifiedPublisher") or {}
    return ServicePrincipal(
        object_id=guid(found["id"]),
        application_id=guid(its_application),
        display_name=found.get("displayName") or found.get("appDisplayName") or "",
        home_tenant_id=found.get("appOwnerOrganizationId"),
        verified_publisher=publisher.get("displayName"),
        account_enabled=found.get("accountEnabled") is not False,
        disabled_by_microsoft=None if status == "NotDisabled" else status,
    )
