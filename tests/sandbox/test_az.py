"""The real az client as a referee: the documented commands, unchanged. Skipped where az is not installed."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from astro_peer.sandbox.run import run

from .client import PROD, ROLE_GUID, role_body

pytestmark = pytest.mark.skipif(shutil.which("az") is None, reason="az is not installed")

SCRIPT = r"""
set -e
connect() { "$PYTHON" -m astro_peer sandbox connect --name "$1" >/dev/null 2>&1; }
APP=a67e6057-7138-4f78-bbaf-fd9db7b8aab0
ROLE="Astro VHub Peering Contributor"
SCOPE="/subscriptions/$AZURE_SUBSCRIPTION_ID"
cat > role.json <<JSON
{"Name": "$ROLE", "IsCustom": true, "Description": "Can create VNET peering with Astro.", "Actions": [ACTIONS],
 "NotActions": [], "AssignableScopes": ["$SCOPE"]}
JSON
connect before && exit 90
az ad sp create --id $APP >/dev/null
az role definition create --role-definition role.json >/dev/null
az role assignment create --assignee $APP --role "$ROLE" --scope "$SCOPE" >/dev/null
az role assignment list --assignee $APP --all --query "[].roleDefinitionName" -o tsv > listed
connect granted || exit 91
az role assignment delete --assignee $APP --role "$ROLE" --scope "$SCOPE"
connect after && exit 92
exit 0
"""


def test_the_documented_commands_grant_and_revoke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    actions = role_body("/")["properties"]["permissions"][0]["actions"]
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grant.sh").write_text(SCRIPT.replace("ACTIONS", ", ".join(f'"{a}"' for a in actions)))
    assert run(["bash", "grant.sh"], az=True) == 0, capfd.readouterr()
    assert (tmp_path / "listed").read_text() == "Astro VHub Peering Contributor\n"


def test_a_persona_without_subscriptions_can_be_signed_in() -> None:
    assert (
        run(
            [str(shutil.which("az")), "ad", "sp", "list", "--query", "length(@)"],
            persona="entra-admin",
            az=True,
        )
        == 0
    )


def test_az_makes_lists_and_deletes_locks(capfd: pytest.CaptureFixture[str]) -> None:
    script = """
    set -e
    G=rg-connectivity-prod
    az lock create --name keep --lock-type CanNotDelete >/dev/null
    az lock create --name group --lock-type ReadOnly --resource-group $G --notes Why >/dev/null
    az lock create --name hub --lock-type ReadOnly --resource-group $G --resource vhub-prod-weu \
      --resource-type Microsoft.Network/virtualHubs >/dev/null
    az lock list --query "[].[name, level]" -o tsv
    az lock delete --name group --resource-group $G
    az lock list --query "[].name" -o tsv
    az provider register --namespace Microsoft.Network --wait
    az provider show --namespace Microsoft.Network --query registrationState -o tsv
    az network vnet list --resource-group rg-workloads-prod --query "[].addressSpace.addressPrefixes[]" -o tsv
    """
    assert run(["bash", "-c", script], az=True) == 0, capfd.readouterr()
    assert capfd.readouterr().out.split() == [
        *("keep", "CanNotDelete", "group", "ReadOnly", "hub", "ReadOnly"),
        *("keep", "hub"),
        "Registered",
        *("10.11.0.0/16", "fd10:11::/48", "10.12.0.0/16", "172.16.0.0/20", "10.13.0.0/16"),
    ]


def test_az_peers_networks_and_takes_a_peering_away(capfd: pytest.CaptureFixture[str]) -> None:
    script = """
    set -e
    peering() { az network vnet peering "$1" -g rg-applications-prod --vnet-name "$2" "${@:3}"; }
    peering create vnet-airflow -n out --remote-vnet vnet-platform --use-remote-gateways --query peeringState -o tsv
    peering create vnet-platform -n back --remote-vnet vnet-airflow --allow-gateway-transit --query peeringState -o tsv
    peering list vnet-airflow --query "[].peeringSyncLevel" -o tsv
    peering delete vnet-airflow -n out
    peering show vnet-platform -n back --query peeringState -o tsv
    """
    assert run(["bash", "-c", script], az=True) == 0, capfd.readouterr()
    assert capfd.readouterr().out.split() == ["Initiated", "Connected", "FullyInSync", "Disconnected"]


def test_az_deploys_a_template_and_says_before_what_it_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    role = {"type": "Microsoft.Authorization/roleDefinitions", "apiVersion": "2022-04-01", "name": ROLE_GUID}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"name": {"type": "string"}},
        "resources": [role | role_body(PROD, name="[parameters('name')]")],
    }
    (tmp_path / "role.json").write_text(json.dumps(template))
    script = """
    set -e
    given=(--location westeurope --template-file role.json --parameters name=Deployed)
    az deployment sub what-if "${given[@]}" --no-pretty-print --query "changes[].changeType" -o tsv
    az deployment sub create --name roles "${given[@]}" --query properties.provisioningState -o tsv
    az role definition list --name Deployed --query "[].name" -o tsv
    """
    assert run(["bash", "-c", script], az=True) == 0, capfd.readouterr()
    assert capfd.readouterr().out.split() == ["Create", "Succeeded", ROLE_GUID]


def test_the_own_configuration_of_az_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / ".azure"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(own))
    assert run([str(shutil.which("az")), "account", "show"], az=True) == 0
    assert not own.exists()


def test_a_person_is_signed_in_too_and_is_that_person() -> None:
    shown = [str(shutil.which("az")), "ad", "signed-in-user", "show"]
    assert run(shown, persona="app-admin", az=True) == 0
    assert run(shown, az=True) != 0, "an application is nobody's user"
