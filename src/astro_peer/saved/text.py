"""The text of a saved plan: JSON in ASCII, in two halves that must agree.

`decided_from` is what the plan follows from: what is wanted, and what was observed. `review` is what follows, in the
form of the JSON document, for people and gates that look at the file itself. Whoever reads it decides anew from the
first half and compares: a file whose halves differ is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from astro_peer import __version__, names
from astro_peer.errors import Conflict, UsageError
from astro_peer.model import plan as plans
from astro_peer.model.access import Holdings
from astro_peer.model.account import Account
from astro_peer.model.observed import Observed
from astro_peer.model.result import planned
from astro_peer.model.saved_plan import FORMAT, CarriedOut, SavedPlan
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.output.document import contents
from astro_peer.procedure import VNET
from astro_peer.saved.codec import Unreadable, decode, encode
from astro_peer.secrets_in_use import blotted

MARK = "astro_peer_saved_plan"
"""The field that says what the file is, and in which version of the format."""
MOST_CHARACTERS = 8_000_000
_DECIDED_FROM, _REVIEW, _WRITTEN_BY, _CARRIED_OUT = "decided_from", "review", "written_by", "carried_out"


@dataclass(frozen=True)
class _DecidedFrom:
    wanted: Wanted
    observed: Observed
    around: Surroundings
    holdings: Holdings | None
    account: Account
    cloud: str
    on: datetime
    change_reference: str | None


def written(saved: SavedPlan) -> str:
    plan = saved.plan
    first_half = _DecidedFrom(
        plan.wanted,
        plan.observed,
        plan.around,
        saved.holdings,
        saved.account,
        saved.cloud,
        saved.on,
        saved.change_reference,
    )
    whole = {
        MARK: FORMAT,
        _WRITTEN_BY: saved.version,
        _CARRIED_OUT: encode(saved.carried_out, CarriedOut | None),
        _REVIEW: contents(planned(saved)),
        _DECIDED_FROM: encode(first_half, _DecidedFrom),
    }
    return blotted(json.dumps(whole, indent=2)) + "\n"


def is_one(text: str) -> bool:
    """Whether it is a saved plan, of whatever version."""
    try:
        return MARK in _object(text)
    except Unreadable:
        return False


def read(text: str, name: str) -> SavedPlan:
    """`name` of the file, for the errors. Raises UsageError for what is no saved plan, Conflict for one that does not
    hold together, or is of another version of the format.
    """
    try:
        whole = _object(text)
    except Unreadable as error:
        raise _no_plan(name, f"{error}.") from None
    if MARK not in whole:
        raise _no_plan(name, f"It has no field {MARK!r}.")
    if whole[MARK] != FORMAT or type(whole[MARK]) is not int:
        raise Conflict(
            f"{name} is a saved plan in another format.",
            meaning=f"Its version is {ascii(whole[MARK])[:40]}; this astro-peer, {__version__}, reads {FORMAT}.",
            next_step="Make the plan anew with this version, or use the one that wrote it.",
        )
    version = whole.get(_WRITTEN_BY)
    by = f"It was written by astro-peer {ascii(version)[1:40].rstrip(chr(39))}; this is {__version__}."
    try:
        saved = _decoded(whole)
    except Unreadable as error:
        raise _does_not_hold(name, f"{error}. {by}") from None
    if difference := _first_difference(contents(planned(saved)), whole[_REVIEW], _REVIEW):
        raise _does_not_hold(name, f"{difference} does not follow from what the plan was decided from. {by}")
    return saved


def _no_plan(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name} is no saved plan.",
        meaning=why[:1].upper() + why[1:],
        next_step="Name a file that was written by grant --plan or revoke --plan.",
    )


def _does_not_hold(name: str, why: str) -> Conflict:
    return Conflict(
        f"{name} does not hold together, so it is not used.",
        meaning=f"{why} It was edited, or another version of astro-peer decides otherwise.",
        next_step="Make the plan anew, and have it reviewed again.",
    )


def _object(text: str) -> dict[str, Any]:
    """Raises Unreadable. No field may stand twice: programs differ in which of them they take."""
    if len(text) > MOST_CHARACTERS:
        raise Unreadable("it is too large")
    try:
        found = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is not the JSON that was expected") from None
    if not isinstance(found, dict):
        raise Unreadable("it is not the JSON that was expected")
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a field stands twice in it")
    return found


def _no_number(name: str) -> None:
    raise Unreadable(f"{name} is no number in JSON")


def _decoded(whole: dict[str, Any]) -> SavedPlan:
    """Raises Unreadable."""
    known = {MARK, _WRITTEN_BY, _CARRIED_OUT, _REVIEW, _DECIDED_FROM}
    if whole.keys() != known:
        raise Unreadable(f"the field {min(whole.keys() ^ known)[:60]!a} is missing, or was not expected")
    half = decode(whole[_DECIDED_FROM], _DecidedFrom, _DECIDED_FROM)
    for what in _not_as_typed(half):
        raise Unreadable(f"{_DECIDED_FROM}: {what}")
    try:
        plan = plans.decide(half.wanted, half.observed, half.around)
        return SavedPlan(
            plan,
            half.holdings,
            half.account,
            half.cloud,
            half.on,
            decode(whole[_WRITTEN_BY], str, _WRITTEN_BY),
            half.change_reference,
            decode(whole[_CARRIED_OUT], CarriedOut | None, _CARRIED_OUT),
        )
    except Unreadable:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unreadable(
            f"{_DECIDED_FROM}: nothing can be decided from it ({type(error).__name__})"
        ) from None


def _not_as_typed(half: _DecidedFrom) -> Iterator[str]:
    """What a user may not type, a file may not say either."""
    wanted, asked = half.wanted, half.around.asked
    place, until = wanted.place, wanted.until
    checks = (
        (names.guid, wanted.tenant_id),
        (names.role_name, wanted.role_name),
        (names.guid, wanted.principal_id),
        (names.note, wanted.description),
        (names.cluster_id, asked.cluster_id),
        (names.network_name, asked.peering_name),
        (names.firewall_ip, asked.firewall_ip),
        (names.description, half.change_reference),
        *((names.assignment_ids, one) for one in wanted.known),
        *(
            (
                (names.guid, place.subscription.id),
                (names.resource_group, place.resource_group),
                (names.vnet_name if place.procedure.key == VNET else names.network_name, place.name),
            )
            if place
            else ()
        ),
    )
    for check, value in checks:
        try:
            if value is not None:
                check(value)
        except ValueError as error:
            yield f"{ascii(value)[:60]} is not valid: {error}"
    if place and place.procedure != wanted.procedure:
        yield "the place is of another procedure than the plan"
    if place is None and wanted.only is not Part.PRINCIPAL:
        yield "the plan has no place"
    if until and (until.day is None or until.days):
        yield "the end of a grant is to be a day"
    if wanted.principal_id == wanted.application_id:
        yield "the application's ID is not that of its service principal"


def _first_difference(one: Any, other: Any, where: str) -> str:
    """Where two JSON values differ first; "" for nowhere."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            if name not in one or name not in other:
                return f"{where}.{ascii(name)[1:-1][:60]}"
            if found := _first_difference(one[name], other[name], f"{where}.{name}"):
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            if found := _first_difference(left, right, f"{where}[{number}]"):
                return found
        return ""
    return "" if type(one) is type(other) and one == other else where
