"""Verify: read back, by ID, that Azure holds what the documentation asks for."""

from __future__ import annotations

from astro_peer.azure import Azure
from astro_peer.azure.objects import RoleAssignment, same
from astro_peer.azure.retries import until
from astro_peer.errors import Conflict, Failed
from astro_peer.steps import role as role_step
from astro_peer.steps.holdings import Holdings, holdings
from astro_peer.steps.role import WantedRole


def verify(azure: Azure, wanted: WantedRole, assigned: tuple[RoleAssignment, ...]) -> Holdings:
    """Everything Astronomer's principal holds here, as `az role assignment list --all` would list it.

    `assigned`: our assignments, one of them on the subscription. Raises TimedOut while Azure does not show
    that one, Failed when the role is not as documented.
    """
    ours = next(one for one in assigned if same(one.scope, wanted.scope))
    listing = azure.start(lambda: azure.authorization.assignments_of(wanted.scope, ours.principal_id))
    role = azure.start(lambda: azure.authorization.role(wanted.scope, ours.role_guid))
    until(
        lambda: azure.authorization.assignment(ours.id),
        lambda seen: (
            seen is not None
            and seen.role_guid == ours.role_guid
            and seen.principal_id == ours.principal_id
            and same(seen.scope, wanted.scope)
        ),
        azure.patience("Azure to show the role assignment"),
    )
    definition = role.result()
    broader = role_step.drift(wanted, definition).broader if definition else ()
    if broader:
        raise Conflict(
            f'The role "{wanted.role_name}" is assigned, and allows more than documented: somebody changed it.',
            meaning="Astronomer has, beyond the documentation:\n" + "\n".join(f"  {one}" for one in broader),
            next_step="Take it back: astro-peer revoke --subscription " + wanted.scope.rsplit("/", 1)[-1],
        )
    if definition is None or role_step.drift(wanted, definition):
        raise Failed(
            "The role is assigned, but it does not read as documented.",
            meaning="Somebody changed it meanwhile, or Azure still shows an older state.",
            next_step="Run `astro-peer status` in a minute.",
        )
    listed = listing.result()
    if not any(same(one.id, ours.id) for one in listed):
        listed.append(ours)  # a list may lag behind; the read by ID above is the proof
    return holdings(azure, wanted.scope, ours.principal_id, listed, assigned)
