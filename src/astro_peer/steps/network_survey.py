"""Survey: every virtual network the caller can see, over all subscriptions. A list of them says all that is needed."""

from __future__ import annotations

from astro_peer.azure import Azure
from astro_peer.model.objects import VirtualNetwork
from astro_peer.model.survey import NetworkSurvey, SurveyedNetwork
from astro_peer.procedure import VNET, load
from astro_peer.steps import resources
from astro_peer.steps.lists import list_all
from astro_peer.steps.subscription import subscription_id


def survey(azure: Azure, subscription: str | None) -> NetworkSurvey:
    """All subscriptions, or just one, by its ID or name; one that fails is named and does not stop the others.

    Raises the first failure when every subscription fails.
    """
    subscriptions = (
        [azure.subscriptions.get(subscription_id(azure, subscription))]
        if subscription
        else azure.subscriptions.visible()
    )
    listed = list_all(azure, resources.of(azure, load(VNET)), subscriptions)
    if listed.unread and len(listed.unread) == len(subscriptions):
        raise listed.unread[0][1]
    of = {one.id: one for one in subscriptions}
    return NetworkSurvey(
        tuple(
            SurveyedNetwork(one, of[one.subscription_id])
            for one in listed.listed
            if isinstance(one, VirtualNetwork)
        ),
        listed.unread,
        listed.as_of,
    )
