"""The file of a plan: what is read from it is what was written to it, or nothing."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_peer import procedure
from astro_peer.errors import AstroPeerError, AzureAnswer, Conflict, NotPermitted, UsageError
from astro_peer.model.access import Holding, Holdings
from astro_peer.model.account import Account
from astro_peer.model.end import Until
from astro_peer.model.objects import Permission, VirtualNetwork
from astro_peer.model.observed import Observed
from astro_peer.model.place import Place, Where
from astro_peer.model.plan import Plan, decide
from astro_peer.model.result import planned
from astro_peer.model.saved_plan import SavedPlan, differences, settled
from astro_peer.model.schedule import until_the_end_of
from astro_peer.model.surroundings import Asked, DirectoryRole, Lock, SignIn, Surroundings
from astro_peer.model.wanted import Part, Wanted
from astro_peer.model.way_out import az, way_out
from astro_peer.output.document import contents
from astro_peer.output.report.composed import composed
from astro_peer.output.report.markdown import markdown
from astro_peer.saved import text
from made_up import ASTRONOMER, GRANT, OTHER, REVOKE, ROLE, SCOPE, SUBSCRIPTION, held, hub, observed, role

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "review-in-a-pull-request.md"
HUB = hub()
PLACE = Place(
    SUBSCRIPTION.tenant_id, SUBSCRIPTION, Where(SUBSCRIPTION.id, "rg", "hub"), HUB, "10.0.0.4", "as given"
)
WANTED = replace(GRANT, place=PLACE, description="CHG-1", until=Until(day=date(2026, 12, 11)))
REFUSED = NotPermitted(
    "Not read.",
    meaning="Two\nlines.",
    next_step=way_out("Run ", az("login"), "."),
    answer=AzureAnswer("AuthorizationFailed", "No.", 403, "c-1"),
)
AROUND = Surroundings(
    asked=Asked(cluster_id="c1", peering_name="p"),
    sign_in=SignIn(
        "ann", "oid", SUBSCRIPTION.tenant_id, "cli", "cloud", "https://g", False, datetime.now(UTC)
    ),
    directory_roles=(DirectoryRole("Reader", "template"),),
    locks=(Lock("no", "ReadOnly", SCOPE),),
    denials=REFUSED,
)
SEEN = replace(
    observed(
        held(scope=OTHER),
        role=role(Permission(ROLE.permissions[0].actions[:5])),
        through_groups=REFUSED,
        reach=(HUB,),
        today=date(2026, 11, 27),
        not_shown=frozenset({"b", "a"}),
    ),
    permissions={SCOPE.lower(): (Permission(("*",)),)},
    principal=replace(ASTRONOMER, display_name="Astronomer", verified_publisher="Astronomer, Inc."),
)
HOLDINGS = Holdings((Holding(held(), ROLE, ours=False, through_group=True, writes=True),), REFUSED)


def saving(wanted: Wanted = WANTED, seen: Observed = SEEN, around: Surroundings = AROUND) -> SavedPlan:
    return SavedPlan(
        decide(wanted, seen, around),
        HOLDINGS if wanted.place else None,
        Account("ann", None, SUBSCRIPTION.tenant_id, "cli"),
        "cloud",
        datetime(2026, 11, 27, 12, tzinfo=UTC),
        "0.1",
        "CHG-4711",
    )


VNET = procedure.load("vnet")
NETWORK = VirtualNetwork(
    f"{SCOPE}/net", "net", "rg", SUBSCRIPTION.id, "weu", "Succeeded", ("10.0.0.0/16",), 2
)
OF_NETWORK = replace(PLACE, where=Where(procedure=VNET), resource=NETWORK, firewall_ip=None)

PLANS = [
    saving(replace(WANTED, procedure=VNET, place=OF_NETWORK), replace(SEEN, role=None, reach=(NETWORK,))),
    saving(),
    saving(replace(WANTED, only=Part.ROLE, until=None)),
    saving(replace(WANTED, place=None, only=Part.PRINCIPAL, description=None, until=None), Observed()),
    saving(
        replace(REVOKE, delete_role=True), replace(SEEN, of_role=(held(),), assignments=(held(),), role=ROLE)
    ),
]


@pytest.mark.parametrize("saved", PLANS)
def test_what_is_read_is_what_was_written(saved: SavedPlan) -> None:
    note = saved.having_done(datetime(2026, 11, 28, tzinfo=UTC), "bob", ["role"])
    for one in (saved, note):
        written = text.written(one)
        assert written.isascii()
        again = text.read(written, "plan.json")
        assert text.written(again) == written
        assert contents(planned(again)) == contents(planned(one))
        assert (again.carried_out, again.on, differences(one.plan, again.plan)) == (
            one.carried_out,
            one.on,
            (),
        )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, one in members:
        yield from leaves(one, (*path, name))


WRITTEN = [json.loads(text.written(one)) for one in PLANS]
PATHS = [(number, path) for number, one in enumerate(WRITTEN) for path in leaves(one) if path]
OTHER_VALUES = [
    *(None, True, False, 0, 1, "", "Owner", "a\nb", "\u202e", "*", [], {}, ["*"], {"type": "Until"}),
    *("vhub", SCOPE, OTHER, ROLE.guid, ASTRONOMER.object_id, "9999-12-31", "2026-11-28T00:00:00+00:00"),
]


@given(
    st.sampled_from(PATHS),
    st.sampled_from(["change", "remove", "add", "twice"]),
    st.sampled_from(OTHER_VALUES),
)
def test_no_edit_shows_another_plan(where: tuple[int, tuple[Any, ...]], how: str, other: Any) -> None:
    """Whatever is edited in one place: it is refused, or what a reviewer sees has not changed."""
    number, path = where
    document = copy.deepcopy(WRITTEN[number])
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    last = path[-1]
    if how == "remove":
        del inner[last]
    elif how == "add" and isinstance(inner, dict):
        inner["another"] = other
    elif how == "twice" and isinstance(inner, list):
        inner.append(copy.deepcopy(inner[last]))
    else:
        inner[last] = copy.deepcopy(other)
    try:
        read = text.read(json.dumps(document), "plan.json")
    except AstroPeerError as error:
        assert isinstance(error, Conflict | UsageError)
        return
    assert contents(planned(read)) == contents(planned(PLANS[number])), (path, how, other)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "[]",
        "null",
        '"text"',
        "{" * 100_000,
        "[" * 100_000,
        '{"astro_peer_saved_plan": 1, "astro_peer_saved_plan": 1}',
        '{"astro_peer_saved_plan": NaN}',
        '{"astro_peer_saved_plan": 1}',
        '{"astro_peer_saved_plan": true}',
        '{"astro_peer_saved_plan": "1"}',
        " " * (text.MOST_CHARACTERS + 1),
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(broken: str) -> None:
    with pytest.raises((Conflict, UsageError)) as refused:
        text.read(broken, "plan.json")
    assert refused.value.summary.startswith("plan.json ")


@pytest.mark.parametrize(
    "typed",
    [
        replace(WANTED, role_name="$(id)"),
        replace(WANTED, description="@file"),
        replace(WANTED, description="mine [astro-peer until 2030-01-01]"),
        replace(WANTED, principal_id=GRANT.application_id),
        replace(WANTED, until=Until(days=14)),
        replace(WANTED, known=("/subscriptions/x",)),
        replace(WANTED, place=replace(PLACE, subscription=replace(SUBSCRIPTION, id="x"))),
    ],
)
def test_what_may_not_be_typed_may_not_stand_in_a_file(typed: Wanted) -> None:
    """Not even where the file holds together."""
    forged = replace(saving(), plan=replace(saving().plan, wanted=typed))
    with pytest.raises(Conflict):
        text.read(text.written(forged), "plan.json")


def test_a_duration_becomes_a_day_and_one_that_moves_nothing_is_left_out() -> None:
    fresh = replace(SEEN, of_role=(), assignments=())
    wanted = replace(WANTED, until=Until(days=14))
    by_day = settled(decide(wanted, fresh, AROUND), AROUND.asked)
    assert by_day.wanted.until == Until(day=date(2026, 12, 11))
    there = replace(held(), description="[astro-peer until 2026-12-01]")
    seen = replace(SEEN, of_role=(there,), assignments=(there,), role=ROLE)
    kept = decide(replace(wanted, description=None), seen, AROUND)
    assert settled(kept, AROUND.asked).changes == kept.changes
    lasting = replace(there, description=None, schedule=until_the_end_of(date(2026, 12, 3)))
    noted = decide(wanted, replace(seen, of_role=(lasting,), assignments=(lasting,)), AROUND)
    assert settled(noted, AROUND.asked).changes == noted.changes


def test_no_wish_gets_lost_on_the_way() -> None:
    """Should something be wanted one day that is not passed on: nothing is done rather than something else."""
    for lost in (
        {"enforce_until": True},
        {"description": None},
        {"until": None},
        {"known": ("x",)},
        {"granted": False},
    ):
        now = replace(saving().plan, wanted=replace(WANTED, **lost))  # type: ignore[arg-type]
        (line,) = (one for one in differences(saving().plan, now) if one.startswith("what is wanted"))
        assert next(iter(lost)) in line


# What differs


def moved(**seen: Any) -> tuple[str, ...]:
    return differences(saving().plan, decide(WANTED, replace(SEEN, **seen), AROUND))


def test_every_difference_is_a_line() -> None:
    renamed = replace(SEEN.principal or ASTRONOMER, display_name="Other", home_tenant_id="t")
    assert moved(principal=renamed) == (
        "name of the application: planned with Astronomer, now Other",
        "home tenant of the application: planned with none, now t",
    )
    assert moved(reach=()) == (f"it would no longer reach {HUB.id}",)
    assert moved(reach=(HUB, hub("two"))) == (f"it would also reach {hub('two').id}",)
    another = role(Permission(ROLE.permissions[0].actions[:4]))
    planned_role, now_role, *_ = moved(role=another)
    assert "before, permissions, differs" in planned_role
    assert now_role.startswith("  ")
    gone = moved(principal=None)
    assert any(line.startswith("it would also create the service principal") for line in gone)


def test_what_is_in_place_already_differs_in_nothing() -> None:
    done = decide(WANTED, replace(SEEN, role=replace(ROLE, guid="guid", description="")), AROUND)
    assert differences(saving().plan, done) == ()
    assert [one.key for one in done.changes if one.writes] == ["assignment"]


def test_a_role_that_must_stay_by_now_is_a_difference() -> None:
    wanted = replace(REVOKE, delete_role=True)
    ours = held()
    seen = replace(SEEN, of_role=(ours,), assignments=(ours,), role=ROLE)
    before = decide(wanted, seen)
    others = decide(wanted, replace(seen, of_role=(ours, held("bbbbbbbb-0000-0000-0000-000000000002"))))
    assert any("delete the custom role" in line for line in differences(before, others))
    assert differences(before, decide(wanted, replace(seen, of_role=(), assignments=(), role=None))) == ()


# Renderings


def test_it_is_a_report_of_what_is_planned() -> None:
    saved = saving().having_done(datetime(2026, 11, 28, tzinfo=UTC), "bob", ["role"])
    found = markdown(composed(planned(saved).having(saved=saved, run=saved.run)))
    for words in ("Planned only: nothing was written", "CHG-4711", "by bob", "revoke --subscription", HUB.id):
        assert words in found
    revoke = PLANS[4]
    assert "grant --subscription" in markdown(composed(planned(revoke).having(saved=revoke, run=revoke.run)))


def gate() -> str:
    (found,) = re.findall(r"jq --exit-status '\n(.*?)'\n", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    return str(found).replace("61b9ba59-bd46-56ca-8113-9752936c72ce", SUBSCRIPTION.id)


def test_the_gate_of_the_how_to_judges(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")

    def passes(plan: Plan) -> bool:
        result = planned(replace(saving(), plan=plan))
        document = json.dumps(contents(result.having(saved=replace(saving(), plan=plan))))
        ran = subprocess.run(
            ["jq", "--exit-status", gate()], input=document, text=True, capture_output=True, check=False
        )
        assert ran.returncode in (0, 1), ran.stderr
        return ran.returncode == 0

    fresh = replace(SEEN, role=None, of_role=())
    assert passes(decide(WANTED, fresh, AROUND))
    assert passes(decide(WANTED, replace(fresh, principal=None), AROUND))
    assert not passes(decide(WANTED, SEEN, AROUND)), "it changes a role that exists"
    assert not passes(decide(replace(WANTED, until=None), fresh, AROUND))
    assert not passes(
        decide(WANTED, replace(fresh, principal=replace(ASTRONOMER, verified_publisher="E")), AROUND)
    )
    assert not passes(decide(WANTED, replace(fresh, reach=(replace(HUB, id=f"{OTHER}/hub"),)), AROUND))
    assert not passes(decide(replace(REVOKE, place=PLACE), fresh, AROUND))
