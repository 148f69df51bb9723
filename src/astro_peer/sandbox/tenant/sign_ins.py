"""How programs are told whom to sign in as: variables of the environment, by name."""

from astro_peer.sandbox.tenant.state import Application, User

AZ_APP_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI's own application, which is in every tenant and signs users in."""


def sign_in_variables(identity: Application | User) -> dict[str, str]:
    """Programs sign an application in from the environment. A user's password stands in the place of its secret too, as
    Microsoft's libraries send a password to port 443 alone: the sandbox then takes it for the user.
    """
    if isinstance(identity, User):
        return {
            "AZURE_CLIENT_ID": AZ_APP_ID,
            "AZURE_CLIENT_SECRET": identity.password or "",
            "AZURE_USERNAME": identity.user_principal_name,
            "AZURE_PASSWORD": identity.password or "",
        }
    return {
        "AZURE_CLIENT_ID": identity.app_id,
        "AZURE_CLIENT_SECRET": identity.secret,
        "ARM_CLIENT_ID": identity.app_id,
        "ARM_CLIENT_SECRET": identity.secret,
    }
