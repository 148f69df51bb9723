"""The caller's rights: refuse before the first write what Azure would refuse half-way.

Azure's answer is advisory (it knows nothing of locks, policies, deny assignments or MFA), but a right that is
missing from it is missing.
"""

from __future__ import annotations

import re

from astro_peer.azure import Azure
from astro_peer.azure.objects import Subscription, allowed, same
from astro_peer.changes import Action, Kind
from astro_peer.errors import Conflict, NotPermitted
from astro_peer.plan import Plan


def require_rights(azure: Azure, plan: Plan) -> None:
    """Raises NotPermitted with the role to ask for; Conflict where the role or the subscription is in the way."""
    needed = {
        (Kind.ROLE, False): "Microsoft.Authorization/roleDefinitions/write",
        (Kind.ROLE, True): "Microsoft.Authorization/roleDefinitions/delete",
        (Kind.ASSIGNMENT, False): "Microsoft.Authorization/roleAssignments/write",
        (Kind.ASSIGNMENT, True): "Microsoft.Authorization/roleAssignments/delete",
    }
    wanted = {
        needed[change.object, change.action is Action.DELETE]
        for change in plan.changes
        if change.writes and change.object is not Kind.PRINCIPAL
    }
    if not wanted:
        return
    _require_enabled(plan.goal.target.subscription)
    _require_rights_in_other_scopes(azure, plan)
    held = azure.subscriptions.permissions(plan.goal.target.subscription.id)
    lacking = sorted(action for action in wanted if not allowed(held, action))
    if not lacking:
        return
    about_roles = any("roleDefinitions" in action for action in lacking)
    roles = (
        "User Access Administrator (or Owner)"
        if about_roles
        else "Role Based Access Control Administrator (or User Access Administrator, or Owner)"
    )
    raise NotPermitted(
        "You do not have the rights to do this, so nothing was written.",
        meaning=f"Your account lacks {' and '.join(lacking)} on {plan.goal.scope}.",
        next_step=f"Ask an Owner of the subscription for the role {roles} on {plan.goal.scope},"
        " or have them run this command.",
    )


def _require_enabled(subscription: Subscription) -> None:
    if subscription.state == "Disabled":
        raise Conflict(
            f"The subscription {subscription.name} is disabled, so nothing in it can be changed.",
            meaning="Azure marks it as read only until it is enabled again.",
            next_step="Ask its billing owner to enable it.",
        )


def _require_rights_in_other_scopes(azure: Azure, plan: Plan) -> None:
    """A role is changed in all its assignable scopes or not at all."""
    if not plan.found.role or not any(
        change.object is Kind.ROLE and change.action is Action.UPDATE for change in plan.changes
    ):
        return
    action = "Microsoft.Authorization/roleDefinitions/write"
    for scope in plan.found.role.role.assignable_scopes:
        subscription = _SUBSCRIPTION.fullmatch(scope)
        if subscription is None or same(scope, plan.goal.scope):
            continue
        try:
            permitted = allowed(azure.subscriptions.permissions(subscription[1]), action)
        except NotPermitted:
            permitted = False
        if not permitted:
            raise Conflict(
                f'The role "{plan.found.role.role.role_name}" would have to be changed, and you may not do that in'
                f" {scope}, where it can be assigned too.",
                meaning=f"A role is changed in all its assignable scopes or not at all, and you lack {action} there.",
                next_step="Ask someone who is User Access Administrator or Owner in all of them to run this command,"
                " or use a role of your own with --role-name.",
            )


_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
