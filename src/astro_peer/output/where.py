"""Who is signed in, which place is meant, and who Astronomer's application is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astro_peer.azure.session import Session
    from astro_peer.model.objects import Resource, ServicePrincipal
    from astro_peer.model.place import Place
    from astro_peer.output.terminal import Terminal


def session(terminal: Terminal, session: Session) -> None:
    account, cloud = session.account, session.cloud
    terminal.facts(
        terminal.err,
        [
            ("Signed in as", f"{account.name} ({account.how})"),
            ("Tenant", account.tenant_id),
            (
                "Cloud",
                cloud.name if cloud.is_azure else f"{cloud.name}: a simulated tenant, nothing is real",
            ),
        ],
    )


def place(terminal: Terminal, place: Place, *, short: bool = False) -> None:
    """Not `short`, also the firewall: it is asked for by support, and no part of what is granted."""
    facts = [("Subscription", f"{place.subscription.name} ({place.subscription.id})")]
    group = f"{place.resource_group}/" if place.resource_group else ""
    title = place.procedure.resource.title
    if place.resource:
        facts.append((title, group + resource(place.resource)))
        if place.firewall_note and not short:
            facts.append(("Firewall", f"{place.firewall_ip or 'none'} ({place.firewall_note})"))
    elif place.name:
        facts.append((title, group + place.name))
    elif place.resource_group:
        facts.append(("Resource group", place.resource_group))
    terminal.facts(terminal.err, facts)


def principal(terminal: Terminal, principal: ServicePrincipal, *, short: bool = False) -> None:
    """Whose application it is; not `short`, also its object here."""
    publisher = principal.verified_publisher
    terminal.facts(
        terminal.err,
        [
            ("Application", f"{principal.display_name} ({principal.application_id})"),
            *(() if short else (("Object ID", principal.object_id),)),
            ("Home tenant", principal.home_tenant_id or "not said"),
            ("Publisher", f"{publisher} (verified)" if publisher else "not verified"),
        ],
    )


def resource(one: Resource) -> str:
    return f"{one.name} ({one.location}, {one.state})"
