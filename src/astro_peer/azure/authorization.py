"""Role definitions and role assignments.

A list lags behind a write (recorded: empty a second after an update), so nothing here concludes "absent" from
a list alone after a write: read by ID.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import Permission as SdkPermission
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignment as SdkRoleAssignment
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.authorization.v2022_04_01.models import RoleDefinition as SdkRoleDefinition

from astro_peer.azure import api_versions, resource_graph
from astro_peer.azure.explain import code_of
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.errors import Failed
from astro_peer.model.objects import Permission, RoleAssignment, RoleDefinition, is_assignment_id, same
from astro_peer.model.surroundings import AssignmentUsage, DenyAssignment, Lock

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_CUSTOM_ROLES = (
    "authorizationresources"
    " | where type =~ 'microsoft.authorization/roledefinitions'"
    " | where properties.roleName =~ '{role_name}'"
    " | project id, name, properties"
)
_ROLE_WRITE = "User Access Administrator or Owner"
_ASSIGN = "Role Based Access Control Administrator, User Access Administrator or Owner"


class Authorization(Asking):
    def __init__(self, azure: Azure) -> None:
        cloud = azure.session.cloud
        self._explaining = azure.explaining
        self._rest = azure.rest
        self._transport = azure.transport
        self._client = AuthorizationManagementClient(
            azure.session.credential,
            "",  # every call names its scope
            api_version=api_versions.AUTHORIZATION,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.resource_manager_scope],
            policies=azure.resource_manager_policies(),
            transport=azure.transport,
        )

    # Role definitions

    def role(self, scope: str, guid: str) -> RoleDefinition | None:
        """By ID, as seen from a scope; None when Azure does not know it there."""
        with self._explaining(f"The role definition {guid} could not be read."):
            try:
                return _role(self._client.role_definitions.get(scope.strip("/"), guid))
            except HttpResponseError as error:
                if error.status_code == 404 and code_of(error) == "RoleDefinitionDoesNotExist":
                    return None
                raise

    def roles_named(self, scope: str, role_name: str) -> list[RoleDefinition]:
        """The roles of that name that are assignable at the scope: none or one, as names are unique."""
        with self._explaining(f'The role "{role_name}" could not be looked up.'):
            paged = self._client.role_definitions.list(scope.strip("/"), filter=f"roleName eq '{role_name}'")
            found = map(_role, every(paged, self._transport, SdkRoleDefinition))
            return [role for role in found if same(role.role_name, role_name)]

    def roles_named_anywhere(self, role_name: str) -> list[RoleDefinition]:
        """The same over every scope the caller may read, by Azure Resource Graph."""
        with self._explaining(f'The role "{role_name}" could not be looked up in the whole tenant.'):
            found = resource_graph.rows(
                self._rest, self._transport, _CUSTOM_ROLES.format(role_name=role_name)
            )
            roles = [_role(SdkRoleDefinition.from_dict(row)) for row in found]
        return [role for role in roles if role.is_custom and same(role.role_name, role_name)]

    def write_role(self, scope: str, role: RoleDefinition) -> None:
        """Create the role, or replace what is there under its GUID, assignable scopes included."""
        definition = SdkRoleDefinition(
            role_name=role.role_name,
            description=role.description,
            role_type="CustomRole",
            permissions=[
                SdkPermission(
                    actions=list(entry.actions),
                    not_actions=list(entry.not_actions),
                    data_actions=list(entry.data_actions),
                    not_data_actions=list(entry.not_data_actions),
                )
                for entry in role.permissions
            ],
            assignable_scopes=list(role.assignable_scopes),
        )
        with self._explaining(
            f'The custom role "{role.role_name}" could not be written.', needs=f"{_ROLE_WRITE} on {scope}"
        ):
            self._client.role_definitions.create_or_update(scope.strip("/"), role.guid, definition)

    def delete_role(self, scope: str, role: RoleDefinition) -> None:
        """Success also when it is gone already."""
        with self._explaining(
            f'The custom role "{role.role_name}" could not be deleted.', needs=f"{_ROLE_WRITE} on {scope}"
        ):
            self._client.role_definitions.delete(scope.strip("/"), role.guid)

    # Role assignments

    def assignments_of(self, scope: str, principal_id: str) -> list[RoleAssignment]:
        """The principal's assignments above, at and beneath the scope."""
        return self._list_assignments(scope, f"principalId eq '{principal_id}'")

    def assignments_through_groups(self, scope: str, principal_id: str) -> tuple[RoleAssignment, ...]:
        """Those the principal has only as a member of groups, nested ones too."""
        assigned = self.assigned_to(scope, principal_id)
        return tuple(one for one in assigned if one.principal_id != principal_id.lower())

    def assignments(self, scope: str) -> list[RoleAssignment]:
        """Everybody's assignments above, at and beneath the scope."""
        return self._list_assignments(scope, None)

    def assignment(self, assignment_id: str) -> RoleAssignment | None:
        with self._explaining("The role assignment could not be read."):
            try:
                return _assignment(self._client.role_assignments.get_by_id(assignment_id.strip("/")))
            except HttpResponseError as error:
                if error.status_code == 404:
                    return None
                raise

    def assign(self, wanted: RoleAssignment, name: str) -> RoleAssignment | None:
        """`name` is the GUID it gets, or has: then its description is what changes.

        Returns None when the same one exists under another (409 RoleAssignmentExists).

        The principal type is always said: the SDK's default is User, and saying it is also what keeps Azure
        from looking up a principal that was made a moment ago.
        """
        parameters = RoleAssignmentCreateParameters(
            role_definition_id=f"{wanted.scope}/providers/Microsoft.Authorization/roleDefinitions/{wanted.role_guid}",
            principal_id=wanted.principal_id,
            principal_type=wanted.principal_type,
            description=wanted.description,
            condition=wanted.condition,
            condition_version=wanted.condition_version,
        )
        with self._explaining("The role could not be assigned.", needs=f"{_ASSIGN} on {wanted.scope}"):
            try:
                return _assignment(
                    self._client.role_assignments.create(wanted.scope.strip("/"), name, parameters)
                )
            except HttpResponseError as error:
                if error.status_code == 409 and code_of(error) == "RoleAssignmentExists":
                    return None
                raise

    def unassign(self, assignment_id: str) -> None:
        """Success also when it is gone already (Azure answers 204). Raises Failed for an ID of anything else."""
        if not is_assignment_id(assignment_id):
            raise Failed(
                "The role assignment was not removed.",
                meaning=f"Azure gave as its ID {assignment_id}, which is not that of a role assignment.",
                next_step="Look at it in the Azure portal, under Access control (IAM) of the subscription.",
            )
        scope = assignment_id.partition("/providers/Microsoft.Authorization/roleAssignments/")[0]
        with self._explaining("The role assignment could not be removed.", needs=f"{_ASSIGN} on {scope}"):
            self._client.role_assignments.delete_by_id(assignment_id.strip("/"))

    def assigned_to(self, scope: str, principal_id: str) -> tuple[RoleAssignment, ...]:
        """Whatever the principal has there, itself or as a member of groups."""
        return tuple(self._list_assignments(scope, f"assignedTo('{principal_id}')"))

    # What limits them

    def denials(self, scope: str) -> tuple[DenyAssignment, ...]:
        """The deny assignments at the scope and above. Azure makes them; nobody else can."""
        path = f"{scope}/providers/Microsoft.Authorization/denyAssignments"
        with self._explaining(f"The deny assignments at {scope} could not be listed."):
            found = self._rest.pages(path, _version(api_versions.AUTHORIZATION) | {"$filter": "atScope()"})
            return tuple(_denial(text(one["id"]), one["properties"]) for one in found)

    def usage(self, scope: str) -> AssignmentUsage:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignmentsUsageMetrics"
        with self._explaining("How many role assignments are in use could not be read."):
            found = self._rest.get(path, _version(api_versions.ASSIGNMENTS_USAGE))
            return AssignmentUsage(
                count=found["roleAssignmentsCurrentCount"], limit=found["roleAssignmentsLimit"]
            )

    def locks(self, scope: str) -> tuple[Lock, ...]:
        """The locks at a subscription and on what is in it."""
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        with self._explaining("The locks of the subscription could not be listed."):
            return tuple(
                Lock(
                    name=text(one["name"]),
                    level=text(one["properties"]["level"]),
                    scope=_LOCK.split(text(one["id"]), 1)[0],
                )
                for one in self._rest.pages(path, _version(api_versions.LOCKS))
            )

    def _list_assignments(self, scope: str, condition: str | None) -> list[RoleAssignment]:
        with self._explaining(f"The role assignments at {scope} could not be listed."):
            paged = self._client.role_assignments.list_for_scope(scope.strip("/"), filter=condition)
            return [_assignment(one) for one in every(paged, self._transport, SdkRoleAssignment)]


def _version(version: str) -> dict[str, str]:
    return {"api-version": version}


_LOCK = re.compile("/providers/Microsoft.Authorization/locks/", re.IGNORECASE)


def _denial(denial_id: str, found: dict[str, Any]) -> DenyAssignment:
    """One that does not apply beneath its scope has that scope alone, which is above a subscription's at times."""
    return DenyAssignment(
        name=str(found.get("denyAssignmentName") or denial_id.rsplit("/", 1)[-1]),
        scope=str(found.get("scope") or ""),
        permissions=tuple(
            Permission(
                actions=tuple(entry.get("actions") or ()), not_actions=tuple(entry.get("notActions") or ())
            )
            for entry in found.get("permissions") or ()
        ),
        principals=tuple(guid(one["id"]) for one in found.get("principals") or ()),
        excluded=tuple(guid(one["id"]) for one in found.get("excludePrincipals") or ()),
    )


def _role(found: SdkRoleDefinition) -> RoleDefinition:
    return RoleDefinition(
        guid=guid(found.name),
        role_name=found.role_name or "",
        is_custom=(found.role_type or "").lower() == "customrole",
        description=found.description or "",
        permissions=tuple(
            Permission(
                actions=tuple(entry.actions or ()),
                not_actions=tuple(entry.not_actions or ()),
                data_actions=tuple(entry.data_actions or ()),
                not_data_actions=tuple(entry.not_data_actions or ()),
            )
            for entry in found.permissions or ()
        ),
        assignable_scopes=tuple(found.assignable_scopes or ()),
        updated_on=found.updated_on or found.created_on,
        created_on=found.created_on,
        created_by=found.created_by or None,
    )


def _assignment(found: SdkRoleAssignment) -> RoleAssignment:
    return RoleAssignment(
        id=text(found.id),
        name=text(found.name),
        scope=text(found.scope),
        role_guid=guid(text(found.role_definition_id).rsplit("/", 1)[-1]),
        principal_id=guid(found.principal_id),
        principal_type=str(found.principal_type or ""),
        description=found.description or None,
        created_on=found.created_on,
        created_by=found.created_by or None,
        condition=found.condition or None,
        condition_version=found.condition_version or None,
    )
