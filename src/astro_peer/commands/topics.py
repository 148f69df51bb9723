"""What `astro-peer help` says beside the commands: exit codes, variables, who needs which rights. One list of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from astro_peer.errors import MEANINGS

_OTHER_VARIABLES = (
    (
        "AZURE_TENANT_ID, AZURE_CLIENT_ID",
        "A service principal to sign in as; the tenant and the application's ID.",
    ),
    (
        "AZURE_CLIENT_SECRET",
        "Its secret; or AZURE_CLIENT_CERTIFICATE_PATH, a certificate; or AZURE_FEDERATED_TOKEN_FILE, a token's file.",
    ),
    ("AZURE_AUTHORITY_HOST", "Where that sign-in belongs: it is used with no other authority."),
    ("AZURE_CONFIG_DIR", "Where the az client keeps its sign-in."),
    (
        "ASTRO_API_TOKEN, ASTRO_ORGANIZATION_ID",
        "For check: the cluster of --cluster-id is looked up in Astro. The token goes to Astro's API alone.",
    ),
    ("HTTPS_PROXY, NO_PROXY", "The way to Azure."),
    ("REQUESTS_CA_BUNDLE", "The authorities to trust, as a file of certificates."),
    ("NO_COLOR", "No colours; bold and dim text stays."),
    ("TERM=dumb", "No escape sequences at all, and lists to choose from by number."),
    ("COLUMNS", "The width to write for, where the terminal does not say it."),
)

PERMISSIONS: tuple[tuple[str, str], ...] = (
    (
        "look (check, status, audit, request, hubs, every plan and dry run)",
        "Reader on the subscription. To read service principals in Microsoft Entra ID: every member user may, an"
        " application needs Application.Read.All.",
    ),
    (
        "create the service principal (grant --only principal)",
        "The Entra role Cloud Application Administrator or Application Administrator; an application needs"
        " Application.ReadWrite.All. No role in Azure.",
    ),
    (
        "create or update the custom role (grant --only role)",
        "User Access Administrator or Owner, in every assignable scope of the role.",
    ),
    (
        "assign the role (grant --only assignment), and revoke",
        "Role Based Access Control Administrator, User Access Administrator or Owner.",
    ),
)


def exit_codes() -> tuple[tuple[str, str], ...]:
    return tuple((str(int(code)), meaning) for code, meaning in MEANINGS.items())


def environment(commands: Any, context: Any) -> tuple[tuple[str, str], ...]:
    """Every option's variable, and what else is read."""
    return (*sorted(dict(_variables(commands, context)).items()), *_OTHER_VARIABLES)


def _variables(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    for name in command.list_commands(context):
        one = command.get_command(context, name)
        if hasattr(one, "list_commands"):
            continue  # the sandbox sets its own
        for option in one.params:
            if option.envvar:
                yield str(option.envvar), f"{max(option.opts, key=len)}: {option.help}"
