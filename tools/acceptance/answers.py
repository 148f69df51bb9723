"""What became of a question: as assumed or otherwise, and what Azure said, with nobody's IDs in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from acceptance.calls import Reply
from acceptance.stage import Stage
from astro_peer.plain import one_line
from astro_peer.secrets_in_use import blotted


class Verdict(StrEnum):
    AS_ASSUMED = "as assumed"
    OTHERWISE = "otherwise"
    NOT_ANSWERED = "not answered"


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    says: str
    """What Azure answered, or why nothing can be said."""


@dataclass(frozen=True)
class Question:
    id: str
    asks: str
    assumed: str
    """What the product assumes, which is the sandbox's rule."""
    matters: str
    """Where in the code, and what hangs on it."""
    ask: Callable[[Stage], Answer]


_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UNDASHED = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+#-]+@[\w.-]+\w")
_DOMAIN = re.compile(r"\b[\w-]+\.onmicrosoft\.com\b", re.IGNORECASE)
_TOKEN = re.compile(r"\beyJ[\w.-]{8,}")
_CLIENT = re.compile(r"(The client )'[^']*'")
_LONGEST = 300
_CANNOT_TELL = frozenset(
    {
        "AadPremiumLicenseRequired",
        "AuthorizationFailed",
        "Authorization_RequestDenied",
        "DenyAssignmentAuthorizationFailed",
        "Directory_QuotaExceeded",
        "InvalidResourceType",
        "LinkedAuthorizationFailed",
        "MissingSubscriptionRegistration",
        "ReadOnlyDisabledSubscription",
        "RequestDisallowedByPolicy",
        "RoleAssignmentLimitExceeded",
        "RoleDefinitionLimitExceeded",
        "ScopeLocked",
        "TooManyRequests",
    }
)
"""Refusals that tell of this caller or this tenant, and not of Azure's rules, where they are not what was assumed."""


def redacted(text: str) -> str:
    """One line, without IDs, accounts, tokens or secrets: it is meant to be published."""
    text = _TOKEN.sub("TOKEN", blotted(one_line(text)))
    text = _UNDASHED.sub("0" * 32, _GUID.sub("00000000-0000-0000-0000-000000000000", text))
    text = _CLIENT.sub(r"\1'CLIENT'", _DOMAIN.sub("DOMAIN", _ADDRESS.sub("ACCOUNT", text)))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def described(reply: Reply) -> str:
    if reply.ok:
        return str(reply.status)
    return (
        f"{reply.status} {reply.code}: {reply.message}" if reply.message else f"{reply.status} {reply.code}"
    )


def judged(reply: Reply, *, as_assumed: bool, more: str = "") -> Answer:
    """A refusal for lack of a right, and an Azure that does not work, answer no question."""
    says = redacted(described(reply) + (f"; {more}" if more else ""))
    if as_assumed:
        return Answer(Verdict.AS_ASSUMED, says)
    unclear = reply.code in _CANNOT_TELL or reply.status in (401, 429) or reply.status >= 500
    return Answer(Verdict.NOT_ANSWERED if unclear else Verdict.OTHERWISE, says)


def refused_with(reply: Reply, code: str, *statuses: int) -> Answer:
    """As assumed is this code, with one of the statuses where any are named."""
    return judged(reply, as_assumed=reply.code == code and (not statuses or reply.status in statuses))


def decided(as_assumed: bool, says: str) -> Answer:
    return Answer(Verdict.AS_ASSUMED if as_assumed else Verdict.OTHERWISE, redacted(says))
