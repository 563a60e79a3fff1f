"""Programs: lowered partitions cut into straight-line segments, joined by what may wait.

An instruction that may wait (an asynchronous kernel) belongs to the segment that computes its
inputs and is started when that segment ends. Every other instruction belongs to the segment named
by the set of asynchronous instructions that it depends on, and runs when all of those are done. A
program without asynchronous instructions is one segment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tensormill.graph import errors
from tensormill.kernels.registry import WAITS
from tensormill.runtime.node import Node
from tensormill.runtime.plan.at_once import AtOnce
from tensormill.runtime.plan.fusion import fuse
from tensormill.runtime.plan.instructions import Form, Instruction, LoopInstruction, Slot
from tensormill.runtime.plan.late_sums import sum_late
from tensormill.runtime.plan.loop_rewrites import rewrite_loops
from tensormill.runtime.plan.lowering import LoweredGraph
from tensormill.runtime.plan.numpy_errors import quiet_numpy, restore_numpy, silence_numpy
from tensormill.runtime.plan.ordering import gather_updates
from tensormill.runtime.plan.outgoing import make_outside
from tensormill.runtime.plan.reuse import reuse_memory
from tensormill.runtime.plan.sharing import share_work
from tensormill.runtime.plan.straight_line import Block, InstructionFailed, Observer
from tensormill.runtime.plan.tuning import TunedBlock
from tensormill.runtime.plan.value_table import is_dereference
from tensormill.runtime.transfers import RECEIVES

__all__ = ["Program", "Segment", "Unfinished"]

_LONG_TURN_NS = 500_000
_UNKNOWN_NS = 1 << 62
_ENQUEUES = frozenset(f"QueueEnqueue{m}{v}" for m in ("", "Many") for v in ("", "V2"))
_CALLS_OF_THE_USER = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})


@dataclass(slots=True)
class Segment:
    """Straight-line code that runs when a set of asynchronous instructions is done.

    Attributes:
      mask: the set of asynchronous instructions that it waits for, a bit each.
      block: the code.
      starts: (bit, instruction) of the asynchronous instructions that it starts at its end.
      is_empty: there is no code.
    """

    mask: int
    block: TunedBlock
    starts: list[tuple[int, Instruction]] = field(default_factory=list)
    is_empty: bool = False


@dataclass(slots=True)
class Unfinished:
    """A run that came to where it must wait.

    Attributes:
      values: of the slots.
      done_mask: the asynchronous instructions that are done.
      pending: those that are to be started, with their bits.
      segments: what has not run yet.
    """

    values: list[Any]
    done_mask: int
    pending: list[tuple[int, Instruction]]
    segments: list[Segment]


class Program:
    """What a worker runs for one partition of a step.

    Attributes:
      feeds: slot, form, dtype and static shape of each fed tensor.
      fetches: slot, form and dtype of each fetched value.
      copied_fetches: positions of the fetches that must be copied before they leave the program.
      segments: the code, smaller dependency sets first.
      is_blocking: whether a run may wait.
      waits_for_values: whether all that a run waits for are values of other tasks.
      takes_step: whether a kernel takes the running step.
      is_bounded: whether a run computes each thing once, and waits for nobody while it does.
      runs: where runs that may wait stand until they end.
    """

    def __init__(
        self, lowered: LoweredGraph, lanes: int = 1, runs: dict[int, Any] | None = None
    ) -> None:
        """Prepare a program that may run on up to `lanes` threads at once."""
        self.runs = {} if runs is None else runs
        self.feeds = lowered.feeds
        self.fetches = lowered.fetches
        self.copied_fetches = lowered.copied_fetches
        fuse(lowered)
        rewrite_loops(lowered)
        sum_late(lowered)
        share_work(lowered)
        reuse_memory(lowered)
        make_outside(lowered)
        gather_updates(lowered)
        self._template: list[Any] = [None] * lowered.slot_count
        for slot, value in lowered.constants.items():
            self._template[slot] = value
        self._feed_slots = [slot for slot, _, _, _ in lowered.feeds]
        self._fetch_slots = [slot for slot, _, _ in lowered.fetches]
        self._fetch_guards = list(lowered.fetch_guards.items())
        self._has_host_scalars = any(
            f is Form.HOST and dims == () for _, f, _, dims in lowered.feeds
        ) or any(
            i.expression is not None or isinstance(i, LoopInstruction) for i in lowered.instructions
        )
        self.segments = _cut(lowered, lanes)
        self._turn_ns = _UNKNOWN_NS
        self.is_bounded = lowered.is_bounded and not any(
            isinstance(i, LoopInstruction) or i.node.op_type in _CALLS_OF_THE_USER
            for i in lowered.instructions
        )
        self.is_blocking = any(segment.starts for segment in self.segments)
        self.waits_for_values = self.is_blocking and all(
            instruction.node.op_type in RECEIVES
            for segment in self.segments
            for _, instruction in segment.starts
        )
        self.takes_step = any(i.takes_step for i in lowered.instructions)
        self._at_once: AtOnce | None = None
        self._may_be_at_once = self.is_blocking and AtOnce.suits(self._parts())
        self._only = (
            self.segments[0].block if len(self.segments) == 1 and not self.is_blocking else None
        )

    @property
    def is_short(self) -> bool:
        """Whether what runs at a time is usually over as soon as a change of threads."""
        return self.is_bounded and self._turn_ns < _LONG_TURN_NS

    def note_turn(self, took_ns: int) -> None:
        """Take note of the processor time that a run took until it had to wait, or ended."""
        usual_ns = self._turn_ns
        if usual_ns == _UNKNOWN_NS:
            self._turn_ns = took_ns
        else:
            self._turn_ns = max(took_ns, usual_ns - (usual_ns >> 3))

    def handle_of(self, node: Node) -> Any:
        """Return the resource that the first argument of a node that may wait is; None if none."""
        for segment in self.segments:
            for _, instruction in segment.starts:
                if instruction.node is node and instruction.arguments:
                    slot = instruction.arguments[0]
                    return self._template[slot] if type(slot) is int else None
        return None

    def fed_queues(self) -> tuple[list[Any], str]:
        """Return the queues that a run enqueues into, and the name of an operation that does."""
        found, name = [], ""
        for segment in self.segments:
            for _, instruction in segment.starts:
                if instruction.node.op_type not in _ENQUEUES:
                    continue
                queue = self._template[instruction.arguments[0]]
                if queue is not None:
                    found.append(queue)
                    name = instruction.node.name
        return found, name

    def new_values(self, feeds: list[Any]) -> list[Any]:
        """Return the slot values at the start of a run."""
        values = self._template.copy()
        for slot, value in zip(self._feed_slots, feeds, strict=True):
            values[slot] = value
        return values

    def results(self, values: list[Any]) -> list[Any]:
        """Return the fetched values at the end of a run, in the forms of `fetches`.

        Raises:
          InvalidArgumentError: a fetch belongs to a branch that was not taken.
        """
        for index, guard in self._fetch_guards:
            for slot, wanted in guard:
                if bool(values[slot]) is not wanted:
                    raise errors.invalid_argument(
                        f"Retval[{index}] does not have value",
                        hint="the fetch is inside a branch that was not taken; fetch what the "
                        "branches are merged into",
                    )
        return [values[slot] for slot in self._fetch_slots]

    def run(
        self, feeds: list[Any], step: Any = None, observer: Observer | None = None
    ) -> list[Any]:
        """Run a program that does not block, on the calling thread.

        Args:
          feeds: values in the forms of `feeds`.
          step: the running step, for kernels that take it.
          observer: called before each instruction (the run is then walked, not compiled).

        Raises:
          InstructionFailed: an instruction raised.
        """
        values = self._template.copy()
        for slot, value in zip(self._feed_slots, feeds):  # noqa: B905 - as many, by the caller
            values[slot] = value
        block = self._only
        assert block is not None
        if observer is not None:
            with quiet_numpy():
                block.walk(values, step, observer)
        elif self._has_host_scalars:
            token = silence_numpy()
            try:
                block.run(values, step)
            finally:
                restore_numpy(token)
        else:
            block.run(values, step)
        if self._fetch_guards:
            return self.results(values)
        return [values[slot] for slot in self._fetch_slots]

    def begin(self, feeds: list[Any]) -> Unfinished:
        """Return a run that has not done anything yet."""
        return Unfinished(self.new_values(feeds), 0, [], list(self.segments))

    def begin_at(self, node: Node, values: list[Any]) -> Unfinished | None:
        """Return a run in which all is done but the last node, which may wait; None if none is.

        Args:
          node: which takes a resource and a list of values, and on which nothing else depends.
          values: what it is given.
        """
        done_mask, found = 0, None
        for segment in self.segments:
            for bit, instruction in segment.starts:
                done_mask |= bit
                if instruction.node is node:
                    found = bit, instruction
        if found is None or type(found[1].arguments[1]) is not list:
            return None
        slots = self._template.copy()
        for slot, value in zip(found[1].arguments[1], values, strict=True):
            slots[slot] = value
        return Unfinished(slots, done_mask & ~found[0], [found], [])

    def run_at_once(self, feeds: list[Any], step: Any) -> list[Any] | Unfinished:
        """Run a program that may block as far as it comes without waiting, on the calling thread.

        Returns:
          The fetched values, or what is left to do.

        Raises:
          InstructionFailed: an instruction raised.
        """
        values = self._template.copy()
        for slot, value in zip(self._feed_slots, feeds):  # noqa: B905 - as many, by the caller
            values[slot] = value
        token = silence_numpy() if self._has_host_scalars else None
        try:
            unfinished = self._run_at_once(values, step)
        finally:
            if token is not None:
                restore_numpy(token)
        if unfinished is not None:
            return unfinished
        if self._fetch_guards:
            return self.results(values)
        return [values[slot] for slot in self._fetch_slots]

    def _run_at_once(self, values: list[Any], step: Any) -> Unfinished | None:
        """Run as far as it comes without waiting; return what is left to do, if anything is."""
        waiting = -1
        if self._may_be_at_once and (step is None or step.taken is None):
            function = self._at_once or self._make_at_once()
            if function is not None:
                position = function.run(values, step)
                if position is None:
                    return None
                waiting = position
        done_mask, count = 0, 0
        pending: list[tuple[int, Instruction]] = []
        left: list[Segment] = []
        for segment in self.segments:
            if segment.mask & ~done_mask:
                left.append(segment)
                continue
            if not segment.is_empty and count > waiting:
                segment.block.run(values, step)
            for bit, instruction in segment.starts:
                if count < waiting or (
                    count > waiting and _finish_at_once(instruction, values, step)
                ):
                    done_mask |= bit
                else:
                    pending.append((bit, instruction))
                count += 1
        return Unfinished(values, done_mask, pending, left) if pending else None

    def _parts(self) -> list[tuple[Block, list[Instruction]]]:
        return [(s.block.block, [i for _, i in s.starts]) for s in self.segments]

    def _make_at_once(self) -> AtOnce | None:
        """Return the one function that goes as far as it comes; None where blocks are not tuned."""
        plain = [segment.block.is_plain for segment in self.segments if not segment.is_empty]
        if False in plain:
            self._may_be_at_once = False
        elif None not in plain:
            self._at_once = AtOnce(self._parts())
        return self._at_once


def _finish_at_once(instruction: Instruction, values: list[Any], step: Any) -> bool:
    """Run an asynchronous instruction if it need not wait; return whether it is done."""
    function = instruction.at_once
    if function is None:
        return False
    arguments = [
        [values[s] for s in a] if type(a) is list else values[a] for a in instruction.arguments
    ]
    try:
        if instruction.at_once_takes_step:
            outputs = function(*arguments, step=step)
        else:
            outputs = function(*arguments)
    except Exception as error:
        raise InstructionFailed(instruction) from error
    if outputs is WAITS:
        return False
    if step is not None and step.taken is not None:
        step.taken.note(instruction, values, outputs)
    if instruction.is_tuple:
        for slot, value in zip(instruction.outputs, outputs, strict=True):
            values[slot] = value
    else:
        values[instruction.outputs[0]] = outputs
    return True


def _cut(lowered: LoweredGraph, lanes: int) -> list[Segment]:
    slot_masks: dict[Slot, int] = {}
    node_masks: dict[Node, int] = {}
    grouped: dict[int, list[Instruction]] = {0: []}
    starts: dict[int, list[tuple[int, Instruction]]] = {}
    bit = 1
    for instruction in lowered.instructions:
        mask = 0
        for slot in instruction.argument_slots():
            mask |= slot_masks.get(slot, 0)
        node = instruction.node
        if not instruction.is_conversion or is_dereference(instruction):
            members = instruction.nodes if isinstance(instruction, LoopInstruction) else ()
            for member in members or (node,):
                for source in (*member.controls, *(source for source, _ in member.inputs)):
                    mask |= _mask_of(source, node_masks)
        if instruction.is_async:
            starts.setdefault(mask, []).append((bit, instruction))
            grouped.setdefault(mask, [])
            mask |= bit
            bit <<= 1
        else:
            grouped.setdefault(mask, []).append(instruction)
        if not instruction.is_conversion:
            node_masks[node] = mask
            if isinstance(instruction, LoopInstruction):
                node_masks.update(dict.fromkeys(instruction.nodes, mask))
        for slot in instruction.outputs:
            slot_masks[slot] = mask
    _note_drops(lowered, single=len(grouped) == 1 and not starts)
    kept = _kept_slots(lowered, grouped, starts)
    segments = [
        Segment(
            mask,
            TunedBlock(Block(instructions, lowered.constants, kept), lanes),
            starts.get(mask, []),
            not instructions,
        )
        for mask, instructions in grouped.items()
    ]
    segments.sort(key=lambda segment: segment.mask.bit_count())
    return segments


def _mask_of(node: Node, masks: dict[Node, int]) -> int:
    """Return what a node waits for; one without an instruction of its own waits for its sources.

    Such are constants and identities, which other nodes may be ordered behind.
    """
    mask = masks.get(node)
    if mask is not None:
        return mask
    mask = 0
    pending, seen = [node], {node}
    while pending:
        passed = pending.pop()
        for source in (*passed.controls, *(source for source, _ in passed.inputs)):
            known = masks.get(source)
            if known is not None:
                mask |= known
            elif source not in seen:
                seen.add(source)
                pending.append(source)
    masks[node] = mask
    return mask


def _note_drops(lowered: LoweredGraph, single: bool) -> None:
    """Note at each instruction which values it is the last to need.

    Across segments values stay to the end.
    """
    for instruction in lowered.instructions:
        if isinstance(instruction, LoopInstruction):
            _note_drops_inside(instruction)
    if not single:
        return
    needed = _result_slots(lowered) | lowered.constants.keys()
    for instruction in reversed(lowered.instructions):
        drops = []
        for slot in dict.fromkeys(instruction.argument_slots() + instruction.outputs):
            if slot not in needed:
                needed.add(slot)
                drops.append(slot)
        instruction.drops = drops


def _note_drops_inside(loop: LoopInstruction) -> None:
    """Note in the body of a loop which values of an iteration are not needed any more.

    The next instructions then work in the memory of those before them, which is in the cache.
    """
    inside = set(loop.outputs)
    for instruction in (*loop.condition, *loop.body):
        inside.update(instruction.outputs)
        if isinstance(instruction, LoopInstruction):
            _note_drops_inside(instruction)
    needed = set(loop.updates)
    for instruction in reversed(loop.body):
        drops = []
        for slot in dict.fromkeys(instruction.argument_slots() + instruction.outputs):
            if slot in inside and slot not in needed:
                needed.add(slot)
                drops.append(slot)
        instruction.drops = drops


def _result_slots(lowered: LoweredGraph) -> set[Slot]:
    """Return the slots that are read when a run ends."""
    slots = {slot for slot, _, _ in lowered.fetches}
    slots.update(slot for guard in lowered.fetch_guards.values() for slot, _ in guard)
    return slots


def _kept_slots(
    lowered: LoweredGraph,
    grouped: dict[int, list[Instruction]],
    starts: dict[int, list[tuple[int, Instruction]]],
) -> frozenset[Slot]:
    kept = _result_slots(lowered)
    home = {slot: mask for mask, group in grouped.items() for i in group for slot in i.outputs}
    for mask, group in grouped.items():
        for instruction in group:
            kept.update(s for s in instruction.argument_slots() if home.get(s, mask) != mask)
    for pairs in starts.values():
        for _, instruction in pairs:
            kept.update(instruction.argument_slots())
    return frozenset(kept)
