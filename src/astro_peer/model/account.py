"""Who is signed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Who is signed in, as the token says. A caller may not rely on it for more than showing it."""

    name: str
    object_id: str | None
    tenant_id: str
    how: str
    """The way of signing in."""
