"""The callers a sandbox can sign you in as, each with other rights."""

from enum import StrEnum


class Persona(StrEnum):
    """Automation identities of the demo tenant, and people. All of them may read Microsoft Graph."""

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
    USER = "user"
    """A person: Owner of both subscriptions through a group, without a directory role."""
    APP_ADMIN = "app-admin"
    """The same with the directory role Application Administrator."""
    CLOUD_APP_ADMIN = "cloud-app-admin"
    """The same with Cloud Application Administrator."""
    CUSTOM_ADMIN = "custom-admin"
    """The same with a directory role of Contoso's own that lets one create service principals."""
    GLOBAL_ADMIN = "global-admin"
    """A person: Global Administrator, through a group; holds no Azure role at all."""

    @property
    def is_user(self) -> bool:
        """Whether it is a person, who signs in with a name and a password."""
        return self in _USERS


_USERS = {
    Persona.USER,
    Persona.APP_ADMIN,
    Persona.CLOUD_APP_ADMIN,
    Persona.CUSTOM_ADMIN,
    Persona.GLOBAL_ADMIN,
}
