"""What stands in a hub as its firewall: Azure's own, a network virtual appliance, Palo Alto's Cloud NGFW."""

from __future__ import annotations

from typing import Any

from astro_peer.sandbox.tenant.state import Resource
from conftest import PROD, Inside

GROUP = f"/subscriptions/{PROD}/resourceGroups/rg-connectivity-prod"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-neu"
OTHER_HUB = f"{GROUP}/providers/Microsoft.Network/virtualHubs/vhub-prod-swc"
GRANT = ("grant", "--dry-run", "--verbose", "-o", "json", "--hub-id", HUB)


def arrange_appliance(inside: Inside, name: str, hub: str = HUB, **properties: Any) -> str:
    resource_id = f"{GROUP}/providers/Microsoft.Network/networkVirtualAppliances/{name}"
    inside.tenant.add(
        Resource(
            resource_id,
            "Microsoft.Network/networkVirtualAppliances",
            "northeurope",
            {"virtualHub": {"id": hub}, **properties},
            "e",
        )
    )
    return resource_id


def interface(address: str, kind: str = "PrivateNic") -> dict[str, str]:
    return {"name": kind.lower(), "nicType": kind, "privateIpAddress": address}


def arrange_cloud_firewall(inside: Inside, hub: str = HUB, appliance: str | None = None) -> None:
    """In another resource group than the hub's, as it may be."""
    inside.tenant.add(
        Resource(
            f"/subscriptions/{PROD}/resourceGroups/rg-workloads-prod/providers"
            "/PaloAltoNetworks.Cloudngfw/firewalls/ngfw",
            "PaloAltoNetworks.Cloudngfw/firewalls",
            "northeurope",
            {
                "networkProfile": {
                    "networkType": "VWAN",
                    "vwanConfiguration": {
                        "networkVirtualApplianceId": appliance,
                        "vHub": {"resourceId": hub.upper()},
                        "ipOfTrustSubnetForUdr": {"address": "10.10.2.132"},
                    },
                }
            },
            "e",
        )
    )


def firewall_of(inside: Inside, *arguments: str) -> tuple[str | None, str]:
    ran = inside.run(*GRANT, *arguments)
    assert ran.code == 0, ran.err
    shown = next(line for line in ran.err.splitlines() if "Firewall " in line)
    return ran.document["target"]["firewall_ip"], " ".join(ran.err[ran.err.index(shown) :].split())


def test_a_hub_without_any_has_none(inside: Inside) -> None:
    arrange_appliance(inside, "elsewhere", OTHER_HUB, privateIpAddress="10.10.4.4")
    arrange_cloud_firewall(inside, OTHER_HUB)
    address, said = firewall_of(inside)
    assert address is None
    assert "the hub has no firewall of its own" in said


def test_an_appliances_one_address_is_found(inside: Inside) -> None:
    nics = [interface("10.10.2.5"), interface("10.10.2.6")]
    arrange_appliance(inside, "nva", HUB.lower(), privateIpAddress="10.10.2.4", virtualApplianceNics=nics)
    address, said = firewall_of(inside)
    assert address == "10.10.2.4"
    assert "network virtual appliance nva" in said


def test_an_appliances_private_interface_is_found(inside: Inside) -> None:
    arrange_appliance(
        inside, "nva", virtualApplianceNics=[interface("10.10.2.9", "PublicNic"), interface("10.10.2.5")]
    )
    assert firewall_of(inside)[0] == "10.10.2.5"


def test_a_cloud_firewall_is_found_and_not_the_appliance_it_runs_on(inside: Inside) -> None:
    appliance = arrange_appliance(inside, "managed", virtualApplianceNics=[interface("10.10.2.5")])
    arrange_cloud_firewall(inside, appliance=appliance.upper())
    address, said = firewall_of(inside)
    assert address == "10.10.2.132"
    assert "Palo Alto Cloud NGFW ngfw" in said


def test_several_are_named_and_stop_nothing(inside: Inside) -> None:
    arrange_appliance(inside, "nva", virtualApplianceNics=[interface("10.10.2.5"), interface("10.10.2.6")])
    address, said = firewall_of(inside)
    assert address is None
    assert "--firewall-ip 10.10.2.5" in said
    assert "--firewall-ip 10.10.2.6" in said
    assert firewall_of(inside, "--firewall-ip", "10.10.2.6")[0] == "10.10.2.6"
    assert inside.run("grant", "--yes", "--hub-id", HUB).code == 0


def test_the_hubs_own_azure_firewall_comes_first(inside: Inside) -> None:
    arrange_appliance(
        inside, "nva", HUB.replace("vhub-prod-neu", "vhub-prod-weu"), privateIpAddress="10.10.0.4"
    )
    ran = inside.run("grant", "--dry-run", "-o", "json")
    assert ran.document["target"]["firewall_ip"] == "10.10.0.132"


def test_what_cannot_be_looked_up_is_said_and_stops_nothing(inside: Inside) -> None:
    inside.tenant.denied_actions.add("Microsoft.Network/networkVirtualAppliances/read")
    arrange_cloud_firewall(inside)
    address, said = firewall_of(inside)
    assert address == "10.10.2.132"
    assert "network virtual appliances could not be looked up (AuthorizationFailed)" in said


def test_an_address_that_is_none_is_no_address(inside: Inside) -> None:
    arrange_appliance(inside, "nva", privateIpAddress="; rm -rf /")
    address, said = firewall_of(inside)
    assert address is None
    assert "could not be looked up" in said
