"""The SDK's models that several threads share are made ready before there are threads."""

from __future__ import annotations

import pytest
from azure.mgmt.network import models as network
from azure.mgmt.resource.subscriptions import models as subscriptions

import astro_peer.azure.appliances
import astro_peer.azure.subscriptions


@pytest.mark.parametrize(
    "model",
    [
        network.NetworkVirtualAppliance,
        network.NetworkVirtualAppliancePropertiesFormat,
        network.VirtualApplianceNicProperties,
        network.SubResource,
        subscriptions.Subscription,
    ],
)
def test_they_are_ready(model: type) -> None:
    assert astro_peer.azure.appliances and astro_peer.azure.subscriptions
    assert "_attr_to_rest_field" in vars(model)
