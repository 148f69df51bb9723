"""What Azure answered to a request that writes: by these IDs its support and its logs find that request again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Receipt:
    moment: datetime
    """By Azure's clock."""
    method: str
    status: int
    """Of HTTP: refusals have receipts too, and each of the times a request was sent again."""
    correlation_id: str
    """As the activity log has it; "" where there is none, as from Microsoft Graph."""
    request_id: str
