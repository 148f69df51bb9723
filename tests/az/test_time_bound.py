"""A script of a time-bound grant, carried out by bash and the real az: made, moved, put in a permanent one's place,
removed, and stopped where Azure refuses.
"""

from __future__ import annotations

from datetime import timedelta

from astro_peer.sandbox.tenant.state import Schedule

from .tenant import InsideWithAz

TEXT = """CHG-4711 by O'Brien: "no $(touch pwned) `touch pwned`", 100 % \\ ä"""
ENFORCED = ("grant", "--enforce-until", "--until")


def schedule(inside: InsideWithAz) -> Schedule:
    (one,) = inside.tenant.schedules.values()
    assert [held["name"] for held in inside.ours()["assignments"]] == [
        (one.assignment_id or "").rpartition("/")[2]
    ]
    return one


def bash(inside: InsideWithAz, script: str) -> None:
    """Twice: the second time nothing is left to do."""
    for _ in range(2):
        ran = inside.bash(script)
        assert ran.code == 0, ran.err
    assert not (inside.folder / "pwned").exists()


def test_a_time_bound_grant_by_its_scripts(inside: InsideWithAz) -> None:
    bash(
        inside,
        inside.script(*ENFORCED, "14d", "--description", TEXT, "--change-reference", "CHG 'x' \"y\" $(z)"),
    )
    made = schedule(inside)
    (request,) = inside.tenant.schedule_requests.values()
    assert request.ticket["ticketNumber"] == "CHG 'x' \"y\" $(z)"
    assert (request.justification or "").startswith(f"{TEXT} [astro-peer until ")
    held = inside.tenant.role_assignments[(made.assignment_id or "").lower()]
    assert held.description == request.justification
    assert set(inside.run("grant", "--yes", "-o", "json").actions.values()) == {"keep"}

    later = (inside.sandbox.clock.now() + timedelta(days=40)).date()
    bash(inside, inside.script(*ENFORCED, str(later)))
    end = schedule(inside).end
    assert end and end.date() == later + timedelta(days=1)

    revoke = inside.script("revoke")
    young = inside.bash(revoke)
    assert young.code != 0 and "five minutes" in young.err
    assert schedule(inside)
    inside.sandbox.clock.advance(300)
    bash(inside, revoke)
    assert inside.tenant.schedules == {} and inside.ours()["assignments"] == []


def test_a_permanent_assignment_goes_only_when_azure_takes_the_other(inside: InsideWithAz) -> None:
    assert inside.run("grant", "--yes").code == 0
    before = inside.ours()["assignments"]
    script = inside.script(*ENFORCED, "14d")
    inside.tenant.quirks.role_settings = frozenset({"MfaRule"})
    refused = inside.bash(script)
    assert refused.code != 0 and "MfaRule" in refused.err
    assert inside.ours()["assignments"] == before
    inside.tenant.quirks.role_settings = frozenset()
    bash(inside, script)
    assert schedule(inside)

    revoke = inside.script("revoke")
    inside.tenant.quirks.licensed_for_pim = False
    bash(inside, revoke)
    assert inside.ours()["assignments"] == []
