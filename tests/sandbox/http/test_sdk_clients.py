"""Microsoft's own clients, unchanged, against a sandbox: they are the referees of its wire format."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import (
    HubVirtualNetworkConnection,
    HubVirtualNetworkConnectionProperties,
    SubResource,
)
from azure.mgmt.resource.subscriptions import SubscriptionClient

from astro_peer.sandbox.run import Sandbox
from astro_peer.sandbox.tenant import demo

from ..client import ACTIONS, ASSIGNMENT_GUID, PROD, ROLE_GUID, ROLE_NAME, Client

REMOTE_NETWORK = "/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v"


@pytest.fixture(params=[(), ("small-pages",)], ids=["", "small-pages"])
def sandbox(start: Callable[..., Sandbox], request: pytest.FixtureRequest) -> Sandbox:
    return start(*request.param)


@pytest.fixture
def credential(sandbox: Sandbox) -> Iterator[ClientSecretCredential]:
    inside = sandbox.environment({})
    with ClientSecretCredential(
        inside["AZURE_TENANT_ID"],
        inside["AZURE_CLIENT_ID"],
        inside["AZURE_CLIENT_SECRET"],
        authority=sandbox.url,
        disable_instance_discovery=True,
        connection_verify=str(sandbox.ca_certificate),
    ) as credential:
        yield credential


@pytest.fixture
def options(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "base_url": sandbox.url,
        "credential_scopes": [f"{sandbox.url}/.default"],
        "connection_verify": str(sandbox.ca_certificate),
    }


def test_subscriptions(credential: ClientSecretCredential, options: dict[str, Any]) -> None:
    with SubscriptionClient(credential, **options) as client:
        names = [s.display_name for s in client.subscriptions.list()]
        (tenant,) = client.tenants.list()
    assert names == ["connectivity-prod", "connectivity-dev"]
    assert (tenant.tenant_id, tenant.display_name) == (demo.TENANT, "Contoso")


def test_authorization(credential: ClientSecretCredential, options: dict[str, Any], owner: Client) -> None:
    principal = owner.create_principal()
    with AuthorizationManagementClient(credential, demo.PROD, **options) as client:
        models = client.role_definitions.models
        role = client.role_definitions.create_or_update(
            PROD,
            ROLE_GUID,
            models.RoleDefinition(
                role_name=ROLE_NAME,
                permissions=[models.Permission(actions=list(ACTIONS))],
                assignable_scopes=[PROD],
            ),
        )
        (found,) = client.role_definitions.list(PROD, filter=f"roleName eq '{ROLE_NAME}'")
        assert found.id == role.id
        parameters = models.RoleAssignmentCreateParameters(
            role_definition_id=role.id, principal_id=principal, principal_type="ServicePrincipal"
        )
        client.role_assignments.create(PROD, ASSIGNMENT_GUID, parameters)
        assert len(list(client.role_assignments.list_for_subscription())) > 8
        assert client.role_assignments.get(PROD, ASSIGNMENT_GUID).principal_id == principal
        deleted = client.role_assignments.delete(PROD, ASSIGNMENT_GUID)
        assert deleted is not None and deleted.principal_id == principal
        assert client.role_assignments.delete(PROD, ASSIGNMENT_GUID) is None
        with pytest.raises(HttpResponseError) as error:
            client.role_definitions.get(PROD, ASSIGNMENT_GUID)
    assert error.value.error is not None and error.value.error.code == "RoleDefinitionDoesNotExist"


def test_network(credential: ClientSecretCredential, options: dict[str, Any]) -> None:
    with NetworkManagementClient(credential, demo.PROD, **options) as client:
        hubs = {hub.name: hub for hub in client.virtual_hubs.list()}
        demo_hub = hubs["vhub-prod-weu"]
        connections = list(
            client.hub_virtual_network_connections.list("rg-connectivity-prod", "vhub-prod-weu")
        )
        made = client.hub_virtual_network_connections.begin_create_or_update(
            "rg-connectivity-prod",
            "vhub-prod-neu",
            "made-by-the-sdk",
            HubVirtualNetworkConnection(
                properties=HubVirtualNetworkConnectionProperties(
                    remote_virtual_network=SubResource(id=f"{PROD}{REMOTE_NETWORK}")
                )
            ),
            polling_interval=0.1,
        ).result()
    assert hubs["rs-workloads-prod"].virtual_wan is None and demo_hub.virtual_wan is not None
    assert demo_hub.routing_state == "Provisioned"
    assert {c.name for c in connections} == {"conn-shared-services", "conn-analytics"}
    assert made.provisioning_state == "Succeeded"
