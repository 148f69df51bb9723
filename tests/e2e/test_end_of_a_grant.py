"""A grant has an end where somebody says so: it stands in Azure, is shown everywhere, and past it `status` says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from conftest import Inside

DAY = 24 * 60 * 60


def in_days(inside: Inside, days: int) -> str:
    return str((inside.sandbox.clock.now() + timedelta(days=days)).date())


def described(inside: Inside) -> str | None:
    (held,) = inside.ours()["assignments"]
    one = next(one for one in inside.tenant.role_assignments.values() if one.name == held["name"])
    return one.description


def test_an_end_stands_in_azure_and_is_shown_everywhere(inside: Inside) -> None:
    end = in_days(inside, 14)
    ran = inside.run("grant", "--yes", "--until", "14d", "--description", "CHG-4711", "-o", "json")
    assert ran.code == 0, ran.err
    assert described(inside) == f"CHG-4711 [astro-peer until {end}]"
    assert f"until {end}" in ran.err and "description: CHG-4711" in ran.err
    assert "Azure ends nothing by itself" in ran.err
    assert ran.document["until"] == ran.document["request"]["until"] == end
    assert [one["until"] for one in ran.document["assignments"]] == [end]
    assert f"Access until:           {end}" in inside.run("request").out
    status = inside.run("status")
    assert status.code == 0
    caller = ran.document["account"]["object_id"]
    for shown in (f"Until        {end}", "Description  CHG-4711"):
        assert shown in status.out
    assert status.out.count(f"(UTC) by {caller}") == 2, "the assignment, and the role"
    document = inside.run("status", "-o", "json").document
    (assignment,) = document["assignments"]
    assert (assignment["until"], assignment["by"]) == (end, caller)
    assert assignment["since"] and document["role"]["since"]
    assert document["role"]["by"] == caller


def test_the_last_day_counts_and_past_it_status_says_so(inside: Inside) -> None:
    end = in_days(inside, 3)
    assert inside.run("grant", "--yes", "--until", end).code == 0
    inside.sandbox.clock.advance(3 * DAY)
    assert inside.run("status").code == 0
    inside.sandbox.clock.advance(DAY)
    status = inside.run("status")
    assert status.code == 11
    assert f"It was granted until {end}, which is past." in status.out
    assert "astro-peer revoke --subscription" in status.out
    document = inside.run("status", "-o", "json").document
    assert document["drift"] == [f"It was granted until {end}, which is past."]
    assert "grant-overdue" in {one["id"] for one in document["findings"]}
    again = inside.run("grant", "--yes")
    assert again.code == 0 and f"The grant's end, {end}, is past." in again.err
    assert inside.run("revoke", "--yes").code == 0


def test_only_a_day_moves_an_end_that_is_there(inside: Inside) -> None:
    first, second = in_days(inside, 14), in_days(inside, 40)
    assert inside.run("grant", "--yes", "--until", "14d").code == 0
    inside.sandbox.clock.advance(2 * DAY)
    again = inside.run("grant", "--yes", "--until", "14d", "-o", "json")
    assert set(again.actions.values()) == {"keep"}
    assert f"The grant's end stays {first}" in again.err
    assert again.document["until"] == first
    moved = inside.run("grant", "--yes", "--until", second, "-o", "json")
    assert moved.code == 0, moved.err
    assert moved.actions["role assignment"] == "update"
    assert described(inside) == f"[astro-peer until {second}]"
    assert f"- until {first}" in moved.err and f"+ until {second}" in moved.err
    assert set(inside.run("grant", "--yes", "-o", "json").actions.values()) == {"keep"}
    assert described(inside) == f"[astro-peer until {second}]"


def test_a_description_changes_in_place_and_loses_nothing(inside: Inside) -> None:
    """Not the assignment's ID, nor its condition, nor the end."""
    assert inside.run("grant", "--yes", "--until", "14d", "--description", "CHG-4711").code == 0
    (before,) = inside.ours()["assignments"]
    key, held = next((k, a) for k, a in inside.tenant.role_assignments.items() if a.name == before["name"])
    condition = "(\n !(ActionMatches{'x'})\n)"
    inside.tenant.role_assignments[key] = replace(held, condition=condition, condition_version="2.0")
    ran = inside.run("grant", "--yes", "--description", "CHG-4712")
    assert ran.code == 0, ran.err
    assert "- description: CHG-4711" in ran.err and "+ description: CHG-4712" in ran.err
    now = inside.tenant.role_assignments[key]
    assert now.description == f"CHG-4712 [astro-peer until {in_days(inside, 14)}]"
    assert (now.condition, now.condition_version) == (condition, "2.0")
    assert now.created == held.created
    assert inside.run("sandbox", "connect").code == 0


def test_what_others_wrote_there_stays_to_the_letter(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0
    (made,) = inside.ours()["assignments"]
    key, held = next((k, a) for k, a in inside.tenant.role_assignments.items() if a.name == made["name"])
    inside.tenant.role_assignments[key] = replace(held, description="Ours\x1b[31m,\n'see' CHG-4711")
    ran = inside.run("grant", "--yes", "--until", "14d")
    assert ran.code == 0, ran.err
    assert "\x1b" not in ran.err + inside.run("status").out
    assert described(inside) == f"Ours\x1b[31m,\n'see' CHG-4711 [astro-peer until {in_days(inside, 14)}]"


def test_a_description_that_changed_meanwhile_is_left_alone(inside: Inside) -> None:
    import astro_peer
    from astro_peer import names

    assert inside.run("grant", "--yes").code == 0
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in inside.environment().items():
            patch.setenv(variable, value)
        azure = astro_peer.connect(timeout_seconds=60)
        place = astro_peer.where(hub_id=inside.tenant.demo_hub_id)
        plan = astro_peer.plan_grant(azure, place, until=names.until("14d"))
        assert inside.run("grant", "--yes", "--description", "a colleague's").code == 0
        with pytest.raises(astro_peer.AstroPeerError) as stopped:
            astro_peer.apply(azure, plan)
    assert stopped.value.exit_code == 7 and "a colleague's" in stopped.value.meaning
    assert described(inside) == "a colleague's"


@pytest.mark.parametrize("value", ["yesterday", "0d", "2026-02-30", "14"])
def test_an_end_that_can_be_none_is_a_usage_error(inside: Inside, value: str) -> None:
    ran = inside.run("grant", "--yes", "--until", value)
    assert ran.code == 2 and "expected a day such as" in ran.err
    assert inside.writes() == []


def test_a_day_in_the_past_is_a_usage_error_by_azures_clock(inside: Inside) -> None:
    inside.sandbox.clock.advance(10 * DAY)
    past = in_days(inside, -1)
    for more in ((), ("--dry-run",)):
        ran = inside.run("grant", "--yes", "--until", past, *more, "-o", "json")
        assert ran.code == 2, ran.err
        assert f"--until {past} is past" in ran.err
        assert ran.document["error"]["code"] == "Usage"
    assert inside.writes() == []
    assert inside.run("grant", "--yes", "--until", in_days(inside, 0)).code == 0
    assert inside.run("status").code == 0


def test_an_end_of_an_offline_script_is_checked_too(inside: Inside) -> None:
    given = (
        "--dry-run",
        "--offline",
        "--tenant",
        inside.tenant.id,
        "--subscription",
        inside.tenant.demo_subscription_id,
    )
    assert inside.run("grant", *given, "--until", "2020-01-01").code == 2
    ran = inside.run("grant", *given, "--until", "14d")
    assert ran.code == 0, ran.err
    assert "[astro-peer until 20" in ran.out


def test_an_end_more_than_a_year_away_is_warned_about(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--until", "500d", "-o", "json")
    assert ran.code == 0
    assert "more than a year away" in ran.err
    assert "end-far-away" in {one["id"] for one in ran.document["findings"]}


def test_an_end_comes_from_the_environment(inside: Inside) -> None:
    assert inside.run("grant", "--yes", env={"ASTRO_PEER_UNTIL": "7d"}).code == 0
    assert described(inside) == f"[astro-peer until {in_days(inside, 7)}]"


def test_a_description_with_an_end_in_it_is_refused(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", "--description", "CHG-1 [astro-peer until 2026-12-07]")
    assert ran.code == 2 and "--until" in ran.err


def test_nobody_is_asked_without_a_terminal_or_with_yes(inside: Inside) -> None:
    ran = inside.run("grant", "--yes", stdin="14d\n")
    assert ran.code == 0 and "Last day of the grant" not in ran.err
    assert described(inside) is None
