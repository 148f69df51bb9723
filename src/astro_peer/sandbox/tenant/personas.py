"""The callers a sandbox can sign you in as, each with other rights."""

from enum import StrEnum


class Persona(StrEnum):
    """Automation identities of the demo tenant. All of them may read Microsoft Graph."""

    OWNER = "owner"
    """Owner of both subscriptions, and may create service principals."""
    UAA = "uaa"
    """User Access Administrator on both subscriptions."""
    RBAC_ADMIN = "rbac-admin"
    """Role Based Access Control Administrator on both: assigns roles, cannot define them."""
    CONTRIBUTOR = "contributor"
    """Contributor on both subscriptions: manages resources, no access."""
    READER = "reader"
    """Reader on both subscriptions."""
    ENTRA_ADMIN = "entra-admin"
    """May create service principals; holds no Azure role at all."""
