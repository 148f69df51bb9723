"""The API version of every kind of request to Azure Resource Manager.

Pinned, and not left to the SDKs, which ask for the newest they know: a version reaches some regions long after others
(`NoRegisteredProviderFound`), so each of these has been out for a year at least.
"""

from __future__ import annotations

SUBSCRIPTIONS = "2022-12-01"
RESOURCE_GROUPS = "2022-09-01"
AUTHORIZATION = "2022-04-01"
"""Role definitions, role assignments and the caller's permissions."""
NETWORK = "2024-10-01"
"""The first that shows a network virtual appliance's one address."""
SCHEDULES = "2020-10-01"
"""Time-bound role assignments; there is no newer one that is no preview."""
ACTIVITY_LOG = "2015-04-01"
RESOURCE_GRAPH = "2022-10-01"
PROVIDERS = "2022-09-01"
LOCKS = "2020-05-01"
ASSIGNMENTS_USAGE = "2019-08-01-preview"
"""How many role assignments a subscription has left; there is no other than a preview."""
POLICY_TOKEN = "2025-11-01"  # noqa: S105  (not a password)
"""The only one there is."""
