"""Tuning: a block is walked, then measured, then compiled in the form that proved fastest."""

from __future__ import annotations

import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, LoopInstruction
from tensormill.runtime.plan.lane_threads import LaneThreads
from tensormill.runtime.plan.lanes import LaneBlock, schedule
from tensormill.runtime.plan.straight_line import Block, Observer
from tensormill.runtime.threads import intra_op_threads, widened

__all__ = ["LANE_THREADS", "TunedBlock"]

LANE_THREADS = LaneThreads(limit=4 * (os.cpu_count() or 1))
"""The lane threads of this process."""

_WORTH_TUNING_NS = 300_000
_WORTH_WIDENING_NS = 100_000
_WORTH_ELEMENTS = 16_384
_USUAL_SIZE = 64
"""What stands for a size that is not known when the plan is made."""
_WANTED_GAIN = 0.9
_WIDE_PROMISE = 1.25
_TRIALS = 5
_LATER_TRIALS = 2
_FIRST_PERIOD = 50
"""After so many runs the forms are tried again, then after twice as many, and so on."""

Runner = Callable[[list[Any], Any], Any]


class _Stopwatch:
    """An observer that measures what each instruction takes, those inside of loops on average."""

    def __init__(self) -> None:
        self._start = 0
        self._totals: dict[int, int] = {}
        self._counts: dict[int, int] = {}

    def before(self, instruction: Instruction) -> None:
        self._start = time.perf_counter_ns()

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        elapsed = time.perf_counter_ns() - self._start
        key = id(instruction)
        self._totals[key] = self._totals.get(key, 0) + elapsed
        self._counts[key] = self._counts.get(key, 0) + 1

    def total_ns(self) -> int:
        """Return the time of all instructions together."""
        return sum(self._totals.values())

    def cost_ns(self, instruction: Instruction) -> int:
        """Return the time of one run of an instruction, 0 where it did not run."""
        count = self._counts.get(id(instruction), 0)
        return self._totals[id(instruction)] // count if count else 0


class TunedBlock:
    """A block and the fastest known way to run it.

    The first run walks the instructions (most steps of a program run once), the second one measures
    them, and from then on the compiled form runs. Where long kernels promise a gain from more
    threads, other forms are tried too, and the fastest stays: long kernels widened, or the
    instructions spread over lanes. They are tried again after a while, and then ever more seldom:
    what else the machine did may have decided the first time.

    Attributes:
      block: the instructions.
    """

    __slots__ = (
        "_lanes", "_left", "_lock", "_next", "_period", "_runner", "_times", "_trials", "block"
    )  # fmt: skip

    def __init__(self, block: Block, lanes: int) -> None:
        self.block = block
        structured = any(i.guard or isinstance(i, LoopInstruction) for i in block.instructions)
        self._lanes = 1 if structured else lanes
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self._next: Runner = self._walk_first  # guarded by _lock
        self._times: dict[Runner, list[int]] = {}  # guarded by _lock
        self._trials = _TRIALS  # guarded by _lock
        self._period = _FIRST_PERIOD  # guarded by _lock
        self._left = 0  # runs until the next trials; a lost count does no harm

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

    @property
    def is_plain(self) -> bool | None:
        """Whether the compiled block was found to be the fastest form; None until it is known."""
        if self._runner is None:
            return None
        return self._runner == self.block.run

    def walk(self, values: list[Any], step: Any, observer: Observer) -> None:
        """Run the instructions one by one, telling `observer` of each."""
        self.block.walk(values, step, observer)

    def _walk_first(self, values: list[Any], step: Any) -> None:
        self._next = self._measure
        self.block.walk(values, step)

    def _measure(self, values: list[Any], step: Any) -> None:
        stopwatch = _Stopwatch()
        self.block.walk(values, step, stopwatch)
        self._next = self._decide(stopwatch)

    def _decide(self, stopwatch: _Stopwatch) -> Runner:
        """Return what runs from now on: the compiled block, or trials of several forms."""
        forms: list[Runner] = [self.block.run]
        if stopwatch.total_ns() >= _WORTH_TUNING_NS:
            forms += self._wide_forms(stopwatch)
            forms += self._lane_forms(stopwatch)
        if len(forms) > 1:
            self._times = {form: [] for form in forms}
            return self._try
        self._runner = self.block.run
        return self._runner

    def _wide_forms(self, stopwatch: _Stopwatch) -> list[Runner]:
        if intra_op_threads() < 2:
            return []
        block = self.block
        wide = _with_wide_kernels(block.instructions, stopwatch)
        if all(new is old for new, old in zip(wide, block.instructions, strict=True)):
            return []
        return [Block(wide, block.constants, block.kept).run]

    def _lane_forms(self, stopwatch: _Stopwatch) -> list[Runner]:
        instructions = self.block.instructions
        if self._lanes < 2 or len(instructions) < 2:
            return []
        costs = _smoothed_costs(instructions, stopwatch)
        lane_of, estimate = schedule(instructions, costs, self._lanes)
        # Lanes hold more memory at a time than one thread does: they are not tried where wide
        # kernels, which seldom gain as much as they promise, promise far more.
        wanted = min(_WANTED_GAIN * sum(costs), _WIDE_PROMISE * _wide_estimate(costs))
        if max(lane_of) == 0 or estimate >= wanted:
            return []
        lane_block = LaneBlock(self.block, lane_of, LANE_THREADS)

        def run(values: list[Any], step: Any) -> None:
            if not lane_block.run(values, step):
                self.block.run(values, step)

        return [run]

    def _try(self, values: list[Any], step: Any) -> None:
        """Run the form that was tried least.

        The first try of each, which compiles it, does not count.
        """
        runner = min(self._times, key=lambda r: len(self._times[r]))
        start = time.perf_counter_ns()
        runner(values, step)
        self._times[runner].append(time.perf_counter_ns() - start)
        if all(len(times) > self._trials for times in self._times.values()):
            self._choose(self._fastest(), list(self._times))

    def _choose(self, fastest: Runner, forms: list[Runner]) -> None:
        """Run the fastest form from now on, until it is time to try all of them again."""

        def run_until_next_trials(values: list[Any], step: Any) -> None:
            self._left -= 1
            if self._left < 0 and self._lock.acquire(blocking=False):
                try:
                    if self._runner is run_until_next_trials:
                        self._times = {form: [] for form in forms}
                        self._next, self._runner = self._try, None
                finally:
                    self._lock.release()
            fastest(values, step)

        self._left, self._period = self._period, 2 * self._period
        self._trials = _LATER_TRIALS
        self._runner = run_until_next_trials

    def _fastest(self) -> Runner:
        """Return the fastest form; more threads are taken from others only for a clear gain.

        What disturbs a trial makes it longer, never shorter: the shortest of each form counts.
        """
        times = {runner: min(taken[1:]) for runner, taken in self._times.items()}
        fastest = min(times, key=lambda runner: times[runner])
        plain = self.block.run
        return fastest if times[fastest] < _WANTED_GAIN * times[plain] else plain


def _wide_estimate(costs_ns: Sequence[int]) -> float:
    """Return the time of a block whose long kernels share their work out to all threads."""
    threads = intra_op_threads()
    return sum(cost / threads if cost >= _WORTH_WIDENING_NS else cost for cost in costs_ns)


def _may_be_shared_out(node: Node) -> bool:
    """Return whether a node reads or writes as many elements as torch shares out to threads."""
    sizes = [*node.output_dims, *(source.output_dims[index] for source, index in node.inputs)]
    return any(
        dims is None
        or math.prod(_USUAL_SIZE if size is None else size for size in dims) >= _WORTH_ELEMENTS
        for dims in sizes
    )


def _smoothed_costs(instructions: list[Instruction], stopwatch: _Stopwatch) -> list[int]:
    """Return the cost of each instruction: what instructions of its kind and shape take.

    One measurement of one instruction may have been disturbed by anything.
    """
    kinds = [(i.node.op_type, tuple(i.node.output_dims), i.is_conversion) for i in instructions]
    measured: dict[Any, list[int]] = {}
    for kind, instruction in zip(kinds, instructions, strict=True):
        measured.setdefault(kind, []).append(stopwatch.cost_ns(instruction))
    usual = {kind: int(statistics.median(costs)) for kind, costs in measured.items()}
    return [usual[kind] for kind in kinds]


def _with_wide_kernels(instructions: list[Instruction], stopwatch: _Stopwatch) -> list[Instruction]:
    """Return the instructions with the long kernels widened.

    Those without any stay the same objects.
    """
    result = []
    for instruction in instructions:
        if isinstance(instruction, LoopInstruction):
            condition = _with_wide_kernels(instruction.condition, stopwatch)
            body = _with_wide_kernels(instruction.body, stopwatch)
            pairs = zip(
                [*condition, *body], [*instruction.condition, *instruction.body], strict=True
            )
            if any(new is not old for new, old in pairs):
                instruction = replace(instruction, condition=condition, body=body)
        elif stopwatch.cost_ns(instruction) >= _WORTH_WIDENING_NS and _may_be_shared_out(
            instruction.node
        ):
            instruction = replace(instruction, function=widened(instruction.function))
        result.append(instruction)
    return result
