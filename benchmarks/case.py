"""What a benchmark case is, and how one sample of it is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Sample = Callable[[], float]


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
      name: unique among all cases.
      unit: of what a sample returns, such as "us".
      wanted: how many times better than TensorFlow the project wants to be.
      prepare: builds the program from the `tf` module, checks its result, and returns the sampler.
      higher_is_better: for rates.
      rounds: how many samples a side are taken.
    """

    name: str
    unit: str
    wanted: float
    prepare: Callable[[Any], Sample]
    higher_is_better: bool = False
    rounds: int = 9


def seconds_per_call(call: Callable[[], Any], calls: int) -> float:
    """Return the mean time of a call over `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def expect(condition: bool, what: str) -> None:
    """Stop a benchmark whose result is wrong."""
    if not condition:
        raise AssertionError(f"wrong result: {what}")
