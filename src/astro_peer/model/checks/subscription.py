"""The subscription: in use, and ready for network resources."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import az, way_out


def findings(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    yield from enabled(wanted)
    yield from _registered(wanted, around)


def enabled(wanted: Wanted) -> Iterator[Finding]:
    subscription = wanted.target.subscription
    if subscription.state == "Disabled":
        yield Finding(
            "subscription-disabled",
            Level.FAIL,
            f"The subscription {subscription.name} is disabled, so nothing in it can be changed.",
            Blocks.GRANT if wanted.granted else Blocks.REVOKE,
            fact="Azure marks it as read only until it is enabled again.",
            way_out=way_out("Ask its billing owner to enable it."),
            who="the subscription's billing owner",
            reviewable=True,
        )
    elif subscription.state in ("Warned", "PastDue"):
        yield Finding(
            "subscription-past-due",
            Level.WARNING,
            f"The subscription {subscription.name} will be disabled if its bill is not paid.",
            Blocks.PEERING,
            fact=f"Its state is {subscription.state}; it still accepts writes.",
            way_out=way_out("Ask its billing owner to settle it."),
            who="the subscription's billing owner",
        )
    elif subscription.state:
        yield passed(
            "subscription",
            f"The subscription {subscription.name} is {subscription.state.lower()}, in your tenant.",
        )


def _registered(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    """Who makes the connection cannot register it: the documented role does not allow that."""
    state = around.registration
    if isinstance(state, AstroPeerError):
        yield unknown("provider-registered", "Whether Microsoft.Network is registered", state, Blocks.PEERING)
    elif state == "Registered":
        yield passed("provider-registered", "The resource provider Microsoft.Network is registered.")
    elif state is not None:
        register = az(
            *("provider", "register", "--namespace", "Microsoft.Network"),
            *("--subscription", wanted.target.subscription.id),
        )
        yield Finding(
            "provider-registered",
            Level.WARNING if state == "Registering" else Level.FAIL,
            f"The resource provider Microsoft.Network is not registered in the subscription ({state}).",
            Blocks.PEERING,
            fact="Azure refuses the making of network resources there, with MissingSubscriptionRegistration.",
            way_out=way_out("Run ", register, "."),
            who="a Contributor or Owner of the subscription",
        )
