"""The role and its assignment: how they are now, as the plan has it; what forbids them, and their number."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.change import Action, Change
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Blocks, Finding, Level
from astro_peer.model.objects import allowed, within
from astro_peer.model.rights import EVERYBODY
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import way_out

_FEW_LEFT = 50
_WRITE = "Microsoft.Authorization/roleAssignments/write"


def as_planned(changes: tuple[Change, ...], kind: str, stopped: bool) -> Iterator[Finding]:
    """What the plan finds of a kind of object, where nothing stands in its way."""
    if stopped:
        return
    for change in changes:
        if change.key.split()[0] != kind:
            continue
        if change.action is Action.DELETE:
            yield passed(
                f"{kind}-left-behind",
                f"A {change.thing.kind} was {change.says}; the grant removes it.",
                f"  {change.thing.azure_id}",
            )
            continue
        name = f"The {change.thing.kind} {change.thing.label}"
        says = {
            Action.CREATE: "is not there yet; the grant makes it.",
            Action.UPDATE: f"{change.says}; the grant mends it.",
        }.get(change.action, f"{change.says}.")
        yield passed(kind, f"{name}: {says}", "\n".join(f"  {one}" for one in change.details))


def denials(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    """Deny assignments that concern the grant, or Astronomer's connecting afterwards."""
    found = around.denials
    if isinstance(found, AstroPeerError):
        yield unknown("deny-assignments", "Deny assignments", found, Blocks.GRANT)
        return
    if found is None:
        return
    concerned = []
    for one in found:
        forbids = [
            action
            for action in (_WRITE, *wanted.procedure.write_actions)
            if allowed(one.permissions, action) and within(wanted.scope, one.scope)
        ]
        if forbids:
            concerned.append((one, forbids))
    if not concerned:
        yield passed("deny-assignments", "No deny assignment concerns the grant or the peering.")
    for one, forbids in concerned:
        who = "everybody but those it excludes" if EVERYBODY in one.principals else "some principals"
        yield Finding(
            "deny-assignments",
            Level.WARNING,
            f'The deny assignment "{one.name}" on {one.scope} forbids {" and ".join(forbids)} to {who}.',
            Blocks.GRANT if _WRITE in forbids else Blocks.PEERING,
            fact="A deny assignment comes before any role; whom it means through groups is not looked into.",
            way_out=way_out(
                "Deny assignments belong to a deployment stack or a managed application: have its owner exclude you, or"
                " Astronomer's service principal, from it."
            ),
            who="the owner of the deployment stack or managed application",
        )


def number(around: Surroundings) -> Iterator[Finding]:
    usage = around.usage
    if isinstance(usage, AstroPeerError):
        yield unknown(
            "role-assignments-left", "How many role assignments are left in the subscription", usage
        )
    elif usage is not None:
        left = usage.limit - usage.count
        of = f"{usage.count} of {usage.limit} role assignments are in use"
        if left > _FEW_LEFT:
            yield passed("role-assignments-left", f"The subscription has room for role assignments: {of}.")
            return
        yield Finding(
            "role-assignments-left",
            Level.WARNING if left > 0 else Level.FAIL,
            f"The subscription is {'near' if left > 0 else 'at'} its limit of role assignments: {of}.",
            Blocks.GRANT,
            fact="At the limit Azure refuses another with RoleAssignmentLimitExceeded.",
            way_out=way_out("Remove assignments that nobody needs, those of deleted principals first."),
            who="an Owner of the subscription",
            reviewable=True,
        )
