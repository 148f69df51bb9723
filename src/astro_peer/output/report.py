"""The JSON document a command prints with `-o json`: on success, on failure, and for usage errors.

Its schema is `schema.json` beside this module. A command leaves out what it has nothing to say about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astro_peer.azure.objects import HubConnection
    from astro_peer.changes import Change
    from astro_peer.errors import AstroPeerError
    from astro_peer.steps.collect import Target
    from astro_peer.steps.holdings import Holding
    from astro_peer.steps.request import SupportRequest
    from astro_peer.steps.survey import Survey


@dataclass
class Report:
    """Filled in as a command goes on, so that a failure still says what was known."""

    command: str | None = None
    outcome: str = "done"
    silent: bool = False
    """The command prints a document of another kind (`role`)."""
    sections: dict[str, Any] = field(default_factory=dict)

    def target(self, target: Target) -> None:
        hub = target.hub
        self.sections["target"] = _without_none(
            {
                "tenant_id": target.tenant_id,
                "subscription_id": target.subscription.id,
                "resource_group": target.resource_group,
                "hub": target.hub_name,
                "hub_id": hub.id if hub else None,
                "location": hub.location if hub else None,
                "firewall_ip": target.firewall_ip,
            }
        )

    def changes(self, changes: Iterable[Change], *, done: bool = False) -> None:
        self.sections["changes"] = [_change(change, done=done and change.writes) for change in changes]

    def done(self, changes: Iterable[Change]) -> None:
        """Mark changes, planned before, as carried out."""
        carried_out = {(change.object, change.name) for change in changes}
        for entry in self.sections.get("changes", []):
            entry["done"] = (entry["object"], entry["name"]) in carried_out

    def verified(self, verified: bool) -> None:
        self.sections["verified"] = verified

    def request(self, request: SupportRequest) -> None:
        self.sections["request"] = asdict(request)

    def script(self, text: str) -> None:
        self.outcome = "planned"
        self.sections["script"] = text

    def complete(self, complete: bool) -> None:
        self.sections["complete"] = complete

    def hubs(self, survey: Survey) -> None:
        self.sections["hubs"] = [
            {
                "id": one.hub.id,
                "name": one.hub.name,
                "resource_group": one.hub.resource_group,
                "subscription_id": one.subscription.id,
                "subscription": one.subscription.name,
                "location": one.hub.location,
                "provisioning_state": one.hub.provisioning_state,
                "routing_state": one.hub.routing_state,
                "firewall_ip": one.firewall_ip,
                "connections": one.connections,
            }
            for one in survey.hubs
        ]
        self.sections["unread"] = [
            {"id": one.id, "name": one.name, "code": error.code, "message": error.summary}
            for one, error in survey.unread
        ]

    def drift(self, drift: Iterable[str]) -> None:
        self.sections["drift"] = list(drift)

    def holdings(self, holdings: Iterable[Holding], write_action: str) -> None:
        self.sections["assignments"] = [
            {
                "id": one.assignment.id,
                "role": one.role_name,
                "scope": one.assignment.scope,
                "ours": one.ours,
                "writes_hubs": one.allows(write_action),
            }
            for one in holdings
        ]

    def connections(self, connections: Iterable[HubConnection]) -> None:
        self.sections["connections"] = [
            {
                "id": one.id,
                "name": one.name,
                "provisioning_state": one.provisioning_state,
                "remote_network_id": one.remote_network_id,
            }
            for one in connections
        ]

    def failed(self, error: AstroPeerError) -> None:
        self.outcome = "failed"
        self.silent = False
        self.done(error.done)
        self.sections["error"] = {
            "code": error.code,
            "message": error.answer.message if error.answer else error.summary,
            "meaning": " ".join(
                part for part in (error.summary if error.answer else "", error.meaning) if part
            ),
            "next": error.next_step,
            "correlation_id": error.answer.correlation_id if error.answer else None,
        }

    def as_json(self) -> str:
        document = {"command": self.command, "outcome": self.outcome, **self.sections}
        return json.dumps(document, indent=2, ensure_ascii=False)


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of every document that `-o json` prints."""
    found = json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))
    return dict(found)


def _change(change: Change, *, done: bool) -> dict[str, Any]:
    return {
        "object": change.object.value,
        "action": change.action.value,
        "name": change.name,
        "id": change.id,
        "reason": change.reason,
        "details": list(change.details),
        "done": done,
    }


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    """`firewall_ip` is always said: null means there is none."""
    return {name: value for name, value in values.items() if value is not None or name == "firewall_ip"}
