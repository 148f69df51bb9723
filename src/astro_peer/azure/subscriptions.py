"""Subscriptions, their resource groups, and what the caller may do in them."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.resource.subscriptions.models import Subscription as SdkSubscription

from astro_peer.azure import api_versions
from astro_peer.azure.explain import subscriptions_tenant
from astro_peer.azure.pages import every
from astro_peer.azure.shapes import Asking, guid, text
from astro_peer.errors import AstroPeerError
from astro_peer.model.objects import Permission, Subscription
from astro_peer.model.way_out import astro_peer, way_out

if TYPE_CHECKING:
    from astro_peer.azure import Azure


class Subscriptions(Asking):
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._explaining = azure.explaining
        self._listing: Future[list[Subscription]] | None = None
        self._client = SubscriptionClient(
            azure.session.credential,
            api_version=api_versions.SUBSCRIPTIONS,
            base_url=azure.session.cloud.resource_manager,
            credential_scopes=[azure.session.cloud.resource_manager_scope],
            policies=azure.resource_manager_policies(),
            transport=azure.transport,
        )

    def get(self, subscription_id: str) -> Subscription:
        needs = way_out(
            "the Reader role on the subscription (an Entra administrator without any role in Azure can run ",
            astro_peer("grant", "--only", "principal"),
            ")",
        )
        with self._explaining(f"The subscription {subscription_id} could not be read.", needs=needs):
            found = _subscription(self._client.subscriptions.get(subscription_id))
            if found.id != subscription_id.lower():
                raise ValueError("another subscription than was asked for")
            return found

    def tenant_of(self, subscription_id: str) -> str | None:
        """Whose it is; None where Azure does not say. It names another tenant when it refuses the token for it."""
        try:
            return self.get(subscription_id).tenant_id
        except AstroPeerError as error:
            named = subscriptions_tenant(error)
            return named.lower() if named else None

    def look_ahead(self) -> None:
        """Begin to list them, for whoever asks for the visible ones later."""
        self._listing = self._listing or self._azure.start(self._visible)

    def visible(self) -> list[Subscription]:
        """All that the caller can see and that are in use; listed once."""
        self.look_ahead()
        assert self._listing is not None  # noqa: S101  (it was begun)
        return self._listing.result()

    def _visible(self) -> list[Subscription]:
        with self._explaining("Your subscriptions could not be listed."):
            listed = every(self._client.subscriptions.list(), self._azure.transport, SdkSubscription)
            found = [_subscription(one) for one in listed]
        return [one for one in found if one.state != "Deleted"]

    def resource_groups(self, subscription_id: str) -> list[str]:
        from azure.mgmt.resource.resources import ResourceManagementClient  # only to explain a wrong name
        from azure.mgmt.resource.resources.models import ResourceGroup

        client = ResourceManagementClient(
            self._azure.session.credential,
            subscription_id,
            api_version=api_versions.RESOURCE_GROUPS,
            base_url=self._azure.session.cloud.resource_manager,
            credential_scopes=[self._azure.session.cloud.resource_manager_scope],
            policies=self._azure.resource_manager_policies(),
            transport=self._azure.transport,
        )
        with self._explaining(f"The resource groups of subscription {subscription_id} could not be listed."):
            groups = every(client.resource_groups.list(), self._azure.transport, ResourceGroup)
            return [text(group.name) for group in groups]

    def registration(self, subscription_id: str, provider: str) -> str:
        """Registered, Registering, Unregistering or NotRegistered. Only read: nothing is registered by it."""
        path = f"/subscriptions/{subscription_id}/providers/{provider}"
        with self._explaining(f"Whether {provider} is registered could not be read."):
            return text(
                self._azure.rest.get(path, {"api-version": api_versions.PROVIDERS})["registrationState"]
            )

    def permissions(self, subscription_id: str) -> tuple[Permission, ...]:
        """One entry for each role the caller holds there, inherited ones too.

        Advisory: says nothing of locks, policies, deny assignments, conditions or MFA. The SDK offers this
        for resource groups and resources only; the REST call works at a subscription as well.
        """
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/permissions"
        with self._explaining(f"Your permissions in subscription {subscription_id} could not be read."):
            return tuple(
                Permission(
                    actions=tuple(entry.get("actions") or ()),
                    not_actions=tuple(entry.get("notActions") or ()),
                )
                for entry in self._azure.rest.pages(path, {"api-version": api_versions.AUTHORIZATION})
            )


def _subscription(found: SdkSubscription) -> Subscription:
    return Subscription(
        id=guid(found.subscription_id),
        name=found.display_name or "",
        tenant_id=guid(found.tenant_id),
        state=str(getattr(found.state, "value", found.state) or ""),
    )


_NO_GUID = "00000000-0000-0000-0000-000000000000"
# Used once before there are threads: see `appliances._make_ready`.
_subscription(SdkSubscription({"subscriptionId": _NO_GUID, "tenantId": _NO_GUID, "state": "Enabled"}))
