"""Whatever happens half-way, the next run finishes, and nothing else is harmed.

At every request of grant and of revoke, for a fresh, a half-done and a stale tenant: the connection is cut after the
request was processed, or before, or astro-peer is killed outright. Afterwards one plain run must complete. The same
while Azure lags and spells as it likes: in a mixture of the sandbox's faults that the seed chooses.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from werkzeug.wrappers import Request

import sampling
from astro_peer.sandbox.faults.fault import ConnectionCut, Fault, Service
from astro_peer.sandbox.run import serving
from conftest import PROD, Inside
from e2e.test_roles_that_exist import STALE, arrange_role
from running import Running
from sampling import Sampler

if sys.platform == "win32":
    pytest.skip("needs SIGKILL", allow_module_level=True)


def fresh(inside: Inside) -> None:
    """Nothing of ours is there."""


def half_done(inside: Inside) -> None:
    assert inside.run("grant", "--yes", "--only", "principal").code == 0


def stale(inside: Inside) -> None:
    arrange_role(inside, STALE)


def granted(inside: Inside) -> None:
    assert inside.run("grant", "--yes").code == 0


class Interruption(Fault):
    """Armed with a number, it strikes at that request: at every try, so that no retry hides it."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how
        self._strike_at: int | None = None
        self.seen = 0
        self.victim: Future[Running] = Future()

    def arm(self, number: int | None) -> None:
        self._strike_at, self.seen = number, 0

    def before(self, request: Request, service: Service) -> bool:
        self.seen += 1
        if self._strikes() and self.how == "refuse":
            raise ConnectionCut
        return False

    def after(self, request: Request, service: Service) -> None:
        if self._strikes() and self.how == "drop":
            raise ConnectionCut
        if self._strikes() and self.how == "kill":
            self.victim.result(timeout=60).kill()
            raise ConnectionCut

    def _strikes(self) -> bool:
        if self._strike_at is None:
            return False
        return self.seen == self._strike_at if self.how == "kill" else self.seen >= self._strike_at


@contextlib.contextmanager
def arranged(
    how: str, arrange: Callable[[Inside], None], faults: Sequence[str] = (), seed: int = 0
) -> Iterator[Callable[[], tuple[Inside, Interruption]]]:
    """A factory of tenants that begin alike: arranged once, and set back to that for every case."""
    with serving(faults=faults, seed=seed) as sandbox:
        fault = Interruption(how)
        sandbox._app._faults = [*sandbox._app._faults, fault]
        inside = Inside(sandbox)
        arrange(inside)
        begin = copy.deepcopy({name: held for name, held in vars(sandbox.tenant).items() if name != "clock"})

        def again() -> tuple[Inside, Interruption]:
            vars(sandbox.tenant).update(copy.deepcopy(begin))
            fault.arm(None)
            return inside, fault

        yield again


def strike(inside: Inside, fault: Interruption, number: int, *command: str) -> int:
    """Run the command with the fault armed at that request."""
    fault.arm(number)
    if fault.how != "kill":
        code = inside.run_here(*command, "--timeout", "1").code
    else:
        fault.victim = Future()  # the first request may come before the process is known here
        process = inside.start(*command)
        fault.victim.set_result(process)
        code = process.wait(timeout=120)
    fault.arm(None)
    return code


def can_connect(inside: Inside) -> bool:
    code = inside.run_here("sandbox", "connect").code
    assert code in (0, 5)
    return code == 0


def others(state: dict[str, Any], ours: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Everything that is not Astronomer's."""
    known = [str(one) for part in ours.values() for one in part]
    return {part: [one for one in held if str(one) not in known] for part, held in state.items()}


CASES = [
    (("grant", "--yes"), fresh),
    (("grant", "--yes"), half_done),
    (("grant", "--yes"), stale),
    (("revoke", "--yes", "--delete-role"), granted),
]
IDS = [f"{command[0]}-{arrange.__name__}" for command, arrange in CASES]
HOWS = ["drop", "refuse", "kill"]
LAGS = [
    "slow-lists:60",
    "slow-reads:60",
    "principal-lag:60",
    "role-lag:60",
    "graph-lag:60",
    "delete-lag:60",
    "small-pages",
    "mixed-case",
    "outside-scopes-404",
]


def finishes(inside: Inside, fault: Interruption, number: int, *command: str) -> bool:
    """Strike one run of the command, and let another one finish. Whether the first one failed."""
    at = f"{fault.how} at request {number}"
    before = others(inside.state(), inside.ours())
    code = strike(inside, fault, number, *command)
    assert code in (-signal.SIGKILL if fault.how == "kill" else 1, 0, 4, 8), f"{at}: exit {code}"

    again = inside.run_here(*command)
    assert again.code == 0, f"{at}: the next run finishes\n{again.err}"
    inside.sandbox.clock.advance(3600)  # what was deleted is gone, whatever lag there is
    ours = inside.ours()
    assert others(inside.state(), ours) == before, f"{at}: nothing else is harmed"
    counts = [len(part) for part in ours.values()]
    if command[0] == "grant":
        assert counts == [1, 1, 1], f"{at}: one of each"
        assert ours["roles"][0]["assignableScopes"] == [f"/subscriptions/{PROD}"]
    else:
        assert counts == [1, 0, 0], f"{at}: none but the principal"
    assert can_connect(inside) is (command[0] == "grant"), at
    return code != 0


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("command", "arrange"), CASES, ids=IDS)
def test_struck_at_every_request(
    command: tuple[str, ...], arrange: Callable[[Inside], None], how: str, sample: Sampler
) -> None:
    with arranged(how, arrange) as again:
        inside, fault = again()
        assert inside.run_here(*command).code == 0
        numbers = sample(range(1, fault.seen + 1), 8)
        failed = sum(finishes(*again(), number, *command) for number in numbers)
    assert failed > len(numbers) / 2, "a test in which no run fails proves nothing"


@pytest.mark.parametrize(("command", "arrange"), CASES, ids=IDS)
def test_struck_at_every_request_while_azure_lags(
    command: tuple[str, ...], arrange: Callable[[Inside], None], sample: Sampler
) -> None:
    seed = sampling.chosen.seed
    dice = random.Random(f"{seed} {command} {arrange.__name__}")  # noqa: S311  (no secret)
    lags = dice.sample(LAGS, dice.randint(3, len(LAGS)))
    with arranged("", arrange, [*lags, "fast-clock:10"], seed) as again:
        inside, fault = again()
        assert inside.run_here(*command).code == 0
        cases = sample(list(itertools.product(HOWS, range(1, fault.seen + 1))), 2)
        failed = 0
        for how, number in cases:
            inside, fault = again()
            fault.how = how
            failed += finishes(inside, fault, number, *command)
    assert failed >= len(cases) / 2, f"a test in which no run fails proves nothing: {lags}"


@pytest.mark.parametrize("number", [3, 8])
def test_ctrl_c_says_what_was_done(number: int) -> None:
    """SIGINT while a request is under way: exit 130, and the same command finishes later."""
    with arranged("interrupt", fresh) as again:
        inside, fault = again()
        process = inside.start("grant", "--yes", env={"PYTHONUNBUFFERED": "1"}, stderr=subprocess.PIPE)

        def interrupt(request: Request, service: Service) -> None:
            if len(inside.writes()) == (1 if number == 3 else 2) and process.poll() is None:
                os.kill(process.pid, signal.SIGINT)

        fault.after = interrupt  # type: ignore[method-assign]
        error = process.communicate(timeout=120)[1]
        assert process.returncode == 130, error
        assert "Interrupted" in error
        assert "Not done: create" in error
        fault.after = lambda *_: None  # type: ignore[method-assign]
        assert inside.run("grant", "--yes").code == 0
        assert [len(part) for part in inside.ours().values()] == [1, 1, 1]
