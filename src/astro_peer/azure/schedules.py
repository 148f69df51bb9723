"""Role assignments that Azure ends itself: Privileged Identity Management's requests, and what is active.

Only here stands an end: the list of role assignments shows these without one. Every request has a name of its own, a
new GUID. A list lags behind a write.
https://learn.microsoft.com/rest/api/authorization/privileged-role-assignment-rest-sample
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from azure.mgmt.authorization.v2020_10_01 import AuthorizationManagementClient
from azure.mgmt.authorization.v2020_10_01.models import (
    RoleAssignmentScheduleInstance,
    RoleAssignmentScheduleRequest,
    RoleAssignmentScheduleRequestPropertiesScheduleInfo,
    RoleAssignmentScheduleRequestPropertiesScheduleInfoExpiration,
    RoleAssignmentScheduleRequestPropertiesTicketInfo,
    Type,
)

from astro_peer.azure import api_versions
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.model.objects import RoleAssignment, same
from astro_peer.model.schedule import RequestKind, Scheduled

if TYPE_CHECKING:
    from astro_peer.azure import Azure

_ASSIGN = "Role Based Access Control Administrator, User Access Administrator or Owner"
_TICKET_SYSTEM = "change reference"
_PENDING = ("pending", "granted", "accepted", "provisioningstarted", "schedulecreated")
"""How the states begin, in lower case, of requests that Azure has not carried out."""


class Schedules(Asking):
    def __init__(self, azure: Azure) -> None:
        cloud = azure.session.cloud
        self._explaining = azure.explaining
        self._transport = azure.transport
        self._change_reference = azure.change_reference
        self._client = AuthorizationManagementClient(
            azure.session.credential,
            api_version=api_versions.SCHEDULES,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.resource_manager_scope],
            policies=azure.resource_manager_policies(),
            transport=azure.transport,
        )

    def active(self, scope: str, principal_id: str | None) -> tuple[Scheduled, ...]:
        """The principal's, above, at and beneath the scope; without one, whoever's at and above it."""
        condition = f"principalId eq '{principal_id}'" if principal_id else "atScope()"
        with self._explaining("Which role assignments Azure ends itself could not be read."):
            paged = self._client.role_assignment_schedule_instances.list_for_scope(
                scope.strip("/"), filter=condition
            )
            return tuple(
                _scheduled(one) for one in every(paged, self._transport, RoleAssignmentScheduleInstance)
            )

    def ask(self, kind: RequestKind, assignment: RoleAssignment, justification: str) -> None:
        """Have one made, its end moved to its schedule's, or it removed.

        Azure has carried it out when a read shows it. A condition goes with every request, as it would be lost.
        """
        removes = kind is RequestKind.REMOVE
        asked = RoleAssignmentScheduleRequest(
            principal_id=assignment.principal_id,
            role_definition_id=(
                f"{assignment.scope}/providers/Microsoft.Authorization/roleDefinitions/{assignment.role_guid}"
            ),
            request_type=kind.value,
            justification=justification,
            schedule_info=None if removes else _schedule_info(assignment),
            ticket_info=self._ticket(),
            condition=None if removes else assignment.condition,
            condition_version=None if removes else assignment.condition_version,
        )
        summary = {
            RequestKind.ASSIGN: "The role could not be assigned with an end that Azure keeps.",
            RequestKind.MOVE: "The end that Azure keeps could not be moved.",
            RequestKind.REMOVE: "The time-bound role assignment could not be removed.",
        }[kind]
        with self._explaining(summary, needs=f"{_ASSIGN} on {assignment.scope}"):
            self._client.role_assignment_schedule_requests.create(
                assignment.scope.strip("/"), str(uuid4()), asked
            )

    def cancel_pending(self, assignment: RoleAssignment) -> None:
        """Take back what was asked for the assignment, and Azure has not carried out."""
        scope = assignment.scope.strip("/")
        requests = self._client.role_assignment_schedule_requests
        with self._explaining(
            "A pending request for the role assignment could not be canceled.",
            needs=f"{_ASSIGN} on {assignment.scope}",
        ):
            paged = requests.list_for_scope(scope, filter=f"principalId eq '{assignment.principal_id}'")
            for one in every(paged, self._transport, RoleAssignmentScheduleRequest):
                of_role = text(one.role_definition_id).rsplit("/", 1)[-1]
                if (
                    str(one.status or "").lower().startswith(_PENDING)
                    and same(of_role, assignment.role_guid)
                    and same(text(one.scope), assignment.scope)
                ):
                    requests.cancel(scope, text(one.name))

    def _ticket(self) -> RoleAssignmentScheduleRequestPropertiesTicketInfo | None:
        if not self._change_reference:
            return None
        return RoleAssignmentScheduleRequestPropertiesTicketInfo(
            ticket_number=self._change_reference, ticket_system=_TICKET_SYSTEM
        )


def _schedule_info(
    assignment: RoleAssignment,
) -> RoleAssignmentScheduleRequestPropertiesScheduleInfo:
    """It begins at once. Without an end nothing is asked for: that would be an ordinary assignment."""
    if assignment.schedule is None:
        raise ValueError("a time-bound assignment has an end")
    return RoleAssignmentScheduleRequestPropertiesScheduleInfo(
        expiration=RoleAssignmentScheduleRequestPropertiesScheduleInfoExpiration(
            type=Type.AFTER_DATE_TIME, end_date_time=assignment.schedule.ends
        )
    )


def _scheduled(found: RoleAssignmentScheduleInstance) -> Scheduled:
    return Scheduled(
        scope=text(found.scope),
        role_guid=guid(text(found.role_definition_id).rsplit("/", 1)[-1]),
        principal_id=guid(found.principal_id),
        ends=found.end_date_time,
        assignment_id=found.origin_role_assignment_id or None,
    )
