"""The states a simulated tenant can begin in, by name."""

from enum import StrEnum


class TenantState(StrEnum):
    READY = "ready"
    """Nothing stands in the way."""
    EVERYTHING_WRONG = "everything-wrong"
    """Whatever can stand in the way of a grant or of the peering does."""
    LARGE = "large"
    """Two hundred subscriptions more, and a hub with a hundred connections."""
