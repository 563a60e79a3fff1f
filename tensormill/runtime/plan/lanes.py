"""Lanes: a block of instructions spread over a few threads, each lane straight-line code.

Where independent instructions are expensive, hopping to another thread for each of them costs more
than it gains. So the block is cut once, by measured costs, into as many lanes as there are threads:
each lane runs its instructions in order and waits only where it needs a value that another lane
makes. One hop a lane and step.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tensormill.runtime.node import Node
from tensormill.runtime.plan.instructions import Instruction, Slot
from tensormill.runtime.plan.lane_threads import LaneThreads
from tensormill.runtime.plan.straight_line import Block

__all__ = ["LaneBlock", "schedule"]

_HOP_NS = 30_000
"""What starting a lane, or waiting for another one, costs."""


@dataclass(slots=True)
class _Piece:
    """Instructions of one lane that run without waiting.

    Attributes:
      instructions: what runs.
      waits: numbers of the signals that must have come before.
      signals: numbers of the signals given afterwards.
    """

    instructions: list[Instruction] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)


def dependencies(instructions: Sequence[Instruction]) -> list[list[int]]:
    """Return for each instruction the positions of those whose results or effects it needs."""
    made: dict[Slot, int] = {}
    last_of: dict[Node, int] = {}
    needed: list[list[int]] = []
    for position, instruction in enumerate(instructions):
        sources = {made[s] for s in instruction.argument_slots() if s in made}
        node = instruction.node
        sources.update(_positions_before(node, last_of))
        if node in last_of:
            sources.add(last_of[node])
        needed.append(sorted(sources))
        for slot in instruction.outputs:
            made[slot] = position
        if not instruction.is_conversion:
            last_of[node] = position
    return needed


def _positions_before(node: Node, last_of: dict[Node, int]) -> set[int]:
    """Return the positions of the nodes that must have run before `node`, read by it or not.

    What has no instruction of its own (a constant that waits for an update, an identity, a node
    fused into another one) stands for what it comes after.
    """
    found = set()
    pending = [*node.controls, *(source for source, _ in node.inputs)]
    seen = set(pending)
    while pending:
        source = pending.pop()
        if source in last_of:
            found.add(last_of[source])
            continue
        for origin in (*source.controls, *(made for made, _ in source.inputs)):
            if origin not in seen:
                seen.add(origin)
                pending.append(origin)
    return found


def schedule(
    instructions: Sequence[Instruction], costs_ns: Sequence[int], lanes: int
) -> tuple[list[int], int]:
    """Return the lane of each instruction, and the time that the lanes should take together.

    Greedy, in the given order: each instruction goes where it can start first; a cheap one stays
    beside what it needs last.

    Args:
      instructions: in an order that respects dependencies.
      costs_ns: the measured time of each.
      lanes: how many lanes there are.
    """
    needed = dependencies(instructions)
    free_at = [_HOP_NS if lane else 0 for lane in range(lanes)]
    done_at: list[int] = []
    lane_of: list[int] = []
    for position, cost in enumerate(costs_ns):
        best_lane, best_start = 0, None
        for lane in range(lanes):
            start = free_at[lane]
            for source in needed[position]:
                ready = done_at[source] + (_HOP_NS if lane_of[source] != lane else 0)
                start = max(start, ready)
            if best_start is None or start < best_start:
                best_lane, best_start = lane, start
        assert best_start is not None
        lane_of.append(best_lane)
        free_at[best_lane] = best_start + cost
        done_at.append(best_start + cost)
    return lane_of, max(free_at)


class LaneBlock:
    """A block cut into lanes; runs like `Block.run`."""

    def __init__(
        self,
        block: Block,
        lane_of: Sequence[int],
        threads: LaneThreads,
    ) -> None:
        self._threads = threads
        self._signal_count = 0
        lanes = self._cut(block.instructions, lane_of, max(lane_of) + 1)
        kept = block.kept | _crossing_slots(lanes)
        self._lanes = [
            [
                (
                    piece.waits,
                    Block(_dropping_less(piece, kept), block.constants, kept),
                    piece.signals,
                )
                for piece in lane
            ]
            for lane in lanes
        ]

    def _cut(
        self, instructions: Sequence[Instruction], lane_of: Sequence[int], count: int
    ) -> list[list[_Piece]]:
        needed = dependencies(instructions)
        # The last position of each other lane that a position must wait for, as far as not waited
        # for before.
        waited: dict[tuple[int, int], int] = {}
        wait_edges: list[tuple[int, int]] = []
        for position, sources in enumerate(needed):
            lane = lane_of[position]
            latest: dict[int, int] = {}
            for source in sources:
                other = lane_of[source]
                if other != lane:
                    latest[other] = max(latest.get(other, -1), source)
            for other, source in latest.items():
                if waited.get((lane, other), -1) < source:
                    waited[(lane, other)] = source
                    wait_edges.append((source, position))
        waits_at: dict[int, list[int]] = {}
        signals_at: dict[int, list[int]] = {}
        for number, (source, position) in enumerate(wait_edges):
            waits_at.setdefault(position, []).append(number)
            signals_at.setdefault(source, []).append(number)
        self._signal_count = len(wait_edges)
        lanes: list[list[_Piece]] = [[_Piece()] for _ in range(count)]
        for position, instruction in enumerate(instructions):
            pieces = lanes[lane_of[position]]
            if position in waits_at:
                if pieces[-1].instructions:
                    pieces.append(_Piece())
                pieces[-1].waits.extend(waits_at[position])
            pieces[-1].instructions.append(instruction)
            if position in signals_at:
                pieces[-1].signals.extend(signals_at[position])
                pieces.append(_Piece())
        return [[p for p in lane if p.instructions or p.waits] for lane in lanes]

    def run(self, values: list[Any], step: Any) -> bool:
        """Run the lanes, the first one on the calling thread.

        Return False where no threads are free.

        Raises:
          InstructionFailed: an instruction raised; all lanes have stopped.
        """
        others = self._threads.reserve(len(self._lanes) - 1)
        if others is None:
            return False
        run = _LaneRun(self._signal_count)
        finished = []
        for thread, lane in zip(others, self._lanes[1:], strict=True):
            done = threading.Lock()
            done.acquire()
            finished.append(done)
            thread.start(partial(run.run_lane, lane, values, step), done)
        run.run_lane(self._lanes[0], values, step)
        for done in finished:
            done.acquire()
        if run.error is not None:
            raise run.error
        return True


def _crossing_slots(lanes: list[list[_Piece]]) -> frozenset[Slot]:
    """Return the slots that more than one piece uses."""
    home: dict[Slot, _Piece] = {}
    crossing = set()
    for lane in lanes:
        for piece in lane:
            for instruction in piece.instructions:
                for slot in (*instruction.argument_slots(), *instruction.outputs):
                    if home.setdefault(slot, piece) is not piece:
                        crossing.add(slot)
    return frozenset(crossing)


def _dropping_less(piece: _Piece, kept: frozenset[Slot]) -> list[Instruction]:
    """Return the instructions of a piece.

    They let go only of values that no other piece may still need.
    """
    return [
        replace(i, drops=[slot for slot in i.drops if slot not in kept]) for i in piece.instructions
    ]


class _LaneRun:
    """The signals of one run, and its first error."""

    __slots__ = ("error", "signals")

    def __init__(self, signal_count: int) -> None:
        self.error: BaseException | None = None
        self.signals = [threading.Lock() for _ in range(signal_count)]
        for signal in self.signals:
            signal.acquire()

    def run_lane(self, lane: list[Any], values: list[Any], step: Any) -> None:
        """Run the pieces of one lane.

        After an error anywhere the rest only passes its signals on. So does what Ctrl-C ends, which
        Python raises at any place of the lane of the main thread.
        """
        try:
            self._run_pieces(lane, values, step)
        except BaseException as failure:  # noqa: BLE001 - raised again where the run was started
            self.error = failure
            for _, _, signals in lane:
                for number in signals:
                    with suppress(RuntimeError):  # given before, and not taken yet
                        self.signals[number].release()

    def _run_pieces(self, lane: list[Any], values: list[Any], step: Any) -> None:
        for waits, block, signals in lane:
            for number in waits:
                self.signals[number].acquire()
            if self.error is None:
                try:
                    block.run(values, step)
                except Exception as failure:  # noqa: BLE001 - as above
                    self.error = self.error or failure
            for number in signals:
                self.signals[number].release()
