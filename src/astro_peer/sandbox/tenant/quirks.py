"""What differs from one Azure to the next: limits, lags, and what some tenants have to live with."""

import hashlib
from dataclasses import dataclass


@dataclass
class Limits:
    """Azure's: https://learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits"""

    custom_roles: int = 5000
    assignments_per_subscription: int = 4000
    connections_per_hub: int = 500
    """Less the number of hubs in the virtual WAN."""
    peerings_per_network: int = 500
    items_per_page: int = 1000
    """Of a list, in Azure Resource Manager and Resource Graph; Microsoft Graph never gives more than 100."""


@dataclass
class Lags:
    """Seconds until a change is seen elsewhere in Azure. None by default."""

    new_principal: float = 0
    """Until Azure RBAC knows a new service principal."""
    new_role: float = 0
    """Until a new role can be assigned."""
    graph: float = 0
    """Until Microsoft Graph shows a service principal it has just made."""
    lists: float = 0
    """Until a list shows what was just written again; Resource Graph and the permissions count as lists."""
    reads: float = 0
    """Until every read by ID shows what was just written; till then only some do."""
    deletes: float = 0
    """Until what was deleted is shown no more."""
    activity_log: float = 0
    """Until the activity log shows what happened."""
    seed: int = 0
    """Which of the reads show it: another pattern for each seed."""

    def misses(self, read: int) -> bool:
        """Whether the read of that number, counted from 0, does not see the write: no rhythm to rely on."""
        bits = hashlib.sha256(f"reads {self.seed}".encode()).digest()
        return bool(bits[read // 8 % len(bits)] >> read % 8 & 1)


@dataclass
class Quirks:
    """What Azure does to some and not to others. Nothing of it by default."""

    policy: str | None = None
    """The name of an Azure Policy assignment that forbids every write."""
    only_assignable_role: str | None = None
    """The one role that everybody's condition lets them assign."""
    only_assignable_type: str | None = None
    """The one principal type that everybody's condition lets them assign roles to, if a request says it."""
    directory_quota_reached: bool = False
    accepts_unknown_principals: bool = False
    """Whether a role can be assigned to an object ID that nobody has, if its type is said to be ServicePrincipal."""
    roles_hidden_elsewhere: bool = False
    """Whether a role is found from its assignable scopes alone."""
    connections_fail: bool = False
    """Whether a connection is accepted, and then comes to nothing."""
    hash_conflict_after: int | None = None
    """The GUID of an assignment collides for good, after so many others that were tried."""
    licensed_for_pim: bool = True
    """Whether the tenant has Microsoft Entra ID P2 or Governance, which Privileged Identity Management takes."""
    role_settings: frozenset[str] = frozenset()
    """The rules that every role's settings have for active assignments: ExpirationRule, JustificationRule, MfaRule,
    TicketingRule.
    """
