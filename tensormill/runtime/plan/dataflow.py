"""The general executor: nodes run when their inputs have arrived, live or dead.

It runs any graph of control-flow primitives: those that spell no loops and branches (see
`passes.structure`), and those in which a kernel may wait inside a loop or branch. A whole partition
becomes one asynchronous instruction.

`FrameTable` is the state, without threads or kernels: it is told what a node gave and answers with
the nodes that became ready. `DataflowRun` drives it.

Source: TensorFlow 1.15, core/common_runtime/executor.cc.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.control_primitives import (
    ENTERS,
    EXITS,
    MERGES,
    NEXT_ITERATIONS,
    PRIMITIVES,
    SWITCHES,
)
from tensormill.kernels.denormals import end_flushing, start_flushing
from tensormill.kernels.partial_runs import PARTIAL_RUN
from tensormill.runtime.devices import Device
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.plan.frames import DEAD, FrameTable, Ready
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.plan.lowering import KernelCache, LoweredGraph
from tensormill.runtime.plan.node_actions import NodeAction, make_action
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.plan.value_table import value_form
from tensormill.runtime.transfers import PARTIAL_FETCH, RECEIVES, SENDS

__all__ = ["lower_dataflow"]

_MOVES = ENTERS | EXITS | NEXT_ITERATIONS | {"LoopCond"}
_TRANSFERS = SENDS | RECEIVES


def lower_dataflow(
    graph: NodeGraph, devices: dict[str, Device], cache: KernelCache
) -> LoweredGraph:
    """Return a partition as one asynchronous instruction that runs its nodes as they become ready.

    Raises:
      InvalidArgumentError: a node has no kernel on its device.
    """
    fed = set(graph.feeds)
    primitives = PRIMITIVES | {"ControlTrigger"}
    actions = {
        node: make_action(node, devices, cache)
        for node in graph.nodes
        if node not in fed and node.op_type not in primitives and node.op_type not in _TRANSFERS
    }
    dataflow = _Dataflow(graph, actions)
    feeds = []
    for slot, node in enumerate(graph.feeds):
        dtype = node.output_dtypes[0]
        feeds.append((slot, value_form(dtype), dtype, node.output_dims[0]))
    fetches = []
    for slot, (node, index) in enumerate(graph.fetches, start=len(feeds)):
        dtype = node.output_dtypes[index].base_dtype
        fetches.append((slot, value_form(dtype), dtype))
    anchor = graph.nodes[0]
    instruction = Instruction(
        dataflow.start,
        [slot for slot, _, _, _ in feeds],
        [slot for slot, _, _ in fetches],
        anchor,
        is_tuple=True,
        is_async=True,
    )
    return LoweredGraph(
        [instruction],
        {},
        feeds,
        fetches,
        frozenset(range(len(fetches))),
        {},
        len(feeds) + len(fetches),
        is_bounded=False,
    )


class _Dataflow:
    """A partition ready to run: its nodes, and what each of them does."""

    def __init__(self, graph: NodeGraph, actions: dict[Node, NodeAction]) -> None:
        self.graph = graph
        self.actions = actions
        self.readers = frozenset(
            node
            for node in graph.nodes
            if node not in actions and not node.op_type.startswith("Ref") and _takes_reference(node)
        )

    def start(self, *feeds: Any, done: Any) -> None:
        """Start one run; `done` is told the fetched values, or the error."""
        DataflowRun(self.graph, self.actions, self.readers, list(feeds), done).start()


class DataflowRun:
    """One run of a partition. Any thread that reports drives it; one at a time."""

    def __init__(
        self,
        graph: NodeGraph,
        actions: dict[Node, NodeAction],
        readers: frozenset[Node],
        feeds: list[Any],
        done: Any,
    ) -> None:
        self._graph = graph
        self._actions = actions
        self._feeds = dict(zip(graph.feeds, feeds, strict=True))
        self._done = done
        self._step = done.step
        self._frames = FrameTable(graph)
        self._readers = readers
        self._receives = {
            node: Instruction(_no_kernel, [], [], node)
            for node in graph.nodes
            if node.op_type in RECEIVES
        }
        self._ready: deque[Ready] = deque()
        self._fetched: dict[tuple[Node, int], Any] = {}
        self._wanted = set(graph.fetches)
        self._lock = threading.Lock()
        self._reports: deque[tuple[Ready, Callable[[], list[Any]]]] = deque()  # guarded by _lock
        self._is_driven = False  # guarded by _lock
        self._outstanding = 0
        self._error: BaseException | None = None
        self._is_finished = False

    def start(self) -> None:
        """Run what can run, on the calling thread."""
        self._is_driven = True
        self._ready.extend(self._frames.start())
        self._drive()

    def _drive(self) -> None:
        while True:
            self._run_ready()
            if self._outstanding and not self._reports:  # it is going to wait
                self._guarded(self._step.flush)
            with self._lock:
                if not self._reports:
                    self._is_driven = False
                    finished = self._outstanding == 0 and not self._is_finished
                    self._is_finished = self._is_finished or finished
                    break
                ready, outputs = self._reports.popleft()
            self._outstanding -= 1
            if self._error is None:
                self._guarded(self._take_report, ready, outputs)
        if finished:
            self._finish()

    def _run_ready(self) -> None:
        ready = self._ready
        is_flushing = start_flushing()
        try:
            with np.errstate(all="ignore"):
                while ready and self._error is None:
                    item = ready.popleft()
                    self._guarded(self._run, item)
        finally:
            if is_flushing:
                end_flushing()
        if self._error is not None:
            ready.clear()

    def _take_report(self, item: Ready, outputs: Callable[[], list[Any]]) -> None:
        self._propagate(item, outputs())

    def _guarded(self, action: Callable[..., None], *arguments: Any) -> None:
        try:
            action(*arguments)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            if self._error is None:
                self._error = error
                self._step.cancellation.cancel(str(error.__cause__ or error))

    def _run(self, item: Ready) -> None:
        node = item.node
        if node.op_type in _TRANSFERS:
            self._transfer(item)
            return
        if node in self._readers and not item.is_dead:
            item.inputs = _read_references(node, item.inputs)
        if item.is_dead:
            if node.op_type == PARTIAL_FETCH:
                self._step.resources[PARTIAL_RUN].deliver(node.attrs["index"], DEAD)
            self._propagate(item, [DEAD] * len(node.output_dtypes))
        elif node.op_type in _MOVES:
            if node.op_type in NEXT_ITERATIONS:
                self._step.check()
            self._propagate(item, [item.inputs[0]])
        elif node.op_type in SWITCHES:
            data, pred = item.inputs
            self._propagate(item, [DEAD, data] if _scalar_bool(pred) else [data, DEAD])
        elif node.op_type in MERGES:
            index = next(i for i, value in enumerate(item.inputs) if value is not DEAD)
            self._propagate(item, [item.inputs[index], torch.tensor(index, dtype=torch.int32)])
        elif node in self._feeds:
            self._propagate(item, [self._feeds[node]])
        elif node.op_type == "ControlTrigger":
            self._propagate(item, [])
        else:
            self._run_action(item)

    def _transfer(self, item: Ready) -> None:
        """Send or receive, dead values too."""
        node = item.node
        attrs = node.attrs
        edge = (attrs["send_device"], attrs["send_device_incarnation"], attrs["recv_device"])
        if node.op_type in SENDS:
            value = item.inputs[0]
            if not item.is_dead and node in self._readers:
                value = _read_references(node, item.inputs)[0]
            value = DEAD if item.is_dead else value
            name = attrs["tensor_name"]
            self._step.rendezvous.send(*edge, name, value, item.frame_text, may_change=True)
            self._propagate(item, [])
            return
        self._outstanding += 1
        report = _Report(self, item, self._receives[node], lambda outputs: [outputs])
        try:
            self._step.rendezvous.receive(*edge, attrs["tensor_name"], report)
        except Exception as error:  # noqa: BLE001 - belongs to the step
            report.fail(error)

    def _run_action(self, item: Ready) -> None:
        def start(instruction: Instruction, arguments: list[Any], finish: Any) -> None:
            self._outstanding += 1
            report = _Report(self, item, instruction, finish)
            try:
                instruction.function(*arguments, done=report)
            except Exception as error:  # noqa: BLE001 - a kernel's error belongs to the step
                report.fail(error)

        outputs = self._actions[item.node].run(item.inputs, self._step, start)
        if outputs is not None:
            self._propagate(item, outputs)

    def _propagate(self, item: Ready, outputs: list[Any]) -> None:
        if item.is_at_root:
            for index, value in enumerate(outputs):
                if (item.node, index) in self._wanted:
                    self._fetched[(item.node, index)] = value
        elif item.leaves_to_root and (item.node, 0) in self._wanted and not item.is_dead:
            self._fetched[(item.node, 0)] = outputs[0]
        self._ready.extend(self._frames.propagate(item, outputs))

    def post(self, item: Ready, outputs: Callable[[], list[Any]]) -> None:
        """Take the report of a kernel. Called on any thread."""
        with self._lock:
            self._reports.append((item, outputs))
            if self._is_driven:
                return
            self._is_driven = True
        dispatcher = self._step.dispatcher
        if dispatcher is not None and not dispatcher.is_here():
            dispatcher.submit(self._drive)
        else:
            self._drive()

    def _finish(self) -> None:
        if self._error is None:
            values = []
            for index, edge in enumerate(self._graph.fetches):
                value = self._fetched.get(edge, DEAD)
                if value is DEAD:
                    self._error = errors.invalid_argument(f"Retval[{index}] does not have value")
                    break
                values.append(
                    value.read() if edge[0].output_dtypes[edge[1]]._is_ref_dtype else value
                )
        if self._error is None:
            self._done(values)
        else:
            self._done.fail(self._error)


class _Report:
    """What an asynchronous kernel calls when it is done."""

    __slots__ = ("_finish", "_item", "_run", "frame", "instruction", "step")

    def __init__(
        self, run: DataflowRun, item: Ready, instruction: Instruction, finish: Any
    ) -> None:
        self._run = run
        self._item = item
        self._finish = finish
        self.instruction = instruction
        self.step = run._step
        self.frame = item.frame_text

    def __call__(self, outputs: Any = None) -> None:
        """Report the outputs. Any thread."""
        self._run.post(self._item, lambda: self._finish(outputs))

    def fail(self, error: BaseException) -> None:
        """Report that the kernel failed. Any thread."""

        def raise_failure() -> list[Any]:
            raise InstructionFailed(self.instruction) from error

        self._run.post(self._item, raise_failure)


def _no_kernel() -> None:
    """Stand in for the kernel of a receive, in messages."""


def _takes_reference(node: Node) -> bool:
    return any(source.output_dtypes[index]._is_ref_dtype for source, index in node.inputs)


def _read_references(node: Node, inputs: list[Any]) -> list[Any]:
    """Return the inputs of a node with the values of references, read as it starts."""
    return [
        value.read() if value is not DEAD and source.output_dtypes[index]._is_ref_dtype else value
        for value, (source, index) in zip(inputs, node.inputs, strict=True)
    ]


def _scalar_bool(pred: Any) -> bool:
    if getattr(pred, "ndim", 0) != 0:
        shape = ",".join(map(str, pred.shape))
        raise errors.invalid_argument(
            f"The second input must be a scalar, but it has shape [{shape}]"
        )
    return bool(pred)
