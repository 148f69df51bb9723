"""Deployments of templates to a subscription: what has come of each, and what one would change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from astro_peer.sandbox.tenant import refusals
from astro_peer.sandbox.tenant.rbac import permitted
from astro_peer.sandbox.tenant.refusals import Refusal
from astro_peer.sandbox.tenant.state import Caller, Tenant
from astro_peer.sandbox.tenant.templates import Resource, Template

DEPLOYMENTS = "Microsoft.Resources/deployments"


@dataclass(frozen=True)
class Step:
    """One resource of a deployment, which was made, refused, or waits for one that was refused."""

    resource: Resource
    refusal: Refusal | None
    moment: datetime


@dataclass(frozen=True)
class Deployment:
    id: str
    location: str
    template: Template
    steps: tuple[Step, ...]
    correlation_id: str
    started: datetime
    ready_at: datetime

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]

    @property
    def refused(self) -> list[Step]:
        return [step for step in self.steps if step.refusal is not None]

    def state(self, now: datetime) -> str:
        if now < self.ready_at:
            return "Running"
        return "Failed" if self.refused else "Succeeded"


def check_location(tenant: Tenant, deployment_id: str, location: object) -> str:
    """A deployment to a subscription is kept somewhere, and stays there."""
    if not isinstance(location, str) or not location:
        raise refusals.location_required(deployment_id.rpartition("/")[2])
    place = location.replace(" ", "").lower()
    before = tenant.deployments.get(deployment_id.lower())
    if before is not None and before.location != place:
        raise refusals.invalid_deployment_location(before.name, before.location, place)
    return place


def check_permitted(tenant: Tenant, caller: Caller, template: Template) -> None:
    """Before anything is made: whether the caller may write every resource there is."""
    refused = [
        (r.name, r.type, f"{r.type}/write", r.id)
        for r in template.resources
        if not permitted(tenant, caller, f"{r.type}/write", r.id)
    ]
    if refused:
        raise refusals.template_not_permitted(caller.app_id, caller.object_id, refused)


def differences(before: Any, after: Any, path: str = "") -> list[dict[str, Any]]:
    """What a what-if tells of one resource's properties. What the template does not say stays as it is."""
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for key, value in after.items():
            at = f"{path}.{key}" if path else key
            if key not in before:
                found.append(_change(at, "Create", None, value))
            else:
                found += differences(before[key], value, at)
        return found
    if before == after:
        return []
    if isinstance(before, list) and isinstance(after, list):
        children = []
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            if isinstance(one, dict) and isinstance(other, dict):
                inner = differences(one, other)
                if inner:
                    children.append(_change(str(index), "Modify", one, other, inner))
            else:
                children += differences(one, other, str(index))
        children += [_change(str(i), "Delete", before[i], None) for i in range(len(after), len(before))]
        children += [_change(str(i), "Create", None, after[i]) for i in range(len(before), len(after))]
        return [_change(path, "Array", before, after, children)] if children else []
    return [_change(path, "Modify", before, after)]


def _change(
    path: str, kind: str, before: Any, after: Any, children: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "path": path,
        "propertyChangeType": kind,
        "before": before,
        "after": after,
        "children": children,
    }
