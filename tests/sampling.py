"""The longest tests run a sample of their cases: always the same one, another one by seed, or with `--all` all of them.

The end of a test run says how many of how many cases ran, and the seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import hypothesis
import pytest

SEED = "ASTRO_PEER_TEST_SEED"
"""The variable that chooses another sample."""

T = TypeVar("T")
Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Sampling:
    """How much is run; set by conftest.py before any test is collected."""

    everything: bool = False
    seed: int = 0

    @classmethod
    def of(cls, config: pytest.Config) -> Sampling:
        return cls(everything=config.getoption("--all"), seed=int(os.environ.get(SEED, "0")))

    def described(self) -> str:
        how = (
            f"all cases (seed {self.seed})"
            if self.everything
            else f"a sample of the cases, by seed {self.seed}"
        )
        return f"{how}; another seed: {SEED}=..." + ("" if self.everything else ", all: --all")


chosen = Sampling()


def examples(whole: int, *, sampled: int, **settings: Any) -> Callable[[Test], Test]:
    """Instead of hypothesis.settings: so many random examples, in a sample fewer, and always the same by seed."""
    count = whole if chosen.everything else sampled

    def decorate(test: Test) -> Test:
        limited = hypothesis.settings(max_examples=count, database=None, **settings)(test)
        return pytest.mark.cases(count, whole)(hypothesis.seed(chosen.seed)(limited))

    return decorate


class Sampler:
    """Chooses cases for one test, and keeps count."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._node = request.node
        self._ran = self._known = 0

    def __call__(self, cases: Sequence[T], at_most: int) -> list[T]:
        """So many of the cases, in their order."""
        count = len(cases) if chosen.everything else min(at_most, len(cases))
        # By the test's name, so that two tests over the same cases choose different ones.
        dice = random.Random(f"{chosen.seed} {self._node.nodeid}")  # noqa: S311  (no secret)
        numbers = sorted(dice.sample(range(len(cases)), count))
        self._ran += count
        self._known += len(cases)
        self._node.user_properties.append(("cases", [self._ran, self._known]))
        return [cases[number] for number in numbers]
