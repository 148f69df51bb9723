"""Azure Virtual WAN peering for Astro: the customer's side, granted and taken back.

What a Python program may use, loaded only when it is asked for: see docs/library.md.

    import astro_peer

    azure = astro_peer.connect()
    plan = astro_peer.plan_grant(azure, astro_peer.where(hub_id="/subscriptions/..."))
    applied = astro_peer.apply(azure, plan)
    result = astro_peer.verify(azure, plan, applied)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from astro_peer.azure import Azure
    from astro_peer.connecting import connect
    from astro_peer.errors import AstroPeerError, ExitCode
    from astro_peer.library import (
        apply,
        audit,
        check,
        overview,
        plan_again,
        plan_grant,
        plan_principal,
        plan_revoke,
        status,
        verify,
        where,
    )
    from astro_peer.model.audit import Audit, LoggedWrite
    from astro_peer.model.change import Action, Change, Reason
    from astro_peer.model.end import Until
    from astro_peer.model.finding import Blocks, Finding, Level
    from astro_peer.model.overview import Overview
    from astro_peer.model.place import Place, Where
    from astro_peer.model.plan import Plan
    from astro_peer.model.result import Applied, Result
    from astro_peer.model.rights import Ability
    from astro_peer.model.status import Status
    from astro_peer.model.surroundings import Asked
    from astro_peer.model.wanted import Part

_HOME = {
    "astro_peer.azure": ("Azure",),
    "astro_peer.errors": ("AstroPeerError", "ExitCode"),
    "astro_peer.connecting": ("connect",),
    "astro_peer.library": (
        "apply",
        "audit",
        "check",
        "overview",
        "plan_again",
        "plan_grant",
        "plan_principal",
        "plan_revoke",
        "status",
        "verify",
        "where",
    ),
    "astro_peer.model.audit": ("Audit", "LoggedWrite"),
    "astro_peer.model.change": ("Action", "Change", "Reason"),
    "astro_peer.model.end": ("Until",),
    "astro_peer.model.finding": ("Blocks", "Finding", "Level"),
    "astro_peer.model.overview": ("Overview",),
    "astro_peer.model.place": ("Place", "Where"),
    "astro_peer.model.plan": ("Plan",),
    "astro_peer.model.result": ("Applied", "Result"),
    "astro_peer.model.rights": ("Ability",),
    "astro_peer.model.status": ("Status",),
    "astro_peer.model.surroundings": ("Asked",),
    "astro_peer.model.wanted": ("Part",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Ability",
    "Action",
    "Applied",
    "Asked",
    "AstroPeerError",
    "Audit",
    "Azure",
    "Blocks",
    "Change",
    "ExitCode",
    "Finding",
    "Level",
    "LoggedWrite",
    "Overview",
    "Part",
    "Place",
    "Plan",
    "Reason",
    "Result",
    "Status",
    "Until",
    "Where",
    "__version__",
    "apply",
    "audit",
    "check",
    "connect",
    "overview",
    "plan_again",
    "plan_grant",
    "plan_principal",
    "plan_revoke",
    "status",
    "verify",
    "where",
]


def __getattr__(name: str) -> Any:
    """The SDKs take a second to load: whoever asks for the version alone does not wait for them."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)
