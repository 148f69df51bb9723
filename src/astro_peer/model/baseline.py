"""The baseline: what was connected to a hub (or network) before Astronomer could, by which a new connection is known.

It is what was listed before a grant, or what an earlier run has reported; without either it is what is there when the
watching begins, and the activity log says which of that Astronomer has written since the grant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from astro_peer.model.objects import Connection, same, within
from astro_peer.procedure import Procedure, load


class Basis(StrEnum):
    GRANT = "grant"
    """Listed before the grant was written."""
    REPORT = "report"
    """Read from a report."""
    LOG = "log"
    """Listed when the watching began; the activity log tells what of it is Astronomer's."""


@dataclass(frozen=True)
class Baseline:
    basis: Basis
    connections: tuple[Connection, ...]

    def of(self, connection_id: str) -> Connection | None:
        return next((one for one in self.connections if same(one.id, connection_id)), None)

    @property
    def says(self) -> str:
        """What a new connection is told by."""
        number = len(self.connections)
        there = f"{number} connection{'' if number == 1 else 's'}" if number else "no connection"
        match self.basis:
            case Basis.GRANT:
                return f"{there} before the grant"
            case Basis.REPORT:
                return f"{there} by the report"
            case Basis.LOG:
                return f"{there} now; what Astronomer has written since the grant, the activity log says"


class NoBaseline(ValueError):
    """A report from which it cannot be told what was there; str() says what it lacks, a sentence."""


_EXPECTED = (
    "Expected is the JSON document that grant or status prints with -o json, or writes with --report FILE.json, for the"
    " same {}"
)


def of_report(text: str, resource_id: str, procedure: Procedure | None = None) -> Baseline:
    """What a report says of that resource's connections: a hub's where no procedure is named.

    Raises NoBaseline for anything that is not certain.
    """
    procedure = procedure or load()
    expected = _EXPECTED.format(procedure.resource.one)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NoBaseline(f"It is no JSON. {expected}.") from None
    if not isinstance(document, dict) or "schema_version" not in document:
        raise NoBaseline(f"It is JSON, but no document of astro-peer. {expected}.")
    if document["schema_version"] != 1:
        raise NoBaseline("It is of another version of astro-peer, whose documents mean something else.")
    target = document.get("target")
    reported = target.get(f"{procedure.json_name}_id") if isinstance(target, dict) else None
    if isinstance(reported, str) and not same(reported, resource_id):
        raise NoBaseline(f"It is of another {procedure.resource.one}: {reported}.")
    listed = document.get("connections")
    if not isinstance(listed, list):
        raise NoBaseline(f"It does not say which connections there were. {expected}.")
    return Baseline(Basis.REPORT, tuple(_connections(listed, resource_id)))


def _connections(listed: list[Any], resource_id: str) -> Iterator[Connection]:
    for number, one in enumerate(listed, 1):
        if not isinstance(one, dict):
            raise NoBaseline(f"Its connection number {number} is no object.")
        told = {name: one.get(name) for name in ("id", "name", "provisioning_state", "remote_network_id")}
        told["etag"] = one.get("etag", "")
        texts = {name: text for name, text in told.items() if isinstance(text, str)}
        if missing := told.keys() - texts.keys():
            raise NoBaseline(f"Its connection number {number} does not say its {min(missing)} as a text.")
        found = Connection(**texts)
        if same(found.id, resource_id) or not within(found.id, resource_id):
            raise NoBaseline(f"Its connection number {number} is not one of {resource_id}.")
        yield found
