"""Traces: what each operation of a step did when, as the StepStats that TensorFlow's tools read.

Nodes that are bound into the plan (constants, variables) have no instruction; they appear with no
duration.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto import step_stats_pb2

from tensormill.graph.dtypes import DType
from tensormill.graph.tensor_codec import shape_to_proto
from tensormill.runtime.node import Node, NodeGraph
from tensormill.runtime.node_graph_codec import input_names, retval_name
from tensormill.runtime.plan.instructions import Instruction
from tensormill.runtime.step import Step

__all__ = ["StepGuard", "StepTrace", "add_step_stats"]

_LABELLED_BYTES = 0.1 * (1 << 20)
"""From this size on a label says how much memory the outputs took."""


class StepGuard:
    """The observer of a step that may be ended between two instructions.

    Attributes:
      instruction: the last one that was reached, or None.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self.instruction: Instruction | None = None

    def before(self, instruction: Instruction) -> None:
        """End the step where it was cancelled or its time is over."""
        self.instruction = instruction
        self._step.check()

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        """Let the step go on."""


def add_step_stats(stats: Any, more: Any) -> None:
    """Add StepStats to others; each device stands there once."""
    known = {device.device: device for device in stats.dev_stats}
    for device in more.dev_stats:
        if device.device in known:
            known[device.device].MergeFrom(device)
        else:
            known[device.device] = stats.dev_stats.add()
            known[device.device].CopyFrom(device)


@dataclass(slots=True)
class _Output:
    """The memory of one output, without the value."""

    dims: tuple[int, ...]
    size_bytes: int
    address: int = 0


@dataclass(slots=True)
class _Execution:
    """One run of one node; times in nanoseconds since the epoch."""

    node: Node
    scheduled_ns: int
    start_ns: int
    end_ns: int = 0
    done_ns: int = 0
    thread_id: int = 0
    outputs: list[_Output | None] = field(default_factory=list)


class StepTrace(StepGuard):
    """The observer of a traced step."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self._started_ns = time.time_ns()
        self._last_ns = self._started_ns
        self._running: dict[int, _Execution] = {}
        self._executions: list[_Execution] = []

    def before(self, instruction: Instruction) -> None:
        """Note when an instruction starts."""
        super().before(instruction)
        if not instruction.is_conversion:
            execution = _Execution(instruction.node, self._last_ns, time.time_ns())
            self._running[id(instruction)] = execution

    def after(self, instruction: Instruction, outputs: Sequence[Any]) -> None:
        """Note when an instruction ended, and what it gave."""
        now_ns = self._last_ns = time.time_ns()
        execution = self._running.pop(id(instruction), None)
        if execution is None:
            return
        execution.end_ns = now_ns
        execution.thread_id = threading.get_ident() & 0x7FFFFFFF
        execution.outputs = [_describe(value) for value in outputs]
        execution.done_ns = time.time_ns()
        self._executions.append(execution)

    def step_stats(self, graph: NodeGraph) -> Any:
        """Return the StepStats of the step that ran `graph`."""
        message = step_stats_pb2.StepStats()
        by_device: dict[str, list[_Execution]] = {}
        ran = {execution.node for execution in self._executions}
        for node in graph.nodes:
            if node not in ran:
                by_device.setdefault(node.device, []).append(self._bound(node))
        for execution in self._executions:
            by_device.setdefault(execution.node.device, []).append(execution)
        retvals: dict[str, list[tuple[str, str]]] = {}
        for index, (node, output) in enumerate(graph.fetches):
            source = node.name if output == 0 else f"{node.name}:{output}"
            name = retval_name(node, output, index)
            retvals.setdefault(node.device, []).append((name, f"{name} = _Retval({source})"))
        for device, executions in sorted(by_device.items()):
            stats = message.dev_stats.add(device=device)
            self._write_mark(stats, "_SOURCE", "_SOURCE = NoOp()", self._started_ns)
            allocator = _allocator(device)
            for execution in executions:
                _write(stats.node_stats.add(), execution, allocator)
            for name, label in retvals.get(device, ()):
                self._write_mark(stats, name, label, self._last_ns)
        return message

    def _bound(self, node: Node) -> _Execution:
        at = self._started_ns
        execution = _Execution(node, at, at, at, at)
        if node.op_type == "Const":
            execution.outputs = [_describe(node.attrs["value"].array)]
        return execution

    @staticmethod
    def _write_mark(stats: Any, name: str, label: str, at_ns: int) -> None:
        stats.node_stats.add(
            node_name=name,
            timeline_label=label,
            all_start_micros=at_ns // 1000,
            all_start_nanos=at_ns,
            scheduled_micros=at_ns // 1000,
            scheduled_nanos=at_ns,
        )


def _allocator(device: str) -> str:
    """Return what TensorFlow calls the allocator of a device."""
    kind, _, number = device.rpartition("/device:")[2].partition(":")
    return "cpu" if kind == "CPU" else f"{kind}_{number}_bfc"


def _describe(value: Any) -> _Output | None:
    """Return shape and memory of a value, or of the tensor behind a reference, or None."""
    value = getattr(value, "value", value)
    if isinstance(value, torch.Tensor):
        return _Output(tuple(value.shape), value.nbytes, value.data_ptr())
    if isinstance(value, np.ndarray):
        return _Output(value.shape, value.nbytes, value.ctypes.data)
    if isinstance(value, np.generic):
        return _Output((), value.nbytes)
    return None


def _write(message: Any, execution: _Execution, allocator: str) -> None:
    node = execution.node
    start = execution.start_ns
    message.node_name = node.name
    message.scheduled_nanos = execution.scheduled_ns
    message.scheduled_micros = execution.scheduled_ns // 1000
    message.all_start_nanos = start
    message.all_start_micros = start // 1000
    message.op_end_rel_nanos = execution.end_ns - start
    message.op_end_rel_micros = message.op_end_rel_nanos // 1000
    message.all_end_rel_nanos = execution.done_ns - start
    message.all_end_rel_micros = message.all_end_rel_nanos // 1000
    message.thread_id = execution.thread_id
    total = 0
    for slot, (output, dtype) in enumerate(
        zip(execution.outputs, node.output_dtypes, strict=False)
    ):
        if output is not None:
            _write_output(message.output.add(slot=slot), output, dtype, allocator)
            total += output.size_bytes
    label = f"{node.name} = {node.op_type}({', '.join(input_names(node))})"
    if total >= _LABELLED_BYTES:
        size_mb = total / (1 << 20)
        label = f"[{allocator} {size_mb:.1f}MB {size_mb:.1f}MB] {label}"
    message.timeline_label = label
    if not total:
        return
    if node.op_type == "Const":
        message.memory_stats.persistent_memory_size = total
        return
    memory = message.memory.add(
        allocator_name=allocator, total_bytes=total, peak_bytes=total, live_bytes=total
    )
    memory.allocation_records.add(alloc_micros=start // 1000, alloc_bytes=total)


def _write_output(message: Any, output: _Output, dtype: DType, allocator: str) -> None:
    description = message.tensor_description
    description.dtype = dtype.base_dtype.as_datatype_enum
    description.shape.CopyFrom(shape_to_proto(output.dims))
    allocation = description.allocation_description
    allocation.requested_bytes = output.size_bytes
    allocation.allocated_bytes = output.size_bytes
    allocation.allocator_name = allocator
    allocation.ptr = output.address
