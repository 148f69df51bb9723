"""What a user may type as an ID or a name: checked before anything reaches Azure.

Each function returns the value in the form Azure is asked with, or raises ValueError with one sentence
that says what was expected. The rules are Azure's own naming rules
(https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules), narrowed to ASCII.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date, timedelta

from astro_peer import procedure as procedures
from astro_peer.model import end
from astro_peer.model.end import Until
from astro_peer.model.objects import is_assignment_id
from astro_peer.model.place import Where
from astro_peer.procedure import Procedure

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NEARLY_A_GUID = re.compile(r"[{(]?[0-9a-f-]{30,}[)}]?", re.IGNORECASE)
_SUBSCRIPTION_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _.()-]{0,62}[A-Za-z0-9_.)])?")
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE
)
_RESOURCE_GROUP = re.compile(r"[A-Za-z0-9_().-]{1,90}")
_NETWORK_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
_ROLE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _.()-]{0,126}[A-Za-z0-9_.)])?")
_CLUSTER_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_LOOPBACK_URL = re.compile(
    r"https://(?P<host>127\.0\.0\.1|localhost|\[::1\]):(?P<port>[0-9]{1,5})"
    r"(?P<path>(?:/[A-Za-z0-9._~-]*)*(?:\?[A-Za-z0-9._~=&-]*)?)"
)
_DAYS = re.compile(r"([1-9][0-9]{0,3})d")
_DURATION = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_WATCH = timedelta(days=90)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VNET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]")
_VNET_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Network/virtualNetworks/(?P<network>[^/]+)",
    re.IGNORECASE,
)
_HUB_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Network/virtualHubs/(?P<hub>[^/]+)",
    re.IGNORECASE,
)


def guid(value: str) -> str:
    """A GUID in lower case, with dashes."""
    if not _GUID.fullmatch(value):
        raise ValueError("expected a GUID such as 11111111-2222-3333-4444-555555555555")
    return value.lower()


def is_guid(value: str) -> bool:
    return bool(_GUID.fullmatch(value))


def subscription(value: str) -> str:
    """A subscription's ID, or its name: a name that is nearly an ID is a wrong ID."""
    if is_guid(value) or _NEARLY_A_GUID.fullmatch(value):
        return guid(value)
    if not _SUBSCRIPTION_NAME.fullmatch(value):
        raise ValueError(
            "expected a subscription's ID, a GUID such as 11111111-2222-3333-4444-555555555555, or its name: up to 64"
            " letters, digits, spaces and _ . ( ) -"
        )
    return value


def tenant(value: str) -> str:
    """A tenant's ID, or one of its domains, in lower case."""
    if is_guid(value):
        return guid(value)
    if not _DOMAIN.fullmatch(value):
        raise ValueError(
            "expected a tenant's ID, a GUID such as 11111111-2222-3333-4444-555555555555, or one of its domains such"
            " as contoso.onmicrosoft.com"
        )
    return value.lower()


def resource_group(value: str) -> str:
    if not _RESOURCE_GROUP.fullmatch(value) or value.endswith("."):
        raise ValueError(
            "expected a resource group name: up to 90 letters, digits and _ ( ) . - and no period at the end"
        )
    return value


def network_name(value: str) -> str:
    """The name of a virtual hub or of a hub virtual network connection."""
    if not _NETWORK_NAME.fullmatch(value):
        raise ValueError(
            "expected up to 80 letters, digits and _ . - which begin with a letter or digit"
            " and end with a letter, digit or _"
        )
    return value


def role_name(value: str) -> str:
    if not _ROLE_NAME.fullmatch(value):
        raise ValueError("expected a role name: up to 128 letters, digits, spaces and _ . ( ) -")
    return value


def cluster_id(value: str) -> str:
    """An Astro cluster's ID, as the Astro UI shows it."""
    if not _CLUSTER_ID.fullmatch(value):
        raise ValueError(
            "expected the cluster ID as the Astro UI shows it: up to 64 letters, digits and dashes"
        )
    return value


def address_range(value: str) -> str:
    """A network in CIDR notation, IPv4 or IPv6."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(
            "expected an address range such as 172.20.0.0/19, with no bits set behind it"
        ) from None


def firewall_ip(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise ValueError("expected an IP address such as 10.10.0.132") from None
    if address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local:
        raise ValueError("expected the private address of the firewall, such as 10.10.0.132")
    return str(address)


def description(value: str) -> str:
    """A leading @ is refused as well: to the az client of the dry run's script it means the contents of a file."""
    if not value.strip() or len(value) > 256 or not value.isprintable() or value.startswith(("@", "-")):
        raise ValueError(
            "expected one line of up to 256 printable characters that does not begin with @ or -"
        )
    return value


def note(value: str) -> str:
    """A description beside which the end of a grant stands."""
    if end.read(value).until:
        raise ValueError("expected a text without an end in it, which --until gives")
    return description(value)


def until(value: str) -> Until:
    """A day, or a number of days."""
    if match := _DAYS.fullmatch(value):
        return Until(days=int(match[1]))
    try:
        if _DAY.fullmatch(value):
            return Until(day=date.fromisoformat(value))
    except ValueError:
        pass
    raise ValueError("expected a day such as 2026-12-07, or a number of days such as 14d")


def duration(value: str) -> timedelta:
    match = _DURATION.fullmatch(value)
    lasts = timedelta(seconds=int(match[1]) * _SECONDS_OF[match[2]]) if match else timedelta()
    if not timedelta() < lasts <= _LONGEST_WATCH:
        raise ValueError("expected a duration such as 30m, 4h or 2d, of 90 days at most")
    return lasts


def assignment_ids(value: str) -> tuple[str, ...]:
    """Resource IDs of role assignments, between commas or spaces."""
    given = tuple(value.replace(",", " ").split())
    if not given or not all(map(is_assignment_id, given)):
        raise ValueError(
            "expected the resource ID of a role assignment, as `astro-peer status` shows it:"
            " SCOPE/providers/Microsoft.Authorization/roleAssignments/GUID"
        )
    return given


def loopback_metadata_url(value: str) -> str:
    """A cloud's metadata URL. Only a simulated tenant on this machine is served by it: see `azure.cloud`."""
    match = _LOOPBACK_URL.fullmatch(value)
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError(
            "expected the https URL of a simulated tenant on this machine's loopback address, such as"
            " https://127.0.0.1:8443/metadata/endpoints"
        )
    return f"https://{match['host']}:{int(match['port'])}{match['path']}"


def vnet_name(value: str) -> str:
    """The name of a virtual network."""
    if not _VNET_NAME.fullmatch(value):
        raise ValueError(
            "expected 2 to 64 letters, digits and _ . - which begin with a letter or digit"
            " and end with a letter, digit or _"
        )
    return value


def vnet_id(value: str) -> Where:
    """The three names in a virtual network's resource ID."""
    match = _VNET_ID.fullmatch(value)
    if not match:
        raise ValueError(
            "expected a virtual network's resource ID: /subscriptions/SUBSCRIPTION/resourceGroups/GROUP"
            "/providers/Microsoft.Network/virtualNetworks/NETWORK"
        )
    return Where(
        guid(match["subscription"]),
        resource_group(match["group"]),
        vnet_name(match["network"]),
        procedures.load(procedures.VNET),
    )


def procedure(value: str) -> Procedure:
    if value not in procedures.known():
        raise ValueError(f"expected {' or '.join(procedures.known())}")
    return procedures.load(value)


def hub_id(value: str) -> Where:
    """The three names in a virtual hub's resource ID."""
    match = _HUB_ID.fullmatch(value)
    if not match:
        raise ValueError(
            "expected a virtual hub's resource ID: /subscriptions/SUBSCRIPTION/resourceGroups/GROUP"
            "/providers/Microsoft.Network/virtualHubs/HUB"
        )
    return Where(guid(match["subscription"]), resource_group(match["group"]), network_name(match["hub"]))
