"""The service principal: Astronomer's application gets an identity in the customer's tenant."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import ExitCode
from astro_peer.model.change import Change, Reason
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import ServicePrincipal, same
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import astro_peer, az, way_out

KEY = "principal"


def decide(wanted: Wanted, observed: Observed) -> Change:
    found = observed.principal
    return Change(
        KEY,
        before=found,
        after=found or ServicePrincipal(object_id="", application_id=wanted.application_id),
        reason=Reason.PRINCIPAL_EXISTS if found else Reason.PRINCIPAL_ABSENT,
    )


def findings(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    """About the principal that is to get the role."""
    yield from _given(wanted, observed)
    if observed.principal:
        yield from usable(observed.principal)


def _given(wanted: Wanted, observed: Observed) -> Iterator[Finding]:
    """About the object ID that a user gave: it says who gets the rights, so it is checked wherever it can be."""
    found, given = observed.principal, wanted.principal_id
    if given is None or not observed.looked_up:
        return
    blocks = Blocks.GRANT if wanted.granted else Blocks.REVOKE
    if found and not same(found.application_id, wanted.application_id):
        yield Finding(
            "principal-is-anothers",
            Level.FAIL,
            f"The object ID {given} is not that of Astronomer's service principal.",
            blocks,
            fact=f'It belongs to "{found.display_name}", application {found.application_id};'
            f" Astronomer's is {wanted.application_id}.",
            way_out=way_out("Leave --principal-object-id out: your account may read Microsoft Graph."),
            who="you",
        )
    elif observed.unchecked:
        yield Finding(
            "principal-unchecked",
            Level.UNKNOWN,
            f"Nobody has checked that {given} is the object ID of Astronomer's service principal.",
            fact=f"Microsoft Graph does not answer you ({observed.unchecked.code}).",
            way_out=way_out(
                "Have somebody who may read Microsoft Graph run ",
                astro_peer(
                    "status", "--subscription", wanted.target.subscription.id, *wanted.procedure.option
                ),
                ".",
            ),
            who="anybody who may read service principals in Entra ID",
        )
    elif found is None and wanted.granted:
        yield Finding(
            "principal-not-found",
            Level.FAIL,
            f"There is no service principal with the object ID {given} in this tenant.",
            blocks,
            fact="Microsoft Graph answers and does not show it: the ID is wrong, or it was made a moment ago.",
            way_out=way_out("Leave --principal-object-id out, or run the same command again in a minute."),
            who="you",
            exit_code=ExitCode.NOT_FOUND,
        )


def usable(principal: ServicePrincipal) -> Iterator[Finding]:
    """A principal that is disabled: with it, nobody could use the role."""
    if principal.disabled_by_microsoft:
        yield Finding(
            "principal-disabled",
            Level.FAIL,
            "Astronomer's service principal is disabled by Microsoft, so the role is not assigned to it.",
            Blocks.GRANT,
            fact=f"Microsoft Entra ID gives as its status {principal.disabled_by_microsoft}.",
            way_out=way_out("Do not go on. Ask Astronomer support, and your Entra administrator, about it."),
            who="Astronomer support",
        )
    elif not principal.account_enabled:
        yield Finding(
            "principal-disabled",
            Level.FAIL,
            "Astronomer's service principal is disabled in this tenant, so the role is not assigned to it.",
            Blocks.GRANT,
            fact="Its account is not enabled: Astronomer could not sign in, and the grant would be of no use.",
            way_out=way_out(
                "Ask your Entra administrator why. To enable it: ",
                az("ad", "sp", "update", "--id", principal.object_id, "--set", "accountEnabled=true"),
            ),
            who="an Entra administrator",
        )
