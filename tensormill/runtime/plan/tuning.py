"""Tuning: a block is walked, then measured, then compiled in the form that proved fastest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from tensormill.runtime.plan.instructions import Instruction, LoopInstruction
from tensormill.runtime.plan.lane_threads import LaneThreads
from tensormill.runtime.plan.lanes import LaneBlock, schedule
from tensormill.runtime.plan.straight_line import Block, Observer

__all__ = ["LANE_THREADS", "TunedBlock"]

LANE_THREADS = LaneThreads(limit=4 * (os.cpu_count() or 1))
"""The lane threads of this process."""

_WORTH_LANES_NS = 300_000
_WANTED_GAIN = 0.9
_TRIALS = 3

Runner = Callable[[list[Any], Any], Any]


class _Stopwatch:
    """An observer that measures what each instruction takes."""

    def __init__(self) -> None:
        self._starts: list[int] = []

    def before(self, instruction: Instruction) -> None:
        self._starts.append(time.perf_counter_ns())

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        """An instruction ends where the next one begins."""

    def costs_ns(self) -> list[int]:
        """Return the time of each instruction."""
        ends = [*self._starts[1:], time.perf_counter_ns()]
        return [end - start for start, end in zip(self._starts, ends, strict=True)]


class TunedBlock:
    """A block and the fastest known way to run it.

    The first run walks the instructions (most steps of a program run once), the second one measures them, and
    from then on the compiled form runs; where lanes promise a gain both forms are tried and the faster one stays.

    Attributes:
      block: the instructions.
    """

    __slots__ = ("_lanes", "_lock", "_next", "_runner", "_times", "block")

    def __init__(self, block: Block, lanes: int) -> None:
        self.block = block
        structured = any(i.guard or isinstance(i, LoopInstruction) for i in block.instructions)
        self._lanes = 1 if structured else lanes
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self._next: Runner = self._walk_first  # guarded by _lock
        self._times: dict[Runner, list[int]] = {}  # guarded by _lock

    def run(self, values: list[Any], step: Any) -> None:
        """Run the block over the values of its slots."""
        runner = self._runner
        if runner is not None:
            runner(values, step)
        elif self._lock.acquire(blocking=False):
            try:
                self._next(values, step)
            finally:
                self._lock.release()
        else:  # another thread measures at this moment
            self.block.walk(values, step)

    def walk(self, values: list[Any], step: Any, observer: Observer) -> None:
        """Run the instructions one by one, telling `observer` of each."""
        self.block.walk(values, step, observer)

    def _walk_first(self, values: list[Any], step: Any) -> None:
        self._next = self._measure
        self.block.walk(values, step)

    def _measure(self, values: list[Any], step: Any) -> None:
        if self._lanes < 2 or len(self.block.instructions) < 2:
            self._runner = self.block.run
            self._runner(values, step)
            return
        stopwatch = _Stopwatch()
        self.block.walk(values, step, stopwatch)
        costs = stopwatch.costs_ns()
        self._next = self._decide(costs)

    def _decide(self, costs_ns: list[int]) -> Runner:
        total = sum(costs_ns)
        if total >= _WORTH_LANES_NS:
            lane_of, estimate = schedule(self.block.instructions, costs_ns, self._lanes)
            if max(lane_of) > 0 and estimate < _WANTED_GAIN * total:
                lane_block = LaneBlock(self.block, lane_of, LANE_THREADS)
                self._times = {self.block.run: [], self._in_lanes(lane_block): []}
                return self._try
        self._runner = self.block.run
        return self._runner

    def _in_lanes(self, lane_block: LaneBlock) -> Runner:
        def run(values: list[Any], step: Any) -> None:
            if not lane_block.run(values, step):
                self.block.run(values, step)

        return run

    def _try(self, values: list[Any], step: Any) -> None:
        """Run the form that was tried less often; the first try of each, which compiles it, does not count."""
        runner = min(self._times, key=lambda r: len(self._times[r]))
        start = time.perf_counter_ns()
        runner(values, step)
        self._times[runner].append(time.perf_counter_ns() - start)
        if all(len(times) > _TRIALS for times in self._times.values()):
            self._runner = min(self._times, key=lambda r: min(self._times[r][1:]))
