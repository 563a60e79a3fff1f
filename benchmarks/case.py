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
      wanted: how many times better than the best of its rivals the project wants to be.
      prepare: builds the program from the module of a side, checks its result, and returns the
        sampler.
      higher_is_better: for rates.
      rounds: how many samples a side are taken.
      rivals: the sides that tensormill is compared with.
      shown: sides that are measured beside them for information.
    """

    name: str
    unit: str
    wanted: float
    prepare: Callable[[Any], Sample]
    higher_is_better: bool = False
    rounds: int = 9
    rivals: tuple[str, ...] = ("tensorflow",)
    shown: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that are measured, in turns."""
        return ("tensormill", *self.rivals, *self.shown)


def seconds_per_call(call: Callable[[], Any], calls: int) -> float:
    """Return the mean time of a call over `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def calls_per_second(call: Callable[[], Any], calls: int, limit_s: float = 2.0) -> float:
    """Return the rate over `calls` calls, or over as many as there are in about `limit_s`."""
    done, elapsed_s = 0, 0.0
    start = time.perf_counter()
    while done < calls and elapsed_s < limit_s:
        call()
        done += 1
        elapsed_s = time.perf_counter() - start
    return done / elapsed_s


def expect(condition: bool, what: str) -> None:
    """Stop a benchmark whose result is wrong."""
    if not condition:
        raise AssertionError(f"wrong result: {what}")
