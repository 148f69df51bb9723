"""Virtual networks: what they show, and writing them under Azure's rules, without HTTP. Their peerings: `peerings`."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

from astro_peer.sandbox.tenant import guards, providers, refusals
from astro_peer.sandbox.tenant.address_spaces import Network, overlapping, prefixes_of
from astro_peer.sandbox.tenant.network import new_etag, start_operation
from astro_peer.sandbox.tenant.peerings import NETWORKS, peerings_of
from astro_peer.sandbox.tenant.rbac import require
from astro_peer.sandbox.tenant.state import Caller, Json, Resource, Tenant

_KEPT_AS_GIVEN = (
    "dhcpOptions",
    "enableDdosProtection",
    "ddosProtectionPlan",
    "flowTimeoutInMinutes",
    "encryption",
)


def put_network(
    tenant: Tenant, caller: Caller, network_id: str, location: str, tags: Mapping[str, str], properties: Json
) -> tuple[Resource, str, bool]:
    """The network, the ID of the operation that writes it, and whether it is new.

    Its peerings stay, and so do its subnets if none are given.

    A changed address space is unknown to the other sides of its peerings until they are brought in step with it.
    """
    require(tenant, caller, f"{NETWORKS}/write", network_id)
    providers.check_registered(tenant, network_id, "Microsoft.Network")
    guards.check_exists(tenant, network_id)
    guards.check_write(tenant, network_id)
    existing = tenant.resources.get(network_id.lower())
    prefixes = _prefixes(network_id, properties)
    _check_peered(tenant, network_id, prefixes)
    subnets = _subnets(network_id, prefixes, properties, existing)
    before = (
        existing.properties if existing else {"resourceGuid": str(uuid4()), "enableDdosProtection": False}
    )
    network = Resource(
        id=existing.id if existing else network_id,
        type=NETWORKS,
        location=existing.location if existing else location,
        properties={
            **before,
            **{key: properties[key] for key in _KEPT_AS_GIVEN if key in properties},
            "provisioningState": "Succeeded",
            "addressSpace": {"addressPrefixes": list(prefixes)},
            "subnets": subnets,
        },
        etag=new_etag(),
        tags=tags,
    )
    tenant.add(network)
    return network, start_operation(tenant), existing is None


def _prefixes(network_id: str, properties: Json) -> tuple[str, ...]:
    space = properties.get("addressSpace")
    given = space.get("addressPrefixes") if isinstance(space, Mapping) else None
    if not isinstance(given, list) or not given:
        raise refusals.invalid_request_content("properties.addressSpace.addressPrefixes is required")
    for one in given:
        _parsed(network_id, one)
    return tuple(given)


def _parsed(owner_id: str, prefix: object) -> Network:
    try:
        return ip_network(prefix if isinstance(prefix, str) else "")
    except ValueError:
        raise refusals.invalid_prefix(owner_id, str(prefix)) from None


def _check_peered(tenant: Tenant, network_id: str, prefixes: tuple[str, ...]) -> None:
    for peering in peerings_of(tenant, network_id):
        both = overlapping(prefixes, prefixes_of(tenant, peering.remote_id) or peering.remote_prefixes)
        if both:
            raise refusals.peering_overlap(peering.id, network_id, peering.remote_id, both)


def _subnets(
    network_id: str, prefixes: tuple[str, ...], properties: Json, existing: Resource | None
) -> list[dict[str, Any]]:
    """Raises for one outside the address space, and where one that is in use would go."""
    there = {s["name"].lower(): s for s in (existing.properties.get("subnets", ()) if existing else ())}
    given = properties.get("subnets")
    if given is None:
        given = list(there.values())
    if not isinstance(given, list) or not all(
        isinstance(s, Mapping) and isinstance(s.get("name"), str) for s in given
    ):
        raise refusals.invalid_request_content("properties.subnets is a list of objects with a name")
    kept = {s["name"].lower() for s in given}
    for name, subnet in there.items():
        if name not in kept and subnet["properties"].get("ipConfigurations"):
            used_by = subnet["properties"]["ipConfigurations"][0]["id"]
            raise refusals.subnet_in_use(subnet["name"], used_by)
    return [_subnet(network_id, prefixes, s, there.get(s["name"].lower())) for s in given]


def _subnet(
    network_id: str, prefixes: tuple[str, ...], given: Json, existing: dict[str, Any] | None
) -> dict[str, Any]:
    properties = given.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    own = (
        [properties["addressPrefix"]] if "addressPrefix" in properties else properties.get("addressPrefixes")
    )
    for one in own if isinstance(own, list) and own else [""]:
        subnet = _parsed(f"{network_id}/subnets/{given['name']}", one)
        if not any(_inside(subnet, ip_network(p)) for p in prefixes):
            raise refusals.invalid_subnet(str(given["name"]), network_id.rpartition("/")[2])
    used = existing["properties"] if existing else {}
    return {
        "name": given["name"],
        "id": f"{network_id}/subnets/{given['name']}",
        "etag": new_etag(),
        "type": f"{NETWORKS}/subnets",
        "properties": {
            "delegations": [],
            **properties,
            **{k: used[k] for k in ("ipConfigurations",) if k in used},
            "provisioningState": "Succeeded",
        },
    }


def _inside(subnet: Network, prefix: Network) -> bool:
    return (
        subnet.version == prefix.version
        and subnet.network_address in prefix
        and subnet.broadcast_address in prefix
    )
