"""An end that Azure keeps itself: a time-bound active assignment of Privileged Identity Management (PIM).

It is an ordinary role assignment with a schedule beside it. That takes a licence of the tenant's, Microsoft Entra ID P2
or Governance, until it has ended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from astro_peer.model.way_out import WayOut, way_out

NO_LICENCE = "AadPremiumLicenseRequired"
"""What Azure answers to everything about schedules, reads too, where the tenant has no such licence."""
TRAP = (
    "Azure does so only while the tenant has Microsoft Entra ID P2 or Governance: when that licence ends, the"
    " assignment stays for good. So revoke it all the same."
)


class RequestKind(StrEnum):
    """What PIM can be asked for, in Azure's words."""

    ASSIGN = "AdminAssign"
    MOVE = "AdminUpdate"
    REMOVE = "AdminRemove"


@dataclass(frozen=True)
class Schedule:
    ends: datetime
    """With its zone. From then on the assignment is gone."""

    @property
    def last(self) -> date:
        """The last day, by UTC, as a note has it: one that counts until it is over."""
        return (self.ends.astimezone(UTC) - timedelta(microseconds=1)).date()

    def __str__(self) -> str:
        return f"{self.ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Scheduled:
    """What PIM says of an assignment that is active now. It lists ordinary ones as well, which have no end."""

    scope: str
    role_guid: str
    principal_id: str
    ends: datetime | None
    assignment_id: str | None


def until_the_end_of(day: date) -> Schedule:
    return Schedule(datetime.combine(day + timedelta(days=1), time(), UTC))


# A role's settings in PIM

_RULES: dict[str, WayOut] = {
    "ExpirationRule": way_out(
        "ExpirationRule: they allow no active assignment of that length. Name an earlier day with --until."
    ),
    "JustificationRule": way_out(
        "JustificationRule: they want a justification, which --description gives, beside the end."
    ),
    "MfaRule": way_out(
        "MfaRule: they want a sign-in with multi-factor authentication. Have a person sign in with it and run the same"
        " command: an application cannot."
    ),
    "TicketingRule": way_out("TicketingRule: they want a ticket's number, which --change-reference gives."),
}
_RULE = re.compile("|".join(_RULES))


def past_role_settings(message: str) -> WayOut:
    """What to do about the rules that Azure's answer names; about all there are, where it names none."""
    named = dict.fromkeys(_RULE.findall(message)) or _RULES
    return way_out(
        *(part for rule in named for part in (_RULES[rule], " ")),
        "Or ask whoever manages the role's settings in PIM; --until without --enforce-until is bound by none.",
    )
