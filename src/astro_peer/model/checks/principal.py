"""Astronomer's service principal: whether it is there, and what else it holds."""

from __future__ import annotations

from collections.abc import Iterator

from astro_peer.errors import AstroPeerError
from astro_peer.model.checks import passed, unknown
from astro_peer.model.finding import Finding, Level
from astro_peer.model.observed import Observed
from astro_peer.model.surroundings import Surroundings
from astro_peer.model.wanted import Wanted
from astro_peer.model.way_out import WayOut, az, way_out


def findings(wanted: Wanted, observed: Observed, around: Surroundings) -> Iterator[Finding]:
    yield from _there(wanted, observed, around)
    yield from _holds(wanted, around)


def _there(wanted: Wanted, observed: Observed, around: Surroundings) -> Iterator[Finding]:
    found = observed.principal
    if found:
        if found.usable:
            yield passed(
                "principal",
                f"Astronomer's service principal is there: {found.label} ({found.object_id}).",
                fact=f"Home tenant: {found.home_tenant_id or 'not said'}; publisher:"
                f" {found.verified_publisher or 'not verified'}",
            )
        return
    deleted = around.deleted_principals
    if isinstance(deleted, AstroPeerError):
        yield unknown("principal-deleted", "Whether Astronomer's service principal was deleted here", deleted)
    elif deleted:
        yield Finding(
            "principal-deleted",
            Level.WARNING,
            "Astronomer's service principal was deleted here; a grant makes a new one, with another object ID.",
            fact="Microsoft Entra ID keeps it for 30 days: "
            + ", ".join(sorted(deleted))
            + ". What it held does not"
            " pass to a new one.",
            way_out=way_out(
                "If it was deleted by mistake, restore it before the grant: ", *_restoring(around, deleted)
            ),
            who="an Entra administrator",
        )
    elif wanted.principal_id is None:
        yield passed(
            "principal",
            "Astronomer's service principal is not in the tenant yet; the grant makes it.",
            fact=f"No service principal has the application ID {wanted.application_id}.",
        )


def _restoring(around: Surroundings, deleted: frozenset[str]) -> tuple[WayOut, ...]:
    graph = around.sign_in.graph if around.sign_in else ""
    items = f"{graph}/v1.0/directory/deletedItems"
    commands = [
        az("rest", "--method", "post", "--url", f"{items}/{one}/restore", "--resource", graph)
        for one in sorted(deleted)
    ]
    return tuple(way_out(" or " if number else None, one) for number, one in enumerate(commands))


def _holds(wanted: Wanted, around: Surroundings) -> Iterator[Finding]:
    held = around.holdings
    if isinstance(held, AstroPeerError):
        yield unknown("principal-holds", "What Astronomer's service principal holds here", held)
        return
    if held is None:
        return
    others = [one for one in held if not one.ours]
    if held.groups_unread:
        yield unknown(
            "principal-holds-through-groups", "What it holds here through groups", held.groups_unread
        )
    if not others:
        yield passed("principal-holds", "It holds no other role in the subscription's reach.")
        return
    writing = any(one.writes for one in others)
    them = wanted.procedure.short.many
    if not writing and all(one.procedure for one in others):
        yield passed(
            "principal-holds",
            "It holds what is documented for other peerings, and no other role in the subscription's reach.",
            "\n".join(f"  {one} ({one.procedure.title})" for one in others if one.procedure),
        )
        return
    yield Finding(
        "principal-holds",
        Level.WARNING,
        "Astronomer's service principal holds other roles here"
        + (f", and can write to {them} through them already." if writing else "."),
        fact="\n".join(f"  {one}{f' (writes to {them})' if one.writes else ''}" for one in others),
        way_out=way_out(
            "They may serve another Astronomer product: ask whoever granted them before you remove one (",
            az("role", "assignment", "delete", "--ids", others[0].assignment.id),
            ").",
        ),
        who="whoever granted them",
    )
