"""The caller's rights: what Azure would refuse half-way is found before the first write.

Azure's list of a caller's permissions is advisory (it knows nothing of locks, policies, deny assignments or MFA), but
a right that is missing from it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from astro_peer.errors import ExitCode
from astro_peer.model.change import Change, Right
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import Subscription, allowed, same
from astro_peer.model.observed import Observed
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import Role, way_out


def needed(changes: Iterable[Change]) -> tuple[Right, ...]:
    """Each once, in the order of the changes."""
    return tuple(dict.fromkeys(right for change in changes for right in change.rights))


def findings(wanted: Wanted, observed: Observed, changes: tuple[Change, ...]) -> Iterator[Finding]:
    """What keeps this caller from carrying the changes out."""
    rights = needed(changes)
    if not rights or not observed.looked_up:
        return
    blocks = Blocks.GRANT if wanted.granted else Blocks.REVOKE
    yield from _enabled(wanted.target.subscription, blocks)
    lacking = [right for right in rights if not _holds(observed, right)]
    elsewhere = [right for right in lacking if not _in_subscription(wanted, right)]
    here = [right for right in lacking if _in_subscription(wanted, right)]
    for right in elsewhere[:1]:
        yield _elsewhere(wanted, observed, right, blocks)
    if here:
        yield _here(wanted, here, blocks)


def _holds(observed: Observed, right: Right) -> bool:
    """What was not asked for (a management group, say) is taken as given: Azure has the last word."""
    held = observed.permissions.get(right.scope.lower())
    return held is None or allowed(held, right.action)


def _in_subscription(wanted: Wanted, right: Right) -> bool:
    return same(right.scope, wanted.scope) or right.scope.lower().startswith(wanted.scope.lower() + "/")


def _enabled(subscription: Subscription, blocks: Blocks) -> Iterator[Finding]:
    if subscription.state == "Disabled":
        yield Finding(
            "subscription-disabled",
            Level.FAIL,
            f"The subscription {subscription.name} is disabled, so nothing in it can be changed.",
            blocks,
            fact="Azure marks it as read only until it is enabled again.",
            way_out=way_out("Ask its billing owner to enable it."),
            who="the subscription's billing owner",
            reviewable=True,
        )


def _elsewhere(wanted: Wanted, observed: Observed, right: Right, blocks: Blocks) -> Finding:
    """A role is changed in all its assignable scopes or not at all."""
    name = observed.role.role_name if observed.role else wanted.role.role_name
    return Finding(
        "rights-in-other-scopes",
        Level.FAIL,
        f'The role "{name}" would have to be changed, and you may not do that in {right.scope}, where it can be'
        " assigned too.",
        blocks,
        fact="A role is changed in all its assignable scopes or not at all, and you lack"
        f" {right.action} there.",
        way_out=way_out(
            "Ask someone who is User Access Administrator or Owner in all of them to run this command, or use a role of"
            " your own with --role-name."
        ),
        who="a User Access Administrator or Owner of all of the role's scopes",
        reviewable=True,
    )


def _here(wanted: Wanted, lacking: list[Right], blocks: Blocks) -> Finding:
    """The least role that allows all of it is the one to ask for."""
    least, *others = [role for role in lacking[0].roles if all(role in right.roles for right in lacking)]
    role = least + (f" (or {', or '.join(others)})" if others else "")
    actions = sorted({right.action for right in lacking})
    return Finding(
        "rights",
        Level.FAIL,
        "You do not have the rights to do this, so nothing was written.",
        blocks,
        fact=f"Your account lacks {' and '.join(actions)} on {wanted.scope}.",
        way_out=way_out(
            "Ask an Owner of the subscription for the role ",
            Role(role, wanted.scope),
            ", or have them run this command.",
        ),
        who="an Owner of the subscription",
        exit_code=ExitCode.NOT_PERMITTED,
        reviewable=True,
    )
