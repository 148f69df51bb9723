"""Azure resource paths and scopes: their fixed words ignore case, their values keep it."""

from collections.abc import Iterator

_MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"

# Azure answers in its own spelling, however the caller spelt the path.
_SPELLING = {
    word.lower(): word
    for word in [
        "subscriptions",
        "resourceGroups",
        "providers",
        "Microsoft.Network",
        "Microsoft.Authorization",
        "Microsoft.Resources",
        "Microsoft.Management",
        "managementGroups",
        "virtualHubs",
        "virtualWans",
        "azureFirewalls",
        "networkVirtualAppliances",
        "hubVirtualNetworkConnections",
        "hubRouteTables",
        "routeMaps",
        "routingIntent",
        "virtualNetworks",
        "virtualNetworkPeerings",
        "virtualNetworkGateways",
        "subnets",
        "securityPartnerProviders",
        "denyAssignments",
        "roleDefinitions",
        "roleAssignments",
        "roleAssignmentSchedules",
        "roleAssignmentScheduleInstances",
        "roleAssignmentScheduleRequests",
        "locks",
        "deployments",
        "whatIf",
    ]
}


def _fixed(segments: list[str]) -> Iterator[tuple[str, bool]]:
    """Each segment with whether it is a fixed word: key/value pairs, `providers` taking a namespace."""
    key, after_providers = True, False
    for segment in segments:
        yield segment, key or after_providers
        if after_providers:
            key, after_providers = True, False
        elif key:
            after_providers = segment.lower() == "providers"
            key = False
        else:
            key = True


def split(path: str) -> list[str]:
    """The segments, whatever number of slashes stands between them (az sends two at the start)."""
    return [segment for segment in path.split("/") if segment]


def routable(path: str) -> str:
    """The path with its fixed words in lower case, for a case-sensitive router."""
    return "/" + "/".join(s.lower() if fixed else s for s, fixed in _fixed(split(path)))


def spelt(path: str) -> str:
    """The path as Azure writes it: known words in its own spelling, subscription IDs in lower case."""
    segments = [_SPELLING.get(s.lower(), s) if fixed else s for s, fixed in _fixed(split(path))]
    if len(segments) > 1 and segments[0] == "subscriptions":
        segments[1] = segments[1].lower()
    return "/" + "/".join(segments)


def covers(outer: str, inner: str) -> bool:
    """Whether what holds at `outer` (root, management group, subscription, ...) is inherited at `inner`.

    The tenant has one management group, its root, so that one covers every subscription.
    """
    outer, inner = outer.lower().rstrip("/"), inner.lower().rstrip("/")
    if outer == "" or outer == inner:
        return True
    if outer.startswith(_MANAGEMENT_GROUPS):
        return inner.startswith("/subscriptions/")
    return inner.startswith(outer + "/")


def subscription_of(scope: str) -> str | None:
    """The subscription ID a scope lies in, in lower case; None for the root and management groups."""
    segments = split(scope)
    return segments[1].lower() if len(segments) > 1 and segments[0].lower() == "subscriptions" else None


def resource_group_of(scope: str) -> str | None:
    segments = split(scope)
    return segments[3] if len(segments) > 3 and segments[2].lower() == "resourcegroups" else None
